"""What a system is evaluated on, in words."""

import pytest

from pipeline.config.params import load_params
from pipeline.splits.describe import describe_protocol, describe_system, describe_way, sentence_pairs
from tests.evaluation import made_up


@pytest.mark.parametrize(
    ("study", "system", "expected"),
    [
        ({}, {}, "stratified 70/15/15, deduplicated"),
        ({}, {"train_on": ("train", "val")}, "stratified 85/15, deduplicated"),
        ({"protocol": "speaker_independent"}, {}, "speaker-independent 70/15/15, deduplicated"),
        ({"protocol": "leave_one_speaker_out"}, {}, "leave-one-speaker-out, deduplicated"),
        ({"protocol": "speaker_k_fold"}, {}, "5-fold by speaker, deduplicated"),
        ({"protocol": "cross_corpus"}, {}, "cross-corpus, tested on elsewhere, deduplicated"),
        ({"deduplicate": False}, {}, "stratified 70/15/15, duplicates kept on one side"),
        (
            {"deduplicate": False, "group_duplicates": False},
            {},
            "stratified 70/15/15, duplicates kept",
        ),
    ],
)
def test_protocol_in_words(study, system, expected):
    assert describe_protocol(made_up.study(**study), made_up.system(**system), ["elsewhere"]) == expected


def test_what_a_system_knows_of_its_test_clips(root):
    params = load_params(root / "params.yaml")
    study = next(name for name in params.studies if name.startswith("new_speakers_"))
    assert describe_way(params, f"{study}_compare_svm") == "new_speakers"
    assert describe_way(params, f"{study}_encoder_by_speaker") == "new_speakers, standardised by speaker"
    assert describe_way(params, f"{study}_encoder_new_sentences") == "new_sentences"
    assert describe_way(params, "utbm_cnn") == "random"


def test_known_sentences_are_held_against_new_ones(root):
    params = load_params(root / "params.yaml")
    studies = [name for name in params.studies if name.startswith("new_speakers_")]
    assert studies
    assert sentence_pairs(params) == {
        f"{study}_encoder_known_sentences": [f"{study}_encoder_both_new"] for study in studies
    }


def test_resampling_in_words(root):
    params = load_params(root / "params.yaml")
    assert describe_system(params, "utbm_cnn")["protocol"] == (
        "random 65/17.5/17.5, undersampled throughout, deduplicated"
    )
    assert describe_system(params, "utbm_cnn_lstm")["protocol"] == (
        "random 70/15/15, oversampled training part, deduplicated"
    )


@pytest.mark.parametrize("synthetic", [True, False])
def test_any_synthetic_corpus_is_said(synthetic):
    about = describe_system(made_up.params(synthetic=synthetic), "net")
    assert about["synthetic"] is synthetic
    assert about["corpora"] == ("demo_made_up" if synthetic else "made_up")


def test_every_system_of_the_project_can_be_described(root):
    params = load_params(root / "params.yaml")
    keys = {tuple(describe_system(params, system)) for system in params.evaluated()}
    assert keys <= {("profile", "synthetic", "study", "corpora", "protocol")}
