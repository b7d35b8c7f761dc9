"""What a study takes of a corpus by choice: official parts, and a draw."""

import pandas as pd

from pipeline.config.params import load_params
from pipeline.curation.filter import curate, large_losses
from tests.curation.test_filter import row, study
from tests.settings import SHIPPED


def test_of_an_official_split_only_the_parts_that_are_asked_for_stay():
    splits = {"t": "train", "v": "val fold_1", "e": "test", "f": "fold_1", "n": None}
    rows = [row(name, official_split=split) for name, split in splits.items()]
    rows += [row(name, "odd", corpus="y", official_split="test") for name in ("o1", "o2")]
    curated = curate(pd.DataFrame(rows), study(official_parts={"x": ["train", "val"]}))
    assert [*curated.kept["utterance_id"]] == ["o1", "o2", "t", "v"]
    gone = curated.dropped.set_index("utterance_id")
    assert [*gone["step"]] == ["in_parts"] * 3
    assert [*gone["code"]] == ["other_part"] * 3
    assert gone["reason"].to_dict() == {
        "e": "test of its official split",
        "f": "no part of its official split",
        "n": "no part of its official split",
    }
    assert large_losses(curated) == []


def many(n):
    return pd.DataFrame([row(f"{label}{i}", label) for label in ("happy", "sad") for i in range(n)])


def test_so_many_of_each_class_are_drawn_and_a_further_clip_moves_one_out():
    three = {"per_class": {"x": 3}}
    drawn = curate(many(40), study(**three))
    assert drawn.kept["label"].value_counts().to_dict() == {"joy": 3, "grief": 3}
    assert {*drawn.dropped["reason"]} == {"3 of its corpus and class are drawn, others"}
    kept = {*drawn.kept["utterance_id"]}
    assert {*curate(many(41), study(**three)).kept["utterance_id"]} - kept <= {"happy40", "sad40"}
    assert {*curate(many(40), study(**three, draw_seed=2)).kept["utterance_id"]} != kept
    assert len(curate(many(40), study(per_class={"y": 3, "x": 60})).kept) == 80


def test_the_six_corpora_of_utbm_are_the_documents():
    """Its 26,832 clips and their classes: table 7 and figure 7; without the clip that RAVDESS holds twice."""
    per_corpus = {
        "ravdess": {"neutral": 96, "calm": 192} | dict.fromkeys(["happy", "sad", "angry"], 192)
        | dict.fromkeys(["fearful", "disgust", "surprised"], 192),
        "savee": {"neutral": 120} | dict.fromkeys(["anger", "disgust", "fear", "happiness"], 60)
        | dict.fromkeys(["sadness", "surprise"], 60),
        "crema_d": {"neutral": 1087} | dict.fromkeys(["anger", "disgust", "fear", "happy", "sad"], 1271),
        "esd": dict.fromkeys(["Neutral", "Angry", "Happy", "Sad", "Surprise"], 3500),
        "tess": dict.fromkeys(["angry", "disgust", "fear", "happy", "neutral", "ps", "sad"], 400),
        "jl_corpus": dict.fromkeys(["angry", "happy", "neutral", "sad", "excited"], 240),
    }  # fmt: skip
    rows = pd.DataFrame(
        row(f"{corpus}/{label}{i}", label, corpus=corpus)
        for corpus, labels in per_corpus.items()
        for label, n in labels.items()
        for i in range(n)
    )
    double = rows["utterance_id"] == "ravdess/sad1"
    rows.loc[double, ["group", "kind", "keep"]] = ["ravdess/sad0", "exact", False]
    settings = load_params(SHIPPED).studies["utbm"]
    curated = curate(rows, settings)
    assert len(curated.kept) == 26_832 - 1
    assert curated.kept["label"].value_counts().to_dict() == {
        "angry": 5020, "happy": 5020, "neutral": 4984, "sad": 4952 - 1, "surprise": 3952, "disgust": 1452,
        "fearful": 1452,
    }  # fmt: skip
    assert curated.kept["corpus"].value_counts().to_dict() == {
        "esd": 17_500, "crema_d": 6000, "tess": 1400, "ravdess": 1247, "savee": 480, "jl_corpus": 204
    }  # fmt: skip
