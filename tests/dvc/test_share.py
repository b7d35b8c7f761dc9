"""Queues, temporary copies, remotes and rebuilding elsewhere. All with the real DVC."""

import json

import pytest

from tests.dvc.conftest import Sandbox, make_checkout

pytestmark = pytest.mark.xdist_group("dvc")


def metrics(box: Sandbox) -> dict[str, bytes]:
    folder = (
        box.root / "metrics"
    )  # in which a study has files of one name: of its systems, and of its curation
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*.json"))}


def n_row_batches(box: Sandbox) -> int:
    return len(list((box.cache / "rows").rglob("*.arrow")))


def experiments(box: Sandbox) -> list[float]:
    """Return the learning rates of all finished experiments; 0 where the recipe's was left."""
    shown = json.loads(box.run("dvc", "exp", "show", "--json", "--no-pager"))
    revisions = [
        one for commit in shown for group in commit.get("experiments") or [] for one in group["revs"]
    ]
    return [
        one["data"]["params"]["params.yaml"]["data"]["systems"]["ravdess_cnn4"].get("lr", 0.0)
        for one in revisions
        if one.get("data")
    ]


@pytest.mark.slow
def test_a_queue_runs_side_by_side_and_shares_the_caches(clean):
    before = n_row_batches(clean)
    clean.run("dvc", "exp", "run", "--queue", "-S", "++systems.ravdess_cnn4.lr=0.002,0.003", "report")
    clean.run("dvc", "queue", "start", "-j", "2")
    clean.run("dvc", "queue", "logs", "-f", check=False)
    for _ in range(60):
        if {0.002, 0.003} <= set(experiments(clean)):
            break
        clean.run("sleep", "1")
    assert {0.002, 0.003} <= set(experiments(clean))
    assert n_row_batches(clean) == before


@pytest.mark.slow
def test_a_temporary_copy_leaves_the_workspace_alone(clean):
    before = n_row_batches(clean)
    clean.run("dvc", "exp", "run", "--temp", "-S", "++systems.ravdess_cnn4.lr=0.004", "report")
    assert 0.004 in experiments(clean)
    assert clean.run("git", "status", "--porcelain") == ""
    assert n_row_batches(clean) == before


def test_a_remote_restores_a_fresh_clone(clean, tmp_path):
    clean.run("dvc", "remote", "add", "-d", "-f", "--local", "shelf", str(tmp_path / "shelf"))
    clean.run("dvc", "push", "-q")
    clean.run("git", "clone", "-q", str(clean.root), str(tmp_path / "clone"))
    clone = Sandbox(tmp_path / "clone", tmp_path / "no_cache", clean.warm)
    clone.run("dvc", "remote", "add", "-d", "--local", "shelf", str(tmp_path / "shelf"))
    clone.run("dvc", "pull", "-q", check=False)
    assert clone.repro() == set()
    assert (clone.root / "data/report/index.html").exists()


@pytest.mark.slow
def test_rebuilding_elsewhere_without_a_warm_process_gives_the_same_metrics(clean, tmp_path):
    other = Sandbox(tmp_path / "other", tmp_path / "cache")
    make_checkout(other.root)
    other.run("git", "init", "-q")
    other.repro()
    assert len(metrics(clean)) == 3  # of the systems of a study, of its curation, and of transcription
    assert metrics(other) == metrics(clean)
