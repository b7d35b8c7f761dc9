"""The template of systems that are another one with few settings changed."""

import pytest

from pipeline.config.params import check_params
from pipeline.core.errors import PipelineError
from tests.settings import shipped_values


def shipped(**ablation):
    values = shipped_values()
    values["ablations"] = {"mine": {"of": "annamalai_ffnn", "systems": {"one": {"lr": 0.5}}, **ablation}}
    return check_params(values)


def test_they_differ_from_their_system_in_what_is_said_alone():
    changes = {"normalise.features.select_k": 7, "architecture.dropouts": [0.4], "epochs": 3}
    params = shipped(systems={"one": changes})
    assert params.ablations == ["ablations_mine_one"]
    base, changed = (params.systems[name].model_dump() for name in ("annamalai_ffnn", "ablations_mine_one"))
    assert changed.pop("epochs") == 3 != base.pop("epochs")
    assert (
        changed["normalise"]["features"].pop("select_k") == 7 != base["normalise"]["features"].pop("select_k")
    )
    assert changed["architecture"].pop("dropouts") == [0.4] != base["architecture"].pop("dropouts")
    assert changed == base


@pytest.mark.parametrize(
    ("ablation", "message"),
    [
        (
            {"of": "annamalai_fnn"},
            r"ablations\.mine\.of: unknown system 'annamalai_fnn', did you mean 'annamalai_ffnn'",
        ),
        ({"off": 1}, r"ablations\.mine\.off: unknown key"),
        (
            {"systems": {"one": {"architecture.hiden": [1]}}},
            r"ablations\.mine\.systems\.one\.architecture\.hiden: unknown setting 'hiden', did you mean 'hidden'",
        ),
        (
            {"systems": {"one": {"architektur.hidden": [1]}}},
            r"architektur\.hidden: unknown setting 'architektur', did you mean 'architecture'",
        ),
        (
            {"systems": {"one": {"lrr": 1.0}}},
            r"ablations\.mine\.systems\.one\.lrr: unknown key, did you mean 'lr'",
        ),
        ({"systems": {"one": {"lr": -1.0}}}, r"ablations\.mine\.systems\.one\.lr: "),
    ],
)
def test_a_mistake_is_named(ablation, message):
    with pytest.raises(PipelineError, match=message):
        shipped(**ablation)


def test_no_other_system_is_called_so():
    values = shipped_values()
    values["systems"]["ablations_mine"] = values["systems"]["annamalai_ffnn"]
    with pytest.raises(
        PipelineError, match=r"systems\.ablations_mine: names that begin with ablations_ are of"
    ):
        check_params(values)


def test_titles_and_names_that_make_one_system_are_told():
    values = shipped_values()
    values["ablations"] = {
        "a": {"of": "annamalai_ffnn", "systems": {"b_c": {"lr": 0.1}}},
        "a_b": {"of": "annamalai_ffnn", "systems": {"c": {"lr": 0.2}}},
    }
    with pytest.raises(
        PipelineError, match=r"a_b\.systems\.c: there is a system ablations_a_b_c; choose another"
    ):
        check_params(values)


def test_no_ensemble_joins_them():
    values = shipped_values()
    name, ensemble = next(iter(values["ensembles"].items()))
    values["ablations"] = {"own": {"of": ensemble["first"], "systems": {"one": {}}}}
    ensemble["first"] = "ablations_own_one"
    with pytest.raises(
        PipelineError, match=rf"ensembles\.{name}\.ablations_own_one: .* no stage of their own"
    ):
        check_params(values)
