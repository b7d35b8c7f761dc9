"""The template of the cross-corpus matrix."""

import pytest

from pipeline.config.cross_corpora import system_of
from pipeline.config.params import check_params
from pipeline.core.errors import PipelineError
from tests.settings import shipped_values

OPEN = ["crema_d", "jl_corpus", "meld", "mlend", "ravdess", "tess"]


def shipped(profile="open", corpora=None, **changes):
    """What params.yaml holds, with another profile, other corpora of it, and other settings of the template."""
    values = shipped_values()
    values["profile"] = profile
    if corpora is not None:
        values["profiles"][profile]["corpora"]["cross_corpora"] = corpora
    values["cross_corpora"] |= changes
    return values


def test_each_corpus_is_trained_on_tested_within_and_left_out():
    params = check_params(shipped())
    study = params.studies["cross_corpora"]
    assert params.cross_corpora == params.study_corpora("cross_corpora") == OPEN
    assert len(study.variants) == 3 * len(OPEN)
    assert (study.variant("within_tess").protocol, study.variant("within_tess").corpora) == (
        "new_speakers",
        ["tess"],
    )
    on, without = study.variant("on_tess"), study.variant("without_tess")
    assert on.protocol == without.protocol == "cross_corpus"
    assert on.corpora is without.corpora is None
    assert on.test_corpora == [name for name in OPEN if name != "tess"]
    assert without.test_corpora == ["tess"]


def test_each_split_has_a_system_that_the_stage_of_the_template_trains():
    params = check_params(shipped())
    names = [name for name in params.new_speakers if params.systems[name].study == "cross_corpora"]
    assert sorted(names) == sorted(
        system_of(case, corpus) for case in ("within", "on", "without") for corpus in OPEN
    )
    assert params.systems[system_of("on", "tess")].variant == "on_tess"
    assert params.feature_set_corpora("whisper_base_blocks") == OPEN


def test_of_two_corpora_all_others_are_the_other_one():
    params = check_params(shipped(corpora=["ravdess", "tess"]))
    assert [*params.studies["cross_corpora"].variants] == [
        "within_ravdess",
        "on_ravdess",
        "within_tess",
        "on_tess",
    ]


@pytest.mark.parametrize("corpora", [[], ["ravdess"]])
def test_without_two_corpora_there_is_no_matrix(corpora):
    params = check_params(shipped(corpora=corpora))
    assert params.cross_corpora == []
    assert "cross_corpora" not in params.studies
    assert "cross_corpora" not in params.feature_sets["whisper_base_blocks"].studies
    assert not [name for name in params.systems if "_cross_" in name]


def test_without_the_block_there_is_no_matrix():
    values = shipped()
    del values["cross_corpora"]
    assert check_params(values).cross_corpora == []


def test_a_corpus_has_the_labels_of_the_one_that_it_imitates_or_calls_its_own_as_the_classes():
    labels = check_params(shipped("demo")).studies["cross_corpora"].labels
    assert labels["demo_tess"] == labels["tess"]
    values = shipped(corpora=["tess", "own"])
    called = {"1": "angry", "2": "sad", "3": "odd"}
    values["corpora"]["own"] = {"source": "table", "path": "own/labels.csv", "labels": called}
    labels = check_params(values).studies["cross_corpora"].labels
    assert labels["own"] == {"angry": "angry", "sad": "sad", "odd": None}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"labels": {"ravdess": {"calm": None}}}, r"cross_corpora\.labels.*crema_d"),
        ({"systems": {}}, r"cross_corpora\.systems: unknown key"),
        ({"classes": "angry"}, r"cross_corpora\.classes"),
        ({"split": {"protocol": "new_speakers", "folds": 1}}, r"cross_corpora\.split\.folds"),
    ],
)
def test_mistakes_are_named_where_they_stand(changes, message):
    with pytest.raises(PipelineError, match=message):
        check_params(shipped(**changes))


def test_a_mistake_in_the_system_is_named_where_it_stands():
    system = shipped_values()["cross_corpora"]["system"] | {"folds": "many"}
    with pytest.raises(PipelineError, match=r"cross_corpora\.system\.folds"):
        check_params(shipped(system=system))
