"""What is planned of a system, from the plan files of several stages."""

import pytest

from pipeline.config.plans import EnsemblePlan, SystemPlan, load_plan
from pipeline.core.errors import PipelineError
from pipeline.inference.plans import read_plans
from tests.inference.box import FEATURE_SETS, Box


def test_a_system_has_the_plans_of_what_it_reads_and_no_others(box: Box) -> None:
    plans = read_plans("tiny_cnn")
    assert plans.plan == load_plan(SystemPlan, "train", "tiny_cnn")
    assert {name: (one.kind, one.settings) for name, one in plans.audio.items()} == {
        "images": FEATURE_SETS["images"]
    }
    assert (plans.text, plans.asr, plans.members) == ({}, None, {})
    assert plans.evaluated.about["protocol"] == "by hand"


def test_one_that_reads_what_is_said_is_told_how_it_is_transcribed(box: Box) -> None:
    words, embeddings = read_plans("tiny_fusion"), read_plans("tiny_any_length")
    assert (list(words.audio), list(words.text)) == (["frames"], [])
    assert (list(embeddings.audio), list(embeddings.text)) == (["spectra"], ["said"])
    assert words.asr == embeddings.asr is not None


def test_an_ensemble_has_those_of_its_members(box: Box) -> None:
    plans = read_plans("tiny_mean")
    assert plans.plan == load_plan(EnsemblePlan, "combine", "tiny_mean")
    assert list(plans.members) == ["tiny_fusion", "tiny_svm"]
    assert plans.members["tiny_svm"].plan == read_plans("tiny_svm").plan
    assert plans.members["tiny_svm"].evaluated is None  # so that its scores do not concern the ensemble
    assert plans.asr == plans.members["tiny_fusion"].asr is not None


def test_a_system_that_is_not_planned_is_refused(box: Box) -> None:
    with pytest.raises(PipelineError, match=r"train/nothing\.json is not there"):
        read_plans("nothing")
