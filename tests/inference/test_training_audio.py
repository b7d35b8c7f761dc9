"""What training audio is like, and where a recording is unlike it."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.core import paths
from pipeline.core.schemas import INDEX, SPLIT
from pipeline.core.tables import write_table
from pipeline.inference.training_audio import TrainingAudio, training_audio, unlike

AUDIO = TrainingAudio(level=(-40.0, -20.0), seconds=(2.0, 6.0), lowest_rate=16_000, languages=["en"])
LIKE: dict[str, Any] = {"level": -30.0, "seconds": 60.0, "rate": 44_100, "languages": ["en"]}


def test_a_recording_like_the_training_has_no_notes() -> None:
    assert unlike(AUDIO, **LIKE) == []
    assert unlike(AUDIO, **{**LIKE, "level": None, "languages": []}) == []


@pytest.mark.parametrize(
    ("changes", "note"),
    [
        ({"level": -46.1}, "quieter than what the system was trained on: -46 dBFS, trained on -40 to -20"),
        ({"level": -13.9}, "louder than what the system was trained on: -14 dBFS, trained on -40 to -20"),
        ({"rate": 8_000}, "sampled at 8000 Hz, so nothing is above 4000 Hz; trained on 16000 Hz or more"),
        (
            {"rate": 48_000, "bandwidth": 3_800.0},
            "sampled at 48000 Hz, but next to nothing is above 3800 Hz, as by telephone; trained on 16000 Hz or "
            "more",
        ),
        ({"seconds": 0.9}, "only 0.9 s long; trained on clips of 2.0 s or more"),
        ({"languages": ["de", "en"]}, "in another language (de); trained on en"),
    ],
)
def test_each_difference_is_said(changes: dict[str, Any], note: str) -> None:
    assert unlike(AUDIO, **{**LIKE, **changes}) == [note]


def test_a_wide_band_or_training_by_telephone_has_no_note() -> None:
    assert unlike(AUDIO, **LIKE, bandwidth=6_100.0) == []
    by_telephone = AUDIO.model_copy(update={"lowest_rate": 8_000})
    assert unlike(by_telephone, **LIKE, bandwidth=3_800.0) == []


def test_a_level_a_little_beyond_is_like_the_training() -> None:
    assert unlike(AUDIO, **{**LIKE, "level": -45.9}) == []


def test_it_is_of_the_training_part_alone(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    clips = [f"demo_tess/{i}" for i in range(101)]
    index = pd.DataFrame({"utterance_id": [*clips, "demo_tess/test"], "status": "ok"})
    levels, seconds = [*(-50 + 0.1 * np.arange(101)), 0.0], [*(2 + 0.01 * np.arange(101)), 99.0]
    index = index.assign(rms_dbfs=levels, seconds=seconds, rate=[24_414] * 101 + [8_000])
    write_table(paths.index_path("demo_tess"), index.reindex(columns=INDEX.names), INDEX)
    split = pd.DataFrame({"utterance_id": index["utterance_id"], "corpus": "demo_tess"})
    split = split.assign(
        example_id=split["utterance_id"], split=["train"] * 101 + ["test"], fold=0, split_seed=1
    )
    write_table(paths.split_path("study", "main"), split.reindex(columns=SPLIT.names), SPLIT)
    assert training_audio("study", "main", ["train"]) == TrainingAudio(
        level=(-49.9, -40.1), seconds=(2.01, 2.99), lowest_rate=24_414, languages=["en"]
    )


def test_nothing_is_known_where_the_index_is_not_at_hand(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert training_audio("study", "main", ["train"]) is None
