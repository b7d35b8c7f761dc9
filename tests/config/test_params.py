"""params.yaml: what the project ships is valid, and every mistake is named."""

from functools import cache
from pathlib import Path
from typing import Any

import pytest

from pipeline.config.params import Params, check_params, load_params
from pipeline.core.errors import PipelineError
from tests.settings import shipped_values

SHIPPED = Path("params.yaml")


@cache
def shipped_params() -> Params:
    return load_params(SHIPPED)


def changed(key: str, value: object) -> dict[str, Any]:
    """Return params.yaml's values with one set (a value of `...` deletes the key)."""
    data = block = shipped_values()
    *parents, last = key.split(".")
    for name in parents:
        block = block.setdefault(name, {})
    if value is ...:
        del block[last]
    else:
        block[last] = value
    return data


RESAMPLING = {"method": "none", "n_per_class": None, "transforms": {}}
EXTERNAL = {"file": "theirs.parquet", "study": "utbm", "variant": "main"}


def ensemble(**changes: object) -> dict:
    members = {"first": "ravdess_cnn3", "second": "ravdess_cnn4"}
    return {
        **members, "study": "ravdess_methods", "variant": "main", "method": "average", "seeds": [42], **changes
    }  # fmt: skip


def test_the_shipped_file_is_valid():
    params = load_params(SHIPPED)
    assert params.profile == "demo"
    assert {"demo", "ravdess", "tess", "open"} <= params.profiles.keys()


@pytest.mark.parametrize("size", ["small", "full"])
@pytest.mark.parametrize("system", sorted(load_params(SHIPPED).systems))
def test_every_system_resolves_in_every_size(size, system):
    shipped = shipped_params()
    profile = shipped.active.model_copy(update={"size": size})
    params = shipped.model_copy(update={"profiles": {shipped.profile: profile}})
    assert params.system(system).study in params.studies


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        (
            "profile",
            "demmo",
            r"profile: unknown profile 'demmo', did you mean 'demo'\?; known: demo",
        ),
        ("corpora", "tess", r"corpora: .*dictionary.*came str 'tess'"),
        ("profiles.demo.corpora.annamalai", "tess", r"annamalai: .*list.*came str 'tess'.*write a list as"),
        ("profiles.demo.corpora.annamalai", ["tes"], r"unknown corpus 'tes', did you mean 'tess'\?"),
        ("profiles.demo.corpora.anamalai", [], r"unknown study 'anamalai', did you mean 'annamalai'\?"),
        ("profiles.demo.sise", "small", r"profiles.demo.sise: unknown key, did you mean 'size'\?"),
        ("profiles.demo.size", "tiny", r"profiles.demo.size: .*'small' or 'full'.*came str 'tiny'"),
        ("profiles.demo.size", ..., r"profiles.demo.size: missing"),
        ("systems.ravdess_cnn4.lrr", 0.1, r"systems.ravdess_cnn4.lrr: unknown key, did you mean 'lr'\?"),
        ("systems.ravdess_cnn4.lr", "fast", r"systems.ravdess_cnn4.lr: .*number.*came str 'fast'"),
        (
            "systems.ravdess_cnn4.features",
            "mel_image",
            r"unknown feature set 'mel_image', did you mean 'mel_im",
        ),
        (
            "systems.ravdess_cnn4.small",
            {"epoch": 1},
            r"systems.ravdess_cnn4.small: unknown key 'epoch', did you mean 'epochs'",
        ),
        ("systems.ravdess_cnn4.small", {"trainer": "sklearn"}, r"ravdess_cnn4.small: unknown key 'trainer'"),
        ("systems.ravdess_cnn4.small", {"variant": "main"}, r"ravdess_cnn4.small: unknown key 'variant'"),
        ("ensembles.annamalai_stacked_ensemble.small", {"seed": [1]}, r"key 'seed', did you mean 'seeds'\?"),
        (
            "systems.ravdess_cnn4.train_on",
            "train",
            r"ravdess_cnn4.train_on: .*list.*came str 'train'.*write a",
        ),
        ("systems.ravdess_cnn4.study", "ravdess_method", r"'ravdess_method', did you mean 'ravdess_methods'"),
        ("systems.ravdess_cnn4.features", "spectral_scalars_x", r"unknown feature set"),
        ("systems.ravdess_cnn4.features", "transcripts", r"not made for study .*add it to asr.studies"),
        ("studies.annamalai.labels.tess.angry", "angr", r"labels.tess map to \['angr'\]"),
        ("studies.annamalai.labels.tes", {}, r"unknown corpus 'tes', did you mean 'tess'"),
        ("studies.annamalai.labels.savee", ..., r"unknown corpus in studies.annamalai.labels 'savee'"),
        (
            "studies.utbm.split.resampling",
            RESAMPLING | {"method": "oversample"},
            r"oversample needs transforms",
        ),
        (
            "studies.utbm.split.resampling",
            RESAMPLING | {"parts": ["test"]},
            r"parts is \['test'\], but method none acts on train alone",
        ),
        ("studies.utbm.variants.undersampled.resampling.parts", [], r"parts is \[\]; expected one or more"),
        ("studies.utbm.split.fractions", {"train": 1.2}, r"utbm.split: .*add up to 1"),
        ("systems.ravdess_cnn4.patience", 0, r"ravdess_cnn4.patience: Input should be greater than 0"),
        ("systems.ravdess_cnn4.label_smoothing", 2.0, r"label_smoothing: Input should be less than 1"),
        ("asr.gold", ["iemo"], r"unknown corpus 'iemo', did you mean 'iemocap'"),
        ("studies.utbm.variants.oversampled", {"resample": {}}, r"resample: unknown key.*mean 'resampling'"),
        ("studies.utbm.variants.main", {}, r"'main' is the name of `split` itself"),
        ("studies.utbm.split.test_corpora", ["tes"], r"unknown corpus 'tes', did you mean 'tess'"),
        (
            "systems.ravdess_cnn4.train_on",
            ["train", "test"],
            r"train_on.1: .*'train' or 'val'.*came str 'test'",
        ),
        ("systems.ravdess_cnn4.seeds", [], r"seeds is \[\]; expected one or more"),
        ("systems.ravdess_cnn4.seeds", [1, 1], r"seeds is \[1, 1\]; expected one or more, all different"),
        ("studies.utbm.classes", ["angry", "angry"], r"one is listed twice"),
        (
            "studies.utbm.variants.oversampled.resampling.transforms.time_stretch",
            [0.2, 0.4],
            r"time_stretch: \[0.2, 0.4\] is out of bounds; expected 0.5 to 10",
        ),
        ("systems.ravdess_cnn4.variant", "mian", r"unknown variant of ravdess_methods 'mian'.*mean 'main'"),
        ("feature_sets.audio.mfcc_delta_16k.studies", ["utbm/over"], r"unknown variant of utbm 'over'"),
        (
            "studies.utbm.examples",
            "mel_image_utb",
            r"unknown feature set of .*mean 'mel_image_utbm'",
        ),
        ("studies.utbm.examples", "mfcc_22k_4s", r"studies.utbm.examples: unknown feature set of pictures"),
        ("asr.texts", {"msp_podcas": "a.csv"}, r"asr.texts: unknown corpus 'msp_podcas', did you mean"),
        (
            "studies.annamalai.variants.noisy.resampling.transforms.recorded_noise",
            [0.0, 70.0],
            r"recorded_noise: \[0, 70\] is out of bounds; expected -20 to 60",
        ),
        ("systems.utbm_vgg19.weights", "random", r"weights is 'random', which only a profile may say"),
        (
            "systems.ravdess_cnn4.targets",
            ["arousal"],
            r"loss is cross_entropy, and targets are \['arousal'\]",
        ),
        ("systems.ravdess_cnn4.loss", "focal", r"focal_gamma belongs to loss focal"),
        (
            "systems.ravdess_cnn4.monitor",
            "val_ccc",
            r"monitor is val_ccc, which targets \['emotion'\] do not",
        ),
        (
            "feature_sets.audio.mel_image_128.small",
            {"widht": 8},
            r"mel_image_128.small: unknown key 'widht', did you mean 'width'",
        ),
        ("ensembles.both", ensemble(first="ravdess_cnn"), r"unknown system 'ravdess_cnn', did you mean"),
        ("ensembles.both", ensemble(second="utbm_cnn"), r"both.second is 'utbm_cnn' of utbm/undersampled"),
        ("ensembles.both", ensemble(seeds=[1]), r"both.seeds is \[1\], and 'ravdess_cnn3' has \[42\]"),
        ("ensembles.ravdess_cnn3", ensemble(), r"there is a system of that name"),
        ("external.theirs", EXTERNAL | {"study": "utb"}, r"unknown study 'utb', did you mean 'utbm'"),
        ("external.theirs", EXTERNAL | {"variant": "over"}, r"unknown variant of utbm 'over'"),
        ("external.theirs", {"study": "utbm", "variant": "main"}, r"external.theirs.file: missing"),
        ("external.theirs", {"file": "theirs.csv", "study": "utbm"}, r"external.theirs.variant: missing"),
        ("external.utbm_cnn", EXTERNAL, r"external.utbm_cnn: there is a system of that name"),
        ("baselines.utbm_cnn", ["utbm_cn"], r"unknown system 'utbm_cn', did you mean 'utbm_cnn'"),
        ("audit.SVM.every speaker", "audit_swm", r"unknown system 'audit_swm', did you mean 'audit_svm'"),
        ("representations.utbm_cn", ["embedding"], r"unknown system 'utbm_cn', did you mean 'utbm_cnn'"),
        (
            "app.system",
            "annamalai_stacked",
            r"app.system: unknown system or ensemble 'annamalai_stacked', did you",
        ),
        (
            "stress.utbm_cn",
            {"seed": 1, "most_clips": 9},
            r"unknown system or ensemble 'utbm_cn', did you mean",
        ),
        ("stress.utbm_cnn", {"seed": 1, "most_clips": 0}, r"stress.utbm_cnn.most_clips"),
        (
            "stress.new_speakers_demo_ravdess_encoder_by_speaker",
            {"seed": 1, "most_clips": None},
            r"stress: 'new_speakers_demo_ravdess_encoder_by_speaker' is standardised by speaker, and nobody can",
        ),
        (
            "importances.new_speakers_demo_ravdess_encoder_by_speaker",
            {"seed": 1, "repeats": 1},
            r"importances: 'new_speakers_demo_ravdess_encoder_by_speaker' is standardised by speaker",
        ),
        (
            "ensembles.both",
            ensemble(
                first="new_speakers_demo_ravdess_encoder_by_speaker",
                second="new_speakers_demo_ravdess_encoder_svm",
                study="new_speakers_demo_ravdess",
            ),
            r"ensembles.both: 'new_speakers_demo_ravdess_encoder_by_speaker' is standardised by speaker",
        ),
        (
            "importances.utbm_cn",
            {"seed": 1, "repeats": 2},
            r"unknown system 'utbm_cn', did you mean 'utbm_cnn'",
        ),
        ("exports.utbm_cn", {"onnx": True}, r"unknown system or ensemble 'utbm_cn', did you mean 'utbm_cnn'"),
        ("exports.utbm_cnn", {"onx": True}, r"exports.utbm_cnn.onx: unknown key, did you mean 'onnx'"),
        ("nonsense", 1, r"nonsense: unknown key"),
    ],
)
def test_a_mistake_is_named(key, value, message):
    with pytest.raises(PipelineError, match=message):
        check_params(changed(key, value)).system("ravdess_cnn4")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("systems.ravdess_cnn4.loss", "focal"),
        ("studies.utbm.classes", ["angry", "angry"]),
        ("studies.utbm.split.fractions", {"train": 1.2}),
        ("studies.utbm.variants.undersampled.resampling.parts", []),
        ("ensembles.annamalai_stacked_ensemble.folds", 1),
    ],
)
def test_a_mistake_is_told_in_our_words_alone(key, value):
    with pytest.raises(PipelineError) as error:
        check_params(changed(key, value))
    assert "Value error" not in str(error.value)


def test_no_file(tmp_path):
    with pytest.raises(PipelineError, match="run from the root"):
        load_params(tmp_path / "params.yaml")


def test_broken_yaml(tmp_path):
    (tmp_path / "params.yaml").write_text("a: [1")
    with pytest.raises(PipelineError, match="not valid YAML"):
        load_params(tmp_path / "params.yaml")


def test_numbers_read_as_dvc_reads_them(tmp_path):
    path = tmp_path / "params.yaml"
    written = "  ravdess_cnn4: {lr: 5e-4, "
    path.write_text(SHIPPED.read_text().replace("  ravdess_cnn4: {", written))
    assert load_params(path).systems["ravdess_cnn4"].lr == 0.0005


def test_a_small_profile_takes_the_small_settings():
    values = changed("systems.ravdess_cnn4.small", {"epochs": 3})
    system = check_params(values).system("ravdess_cnn4")
    assert (system.epochs, system.batch_size) == (3, 16)  # the latter of its recipe's


def test_a_full_profile_does_not():
    params = check_params(changed("profile", "ravdess"))
    expected = params.systems["ravdess_cnn4"]
    assert params.system("ravdess_cnn4") == expected.model_copy(update={"small": {}})
    assert params.feature_settings("mel_image_zero_1920")["draw_width"] == 1920


def test_a_small_profile_draws_smaller_pictures():
    assert shipped_params().feature_settings("mel_image_zero_1920")["draw_width"] == 480


@pytest.mark.parametrize(("profile", "weights"), [("demo", "random"), ("open", "https://")])
def test_weights_are_random_where_the_profile_says_so(profile, weights):
    params = check_params(changed("profile", profile))
    system = params.system("utbm_vgg19")
    assert system.weights.startswith(weights)
    assert system.pretrained is (profile == "open")


def test_a_system_without_published_weights_has_none_in_any_profile():
    assert shipped_params().system("ravdess_cnn4").weights is None
