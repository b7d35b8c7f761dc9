"""The cross-corpus matrix on made-up predictions."""

import numpy as np
import pandas as pd
import pytest

from pipeline.config.cross_corpora import system_of
from pipeline.core.paths import predictions_path
from pipeline.core.schemas import predictions_schema
from pipeline.core.tables import write_table
from pipeline.evaluation.figures import ink_on
from pipeline.evaluation.matrix import ALL_OTHERS, COLUMNS, matrix_table, write_matrix
from pipeline.evaluation.matrix_figure import save_matrix
from tests.evaluation import made_up

CORPORA = {"b": True, "a": False, "c": False}


def of_corpus(corpus, accuracy, n_clips=60, seed=0):
    """Predictions of a corpus's clips."""
    table = made_up.random_predictions(n_clips, accuracy=accuracy, seed=seed)
    names = table["utterance_id"].str.replace("made_up", corpus)
    return table.assign(corpus=corpus, utterance_id=names)


def predictions():
    """A matrix of three corpora; `c` was not trained within itself."""
    on = {name: [other for other in CORPORA if other != name] for name in CORPORA}
    found = {("within", name): of_corpus(name, 0.9) for name in ("a", "b")}
    for name, others in on.items():
        found["on", name] = pd.concat([of_corpus(other, 0.5) for other in others], ignore_index=True)
        found["without", name] = of_corpus(name, 0.6)
    return found


def test_each_pair_of_corpora_has_its_row():
    table = matrix_table(predictions(), CORPORA)
    assert [*table] == COLUMNS
    pairs = list(zip(table["train"], table["test"], strict=True))
    assert pairs == [
        *[("b", "b"), ("b", "a"), ("b", "c"), ("a", "b"), ("a", "a"), ("a", "c"), ("c", "b"), ("c", "a")],
        *[(ALL_OTHERS, "b"), (ALL_OTHERS, "a"), (ALL_OTHERS, "c")],
    ]
    assert table["synthetic"].tolist() == [True] * 4 + [False] * 2 + [True, False, True, False, False]
    assert table.set_index(["train", "test"]).loc[("c", "a"), "system"] == "new_speakers_cross_on_c"


def test_a_row_is_about_its_own_test_corpus_alone():
    right, wrong = of_corpus("a", 1.0), of_corpus("c", 0.0)
    table = matrix_table({("on", "b"): pd.concat([right, wrong], ignore_index=True)}, CORPORA)
    scores = table.set_index("test")
    assert scores.loc["a", ["uar", "low", "high"]].tolist() == [1, 1, 1]
    assert scores.loc["c", ["uar", "low", "high"]].tolist() == [0, 0, 0]
    assert scores["n_test"].tolist() == [60, 60]


def test_the_score_is_the_mean_over_runs_and_lies_in_its_interval():
    one, other = of_corpus("a", 0.9), of_corpus("a", 0.3, seed=1)
    row = matrix_table({("on", "b"): pd.concat([one, other], ignore_index=True)}, CORPORA).iloc[0]
    alone = [matrix_table({("on", "b"): run}, CORPORA)["uar"].iloc[0] for run in (one, other)]
    assert row["uar"] == pytest.approx(np.mean(alone))
    assert row["low"] < row["uar"] < row["high"]
    assert row["n_test"] == 60


def test_classes_that_the_test_corpus_lacks_do_not_count():
    two = of_corpus("a", 1.0).query("label != 'sad'")
    row = matrix_table({("on", "b"): two}, CORPORA).iloc[0]
    assert (row["n_classes"], row["uar"]) == (2, 1)


def test_validation_clips_do_not_count():
    held_out = of_corpus("c", 0.0).assign(split="val")
    table = matrix_table(
        {("on", "b"): pd.concat([of_corpus("a", 1.0), held_out], ignore_index=True)}, CORPORA
    )
    assert table["test"].tolist() == ["a"]


def test_table_and_figure_are_written_of_what_is_trained(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    schema = predictions_schema(made_up.CLASSES, ["emotion"])
    for (case, corpus), table in predictions().items():
        write_table(predictions_path(system_of(case, corpus)), table, schema)
    trained = {system_of("within", "a"): {"status": "trained"}, system_of("on", "b"): {"status": "trained"}}
    scores = {**trained, system_of("on", "a"): {"status": "skipped"}}
    table = write_matrix(tmp_path, CORPORA, scores)
    assert table["system"].unique().tolist() == ["new_speakers_cross_on_b", "new_speakers_cross_within_a"]
    assert len(pd.read_csv(tmp_path / "cross_corpora.csv")) == 3
    first = (tmp_path / "cross_corpora.png").read_bytes()
    save_matrix(tmp_path / "again.png", table)
    assert (tmp_path / "again.png").read_bytes() == first


def test_without_systems_nothing_is_written(tmp_path):
    assert write_matrix(tmp_path, {}, {}).empty
    assert not list(tmp_path.iterdir())


def test_letters_are_dark_on_pale_and_white_on_deep_cells():
    assert [ink_on(0.1), ink_on(0.95)] == ["#1a1a1a", "white"]
