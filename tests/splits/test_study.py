"""A study's splits: what of one is left with the corpora that are there, and what is written and logged of it."""

import pandas as pd
import pytest

from pipeline.core.errors import PipelineError
from pipeline.core.paths import split_counts_path, split_path
from pipeline.core.schemas import SPLIT
from pipeline.core.tables import read_table
from pipeline.splits.study import of_corpora, write_split
from tests.splits.splitting import dialogues, resampling, settings


@pytest.fixture(autouse=True)
def working(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("present", "corpora", "tested"),
    [
        (["a", "b", "c"], ["a", "b", "c"], ["b"]),
        (["a", "b"], ["a", "b"], ["b"]),
        (["a", "c"], [], ["b", "d"]),
        (["b"], [], ["b"]),
    ],
    ids=["all there", "some there", "nobody to test", "nobody to train on"],
)
def test_a_cross_corpus_split_takes_what_the_profile_has(present, corpora, tested):
    reduced = of_corpora(settings("cross_corpus", test_corpora=["b", "d"]), present)
    assert (reduced.corpora, reduced.test_corpora) == (corpora, tested)


@pytest.mark.parametrize(
    ("named", "corpora", "tested"),
    [(None, ["a", "c"], ["b"]), (["a"], ["a"], ["b"])],
    ids=["all but those tested besides", "named ones"],
)
def test_corpora_that_are_tested_besides_stay(named, corpora, tested):
    reduced = of_corpora(settings(corpora=named, also_test=["b", "absent"]), ["a", "b", "c"])
    assert (reduced.corpora, reduced.also_test) == (corpora, tested)


def test_a_split_has_its_table_and_its_counts(caplog):
    caplog.set_level("INFO")
    augmented = settings(resampling=resampling("augment", noise=(0.005, 0.01)))
    write_split(dialogues(n=5), augmented, "study", "augmented")
    counts = pd.read_csv(split_counts_path("study", "augmented"))
    assert len(read_table(split_path("study", "augmented"))) == counts["n"].sum() == 170
    assert counts["n_copies"].sum() == 70
    assert caplog.messages == [
        "split: study/augmented: stratified, 1 fold(s): {'test': 15, 'train': 140, 'val': 15}"
    ]


def test_a_study_without_utterances_has_an_empty_table():
    write_split(dialogues().iloc[:0], settings("leave_one_speaker_out"), "study", "main")
    assert read_table(split_path("study", "main")).columns.tolist() == SPLIT.names
    assert read_table(split_path("study", "main")).empty


def test_an_error_names_the_split():
    rows, by_speaker = dialogues().assign(speaker=None), settings("leave_one_speaker_out")
    with pytest.raises(PipelineError, match=r"split: study/by_speaker: 60 utterances have no speaker"):
        write_split(rows, by_speaker, "study", "by_speaker")


def test_what_is_tested_and_not_trained_on_is_logged(caplog):
    rows = dialogues()
    rows.loc[rows["speaker"] == "iemocap/Ses1F", "label"] = "rare"
    write_split(rows, settings("leave_one_speaker_out"), "study", "by_speaker")
    assert "by_speaker: class rare is tested and not trained on in 1 fold(s)" in caplog.text
