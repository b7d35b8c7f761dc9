"""The tables of results on real corpora."""

import pytest

from pipeline.core.errors import PipelineError
from pipeline.report.real_tables import N_BEST, Reported, real_tables, score_text, table_by_name
from tests.report.test_real_results import record

KNOWN = {"protocol": "stratified 70/15/15", "new_speakers": False, "low": None, "high": None}
PUBLISHED = {"ravdess_cnn4": Reported(0.7788, frozenset({"ravdess"}))}


def table(name, *records):
    return table_by_name(name, records, PUBLISHED)


@pytest.mark.parametrize(
    ("known", "text"),
    [
        ({}, "57.7 ± 0.7 (50.0–65.0)"),
        ({"sd": None}, "57.7 (50.0–65.0)"),
        ({"low": None, "high": None}, "57.7 ± 0.7"),
        ({"low": None, "high": None, "sd": None}, "57.7"),
    ],
)
def test_a_score_says_how_sure_it_is(known, text):
    assert score_text(record(**known)) == text


def test_new_speakers_stand_beside_known_ones_and_the_document():
    text = table("new_speakers", record(), record(**KNOWN, accuracy=0.713, sd=0.024))
    assert text.splitlines() == [
        "| system | corpus | audio | accuracy, % | UAR, % | known speakers, % | published, known speakers, % |",
        "| --- | --- | --- | --: | --: | --: | --: |",
        "| `ravdess_cnn4` | ravdess | transcoded | 57.7 ± 0.7 (50.0–65.0) | 55.1 | 71.3 ± 2.4 | 77.9 |",
    ]


def test_known_speakers_are_those_of_the_same_audio_and_corpus():
    others = [{"audio": "publisher"}, {"test_corpus": "tess"}, {"condition": "x"}, {"system": "ravdess_cnn3"}]
    text = table("new_speakers", record(), *(record(**{**KNOWN, **other}) for other in others))
    assert "known speakers, % | published" not in text


def test_a_system_by_speaker_stands_beside_the_one_that_it_is_a_variant_of():
    text = table(
        "new_speakers", record(system="audit_svm_by_speaker"), record(**KNOWN, system="audit_svm", sd=None)
    )
    assert "| 55.1 | 57.7 |" in text


def test_the_best_uar_comes_first_and_the_rest_is_counted():
    rows = [record(system=f"s{n}", uar=n / 100) for n in range(N_BEST + 2)]
    text = table("new_speakers", *rows, record(test_corpus="tess", uar=0.001))
    systems = [line.split("`")[1] for line in text.splitlines() if line.startswith("| `")]
    assert systems == [*(f"s{n}" for n in reversed(range(2, N_BEST + 2))), "ravdess_cnn4"]
    assert f"Shown: the best {N_BEST} of {N_BEST + 2} systems on ravdess." in text


def test_training_on_one_corpus_and_testing_on_another_is_said():
    text = table(
        "new_speakers", record(train_corpus="crema_d,ravdess", test_corpus="tess", protocol="cross_corpus")
    )
    assert "| crema_d, ravdess → tess |" in text
    assert "77.9" not in text  # of another corpus


def test_speaker_standardised_features_are_said_where_there_are_any():
    assert "standardised by speaker" not in table("new_speakers", record())
    text = table("new_speakers", record(), record(speaker_standardised=True))
    assert "| transcoded | yes | 57.7" in text
    assert "| transcoded | – | 57.7" in text


def test_a_study_has_the_published_values_beside_known_speakers_alone():
    text = table("study ravdess_methods", record(), record(**KNOWN, precision="bf16"), record(study="audit"))
    assert "| `ravdess_cnn4` | ravdess | yes | – | 57.7" in text
    assert "| `ravdess_cnn4` | ravdess | no | 77.9 | 57.7" in text
    assert len(text.splitlines()) == 4


def test_other_conditions_have_a_table_of_their_own():
    odd = record(condition="learning rate 0.00001")
    assert "| learning rate 0.00001 |" in table("conditions", record(), odd)
    assert "`ravdess_cnn4`" not in table("study ravdess_methods", odd)


def test_the_audit_has_all_its_conditions():
    text = table("audit", record(study="audit_copies", condition="copies on both sides"), record())
    assert "| copies on both sides | yes | 432 |" in text
    assert len(text.splitlines()) == 3


def test_the_audit_has_other_systems_that_had_copies_and_the_conditions_have_not():
    copies, tried = record(**KNOWN, condition="copies on both sides"), record(condition="another rate")
    records = [copies, record(**KNOWN), record(), tried, record(system="ravdess_cnn3")]
    rows = table("audit", *records).splitlines()[2:]
    shown = [[cell.strip() for cell in row.split("|")[3:6]] for row in rows]
    assert [cells[1:] for cells in shown] == [["copies on both sides", "no"], ["–", "no"], ["–", "yes"]]
    assert "copies" not in table("conditions", *records)


def test_commands_leave_the_system_open():
    text = table(
        "commands",
        record(),
        record(system="ravdess_cnn3", command="dvc exp run -S profile=ravdess train@ravdess_cnn3"),
    )
    assert text.splitlines() == [
        "- `dvc exp run -S profile=ravdess train@<system>`",
        "  - `ravdess_cnn4`, `ravdess_cnn3`: 2026-11-21 · commit 50a46bb · 2 CPU cores, no GPU · float32 · 1,440 s",
    ]


def test_an_unknown_table_is_named():
    with pytest.raises(PipelineError, match="unknown table of real results 'study ravdes', did you mean"):
        table("study ravdes", record())


def test_the_report_has_a_table_a_study_and_no_empty_columns():
    tables = real_tables([record(), record(study="audit", note="x"), record(condition="y")])
    assert [(one.study, len(one.records)) for one in tables] == [("ravdess_methods", 2), ("audit", 1)]
    titles = [[column.title for column in one.columns] for one in tables]
    assert ["condition" in titles[0], "note" in titles[0], "note" in titles[1]] == [True, False, True]
    assert tables[0].commands == ["dvc exp run -S profile=ravdess train@<system>"]


def test_what_the_matrix_of_corpora_tests_on_fewer_classes_is_not_ranked_with_others():
    text = table("new_speakers", record(system="a"), record(system="b", uar=0.9, study="cross_corpora"))
    assert "`a`" in text
    assert "`b`" not in text
