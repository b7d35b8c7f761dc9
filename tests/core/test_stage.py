"""How a stage is run and ends: what a user can mend is one line on stderr and exit status 2, no traceback."""

import subprocess
import sys
from types import ModuleType

import pytest

from pipeline.core.errors import PipelineError
from pipeline.core.stage import run_main
from tests.settings import shipped_values, write_values


def run_stage(root, folder, *arguments):
    command = [sys.executable, "-m", "pipeline.stage", *arguments]
    environment = {"PYTHONPATH": str(root), "PATH": "/usr/bin:/bin", "SER_CACHE": str(folder / "cache")}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60)


def stage_of(main):
    """Return a stage with a `main`."""
    stage = ModuleType("pipeline.stages.made_up", "Do a thing.")
    stage.main = main
    return stage


@pytest.mark.parametrize(
    ("block", "key", "value", "message"),
    [
        ([], "profile", "demmo", "unknown profile 'demmo', did you mean 'demo'?"),
        (["profiles", "demo", "corpora"], "multimodal_er", "tess", "write a list as [a, b]"),
        (["studies", "utbm", "split"], "sedes", [42], "unknown key, did you mean 'seeds'?"),
    ],
)
def test_a_mistake_in_params_ends_with_status_2(tmp_path, root, block, key, value, message):
    values = inner = shipped_values()
    for name in block:
        inner = inner.setdefault(name, {})
    inner[key] = value
    write_values(values, tmp_path / "params.yaml")
    done = run_stage(root, tmp_path, "plan")
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
    assert message in done.stderr


def test_a_cache_folder_that_cannot_be_made_ends_with_status_2(tmp_path, root):
    environment = {
        "PYTHONPATH": str(root),
        "PATH": "/usr/bin:/bin",
        "SER_CACHE": "/dev/null/x",
        "HOME": "/dev/null",
    }
    command = [sys.executable, "-m", "pipeline.stage", "report"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60)
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
    assert "error: the cache folder /dev/null/x cannot be made" in done.stderr


def test_an_unknown_corpus_ends_with_status_2(tmp_path, root):
    (tmp_path / "data/plan/index").mkdir(parents=True)
    (tmp_path / "data/plan/index/tess.json").write_text("{}", "utf-8")
    done = run_stage(root, tmp_path, "index", "tes")
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
    assert "did you mean 'tess'?" in done.stderr


def test_help_says_what_the_stage_does(tmp_path, root):
    done = run_stage(root, tmp_path, "index", "--help")
    assert done.returncode == 0
    assert "usage: python -m pipeline.stage index [-h] corpus" in done.stdout
    assert "Bring a corpus to this disk" in done.stdout


def test_help_lists_the_stages(tmp_path, root):
    done = run_stage(root, tmp_path, "--help")
    assert done.returncode == 0
    assert {"index", "train", "evaluate", "store_text"} <= set(done.stdout.replace("{", ",").split(","))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["index"], "the following arguments are required: corpus"),
        (["evaluate", "net"], "unrecognized arguments: net"),
        (["indexes"], "invalid choice: 'indexes'"),
    ],
    ids=["too few", "too many", "no such stage"],
)
def test_a_wrong_command_line_is_a_usage_error(tmp_path, root, arguments, message):
    done = run_stage(root, tmp_path, *arguments)
    assert done.returncode == 2
    assert message in done.stderr


def test_the_parameters_of_main_are_the_command_line():
    came = []

    def main(system: str, variant: str) -> None:
        came.append((system, variant))

    assert run_main(stage_of(main), ["net", "main"]) == 0
    assert came == [("net", "main")]


def test_a_mistake_is_one_line(capsys):
    def main() -> None:
        raise PipelineError("params.yaml: mend this")

    assert run_main(stage_of(main), []) == 2
    assert capsys.readouterr().err == "error: params.yaml: mend this\n"


def test_a_bug_keeps_its_traceback():
    def main() -> None:
        raise RuntimeError("a bug")

    with pytest.raises(RuntimeError, match="a bug"):
        run_main(stage_of(main), [])
