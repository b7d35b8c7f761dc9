"""Recipes and defaults: what is laid over what, and the mistakes one makes with them."""

import re

import pytest

from pipeline.config.expand import expand, merge
from pipeline.config.params import check_params
from pipeline.core.errors import PipelineError
from tests.settings import shipped_values


@pytest.mark.parametrize(
    ("below", "above", "merged"),
    [
        ({"lr": 1, "epochs": 2}, {"lr": 3}, {"lr": 3, "epochs": 2}),
        ({"grid": {"C": [1], "gamma": [2]}}, {"grid": {"C": [3]}}, {"grid": {"C": [3]}}),
        ({"seeds": [1, 2]}, {"seeds": [3]}, {"seeds": [3]}),
        (
            {"architecture": {"hidden": [8], "sizes": {"a": 1, "b": 2}}},
            {"architecture": {"sizes": {"b": 3}}},
            {"architecture": {"hidden": [8], "sizes": {"a": 1, "b": 3}}},
        ),
        (
            {"small": {"lr": 1, "architecture": {"a": 1}, "scheduler": {"kind": "linear", "steps": 3}}},
            {"small": {"architecture": {"b": 2}, "scheduler": {"kind": "plateau"}}},
            {"small": {"lr": 1, "architecture": {"a": 1, "b": 2}, "scheduler": {"kind": "plateau"}}},
        ),
        ({"patience": 3}, {"patience": None}, {"patience": None}),
    ],
    ids=["key by key", "a mapping", "a list", "architecture", "small", "null"],
)
def test_merge(below, above, merged):
    assert merge(below, above) == merged


def made_up(**changes):
    """A file of one system with a recipe, one without, an ensemble with one, a feature set and a study."""
    identity = {"study": "s", "variant": "main", "model": "m", "features": "f", "second": "none"}
    values = {
        "defaults": {
            "system": {"trainer": "torch", "seeds": [1]},
            "torch": {"loss": "cross_entropy"},
            "split": {"folds": 5, "seeds": [42]},
            "curation": {"min_seconds": 0.3},
            "mfcc": {"n_fft": 512, "hop_length": 160},
        },
        "recipes": {
            "net": {"lr": 0.1, "loss": "focal", "architecture": {"width": 8, "depth": 2}},
            "mean": {"method": "average"},
        },
        "feature_sets": {"audio": {"f": {"kind": "mfcc", "hop_length": 80}}, "text": {}},
        "corpora": {"real": {}, "demo": {"imitates": "real"}},
        "studies": {"s": {"split": {"folds": 3}, "labels": {"real": {"a": "b"}}}, "t": {}},
        "systems": {
            "a": {**identity, "recipe": "net", "architecture": {"depth": 3}},
            "b": {**identity, "lr": 0.2},
        },
        "ensembles": {"e": {"study": "s", "recipe": "mean"}},
    }
    return {**values, **changes}


def test_a_system_is_its_entry_over_its_recipe_over_its_trainers_defaults():
    systems = expand(made_up()).values["systems"]
    assert systems["a"]["seeds"] == [1]
    assert systems["a"]["lr"] == 0.1
    assert systems["a"]["loss"] == "focal"
    assert systems["a"]["architecture"] == {"width": 8, "depth": 3}
    assert "recipe" not in systems["a"]
    assert (systems["b"]["lr"], systems["b"]["loss"]) == (0.2, "cross_entropy")


def test_ensembles_feature_sets_and_studies():
    values = expand(made_up()).values
    assert values["ensembles"]["e"] == {"method": "average", "study": "s"}
    assert values["feature_sets"]["f"] == {"n_fft": 512, "hop_length": 80, "kind": "mfcc", "group": "audio"}
    assert values["studies"]["s"]["split"] == {"folds": 3, "seeds": [42]}
    assert values["studies"]["t"] == {"split": {"folds": 5, "seeds": [42]}, "curation": {"min_seconds": 0.3}}
    assert values["studies"]["s"]["labels"] == {"real": {"a": "b"}, "demo": {"a": "b"}}
    assert not {"recipes", "defaults"} & values.keys()


def test_a_study_may_map_the_labels_of_an_imitation_itself():
    labels = {"real": {"a": "b"}, "demo": {"a": None}}
    values = expand(made_up(studies={"s": {"labels": labels}})).values
    assert values["studies"]["s"]["labels"] == labels


def test_expanding_leaves_the_written_values_alone():
    values = made_up()
    expand(values)
    assert values == made_up()


@pytest.mark.parametrize(
    ("key", "stands"),
    [
        ("systems.a.lr", "recipes.net.lr"),
        ("systems.a.seeds.0", "defaults.system.seeds.0"),
        ("systems.a.loss", "recipes.net.loss"),
        ("systems.a.architecture.width", "systems.a.architecture.width"),
        ("systems.b.lr", "systems.b.lr"),
        ("ensembles.e.method", "recipes.mean.method"),
        ("feature_sets.f.n_fft", "defaults.mfcc.n_fft"),
        ("feature_sets.f.hop_length", "feature_sets.audio.f.hop_length"),
        ("studies.s.split.folds", "studies.s.split.folds"),
        ("studies.s.split.seeds", "defaults.split.seeds"),
        ("studies.s", "studies.s"),
    ],
)
def test_where_a_setting_stands(key, stands):
    assert expand(made_up()).find(key) == stands


def shipped(**changes):
    """The shipped values with keys set, a level a double underscore."""
    values = shipped_values()
    for key, value in changes.items():
        *parents, last = key.split("__")
        block = values
        for name in parents:
            block = block[name]
        block[last] = value
    return values


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"systems__ravdess_cnn4__recipe": "ravdess_cn"},
            "systems.ravdess_cnn4.recipe: unknown recipe 'ravdess_cn', did you mean 'ravdess_cnn'?",
        ),
        ({"systems__ravdess_cnn4__recipe": ["a"]}, "systems.ravdess_cnn4.recipe: unknown recipe ['a']"),
        (
            {"recipes__spare": {"lr": 0.1}},
            "recipes.spare: used by nobody; name it as the `recipe` of a system",
        ),
        (
            {"recipes__ravdess_cnn__lrr": 0.1},
            "recipes.ravdess_cnn.lrr: unknown key, did you mean 'lr'?; trainer torch, as of systems.ravdess_cnn",
        ),
        (
            {"recipes__audit_svm__batch_size": 8},
            "recipes.audit_svm.batch_size: unknown key; trainer sklearn, as of systems.audit_svm, takes ",
        ),
        (
            {"recipes__late_fusion__metod": "average"},
            "unknown key, did you mean 'method'?; an ensemble, as of",
        ),
        ({"recipes__ravdess_cnn__model": "crnn"}, "recipes.ravdess_cnn.model: stands in each entry itself"),
        (
            {"recipes__ravdess_cnn__small__epoch": 1},
            "recipes.ravdess_cnn.small.epoch: unknown key, did you mean 'epochs'?",
        ),
        ({"recipes__ravdess_cnn__recipe": "audit_svm"}, "recipes.ravdess_cnn.recipe: unknown key"),
        ({"recipes__ravdess_cnn": "fast"}, "recipes.ravdess_cnn: came str 'fast', expected a mapping"),
        ({"recipes": ["a"]}, "recipes: came list \"['a']\", expected a mapping"),
        (
            {"recipes__ravdess_cnn__trainer": "torhc"},
            "systems.ravdess_cnn4: Input tag 'torhc' found using 'trainer'",
        ),
        (
            {"corpora__demo_tess__imitates": "tes"},
            "corpora.demo_tess.imitates: unknown corpus 'tes', did you",
        ),
        ({"systems__ravdess_cnn4": "fast"}, "systems.ravdess_cnn4: "),
        (
            {"defaults__mel_imag": {}},
            "defaults: unknown default 'mel_imag', did you mean 'mel_image'?",
        ),
        ({"defaults__torch__lrr": 1}, "defaults.torch.lrr: unknown key, did you mean 'lr'?"),
        ({"defaults__split__sedes": [1]}, "defaults.split.sedes: unknown key, did you mean 'seeds'?"),
        ({"feature_sets__adio": {}}, "unknown group of feature sets 'adio', did you mean 'audio'?"),
        (
            {"feature_sets__text__waveform_16k": {"kind": "text_embedding"}},
            "feature_sets.text.waveform_16k: feature_sets.audio has one of that name",
        ),
        (
            {"feature_sets__audio__waveform_16k": {"studies": []}},
            "feature_sets.audio.waveform_16k.kind: missing",
        ),
        (
            {"feature_sets__audio__waveform_16k__studies": "utbm"},
            "waveform_16k.studies: Input should be a valid li",
        ),
        ({"studies__utbm__split": "random"}, "studies.utbm.split: "),
    ],
    ids=str,
)
def test_a_mistake_is_named(changes, message):
    with pytest.raises(PipelineError, match=re.escape(message)):
        check_params(shipped(**changes))


def test_a_mistake_in_a_recipe_is_said_once_and_where_it_stands():
    with pytest.raises(PipelineError) as error:
        check_params(shipped(recipes__ravdess_cnn__lr="fast"))
    assert str(error.value).count("\n") == 0
    assert str(error.value).startswith("params.yaml: recipes.ravdess_cnn.lr: Input should be a valid number")


def test_a_system_needs_no_recipe_and_no_small_settings():
    values = shipped()
    system = {"study": "audit", "variant": "main", "model": "svm", "features": "spectral_scalars"}
    values["systems"]["own"] = {**system, "second": "none", "trainer": "sklearn", "grid": {"C": [1.0]}}
    params = check_params(values)
    assert params.system("own").grid == {"C": [1.0]}
    assert params.system("own").architecture == {}
