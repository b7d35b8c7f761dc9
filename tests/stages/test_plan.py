"""The plan says what each corpus is needed for, and nothing that changes with anything else."""

import shutil

import pytest

from pipeline.core.errors import PipelineError
from pipeline.core.params import load_params
from pipeline.core.paths import corpus_plan_path, evaluation_plan_path, feature_plan_path, store_path
from pipeline.core.plans import load_system_plan
from pipeline.core.tables import read_json
from pipeline.stages import plan


@pytest.fixture(autouse=True)
def workplace(tmp_path, root, monkeypatch):
    shutil.copy(root / "params.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(("corpus", "needed"), [("demo_tess", True), ("ravdess", False)])
def test_corpora_of_the_profile_are_needed(corpus, needed):
    plan.main()
    assert read_json(corpus_plan_path(corpus)) == {"needed": needed}


@pytest.mark.parametrize(
    ("feature_set", "corpora"),
    [
        ("spectral_scalars", ["demo_ravdess"]),
        ("transcripts", ["demo_dialogue", "demo_ravdess", "demo_tess"]),
        ("compare_functionals", []),
    ],
)
def test_the_corpora_of_its_studies_need_a_feature_set(feature_set, corpora):
    plan.main()
    assert read_json(feature_plan_path(feature_set))["corpora"] == corpora


def test_a_feature_set_has_its_settings():
    plan.main()
    planned = read_json(feature_plan_path("spectral_scalars"))
    assert planned["kind"] == "spectral_scalars"
    assert planned["settings"] == load_params().feature_sets["spectral_scalars"].settings


def test_settings_are_not_rounded(tmp_path):
    text = (tmp_path / "params.yaml").read_text()
    (tmp_path / "params.yaml").write_text(text.replace("trim_top_db: 25.0", "trim_top_db: 0.123456789"))
    plan.main()
    assert read_json(feature_plan_path("mfcc_delta_16k"))["settings"]["trim_top_db"] == 0.123456789


def test_every_split_has_an_empty_store():
    plan.main()
    splits = [(name, variant) for name, s in load_params().studies.items() for variant in s.variant_names]
    assert ("utbm", "oversampled") in splits
    assert [read_json(store_path("none", *split)) for split in splits] == [{}] * len(splits)


def test_a_system_is_planned_as_the_profile_trains_it():
    plan.main()
    planned = load_system_plan("ravdess_cnn4")
    assert planned.system == load_params().system("ravdess_cnn4")
    assert planned.system.epochs == load_params().systems["ravdess_cnn4"].small["epochs"]
    assert planned.corpora == ["demo_ravdess"]


def test_every_system_and_ensemble_has_what_it_is_evaluated_on():
    plan.main()
    params = load_params()
    planned = {name: read_json(evaluation_plan_path(name)) for name in params.evaluated()}
    assert {about["profile"] for about in planned.values()} == {"demo"}


def test_an_unplanned_system_is_named():
    plan.main()
    with pytest.raises(
        PipelineError, match=r"systems/nobody.json is not there: 'nobody' is not in params.yaml"
    ):
        load_system_plan("nobody")
