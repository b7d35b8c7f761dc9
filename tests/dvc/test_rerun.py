"""What a change re-runs, and what it leaves alone. All with the real DVC."""

import json

import pytest

pytestmark = pytest.mark.xdist_group("dvc")

SYSTEMS = ("ravdess_cnn4", "ravdess_random_forest")


def comment(text: str) -> str:
    return text + "\n# a comment\n"


def rows(box) -> set[str]:
    return {str(path.relative_to(box.cache)) for path in (box.cache / "rows").rglob("*.arrow")}


def test_a_second_run_changes_nothing(clean):
    assert clean.repro() == set()


def test_a_learning_rate_runs_one_system_and_metrics_diff_shows_it(clean):
    ran = clean.repro("dvc", "exp", "run", "-S", "systems.ravdess_cnn4.lr=0.00001", "report")
    own = {f"{stage}@ravdess_cnn4" for stage in ("train", "evaluate", "represent")}
    assert ran == {"plan", *own, "analyse", "report"}
    shown = clean.run("dvc", "metrics", "diff", "main")
    assert "metrics/ravdess_cnn4.json" in shown
    assert "metrics/ravdess_random_forest.json" not in shown


@pytest.mark.slow
def test_a_comment_in_a_model_file_runs_its_systems(clean):
    clean.edit("pipeline/models/mel_cnn.py", comment)
    own = {f"{stage}@ravdess_cnn4" for stage in ("train", "evaluate", "represent")}
    assert clean.repro() == {"code", *own, "report"}


@pytest.mark.slow
def test_a_protocol_runs_its_study(clean):
    split = "studies.ravdess_methods.split"
    ran = clean.repro(
        "dvc", "exp", "run", "-S", f"{split}.protocol=k_fold", "-S", f"{split}.folds=4", "report"
    )
    assert {stage for stage in ran if not stage.startswith(("plan", "explore", "store_"))} == {
        "split@ravdess_methods",
        *(f"{stage}@{system}" for stage in ("train", "evaluate") for system in SYSTEMS),
        "represent@ravdess_cnn4",
        "analyse",
        "report",
    }


@pytest.mark.slow
def test_a_comment_in_a_corpus_file_runs_its_index(clean):
    clean.edit("pipeline/corpora/demo_ravdess.py", comment)
    assert clean.repro() == {"code", "index@demo_ravdess"}


@pytest.mark.slow
def test_a_further_corpus_computes_no_old_feature(clean):
    before = rows(clean)
    both = "profiles.demo.corpora.ravdess_methods=[demo_ravdess,demo_tess]"
    ran = clean.repro("dvc", "exp", "run", "-S", both, "report")
    scores = json.loads((clean.root / "data/details/ravdess_cnn4/scores.json").read_text())
    assert scores["corpora"] == "demo_ravdess,demo_tess"
    assert {stage for stage in ran if stage.startswith("features")} == {
        "features_mel_image@mel_image_128",
        "features_spectral_scalars@spectral_scalars",
    }
    assert before < rows(clean)


def test_an_unknown_profile_is_named(clean):
    output = clean.run("dvc", "exp", "run", "-S", "profile=demmo", check=False)
    assert "unknown profile 'demmo', did you mean 'demo'" in output


def test_a_string_for_a_list_is_named(clean):
    setting = "profiles.demo.corpora.ravdess_methods=demo_tess"
    output = clean.run("dvc", "exp", "run", "-S", setting, check=False)
    assert "write a list as [a, b]" in output
