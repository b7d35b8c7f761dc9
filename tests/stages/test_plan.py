"""The plan says what each corpus is needed for, and nothing that changes with anything else."""

import shutil

import pytest

from pipeline.config.params import load_params
from pipeline.config.plans import load_system_plan
from pipeline.core.errors import PipelineError
from pipeline.core.paths import store_path
from pipeline.core.tables import read_json
from pipeline.stages import plan
from tests.settings import shipped_values, write_values


@pytest.fixture(autouse=True)
def workplace(tmp_path, root, monkeypatch):
    shutil.copy(root / "params.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(("corpus", "needed"), [("demo_tess", True), ("ravdess", False)])
def test_corpora_of_the_profile_are_needed(corpus, needed):
    plan.main()
    assert read_json(plan_path("corpora", corpus))["needed"] is needed


@pytest.mark.parametrize(
    ("feature_set", "corpora"),
    [
        ("spectral_scalars", ["demo_ravdess", "demo_tess"]),
        ("transcripts", ["demo_dialogue", "demo_ravdess", "demo_tess"]),
        ("compare_functionals", []),
    ],
)
def test_the_corpora_of_its_studies_need_a_feature_set(feature_set, corpora):
    plan.main()
    assert read_json(plan_path("features", feature_set))["corpora"] == corpora


def test_a_feature_set_has_its_settings():
    plan.main()
    planned = read_json(plan_path("features", "spectral_scalars"))
    assert planned["kind"] == "spectral_scalars"
    assert planned["settings"] == load_params().feature_sets["spectral_scalars"].settings


def test_settings_are_not_rounded(tmp_path):
    text = (tmp_path / "params.yaml").read_text()
    (tmp_path / "params.yaml").write_text(text.replace("trim_top_db: 25.0", "trim_top_db: 0.123456789"))
    plan.main()
    assert read_json(plan_path("features", "mfcc_delta_16k"))["settings"]["trim_top_db"] == 0.123456789


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
    planned = {name: read_json(plan_path("evaluations", name)) for name in params.evaluated()}
    assert {about["profile"] for about in planned.values()} == {"demo"}


def test_predictions_from_elsewhere_are_planned_as_a_system_is(tmp_path):
    given = {"file": "theirs.csv", "study": "utbm", "variant": "oversampled"}
    change_params(tmp_path, external={"theirs": given})
    planned = read_json(plan_path("external", "theirs"))
    assert planned == {
        **given,
        "targets": ["emotion"],
        "parameters": None,
        "pretrained": False,
        "note": None,
        "classes": load_params().studies["utbm"].classes,
    }
    assert "oversampled training part" in read_json(plan_path("evaluations", "theirs"))["protocol"]
    assert read_json(plan_path("analyse"))["systems"]["theirs"] == "utbm"


@pytest.mark.parametrize(
    ("changes", "changed"),
    [
        ({"published": {}}, {"report.json"}),
        ({"representations": {"utbm_cnn": ["embedding"]}}, {"representations/utbm_cnn.json", "report.json"}),
    ],
    ids=["published", "representations"],
)
def test_a_change_concerns_few(tmp_path, changes, changed):
    plan.main()
    before = plan_files()
    change_params(tmp_path, **changes)
    assert {name for name, content in plan_files().items() if before.get(name) != content} == changed


def test_a_model_that_is_not_there_is_named(tmp_path):
    systems = shipped_values()["systems"]
    systems["ravdess_cnn4"]["model"] = "mel_cn"
    with pytest.raises(
        PipelineError, match=r"ravdess_cnn4.model: unknown model 'mel_cn', did you mean 'mel_cnn'"
    ):
        change_params(tmp_path, systems=systems)


def test_a_protocol_that_is_not_there_is_named(tmp_path):
    studies = shipped_values()["studies"]
    studies["utbm"]["split"]["protocol"] = "leave_one_out"
    with pytest.raises(
        PipelineError, match=r"studies.utbm.split.protocol: unknown protocol .*'leave_one_.*_out'"
    ):
        change_params(tmp_path, studies=studies)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"n_melz": 3}, r"mel_image.mel_image_128.n_melz: unknown key, did you mean 'n_mels'"),
        ({"n_mels": "many"}, r"mel_image.mel_image_128.n_mels: Input should be a valid integer"),
    ],
)
def test_what_a_kind_of_feature_does_not_take_is_named(tmp_path, changes, message):
    feature_sets = shipped_values()["feature_sets"]
    feature_sets["mel_image"]["mel_image_128"] |= changes
    with pytest.raises(PipelineError, match=message):
        change_params(tmp_path, feature_sets=feature_sets)


def test_what_is_said_of_predictions_from_elsewhere_is_shown(tmp_path):
    given = {"file": "theirs.csv", "study": "utbm", "variant": "main", "note": "Fine-tuned elsewhere."}
    change_params(tmp_path, external={"theirs": given})
    assert read_json(plan_path("evaluations", "theirs"))["about"] == "Fine-tuned elsewhere."


def plan_files():
    folder = plan_path("analyse").parent
    return {str(path.relative_to(folder)): read_json(path) for path in folder.rglob("*.json")}


def change_params(folder, **changes):
    """Change blocks of params.yaml and plan anew."""
    write_values({**shipped_values(), **changes}, folder / "params.yaml")
    plan.main()


def test_an_unplanned_system_is_named():
    plan.main()
    with pytest.raises(
        PipelineError, match=r"systems/nobody.json is not there: 'nobody' is not in params.yaml"
    ):
        load_system_plan("nobody")
