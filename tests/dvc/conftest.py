"""A small copy of the project in a repository of its own, in which the real DVC runs."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from pipeline.orchestration.session import warm_process
from tests.settings import shipped_values

COPIED = ["pipeline", "results", "dvc.yaml", ".dvcignore", ".gitignore", ".gitattributes", ".dvc/config"]
STUDY = "ravdess_methods"
SYSTEMS = ("ravdess_cnn4", "ravdess_random_forest")
FEATURE_SETS = ("mel_image_128", "spectral_scalars")
SIZES = {
    "demo_ravdess": {"n_speakers": 2},
    "demo_tess": {"n_words": 2},
}


@dataclass
class Sandbox:
    """A checkout, the folder its row caches share, and the socket of the process that runs its stages, if any."""

    root: Path
    cache: Path
    warm: str = ""
    environment: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        binaries = str(Path(sys.executable).parent)
        self.environment = {
            **os.environ,
            "PATH": os.pathsep.join([binaries, os.environ["PATH"]]),
            "SER_CACHE": str(self.cache),
            "SER_WORKERS": "1",
            "SER_WARM": self.warm,
            "GIT_AUTHOR_NAME": "t", "GIT_AUTHOR_EMAIL": "t@example.org",
            "GIT_COMMITTER_NAME": "t", "GIT_COMMITTER_EMAIL": "t@example.org",
        }  # fmt: skip

    def run(self, *command: str, check: bool = True) -> str:
        """Run a command in the checkout and return what it printed."""
        done = subprocess.run(
            command, cwd=self.root, env=self.environment, capture_output=True, text=True, timeout=300
        )
        output = done.stdout + done.stderr
        if check and done.returncode:
            raise AssertionError(f"{' '.join(command)} ended with {done.returncode}:\n{output[-4000:]}")
        return output

    def repro(self, *arguments: str) -> set[str]:
        """Run `dvc repro` (or another command) and return the stages that were executed, not skipped."""
        command = arguments if arguments and arguments[0] == "dvc" else ("dvc", "repro", *arguments, "report")
        return set(re.findall(r"Running stage '([^']+)'", self.run(*command)))

    def edit(self, path: str, change: Callable[[str], str]) -> None:
        """Rewrite a file of the checkout through a function of its text."""
        file = self.root / path
        before = file.read_text()
        assert change(before) != before, f"{path} does not say what was to be changed"
        file.write_text(change(before))

    def reset(self) -> None:
        """Go back to the last commit, outputs included."""
        self.run("git", "checkout", "-q", "--", ".")
        self.run("dvc", "checkout", "-q", "--allow-missing")


def small_params() -> dict[str, Any]:
    """params.yaml with two tiny synthetic corpora and two quick systems."""
    params = shipped_values()
    corpora = {name: {**params["corpora"][name], "sizes": SIZES[name]} for name in SIZES}
    imitated = {name: corpus.pop("imitates") for name, corpus in corpora.items()}  # which are not there
    params["corpora"] = corpora
    params["profiles"] = {"demo": {**params["profiles"]["demo"], "corpora": {STUDY: ["demo_ravdess"]}}}
    study = params["studies"][STUDY]
    del study["variants"]["by_speaker"]  # there are two speakers
    labels = {name: study["labels"].get(name) or study["labels"][imitated[name]] for name in SIZES}
    params["studies"] = {STUDY: {**study, "labels": labels, "curation": {"min_per_class": 4}}}
    params["asr"] |= {"studies": [], "gold": []}
    all_sets = params["feature_sets"]["audio"] | params["feature_sets"]["text"]
    audio = {name: {**all_sets[name], "studies": [STUDY]} for name in FEATURE_SETS}
    params["feature_sets"] = {"audio": audio, "text": {}}
    cnn, forest = (params["systems"][name] for name in SYSTEMS)
    cnn["small"] = {"epochs": 1}
    forest["small"] = {"folds": 2, "grid": {key: values[:1] for key, values in forest["grid"].items()}}
    params["systems"] = dict(zip(SYSTEMS, (cnn, forest), strict=True))
    params["recipes"] = {cnn["recipe"]: params["recipes"][cnn["recipe"]]}
    left_out = {settings["kind"] for settings in all_sets.values()} - {
        settings["kind"] for settings in audio.values()
    }
    params["defaults"] = {name: block for name, block in params["defaults"].items() if name not in left_out}
    params |= {name: {} for name in ("ensembles", "external", "baselines", "audit", "ablations")}
    params["representations"] = {"ravdess_cnn4": ["embedding"]}
    params["exports"] = {"ravdess_cnn4": {"onnx": True}}
    params["stress"] = {"ravdess_cnn4": {"seed": 1, "most_clips": 4}}
    params["importances"] = {"ravdess_random_forest": {"seed": 1, "repeats": 2}}
    params["app"] = {"system": "ravdess_cnn4"}
    return params


def small_published() -> dict[str, Any]:
    """results/published.yaml of those systems alone, compared on the synthetic corpus."""
    document = YAML(typ="safe").load(Path("results/published.yaml").read_text("utf-8"))["documents"][STUDY]
    systems = {name: document["systems"][name] for name in SYSTEMS}
    return {"documents": {STUDY: {**document, "corpora": ["demo_ravdess"], "systems": systems}}}


def make_checkout(root: Path) -> None:
    """Copy the project's code and write the small settings."""
    ignore = shutil.ignore_patterns("__pycache__")
    for name in COPIED:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        if Path(name).is_dir():
            shutil.copytree(name, root / name, ignore=ignore)
        else:
            shutil.copy(name, root / name)
    for name, values in {"params.yaml": small_params(), "results/published.yaml": small_published()}.items():
        with (root / name).open("w") as file:
            YAML().dump(values, file)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave the tests of a whole small pipeline to `make test-slow`: it takes a minute to build."""
    for item in items:
        if "sandbox" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def warm() -> Iterator[str]:
    """The socket of a process that has the libraries imported: without it, most of the time goes into that."""
    with warm_process() as environment:
        yield environment["SER_WARM"]


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory, warm) -> Sandbox:
    """A checkout in which everything up to the report has been built and committed."""
    folder = tmp_path_factory.mktemp("dvc")
    box = Sandbox(folder / "project", folder / "cache", warm)
    make_checkout(box.root)
    box.run("git", "init", "-q", "-b", "main")
    box.repro()
    box.run("git", "add", "-A")
    box.run("git", "commit", "-q", "-m", "built")
    return box


@pytest.fixture
def clean(sandbox) -> Iterator[Sandbox]:
    """The sandbox, as committed before and after a test."""
    yield sandbox
    sandbox.reset()


@pytest.fixture
def copy(sandbox: Sandbox, tmp_path: Path) -> Iterator[Sandbox]:
    """A copy of the sandbox, which what is left behind by a test harms nobody."""
    shutil.copytree(sandbox.root, tmp_path / "project", ignore=shutil.ignore_patterns("tmp"))
    yield Sandbox(tmp_path / "project", sandbox.cache, sandbox.warm)
    shutil.rmtree(tmp_path / "project")
