"""What is wrong with the real MELD, made small: each defect ends where a person can see it."""

from types import SimpleNamespace

import numpy as np
import pytest
import soundfile

from pipeline.corpora import meld
from pipeline.curation.filter import STEPS
from pipeline.curation.index import build_index
from tests.audio.films import damage, write_film
from tests.curation.signals import RATE, speech

CLIP = speech(1, n_syllables=3)[None]
TRAIN, TEST = "train_splits", "output_repeated_splits_test"
ROW = "1,Hey!,Joey,joy,positive,{0},{1},8,21,x,x\n"
HEADER = (
    "Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,Season,Episode,StartTime,EndTime\n"
)


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    """The index of a copy with a clip that is good, also converted, corrupt, truncated, missing, and very long."""
    folder = tmp_path_factory.mktemp("meld")
    root = folder / "corpus"
    (root / TRAIN).mkdir(parents=True)
    (root / TEST).mkdir()
    (root / f"{TRAIN}_wav").mkdir()
    soundfile.write(root / f"{TRAIN}_wav/dia0_utt0.wav", CLIP[0], RATE)
    write_film(root / f"{TRAIN}/dia0_utt0.mp4", CLIP, RATE)
    damage(write_film(root / f"{TRAIN}/dia125_utt3.mp4", np.tile(CLIP, 4), RATE, index_first=True))
    content = write_film(root / f"{TRAIN}/dia1_utt0.mp4", CLIP, RATE).read_bytes()
    (root / f"{TRAIN}/dia1_utt0.mp4").write_bytes(content[: len(content) // 2])
    minutes = np.resize(CLIP, (1, 305 * 4000))
    write_film(root / f"{TEST}/dia38_utt4.mov", minutes, 4000, codec="pcm_s16le")
    (root / f"{TEST}/dia38_utt4.mov").rename(root / f"{TEST}/dia38_utt4.mp4")
    rows = [(0, 0), (1, 0), (125, 3), (110, 7)]
    (root / "train_sent_emo.csv").write_text(HEADER + "".join(ROW.format(*row) for row in rows))
    (root / "test_sent_emo.csv").write_text(HEADER + ROW.format(38, 4))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SER_CACHE", str(folder / "cache"))
        patch.setenv("SER_WORKERS", "1")
        yield build_index(meld, root).set_index("utterance_id", drop=False)


def test_a_good_clip_stays(index):
    assert index.loc["meld/train_dia0_utt0", ["status", "label", "speaker"]].tolist() == [
        "ok",
        "joy",
        "meld/Joey",
    ]


@pytest.mark.parametrize(
    ("name", "status", "reason"),
    [
        (
            "train_dia125_utt3",
            "quarantined",
            "MP4, cannot be decoded: Invalid data found when processing input, after",
        ),
        (
            "train_dia1_utt0",
            "quarantined",
            "MP4, cannot be decoded: Invalid data found when processing input",
        ),
        ("train_splits/dia110_utt7.mp4", "stray", "listed in train_sent_emo.csv, but there is no such file"),
    ],
)
def test_what_cannot_be_read_is_quarantined(index, name, status, reason):
    row = index.loc[f"meld/{name}"]
    assert row["status"] == status
    assert row["reason"].startswith(reason)


def test_a_clip_of_minutes_stays_until_a_study_drops_it(index):
    good = index[index["status"] == "ok"]
    assert good.loc["meld/test_dia38_utt4", "seconds"] == pytest.approx(305)
    study = SimpleNamespace(curation=SimpleNamespace(min_seconds=0.3, max_seconds=30.0))
    assert STEPS["within_duration"](good, study).to_dict("index") == {
        "meld/test_dia38_utt4": {"code": "too_long", "reason": "305.00 s, longer than 30 s"}
    }


def test_what_was_made_of_a_film_is_no_clip_of_its_own(index):
    row = index.loc[f"meld/{TRAIN}_wav/dia0_utt0.wav"]
    assert row["status"] == "stray"
    assert row["reason"] == f"the same utterance as {TRAIN}/dia0_utt0.mp4, which is taken"
