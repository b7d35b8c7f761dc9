"""The features stage: from an index to a shard, through the cache, killed and grown."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import soundfile

import pipeline.features
from pipeline.config.plans import FeaturesPlan, write_plan
from pipeline.core.errors import PipelineError
from pipeline.core.paths import clips_path, features_path, manifest_path
from pipeline.core.schemas import CLIPS
from pipeline.core.tables import write_json, write_table
from pipeline.features.compute import CLIPS_A_BATCH, CLIPS_A_TASK
from pipeline.features.shards import load_features
from pipeline.stages.features import main
from tests.features.examples import SETTINGS
from tests.scale.clips import hash_of

ROOT = Path(__file__).resolve().parents[2]
CORPUS = "corpus"

# A kind that is slow enough to be killed, and writes down every clip it computes.
SLOW_KIND = """
import os, time
import numpy as np
from pipeline.config.base import Settings as Base

VERSION, LIBRARIES, BACKEND, DTYPE = "1", ("numpy",), "threads", np.dtype(np.float32)

class Settings(Base):
    sample_rate: int

def extract(wave, *, settings):
    time.sleep(0.01)
    with open(os.environ["COMPUTED"], "a") as file:
        file.write(f"{wave[0]:.6f}\\n")
    return wave[:4]

def feature_names(settings):
    return ["a", "b", "c", "d"]
"""
RUN_SLOW_KIND = """
import sys
import pipeline.features
pipeline.features.__path__.append(sys.argv[1])
from pipeline.stages.features import main
main("slow")
"""


class Project:
    """A folder with a plan, and a corpus of numbered clips: each has its number in its samples."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.rows: list[dict[str, object]] = []
        self.plan("slow", "slow_kind", {"sample_rate": 16000})
        write_json(manifest_path(CORPUS), {"needed": True, "source": "disk"})

    def plan(
        self, name: str, kind: str, settings: dict[str, object], corpora: tuple[str, ...] = (CORPUS,)
    ) -> None:
        """Say what a feature set is made of."""
        plan = FeaturesPlan(code="1", kind=kind, corpora=[*corpora], settings=settings, weights="random")
        write_plan(plan, "features", name)
        if self.rows:
            self.write_clips(self.rows, name)

    def add(self, n_clips: int, copies_of: int | None = None) -> None:
        """Add clips: of sounds of their own, or copies of one that is there."""
        for _ in range(n_clips):
            number = len(self.rows)
            level = 0.001 * (number if copies_of is None else copies_of)
            path = self.folder / "corpora" / CORPUS / f"{number}.wav"
            path.parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(path, np.full(1600, level), 16000, subtype="FLOAT")
            row = {"utterance_id": f"{CORPUS}/{number:04d}", "path": path.name, "audio_hash": hash_of(path)}
            self.rows.append({"corpus": CORPUS, **row})
        self.write_clips(self.rows, "slow")

    def write_clips(self, rows: list[dict[str, object]], name: str) -> None:
        write_table(clips_path(name), pd.DataFrame(rows), CLIPS)

    def computed(self) -> list[str]:
        log = self.folder / "computed"
        return log.read_text().split() if log.exists() else []


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("SER_CORPORA", str(tmp_path / "corpora"))
    monkeypatch.setenv("SER_WORKERS", "2")
    monkeypatch.setenv("COMPUTED", str(tmp_path / "computed"))
    (tmp_path / "kinds").mkdir()
    (tmp_path / "kinds" / "slow_kind.py").write_text(SLOW_KIND)
    monkeypatch.setattr(pipeline.features, "__path__", [*pipeline.features.__path__, str(tmp_path / "kinds")])
    yield Project(tmp_path)
    sys.modules.pop("pipeline.features.slow_kind", None)


def shard() -> bytes:
    return features_path("slow", CORPUS).read_bytes()


def kill_after_two_batches(project: Project) -> None:
    """Run the stage in a process of its own and kill it once two batches are in the cache."""
    command = [sys.executable, "-c", RUN_SLOW_KIND, str(project.folder / "kinds")]
    process = subprocess.Popen(
        command, env={**os.environ, "PYTHONPATH": str(ROOT)}, stderr=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 60
    while len(list(project.folder.rglob("cache/rows/**/*.arrow"))) < 2:
        assert process.poll() is None, "ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()


def test_a_killed_run_loses_one_batch_and_ends_in_the_same_bytes(project, monkeypatch):
    project.add(5 * CLIPS_A_BATCH)
    kill_after_two_batches(project)
    assert not features_path("slow", CORPUS).exists()
    main("slow")
    resumed = shard()
    n_lost = len(project.computed()) - len(project.rows)
    in_hand = 2 * 2 * CLIPS_A_TASK  # workers x tasks sent to each
    assert 0 <= n_lost <= CLIPS_A_BATCH + in_hand
    monkeypatch.setenv("SER_CACHE", str(project.folder / "another"))
    main("slow")
    assert shard() == resumed


def test_one_more_clip_computes_one_row(project):
    project.add(6)
    main("slow")
    project.add(1)
    main("slow")
    assert len(project.computed()) == 7
    assert pq.read_metadata(features_path("slow", CORPUS)).num_rows == 7


def test_features_belong_to_their_utterances(project):
    project.add(9)
    main("slow")
    features, names = load_features("slow", [features_path("slow", CORPUS)], ["corpus/0007", "corpus/0002"])
    np.testing.assert_allclose(features, [[0.007] * 4, [0.002] * 4], rtol=1e-6)
    assert names == ["a", "b", "c", "d"]


def test_copies_of_a_clip_are_computed_once(project):
    project.add(3)
    project.add(2, copies_of=0)
    main("slow")
    assert len(project.computed()) == 3
    assert pq.read_metadata(features_path("slow", CORPUS)).num_rows == 5


def test_a_feature_set_that_no_corpus_needs_has_no_shard(project):
    project.add(3)
    project.plan("slow", "slow_kind", {"sample_rate": 16000}, corpora=())
    main("slow")
    assert [path.name for path in features_path("slow", CORPUS).parent.iterdir()] == ["about.json"]
    assert project.computed() == []


def test_one_line_of_counts_is_logged(project, caplog):
    project.add(3)
    project.add(1, copies_of=0)
    with caplog.at_level("INFO"):
        main("slow")
    (record,) = caplog.records
    assert record.message.startswith("features: slow of corpus: 4 rows, 3 clips (0 cached, 3 computed) in ")


def keys_at(project: Project, rate: int) -> set[str]:
    project.plan("slow", "slow_kind", {"sample_rate": rate})
    main("slow")
    return set(pq.read_table(features_path("slow", CORPUS))["key"].to_pylist())


def test_changed_settings_change_the_keys(project):
    project.add(2)
    assert not keys_at(project, 16000) & keys_at(project, 8000)


@pytest.mark.parametrize("kind", ["functionals", "mfcc", "mel_image"])
def test_real_kinds_pass_through(project, kind):
    project.add(2)
    project.plan("real", kind, SETTINGS[kind])
    main("real")
    assert len(load_features("real", [features_path("real", CORPUS)], ["corpus/0000", "corpus/0001"])[0]) == 2


@pytest.mark.parametrize(
    ("kind", "settings", "message"),
    [
        ("mfcc", {"n_mfc": 3}, r"feature_sets\.slow\.n_mfc: unknown key, did you"),
        ("mfccs", {}, r"unknown kind of feature 'mfccs', did you mean 'mfcc'\?"),
    ],
)
def test_mistakes_in_params_are_named(project, kind, settings, message):
    project.add(1)
    project.plan("slow", kind, settings)
    with pytest.raises(PipelineError, match=message):
        main("slow")


def test_a_feature_set_without_a_plan_says_what_to_run(project):
    project.add(1)
    with pytest.raises(
        PipelineError, match=r"data/plan/features/fast\.json is not there: .*: `dvc repro plan`"
    ):
        main("fast")
