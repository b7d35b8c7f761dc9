"""Five systems from the raw audio to the report, one for each kind of input."""

import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline.core.paths import DATA, METRICS, PLOTS
from pipeline.orchestration.schedule import Runner, threads_each

SYSTEMS = {
    "annamalai_svm": "openSMILE functionals and a support vector machine",
    "ravdess_cnn4": "mel pictures and a convolutional network",
    "speech_bilstm_attention": "MFCC frames and a bidirectional LSTM",
    "fusion_bilstm_attention": "speech and text, fused",
    "annamalai_wav2vec2": "raw audio and a transformer",
}
LOCK = Path("dvc.lock")
COMMITTED = (LOCK, METRICS, PLOTS)  # what a run writes that git keeps
N_STAGES = 45  # about, from a fresh clone


def take(runner: Runner, jobs: int) -> int:
    """Train the systems, evaluate them and write the report; return an exit status.

    What git keeps is put back as it was: the results of other systems stay, and `dvc repro` finds what was trained
    here in its cache.
    """
    with unchanged(COMMITTED):
        LOCK.unlink(missing_ok=True)  # of all systems: DVC reads and writes it whole, for every stage
        halves = [[f"train@{name}" for name in [*SYSTEMS][start::2]] for start in range(2)]
        if status := runner.repro("split", "clips", "transcribe", "explore"):
            return status
        for batch in halves:
            if status := runner.repro(*batch, SER_THREADS=threads_each(jobs)):
                return status
        for name in ("representations", "stress"):
            (DATA / name).mkdir(exist_ok=True)  # which the report looks into, and nothing here fills
        return runner.repro("--single-item", "evaluate", "analyse", "report")


@contextmanager
def unchanged(paths: Sequence[Path]) -> Iterator[None]:
    """Put files and folders back as they were, whatever happens in between."""
    with TemporaryDirectory(prefix="ser") as folder:
        copies = {path: Path(folder, str(number)) for number, path in enumerate(paths)}
        for path, copy in copies.items():
            _copy(path, copy)
        try:
            yield
        finally:
            for path, copy in copies.items():
                shutil.rmtree(path, ignore_errors=True)
                path.unlink(missing_ok=True)
                _copy(copy, path)


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target)
    elif source.exists():
        shutil.copy2(source, target)


def farewell() -> str:
    """Say what to look at and what to do next."""
    lines = [f"  {name}: {what}" for name, what in SYSTEMS.items()]
    opener = "open" if sys.platform == "darwin" else "xdg-open"
    return "\n".join(
        [
            "Five systems are trained on synthetic speech, which says nothing about emotion in people:",
            *lines,
            f"Look at the report: {opener} data/report/index.html",
            "Next: make repro (all systems; it takes what is done here), or make real (the speech of people)",
        ]
    )
