"""A small copy of the project in a repository of its own, in which the real DVC runs."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from ruamel.yaml import YAML

COPIED = ["pipeline", "results", "dvc.yaml", ".dvcignore", ".gitignore", ".gitattributes", ".dvc/config"]
STUDY = "ravdess_methods"
SIZES = {
    "demo_ravdess": {"n_speakers": 2},
    "demo_tess": {"n_words": 2},
}


@dataclass
class Sandbox:
    """A checkout and the folder its row caches share."""

    root: Path
    cache: Path
    environment: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        binaries = str(Path(sys.executable).parent)
        self.environment = {
            **os.environ,
            "PATH": os.pathsep.join([binaries, os.environ["PATH"]]),
            "SER_CACHE": str(self.cache),
            "SER_WORKERS": "1",
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

    def edit(self, path: str, change) -> None:
        """Rewrite a file of the checkout through a function of its text."""
        file = self.root / path
        file.write_text(change(file.read_text()))

    def reset(self) -> None:
        """Go back to the last commit, outputs included."""
        self.run("git", "checkout", "-q", "--", ".")
        self.run("dvc", "checkout", "-q", "--allow-missing")


def small_params() -> dict:
    """params.yaml with two tiny synthetic corpora and two quick systems."""
    params = YAML(typ="safe").load(Path("params.yaml").read_text())
    params["corpora"] = {name: {**params["corpora"][name], "sizes": SIZES[name]} for name in SIZES}
    params["profiles"] = {
        "demo": {
            **params["profiles"]["demo"],
            "corpora": {STUDY: ["demo_ravdess"]},
        }
    }
    params["studies"] = {STUDY: params["studies"][STUDY]}
    params["studies"][STUDY]["curation"]["min_per_class"] = 4
    del params["studies"][STUDY]["variants"]["by_speaker"]  # there are two speakers
    labels = params["studies"][STUDY]["labels"]
    params["studies"][STUDY]["labels"] = {name: labels[name] for name in SIZES}
    params["asr"] |= {"studies": [], "gold": []}
    params["feature_sets"] = {
        kind: {
            name: {**settings, "studies": [STUDY]}
            for name, settings in sets.items()
            if STUDY in settings["studies"]
        }
        for kind, sets in params["feature_sets"].items()
    }
    systems = {name: params["systems"][name] for name in ("ravdess_cnn4", "ravdess_random_forest")}
    systems["ravdess_cnn4"]["small"]["epochs"] = 1
    systems["ravdess_random_forest"]["small"] |= {
        "folds": 2,
        "grid": {key: values[:1] for key, values in systems["ravdess_random_forest"]["grid"].items()},
    }
    params["systems"] = systems
    params |= {name: {} for name in ("ensembles", "external", "baselines", "audit")}
    params["representations"] = {"ravdess_cnn4": ["embedding"]}
    params["published"] = {
        name: {**params["published"][name], "corpora": ["demo_ravdess"]} for name in systems
    }
    return params


def make_checkout(root: Path) -> None:
    """Copy the project's code and write the small settings."""
    ignore = shutil.ignore_patterns("__pycache__")
    for name in COPIED:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        if Path(name).is_dir():
            shutil.copytree(name, root / name, ignore=ignore)
        else:
            shutil.copy(name, root / name)
    with (root / "params.yaml").open("w") as file:
        YAML().dump(small_params(), file)


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory) -> Sandbox:
    """A checkout in which everything up to the report has been built and committed."""
    folder = tmp_path_factory.mktemp("dvc")
    box = Sandbox(folder / "project", folder / "cache")
    make_checkout(box.root)
    box.run("git", "init", "-q", "-b", "main")
    box.repro()
    box.run("git", "add", "-A")
    box.run("git", "commit", "-q", "-m", "built")
    return box


@pytest.fixture
def clean(sandbox):
    """The sandbox, as committed before and after a test."""
    yield sandbox
    sandbox.reset()
