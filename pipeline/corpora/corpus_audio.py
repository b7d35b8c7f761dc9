"""Where a corpus's audio lies, checked against what its manifest says."""

import os
from pathlib import Path

from pipeline.core.errors import PipelineError
from pipeline.core.paths import audio_root, manifest_path, table_root
from pipeline.core.tables import read_json
from pipeline.core.tree import is_current
from pipeline.corpora.on_disk import disk_folder


def corpus_audio(corpus: str) -> Path:
    """Return the folder of a corpus's files.

    DVC can bring a manifest back (from its cache, or by `dvc pull`) without the audio, which lies outside of it. A
    folder below SER_CORPORA is the user's own, and is not compared with its manifest here.

    Raises:
        PipelineError: The audio is not there, or is of another version than the manifest.
    """
    manifest = read_json(manifest_path(corpus))
    root = table_root(corpus) if manifest["source"] == "table" else audio_root(corpus)
    if manifest["source"] == "disk":
        if not (disk_folder(corpus) or root).is_dir():
            named = os.environ.get("SER_CORPORA")
            looked = Path(named) / corpus if named else root
            raise PipelineError(
                f"{corpus}: {looked} is not there; name the folder that holds it in SER_CORPORA"
            )
    elif not is_current(root, manifest["tree"]):
        raise PipelineError(
            f"{corpus}: {root} does not hold the audio that {manifest_path(corpus)} describes; "
            f"`dvc repro -f -s index@{corpus}` brings it back"
        )
    return root
