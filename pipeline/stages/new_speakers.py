"""Train the systems of the template `new_speakers`: of every corpus of the profile, all that has changed.

They are many and small, and a stage of DVC costs more than training most of them: so one stage has them all. What
was trained by the same plan on the same data stays; what is no longer planned is removed.
"""

import logging
import shutil

from pipeline.config.plans import NewSpeakersPlan, load_plan
from pipeline.core.paths import new_speakers_dir
from pipeline.training.planned import is_trained, train_planned

log = logging.getLogger(__name__)


def main() -> None:
    systems = load_plan(NewSpeakersPlan, "new_speakers").systems
    folder = new_speakers_dir()
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        if old.name not in systems:
            shutil.rmtree(old)
    changed = [name for name, plan in systems.items() if not is_trained(name, plan)]
    log.info("new_speakers: %d systems, %d to train", len(systems), len(changed))
    for number, name in enumerate(changed, 1):
        log.info("new_speakers: %d of %d: %s", number, len(changed), name)
        shutil.rmtree(folder / name, ignore_errors=True)
        train_planned(name, systems[name])
