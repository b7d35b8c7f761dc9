"""The plan says to each stage what it runs on and with which code, and nothing that changes with anything else."""

import shutil

import pytest

from pipeline.config.params import load_params
from pipeline.config.plans import (
    AppPlan,
    ClipsPlan,
    EnsemblePlan,
    EvaluatePlan,
    ExportPlan,
    ExternalPlan,
    FeaturesPlan,
    IndexPlan,
    Plan,
    RepresentPlan,
    StorePlan,
    SystemPlan,
    load_plan,
)
from pipeline.core.errors import PipelineError
from pipeline.core.paths import DATA, code_path, plan_path, store_path
from pipeline.core.tables import read_json, write_json
from pipeline.stages import plan
from tests.settings import shipped_values, write_values
from tests.stages.planned import write_code


@pytest.fixture(scope="module")
def planned(tmp_path_factory):
    """A folder in which the shipped params.yaml is planned."""
    folder = tmp_path_factory.mktemp("planned")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        write_code()
        write_values(shipped_values())
        plan.main()
    return folder


@pytest.fixture(autouse=True)
def workplace(planned, tmp_path, monkeypatch):
    monkeypatch.chdir(shutil.copytree(planned, tmp_path / "copy"))


@pytest.fixture
def unchecked(monkeypatch):
    """Take the plug-ins for right: to build every network takes a second."""
    monkeypatch.setattr(plan, "check_plug_ins", lambda params: None)


def change_params(**changes):
    """Change blocks of params.yaml and plan anew."""
    write_values({**shipped_values(), **changes})
    plan.main()


def plan_files():
    folder = plan_path("analyse").parent
    return {path.relative_to(folder).as_posix(): read_json(path) for path in folder.rglob("*.json")}


def changed_files(change):
    """Change something and plan anew; return the stages, or the stages' items, whose plans have changed."""
    before = plan_files()
    change()
    plan.main()
    return {
        name.removesuffix(".json") for name, content in plan_files().items() if before.get(name) != content
    }


@pytest.mark.parametrize(("corpus", "needed"), [("demo_tess", True), ("ravdess", False)])
def test_corpora_of_the_profile_are_needed(corpus, needed):
    assert load_plan(IndexPlan, "index", corpus).left_out_by == (None if needed else "demo")


@pytest.mark.parametrize(
    ("feature_set", "corpora"),
    [
        ("spectral_scalars", ["demo_ravdess", "demo_tess"]),
        ("compare_functionals", ["demo_ravdess"]),
    ],
)
def test_the_corpora_of_its_studies_need_a_feature_set(feature_set, corpora):
    assert load_plan(FeaturesPlan, "features", feature_set).corpora == corpora
    assert load_plan(ClipsPlan, "clips").feature_sets[feature_set] == corpora


def test_the_corpora_of_its_studies_need_transcripts():
    assert load_plan(ClipsPlan, "clips").transcripts == ["demo_dialogue", "demo_ravdess", "demo_tess"]


def test_feature_sets_of_what_is_said_are_planned_for_embed():
    params = load_params()
    of_text = [name for name in params.feature_sets if name not in params.audio_feature_sets]
    assert {path.stem for path in plan_path("embed", "x").parent.iterdir()} == {*of_text}
    assert {path.stem for path in plan_path("features", "x").parent.iterdir()} == {*params.audio_feature_sets}
    stores = {path.stem for path in plan_path("store", "x").parent.iterdir()}
    assert stores == {*params.feature_sets, "transcripts"}


def test_a_feature_set_has_its_settings():
    planned = load_plan(FeaturesPlan, "features", "spectral_scalars")
    assert planned.kind == "spectral_scalars"
    assert planned.settings == load_params().feature_settings("spectral_scalars")


def test_settings_are_not_rounded(unchecked):
    values = shipped_values()
    values["feature_sets"]["audio"]["mfcc_delta_16k"]["trim_top_db"] = 0.123456789
    change_params(**values)
    assert load_plan(FeaturesPlan, "features", "mfcc_delta_16k").settings["trim_top_db"] == 0.123456789


def test_every_split_has_an_empty_store():
    splits = [(name, variant) for name, s in load_params().studies.items() for variant in s.variant_names]
    assert ("utbm", "oversampled") in splits
    assert [read_json(store_path("none", *split)) for split in splits] == [{}] * len(splits)


def test_the_application_is_told_its_system():
    assert load_plan(AppPlan, "app").system == load_params().app.system


def test_a_system_is_planned_as_the_profile_trains_it():
    planned, params = load_plan(SystemPlan, "train", "ravdess_cnn4"), load_params()
    assert planned.system == params.system("ravdess_cnn4")
    assert planned.system.epochs == params.systems["ravdess_cnn4"].small["epochs"]
    assert planned.corpora == ["demo_ravdess"]


def test_all_that_is_scored_is_evaluated_by_the_plan_it_is_trained_by(unchecked):
    change_params(external={"theirs": {"file": "theirs.csv", "study": "utbm", "variant": "main"}})
    params, evaluated = load_params(), load_plan(EvaluatePlan, "evaluate").systems
    trained: dict[str, Plan] = {name: load_plan(SystemPlan, "train", name) for name in params.systems}
    trained |= {name: load_plan(EnsemblePlan, "combine", name) for name in params.ensembles}
    trained |= {name: load_plan(ExternalPlan, "external", name) for name in params.external}
    assert {name: one.plan for name, one in evaluated.items()} == {
        name: one.digest for name, one in trained.items()
    }
    assert {one.about["profile"] for one in evaluated.values()} == {"demo"}
    assert list(evaluated) == params.evaluated()


def test_a_system_is_represented_by_the_plan_it_is_trained_by():
    params = load_params()
    assert params.representations
    for name, representations in params.representations.items():
        planned = load_plan(RepresentPlan, "represent", name)
        assert planned.names == representations
        assert planned.plan == load_plan(SystemPlan, "train", name)


def test_predictions_from_elsewhere_are_planned_as_a_system_is(unchecked):
    given = {"file": "theirs.csv", "study": "utbm", "variant": "oversampled"}
    change_params(external={"theirs": given})
    planned = load_plan(ExternalPlan, "external", "theirs")
    assert planned.classes == load_params().studies["utbm"].classes
    assert planned.external == load_params().external["theirs"]
    evaluated = load_plan(EvaluatePlan, "evaluate").systems["theirs"]
    assert "oversampled training part" in evaluated.about["protocol"]
    assert read_json(plan_path("analyse"))["systems"]["theirs"] == "utbm"


def test_what_is_said_of_predictions_from_elsewhere_is_shown(unchecked):
    given = {"file": "theirs.csv", "study": "utbm", "variant": "main", "note": "Fine-tuned elsewhere."}
    change_params(external={"theirs": given})
    assert load_plan(EvaluatePlan, "evaluate").systems["theirs"].about["about"] == "Fine-tuned elsewhere."


def change_system(name, **changes):
    """Return a change of a system's settings in params.yaml."""

    def change():
        values = shipped_values()
        values["systems"][name] |= changes
        values["systems"][name]["small"] = {**values["systems"][name].get("small", {}), **changes}
        write_values(values)

    return change


def test_a_change_of_a_system_trains_it_and_no_other(unchecked):
    ensembles = load_params().ensembles.values()
    assert "ravdess_cnn5" not in [name for one in ensembles for name in (one.first, one.second)]
    changed = changed_files(change_system("ravdess_cnn5", lr=0.0123))
    assert changed == {"train/ravdess_cnn5", "evaluate"}


def test_a_change_of_what_is_drawn_concerns_few(unchecked):
    values = {**shipped_values(), "representations": {"utbm_cnn": ["embedding"]}}
    assert changed_files(lambda: write_values(values)) == {"represent/utbm_cnn"}


def test_an_export_has_the_plans_of_its_system_and_changes_with_nothing_else(unchecked):
    planned = load_plan(ExportPlan, "export", "ravdess_cnn4")
    assert planned.onnx
    assert planned.plans.plan == load_plan(SystemPlan, "train", "ravdess_cnn4")
    assert planned.plans.evaluated == load_plan(EvaluatePlan, "evaluate").systems["ravdess_cnn4"]
    changed = changed_files(change_system("ravdess_cnn4", lr=0.0123))
    assert changed == {f"{stage}/ravdess_cnn4" for stage in ("train", "represent", "export")} | {"evaluate"}


def test_nothing_need_be_exported(unchecked):
    shutil.rmtree(DATA / "plan")
    change_params(exports={})
    assert not plan_path("export", "ravdess_cnn4").parent.exists()


def change_code(kind, name):
    """Return a change of the code of a stage or plug-in."""
    return lambda: write_json(code_path(kind, name), {f"pipeline/{kind}/{name}.py": "changed"})


@pytest.mark.parametrize("stage", ["deduplicate", "filter", "split", "explore", "clips", "analyse", "report"])
def test_another_code_of_a_stage_changes_its_plan_and_no_other(unchecked, stage):
    assert changed_files(change_code("stages", stage)) == {stage}


@pytest.mark.parametrize("stage", ["store", "store_text"])
def test_each_store_runs_its_own_script(unchecked, stage):
    params = load_params()
    of_text = {"transcripts", *params.feature_sets} - {*params.audio_feature_sets}
    expected = {*params.audio_feature_sets} if stage == "store" else of_text
    assert changed_files(change_code("stages", stage)) == {f"store/{name}" for name in expected}


def test_another_code_of_a_corpus_reads_that_corpus_anew(unchecked):
    assert changed_files(change_code("corpora", "tess")) == {"index/tess"}


def test_another_code_of_a_kind_of_feature_computes_its_sets_anew(unchecked):
    sets = [name for name, one in load_params().feature_sets.items() if one.kind == "mel_image"]
    expected = {f"{stage}/{name}" for stage in ("features", "store") for name in sets}
    exports = {
        f"export/{name}" for name in load_params().exports if load_params().systems[name].features in sets
    }
    stressed = {
        f"stress/{name}" for name in load_params().stress if load_params().systems[name].features in sets
    }
    assert stressed
    assert changed_files(change_code("features", "mel_image")) == expected | exports | stressed


def test_another_code_of_a_family_trains_its_systems_and_their_ensembles_networks_anew(unchecked):
    params = load_params()
    systems = [name for name, one in params.systems.items() if one.model == "crnn"]
    drawn = {f"represent/{name}" for name in systems if name in params.representations}
    assert not {*systems} & {*params.exports}
    expected = {f"train/{name}" for name in systems} | drawn | {"train_group/ablations", "evaluate"}
    assert systems
    assert changed_files(change_code("models", "crnn")) == expected


def test_a_stage_without_its_code_says_what_to_run():
    code_path("stages", "train").unlink()
    with pytest.raises(PipelineError, match=r"data/code/stages/train\.json is not there; `dvc repro"):
        plan.main()


def test_a_second_plan_is_the_same_bytes():
    first = {path: path.read_bytes() for path in DATA.rglob("*.json")}
    plan.main()
    assert {path: path.read_bytes() for path in DATA.rglob("*.json")} == first


def test_a_model_that_is_not_there_is_named():
    systems = shipped_values()["systems"]
    systems["ravdess_cnn4"]["model"] = "mel_cn"
    with pytest.raises(
        PipelineError, match=r"ravdess_cnn4.model: unknown model 'mel_cn', did you mean 'mel_cnn'"
    ):
        change_params(systems=systems)


def test_a_protocol_that_is_not_there_is_named():
    studies = shipped_values()["studies"]
    studies["utbm"].setdefault("split", {})["protocol"] = "leave_one_out"
    with pytest.raises(
        PipelineError, match=r"studies.utbm.split.protocol: unknown protocol .*'leave_one_.*_out'"
    ):
        change_params(studies=studies)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"n_melz": 3}, r"feature_sets\..*mel_image_128.n_melz: unknown key, did you mean 'n_mels'"),
        ({"n_fft": "many"}, r"feature_sets\..*mel_image_128.n_fft: Input should be a valid integer"),
    ],
)
def test_what_a_kind_of_feature_does_not_take_is_named(changes, message):
    feature_sets = shipped_values()["feature_sets"]
    feature_sets["audio"]["mel_image_128"] |= changes
    with pytest.raises(PipelineError, match=message):
        change_params(feature_sets=feature_sets)


def test_a_store_is_complete_for_the_variants_that_read_it():
    studies = load_plan(StorePlan, "store", "transcripts").studies
    assert list(studies) == load_params().asr.studies
    assert studies["multimodal_er"].corpora == ["demo_tess", "demo_dialogue"]


def test_an_unplanned_system_is_named():
    with pytest.raises(
        PipelineError, match=r"train/nobody.json is not there: 'nobody' is not in params.yaml"
    ):
        load_plan(SystemPlan, "train", "nobody")


def test_a_label_that_a_corpus_does_not_have_is_an_error(planned, tmp_path, monkeypatch):
    shutil.copytree(planned, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    values = shipped_values()
    labels = values["studies"]["ravdess_methods"]["labels"]["ravdess"]
    labels["supprised"] = labels.pop("surprised")
    write_values(values)
    with pytest.raises(PipelineError, match="unknown label 'supprised', did you mean 'surprised'"):
        plan.main()
