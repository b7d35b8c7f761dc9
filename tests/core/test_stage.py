"""How a stage ends: what a user can mend is one line on stderr and exit status 2, without a traceback."""

import subprocess
import sys

import pytest


def run_stage(root, folder, *arguments):
    command = [sys.executable, "-m", *arguments]
    environment = {"PYTHONPATH": str(root), "PATH": "/usr/bin:/bin", "SER_CACHE": str(folder / "cache")}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("profile: demo", "profile: demmo", "unknown profile 'demmo', did you mean 'demo'?"),
        ("multimodal_er: [tess]", "multimodal_er: tess", "write a list as [a, b]"),
        ("{deduplicate: true", "{dedupliate: true", "unknown key, did you mean 'deduplicate'?"),
    ],
)
def test_a_mistake_in_params_ends_with_status_2(tmp_path, root, old, new, message):
    (tmp_path / "params.yaml").write_text((root / "params.yaml").read_text().replace(old, new))
    done = run_stage(root, tmp_path, "pipeline.stages.plan")
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
    assert message in done.stderr


def test_an_unknown_corpus_ends_with_status_2(tmp_path, root):
    (tmp_path / "params.yaml").write_text((root / "params.yaml").read_text())
    done = run_stage(root, tmp_path, "pipeline.stages.download", "tes")
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
    assert "did you mean tess?" in done.stderr


def test_help_says_what_the_stage_does(tmp_path, root):
    done = run_stage(root, tmp_path, "pipeline.stages.index", "--help")
    assert done.returncode == 0
    assert "Read every file of a corpus" in done.stdout
    assert "corpus" in done.stdout


def test_a_missing_argument_is_a_usage_error(tmp_path, root):
    assert run_stage(root, tmp_path, "pipeline.stages.index").returncode == 2
