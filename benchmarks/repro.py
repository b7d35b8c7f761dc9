"""Measure the pipeline as its users run it, in processor seconds of all processes and in seconds of wall clock.

    python -m benchmarks.repro whole
    python -m benchmarks.repro peer --corpora FOLDER [--peer PYTHON]

whole: `make repro` of the demo in a fresh copy of what git tracks, the set-up left out; then with nothing to do.
    Where the time goes stands below: the stages by kind, and DVC with what else is not a stage.
peer: one piece of work in four steps: RAVDESS (FOLDER/ravdess), openSMILE's ComParE functionals, a linear SVM with
    C = 1, six test speakers of 24 who are never heard. First run; nothing to do; C changed; one more clip. With
    --peer, a Python in which nkululeko is installed, the same four steps by that, afterwards on the same machine.

Nothing of this folder is changed: each measurement has a copy of it, without caches, in a temporary folder.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ruamel.yaml import YAML

SYSTEM, STUDY, FEATURES = "ravdess_compare_svm", "ravdess_methods", "compare_functionals"
LATER = "03-01-01-01-01-01-01.wav"  # the clip that comes afterwards
TEST_SPEAKERS = 6
DEFAULTS = ("system", "sklearn", "split", "curation")
EMPTY = ("recipes", "ensembles", "external", "baselines", "audit", "representations", "exports")
EMPTY += ("stress", "importances", "ablations")
STEPS = ("first run", "nothing to do", "C = 10", "one more clip")


@contextmanager
def copy_of_this() -> Iterator[Path]:
    """Yield a repository with a copy of every file that git tracks here, in a temporary folder."""
    tracked = subprocess.run(["git", "ls-files", "-z"], check=True, stdout=subprocess.PIPE, text=True).stdout
    with tempfile.TemporaryDirectory(prefix="ser") as name:
        folder = Path(name) / "copy"
        for path in filter(os.path.isfile, tracked.split("\0")):
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, folder / path)
        (folder / "dvc.lock").unlink(missing_ok=True)
        run(["git", "init", "-q"], folder)
        yield folder


def run(command: list[str], folder: Path, **environment: str) -> None:
    """Run a command in a folder, quietly, with this Python's programs first."""
    # Python writes bytecode unless told not to, as containers often are: installed packages have theirs.
    own = {**os.environ, "PYTHONDONTWRITEBYTECODE": "", **environment}
    own["PATH"] = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(command, cwd=folder, env=own, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)}:\n{done.stdout[-4000:]}{done.stderr[-4000:]}")


def measure(work: Callable[[], None]) -> tuple[float, float]:
    """Return processor seconds, of all processes that the work waits for, and seconds of wall clock."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    work()
    after, ended = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, ended - started


def whole() -> None:
    """Print what a rebuild of everything takes, and where."""
    rebuild = [sys.executable, "-m", "pipeline.repro", "2"]
    with copy_of_this() as folder:
        times = folder.parent / "times"
        cpu, wall = measure(lambda: run(rebuild, folder, SER_TIMES=str(times)))
        print(f"make repro, after the set-up    {cpu:7.0f} CPU s {wall:7.0f} s of wall clock")
        for kind, (n, seconds) in stage_times(times).items():
            print(f"  {kind:<20}{n:>4} stages {seconds:8.0f} CPU s")
            cpu -= seconds
        print(f"  {'DVC, and the rest':<32}{cpu:7.0f} CPU s")
        cpu, wall = measure(lambda: run(["dvc", "repro"], folder))
        print(f"dvc repro, nothing to do        {cpu:7.1f} CPU s {wall:7.1f} s of wall clock")


def stage_times(file: Path) -> dict[str, tuple[int, float]]:
    """Sum up the stages' processor seconds by kind, the longest first: their number and seconds."""
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    found: dict[str, list[float]] = defaultdict(list)
    for row in rows:
        found[row["stage"]].append(row["cpu_seconds"])
    sums = {kind: (len(seconds), sum(seconds)) for kind, seconds in found.items()}
    return dict(sorted(sums.items(), key=lambda item: -item[1][1]))


def peer(corpora: Path, python: str | None) -> None:
    """Print the four steps of the peer's work, ours and the peer's."""
    with tempfile.TemporaryDirectory(prefix="ser") as name, copy_of_this() as folder:
        clips = Path(name) / "ravdess"
        shutil.copytree(corpora / "ravdess", clips)
        later = next(clips.rglob(LATER))
        withheld = later.rename(Path(name) / LATER)
        ours = list(our_steps(folder, clips.parent))
        shutil.copy2(withheld, later)
        theirs = list(their_steps(Path(name), clips, later, python)) if python else []
        print(f"{'CPU s (wall)':<16}{'ours':>16}{'nkululeko':>16}")
        for step, *pair in zip(STEPS, ours, *([theirs] if theirs else []), strict=True):
            print(f"{step:<16}" + "".join(f"{cpu:>8.0f} ({wall:>4.0f})" for cpu, wall in pair))


def our_steps(folder: Path, corpora: Path) -> Iterator[tuple[float, float]]:
    """Yield what each step takes here."""
    cut_down(folder / "params.yaml")

    def rebuild() -> None:
        run([sys.executable, "-m", "pipeline.repro", "2"], folder, SER_CORPORA=str(corpora))

    yield measure(rebuild)
    yield measure(rebuild)
    params = folder / "params.yaml"
    params.write_text(params.read_text().replace("C: [1.0]", "C: [10.0]"))
    yield measure(rebuild)
    shutil.copy2(corpora / LATER, next(corpora.rglob("Actor_01")) / LATER)
    yield measure(rebuild)


def cut_down(params: Path) -> None:
    """Leave of params.yaml one corpus, feature set, study and system."""
    yaml = YAML()
    tree = yaml.load(params.read_text())
    tree["profile"] = "peer"
    settings = {**tree["profiles"]["ravdess"], "corpora": {STUDY: ["ravdess"]}}
    tree["profiles"] = {"peer": settings}
    tree["corpora"] = {"ravdess": tree["corpora"]["ravdess"]}
    tree["feature_sets"] = {"audio": {FEATURES: tree["feature_sets"]["audio"][FEATURES]}, "text": {}}
    tree["defaults"] = {name: tree["defaults"][name] for name in DEFAULTS}
    tree["studies"] = {STUDY: tree["studies"][STUDY]}
    tree["asr"].update(studies=[], gold=[])
    labels = tree["studies"][STUDY]["labels"]
    tree["studies"][STUDY]["labels"] = {"ravdess": labels["ravdess"]}
    split = {"fractions": {"train": 0.75, "val": 0.0, "test": 0.25}, "protocol": "speaker_independent"}
    tree["studies"][STUDY]["variants"] = {"by_speaker": split}
    del tree["studies"][STUDY]["examples"]  # by a feature set that is not among these
    tree["systems"] = {SYSTEM: {**tree["systems"][SYSTEM], "train_on": ["train"]}}
    for block in EMPTY:
        tree[block] = {}
    tree["app"] = {"system": SYSTEM}
    with params.open("w") as file:
        yaml.dump(tree, file)
    (params.parent / "results" / "published.yaml").write_text("documents: {}\n")


CONFIG = """[EXP]
root = {root}
name = work
runs = 1
epochs = 1
[DATA]
databases = ['train', 'test']
train = {root}/train.csv
train.type = csv
train.absolute_path = True
train.split_strategy = train
test = {root}/test.csv
test.type = csv
test.absolute_path = True
test.split_strategy = test
target = emotion
labels = ['neutral', 'calm', 'happy', 'sad', 'angry', 'fearful', 'disgust', 'surprised']
[FEATS]
type = ['os']
set = ComParE_2016
level = functionals
scale = standard
[MODEL]
type = svm
C_val = {C}
kernel = linear
"""
EMOTIONS = ("neutral", "calm", "happy", "sad", "angry", "fearful", "disgust", "surprised")


def their_steps(root: Path, clips: Path, later: Path, python: str) -> Iterator[tuple[float, float]]:
    """Yield what each step takes nkululeko, which reads tables of paths, speakers and labels."""

    def step(c: float, without: Path | None = None) -> tuple[float, float]:
        write_tables(root, [path for path in sorted(clips.rglob("03-01-*.wav")) if path != without])
        (root / "work.ini").write_text(CONFIG.format(root=root, C=c))
        command = [python, "-m", "nkululeko.nkululeko", "--config", str(root / "work.ini")]
        return measure(lambda: run(command, root))

    yield step(1.0, without=later)
    yield step(1.0, without=later)
    yield step(10.0, without=later)
    yield step(10.0)


def write_tables(root: Path, paths: list[Path]) -> None:
    """Write a table of the clips to train on and one of those to test on; the last speakers are tested."""
    tables = {"train": ["file,speaker,emotion"], "test": ["file,speaker,emotion"]}
    for path in paths:
        parts = path.stem.split("-")
        part = "test" if int(parts[6]) > 24 - TEST_SPEAKERS else "train"
        tables[part].append(f"{path},{parts[6]},{EMOTIONS[int(parts[2]) - 1]}")
    for name, lines in tables.items():
        (root / f"{name}.csv").write_text("\n".join(lines) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["whole", "peer"])
    parser.add_argument("--corpora", type=Path, help="folder that holds a folder ravdess")
    parser.add_argument("--peer", metavar="PYTHON", help="of an environment in which nkululeko is installed")
    chosen = parser.parse_args()
    if chosen.what == "whole":
        whole()
    elif chosen.corpora is None or not (chosen.corpora / "ravdess").is_dir():
        parser.error("peer needs --corpora, a folder with RAVDESS in its folder ravdess")
    else:
        peer(chosen.corpora.resolve(), chosen.peer)


if __name__ == "__main__":
    main()
