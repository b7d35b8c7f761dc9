"""Which stages run side by side."""

import pytest

from pipeline.jobs import batches_of_systems, main, shared_stages, train_side_by_side

STAGES = [
    "code",
    "index@a",
    "store_x@y",
    "train@n",
    "train@m",
    "train@o",
    "evaluate@n",
    "combine@e",
    "report",
]


def test_what_systems_share_comes_first():
    assert shared_stages(STAGES) == ["code", "index@a", "store_x@y"]


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (1, [["train@n", "evaluate@n"], ["train@m", "evaluate@m"], ["train@o", "evaluate@o"]]),
        (2, [["train@n", "evaluate@n", "train@m", "evaluate@m"], ["train@o", "evaluate@o"]]),
    ],
)
def test_systems_are_cut_into_batches(size, expected):
    assert batches_of_systems(STAGES, size) == expected


@pytest.fixture
def dvc(tmp_path, monkeypatch):
    """A stand-in for dvc that writes its arguments and threads down, and fails for a stage of that name."""
    script = tmp_path / "dvc"
    script.write_text(
        '#!/bin/sh\necho "$SER_THREADS: $*" >> "$(dirname "$0")/calls"\ncase "$*" in *failing*) exit 3;; esac\n'
    )
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    return tmp_path / "calls"


def test_each_batch_runs_once_with_its_share_of_the_cores(dvc, monkeypatch):
    monkeypatch.setattr("os.cpu_count", lambda: 8)
    monkeypatch.delenv("SER_THREADS", raising=False)
    assert train_side_by_side([["train@a"], ["train@b"], ["train@c"]], 2)
    calls = sorted(dvc.read_text().splitlines())
    assert calls == [f"4: --wait-for-lock repro --single-item train@{name}" for name in "abc"]


def test_after_a_failure_no_further_batch_is_begun(dvc):
    assert not train_side_by_side([["train@failing"], ["train@b"], ["train@c"]], 1)
    assert len(dvc.read_text().splitlines()) == 1


def test_one_job_is_dvc_repro(dvc):
    assert main(1) == 0
    assert dvc.read_text().splitlines()[0].endswith(": --wait-for-lock repro")
