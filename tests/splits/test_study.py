"""A study's splits: what is left of one with the corpora that are there, and what is written and logged of it."""

import pandas as pd
import pytest

from pipeline.config.params import check_params
from pipeline.core.errors import PipelineError
from pipeline.core.paths import split_counts_path, split_path
from pipeline.core.schemas import SPLIT
from pipeline.core.tables import read_table
from pipeline.splits.study import of_corpora, write_split
from tests.settings import shipped_values
from tests.splits.splitting import alike, dialogues, resampling, settings


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


def test_the_matrix_trains_on_one_corpus_or_on_all_others():
    values = shipped_values()
    values["profiles"]["demo"]["corpora"]["cross_corpora"] = ["demo_ravdess", "demo_tess", "demo_dialogue"]
    study = check_params(values).studies["cross_corpora"]
    corpora = study.variant("within_demo_tess").corpora + study.variant("on_demo_tess").test_corpora
    rows = pd.concat([alike("ab", 20, corpus=name) for name in corpora], ignore_index=True)
    names = [f"{name}/{i:03}" for i, name in enumerate(rows["corpus"])]
    rows = rows.assign(
        utterance_id=names, group=names, speaker=rows["corpus"] + "/" + (rows.index % 6).astype(str)
    )
    parts = {}
    for variant in ("on_demo_tess", "without_demo_tess", "within_demo_tess"):
        write_split(rows, study.variant(variant), "cross_corpora", variant)
        table = read_table(split_path("cross_corpora", variant))
        parts[variant] = [
            sorted(table.loc[table["split"].isin(splits), "corpus"].unique())
            for splits in (["train", "val"], ["test"])
        ]
    others = ["demo_dialogue", "demo_ravdess"]
    assert parts == {
        "on_demo_tess": [["demo_tess"], others],
        "without_demo_tess": [others, ["demo_tess"]],
        "within_demo_tess": [["demo_tess"], ["demo_tess"]],
    }
    write_split(rows, study.split, "cross_corpora", "main")
    assert read_table(split_path("cross_corpora", "main")).empty


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
