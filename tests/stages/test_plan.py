"""The plan says what each corpus is needed for, and nothing that changes with anything else."""

import shutil

import pytest

from pipeline.core.params import load_params
from pipeline.core.paths import corpus_plan_path, feature_plan_path, store_path
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
        ("transcripts", ["demo_dialogue", "demo_tess"]),
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
