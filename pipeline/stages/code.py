"""Write down, for each stage and each plug-in, which files of the project it imports and the digest of each.

DVC does not follow imports. `plan` puts the digest of what a stage runs into the stage's plan file, on which the
stage depends: that is always right, and keeps dvc.lock short, which DVC reads and writes anew after every stage.
"""

import logging
from pathlib import Path

from pipeline.core.code import PACKAGE, fingerprint_code
from pipeline.core.paths import code_path
from pipeline.core.tables import write_json

log = logging.getLogger(__name__)

FOLDERS = ("stages", "corpora", "features", "models")  # what stages run, and what they load by name


def main() -> None:
    files = [file for folder in FOLDERS for file in sorted(Path(PACKAGE, folder).glob("[!_]*.py"))]
    for file in files:
        write_json(code_path(file.parent.name, file.stem), fingerprint_code(file))
    log.info("code: %d stages and plug-ins", len(files))
