"""The template of studies for speakers never heard."""

import copy

import pytest

from pipeline.config.new_speakers import USUAL
from pipeline.config.params import check_params
from pipeline.core.errors import PipelineError
from tests.settings import shipped_values

SYSTEMS = shipped_values()["new_speakers"]["systems"]


def shipped(profile="demo", **changes):
    """What params.yaml holds, with another profile, and other settings of the template."""
    values = shipped_values()
    values["profile"] = profile
    values["new_speakers"] |= changes
    return values


def test_each_corpus_of_the_profile_has_its_study_of_its_own_labels():
    params = check_params(shipped("open"))
    studies = {name: study for name, study in params.studies.items() if name.startswith("new_speakers_")}
    corpora = ["crema_d", "jl_corpus", "meld", "mlend", "ravdess", "tess"]
    assert list(studies) == [f"new_speakers_{corpus}" for corpus in corpora]
    assert all(params.study_corpora(f"new_speakers_{corpus}") == [corpus] for corpus in corpora)
    assert studies["new_speakers_mlend"].classes == ["bored", "excited", "neutral", "question"]
    assert studies["new_speakers_ravdess"].split.speakers[0] == [1, 11, 20, 21]
    assert studies["new_speakers_tess"].split.speakers is None
    assert studies["new_speakers_tess"].variant("sentences").protocol == "new_sentences"


def test_each_study_has_every_system_of_the_template():
    params = check_params(shipped("open"))
    entries = shipped_values()["new_speakers"]["systems"]
    of_template = [name for name in params.new_speakers if params.systems[name].study != "cross_corpora"]
    assert len(of_template) == 6 * len(entries)
    assert {"new_speakers_tess_cnn3", "new_speakers_meld_encoder_logistic"} <= {*params.new_speakers}
    assert params.systems["new_speakers_tess_cnn3"].study == "new_speakers_tess"
    assert params.system("new_speakers_tess_cnn3").lr == params.system("ravdess_cnn3").lr  # of the recipe


def test_feature_sets_are_made_for_them():
    params = check_params(shipped("tess"))
    assert params.feature_set_corpora("whisper_base_blocks") == ["tess"]
    assert "new_speakers_tess" in params.input_studies("compare_functionals")
    assert check_params(shipped("demo")).feature_set_corpora("whisper_base_frames") == ["demo_ravdess"]


def test_a_synthetic_corpus_has_the_labels_of_the_one_that_it_imitates():
    params = check_params(shipped("demo"))
    assert params.studies["new_speakers_demo_ravdess"].classes[:2] == ["neutral", "calm"]


def test_labels_that_are_no_emotion_are_left_out_by_name():
    labels = check_params(shipped("published")).studies["new_speakers_msp_podcast"].labels["msp_podcast"]
    assert labels["A"] == "A"
    assert labels["X"] is labels["O"] is None


def test_a_profile_without_corpora_for_it_has_no_such_system():
    values = shipped("demo")
    values["profiles"]["demo"]["corpora"] |= {"new_speakers": [], "cross_corpora": []}
    params = check_params(values)
    assert params.new_speakers == []
    assert not [name for name in params.studies if name.startswith("new_speakers")]


def own(columns=(), labels=(), **profile):
    """What params.yaml holds with a table `own` behind the template."""
    values = shipped("own")
    values["corpora"]["own"] = {
        "source": "table",
        "path": "own.csv",
        "columns": {"path": "file", **dict.fromkeys(columns, "c")},
        "labels": {label: label for label in labels},
    }
    corpora = {**{study: [] for study in values["studies"]}, "new_speakers": ["own"]}
    values["profiles"]["own"] = {**values["profiles"]["demo"], "size": "full", "corpora": corpora, **profile}
    return values


@pytest.mark.parametrize(
    ("labels", "columns", "studies"),
    [
        (["a", "b"], [], ["new_speakers_own"]),
        ([], ["valence"], ["new_speakers_own_dimensions"]),
        (["a"], ["valence"], ["new_speakers_own_dimensions"]),
        (["a", "b"], ["valence"], ["new_speakers_own", "new_speakers_own_dimensions"]),
    ],
)
def test_a_table_has_a_study_of_its_classes_and_one_of_its_dimensions(labels, columns, studies):
    params = check_params(own(columns, labels))
    assert [name for name in params.studies if name.startswith("new_speakers_")] == studies
    assert all(params.study_corpora(name) == ["own"] for name in studies)
    dimensions = params.studies.get("new_speakers_own_dimensions")
    if dimensions:
        assert dimensions.labels == {"own": dict.fromkeys(labels or ["rated"], "rated")}
        assert params.systems["new_speakers_own_dimensions_compare_mlp"].targets == ["valence"]


@pytest.mark.parametrize(("labels", "came"), [([], "none"), (["a"], "a")])
def test_a_table_that_says_nothing_to_learn(labels, came):
    with pytest.raises(
        PipelineError, match=rf"corpora\.own\.labels: {came} is named; a study needs two or more"
    ):
        check_params(own(labels=labels))


def test_a_profile_names_the_systems_that_it_trains():
    params = check_params(own(labels=["a", "b"], systems=["compare_svm", "egemaps_trees"]))
    assert params.new_speakers == ["new_speakers_own_compare_svm", "new_speakers_own_egemaps_trees"]
    made = {name for name in params.feature_sets if params.feature_set_corpora(name)}
    assert made == {"compare_functionals", "egemaps_functionals"}  # those that they read, and no other
    with pytest.raises(
        PipelineError, match=r"profiles\.own\.systems: unknown .* 'compare_svn', did you mean"
    ):
        check_params(own(labels=["a", "b"], systems=["compare_svn"]))


def test_a_feature_set_is_made_for_other_systems_of_the_study():
    values = own(labels=["a", "b"], systems=["compare_svm"])
    entry = values["new_speakers"]["systems"]["egemaps_svm"]
    values["systems"]["mine"] = {**USUAL, **entry, "study": "new_speakers_own"}
    assert check_params(values).feature_set_corpora("egemaps_functionals") == ["own"]


def test_classes_are_not_told_apart_in_a_study_of_one():
    values = own(["valence"])
    entry = values["new_speakers"]["systems"]["compare_svm"]
    values["systems"]["mine"] = {**USUAL, **entry, "study": "new_speakers_own_dimensions"}
    with pytest.raises(
        PipelineError, match=r"systems\.mine tells classes apart, and .* \['rated'\]: name two"
    ):
        check_params(values)


def test_what_is_given_stays_as_it_is():
    values = shipped("open")
    before = copy.deepcopy(values)
    check_params(values)
    assert values == before


@pytest.mark.parametrize(
    ("profile", "changes", "message"),
    [
        ("tess", {"labels": {"ravdess": ["calm"]}}, r"new_speakers\.labels.*tess"),
        ("tess", {"splits": {}}, r"new_speakers\.splits: unknown key"),
        (
            "tess",
            {"systems": SYSTEMS | {"cnn3": SYSTEMS["cnn3"] | {"lr": "fast"}}},
            r"new_speakers\.systems\.cnn3\.lr",
        ),
        (
            "tess",
            {"systems": SYSTEMS | {"cnn3": SYSTEMS["cnn3"] | {"variant": "man"}}},
            "variant of new_speakers_tess",
        ),
        ("tess", {"variants": {"halves": {"protocols": "k_fold"}}}, r"new_speakers\.variants|protocols"),
    ],
)
def test_mistakes_are_named_where_they_stand(profile, changes, message):
    with pytest.raises(PipelineError, match=message):
        check_params(shipped(profile, **changes))


@pytest.mark.parametrize("block", ["systems", "ensembles", "external"])
def test_no_other_system_is_called_as_those_of_the_template(block):
    values = shipped()
    values[block]["new_speakers_mine"] = {}
    with pytest.raises(
        PipelineError, match=rf"{block}\.new_speakers_mine: names that begin with new_speakers_"
    ):
        check_params(values)


@pytest.mark.parametrize("block", ["stress", "exports", "representations"])
def test_stages_of_one_system_take_none_of_the_template(block):
    """DVC knows the folder of all of them, and no file of one."""
    values = shipped()
    values[block] = {"new_speakers_demo_ravdess_cnn3": next(iter(values[block].values()))}
    with pytest.raises(
        PipelineError, match=rf"{block}\.new_speakers_demo_ravdess_cnn3: systems of new_speakers have"
    ):
        check_params(values)
