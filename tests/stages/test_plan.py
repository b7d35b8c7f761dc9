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
    ("feature_set", "corpus", "needed"),
    [
        ("spectral_scalars", "demo_ravdess", True),
        ("spectral_scalars", "demo_tess", False),
        ("transcripts", "demo_dialogue", True),
        ("transcripts", "demo_ravdess", False),
    ],
)
def test_shards_of_the_studies_are_needed(feature_set, corpus, needed):
    plan.main()
    assert read_json(feature_plan_path(feature_set, corpus))["needed"] is needed


def test_a_needed_shard_has_its_settings():
    plan.main()
    shard = read_json(feature_plan_path("spectral_scalars", "demo_ravdess"))
    assert shard["kind"] == "spectral_scalars"
    assert shard["settings"] == load_params().feature_sets["spectral_scalars"].settings


def test_settings_are_not_rounded(tmp_path):
    text = (tmp_path / "params.yaml").read_text()
    (tmp_path / "params.yaml").write_text(text.replace("trim_top_db: 25.0", "trim_top_db: 0.123456789"))
    plan.main()
    assert (
        read_json(feature_plan_path("mfcc_delta_16k", "demo_tess"))["settings"]["trim_top_db"] == 0.123456789
    )


def test_a_shard_that_is_not_needed_does_not_change_with_its_settings():
    plan.main()
    shard = read_json(feature_plan_path("spectral_scalars", "demo_tess"))
    assert shard == {"kind": "spectral_scalars", "needed": False, "settings": None}


def test_every_study_has_an_empty_store():
    plan.main()
    assert [read_json(store_path("none", study)) for study in load_params().studies] == [{}, {}, {}]
