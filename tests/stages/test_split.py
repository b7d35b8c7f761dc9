"""The split stage: a table and its counts for every variant of a study."""

import pandas as pd
import pytest

from pipeline.config.params import load_params
from pipeline.core.errors import PipelineError
from pipeline.core.paths import curated_path, split_path
from pipeline.core.schemas import CURATED, SPLIT
from pipeline.core.tables import read_table, write_table
from pipeline.stages import split
from tests.settings import shipped_values, write_values
from tests.splits.splitting import dialogues

STUDY = "ravdess_methods"
VARIANTS = {
    "augmented": {
        "corpora": ["iemocap"],
        "resampling": {"method": "augment", "n_per_class": None, "transforms": {"noise": [0.005, 0.01]}},
    },
    "by_speaker": {"protocol": "leave_one_speaker_out"},
}


@pytest.fixture
def working(tmp_path, monkeypatch):
    """An empty folder with the shipped params.yaml, in which one study has variants, and its utterances."""
    params = shipped_values()
    params["corpora"]["iemocap"] = {"source": "manual"}
    params["studies"][STUDY]["variants"] = VARIANTS
    for member in [*params["systems"].values(), *params["ensembles"].values()]:
        member["variant"] = "main"
    monkeypatch.chdir(tmp_path)
    write_values(params)
    write_table(curated_path(STUDY), dialogues(n=5), CURATED)


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
    settings = (
        load_params()
        .studies[STUDY]
        .split.model_copy(update={"protocol": "cross_corpus", "test_corpora": ["b", "d"]})
    )
    reduced = split.of_corpora(settings, present)
    assert (reduced.corpora, reduced.test_corpora) == (corpora, tested)


@pytest.mark.parametrize(
    ("named", "corpora", "tested"),
    [(None, ["a", "c"], ["b"]), (["a"], ["a"], ["b"])],
    ids=["all but those tested besides", "named ones"],
)
def test_corpora_that_are_tested_besides_stay(named, corpora, tested):
    changes = {"corpora": named, "also_test": ["b", "absent"]}
    reduced = split.of_corpora(load_params().studies[STUDY].split.model_copy(update=changes), ["a", "b", "c"])
    assert (reduced.corpora, reduced.also_test) == (corpora, tested)


def test_every_variant_has_its_table_and_its_counts(working, caplog):
    caplog.set_level("INFO")
    split.main(STUDY)
    tables = {name: read_table(split_path(STUDY, name)) for name in ("main", *VARIANTS)}
    assert {name: len(table) for name, table in tables.items()} == {
        "main": 100,
        "augmented": 170,
        "by_speaker": 1000,
    }
    n_counted = [
        pd.read_csv(f"data/splits/{STUDY}/{name}_counts.csv")[["n", "n_copies"]].sum().tolist()
        for name in tables
    ]
    assert n_counted == [[100, 0], [170, 70], [1000, 0]]
    assert [record.getMessage() for record in caplog.records] == [
        "split: ravdess_methods/main: stratified, 1 fold(s): {'test': 15, 'train': 70, 'val': 15}",
        "split: ravdess_methods/augmented: stratified, 1 fold(s): {'test': 15, 'train': 140, 'val': 15}",
        "split: ravdess_methods/by_speaker: leave_one_speaker_out, 10 fold(s): "
        "{'test': 100, 'train': 800, 'val': 100}",
    ]


def test_a_study_without_utterances_has_empty_tables(working):
    write_table(curated_path(STUDY), dialogues().iloc[:0], CURATED)
    split.main(STUDY)
    assert read_table(split_path(STUDY, "by_speaker")).columns.tolist() == SPLIT.names
    assert len(read_table(split_path(STUDY, "augmented"))) == 0


def test_an_error_names_the_variant(working):
    write_table(curated_path(STUDY), dialogues().assign(speaker=None), CURATED)
    with pytest.raises(PipelineError, match=rf"split: {STUDY}/by_speaker: 60 utterances have no speaker"):
        split.main(STUDY)


def test_what_is_tested_and_not_trained_on_is_logged(working, caplog):
    rows = dialogues()
    rows.loc[rows["speaker"] == "iemocap/Ses1F", "label"] = "rare"
    write_table(curated_path(STUDY), rows, CURATED)
    split.main(STUDY)
    assert "by_speaker: class rare is tested and not trained on in 1 fold(s)" in caplog.text
