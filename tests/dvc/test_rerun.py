"""What a change re-runs, and what it leaves alone. All with the real DVC."""

import json
import shutil
import sys

import pytest

from tests.dvc.conftest import SYSTEMS

pytestmark = pytest.mark.xdist_group("dvc")

RESULTS = {"evaluate", "analyse", "report"}
OF_CNN4 = {"train@ravdess_cnn4", "represent@ravdess_cnn4", "stress@ravdess_cnn4", *RESULTS}


def constant(text: str) -> str:
    return text + "\nCHANGED = True\n"


def rows(box) -> set[str]:
    return {str(path.relative_to(box.cache)) for path in (box.cache / "rows").rglob("*.arrow")}


def test_a_second_run_changes_nothing(clean):
    assert clean.repro() == set()


def test_comments_and_docstrings_run_nothing_but_the_digests(clean):
    clean.edit("pipeline/core/errors.py", lambda text: text.replace('"""', '"""Of all stages. ', 1))
    for path in ("core/paths", "models/mel_cnn", "corpora/demo_ravdess", "training/loop", "stages/train"):
        clean.edit(f"pipeline/{path}.py", lambda text: text + "\n# a comment\n")
    assert clean.repro() == {"code"}


def test_a_learning_rate_runs_one_system_and_metrics_diff_shows_it(clean):
    ran = clean.repro("dvc", "exp", "run", "-S", "++systems.ravdess_cnn4.lr=0.0005", "report")
    assert ran == {"plan", *OF_CNN4}
    shown = clean.run("dvc", "metrics", "diff", "main")
    changed = [line.split()[:2] for line in shown.splitlines() if "ravdess_cnn4" in line]
    assert ["metrics/systems/ravdess_methods.json", "ravdess_cnn4.uar"] in changed
    assert "ravdess_random_forest" not in shown


def test_a_constant_in_a_model_file_runs_its_systems(clean):
    clean.edit("pipeline/models/mel_cnn.py", constant)
    assert clean.repro() == {"code", "plan", *OF_CNN4}


def test_a_constant_in_a_corpus_file_runs_its_index(clean):
    clean.edit("pipeline/corpora/demo_ravdess.py", constant)
    assert clean.repro() == {"code", "plan", "index@demo_ravdess"}


@pytest.mark.slow
def test_a_constant_in_a_kind_of_feature_runs_its_feature_sets(clean):
    clean.edit("pipeline/features/spectral_scalars.py", constant)
    ran = clean.repro()
    own = {f"{stage}@spectral_scalars" for stage in ("features", "store")}
    assert (
        {"code", "plan"} | own
        <= ran
        <= {
            *("code", "plan", "new_speakers", "ablations", "train@ravdess_random_forest"),
            *own,
            *RESULTS,
        }
    )


@pytest.mark.slow
def test_a_protocol_runs_its_study(clean):
    split = "++studies.ravdess_methods.split"
    ran = clean.repro(
        "dvc", "exp", "run", "-S", f"{split}.protocol=k_fold", "-S", f"{split}.folds=4", "report"
    )
    assert {stage for stage in ran if not stage.startswith(("plan", "store"))} == {
        "split",
        "new_speakers",
        "ablations",
        *(f"train@{system}" for system in SYSTEMS),
        *OF_CNN4,
    }


@pytest.mark.slow
def test_a_further_corpus_computes_no_old_feature(clean):
    before = rows(clean)
    both = "++profiles.demo.corpora.ravdess_methods=[demo_ravdess,demo_tess]"
    ran = clean.repro("dvc", "exp", "run", "-S", both, "report")
    scores = json.loads((clean.root / "data/evaluated/ravdess_cnn4/scores.json").read_text())
    assert scores["corpora"] == "demo_ravdess,demo_tess"
    indexed = {stage for stage in ran if stage.startswith(("index", "features"))}
    assert indexed == {"index@demo_tess", "features@mel_image_128", "features@spectral_scalars"}
    assert before < rows(clean)


def test_an_unknown_profile_is_named(clean):
    output = clean.run("dvc", "exp", "run", "-S", "++profile=demmo", check=False)
    assert "unknown profile 'demmo', did you mean 'demo'" in output


def test_a_string_for_a_list_is_named(clean):
    setting = "++profiles.demo.corpora.ravdess_methods=demo_tess"
    output = clean.run("dvc", "exp", "run", "-S", setting, check=False)
    assert "write a list as [a, b]" in output


def test_a_corpus_that_changed_where_it_is_kept_is_indexed_anew_by_make_repro(copy, tmp_path):
    """One clip is taken away: DVC does not look there, and `pipeline.repro` does."""
    kept = tmp_path / "corpora/demo_ravdess"
    shutil.copytree(copy.cache / "corpora/demo_ravdess", kept)
    copy.environment["SER_CORPORA"] = str(kept.parent)
    copy.repro("-f", "-s", "index@demo_ravdess")
    copy.repro()
    next(kept.rglob("*.wav")).unlink()
    assert copy.repro() == set()
    shown = copy.run(sys.executable, "-m", "pipeline.repro", "1")
    assert "demo_ravdess: its files are others than when they were indexed, or" in shown
    assert "] index@demo_ravdess" in shown
    assert "] train@ravdess_cnn4" in shown
    shutil.rmtree(copy.root / "data/index/demo_ravdess")  # as an interrupted stage leaves it
    assert "] index@demo_ravdess" in copy.run(sys.executable, "-m", "pipeline.repro", "1")
    assert "Nothing has changed." in copy.run(sys.executable, "-m", "pipeline.repro", "1")
