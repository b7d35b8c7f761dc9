"""params.yaml in the form in which DVC writes it, so that `dvc exp run -S` changes what it says and no more."""

import difflib
import shutil
from functools import cache
from pathlib import Path

import pytest
from dvc.utils.hydra import apply_overrides
from dvc.utils.serialize import modify_yaml

from pipeline.config.params import load_params

SHIPPED = Path("params.yaml")


@pytest.fixture
def copy(tmp_path):
    """A params.yaml to change."""
    return Path(shutil.copy(SHIPPED, tmp_path))


@cache
def settings(path):
    """The settings of all systems and ensembles in the active profile."""
    params = load_params(path)
    return {name: params.scored(name).model_dump() for name in [*params.systems, *params.ensembles]}


def changed_lines(path):
    """Numbers of the shipped file's lines that another replaces, and the lines that are there in their place."""
    shipped, found = SHIPPED.read_text().splitlines(), path.read_text().splitlines()
    matcher = difflib.SequenceMatcher(None, shipped, found, autojunk=False)
    changes = [opcode for opcode in matcher.get_opcodes() if opcode[0] != "equal"]
    gone = [number for _, start, stop, _, _ in changes for number in range(start, stop)]
    return gone, [line for _, _, _, start, stop in changes for line in found[start:stop]]


def test_dvc_dumps_it_as_it_is(copy):
    with modify_yaml(copy) as values:
        assert values["profile"] == "demo"
    assert copy.read_text() == SHIPPED.read_text()


def test_an_override_that_sets_what_is_there_changes_nothing(copy):
    apply_overrides(copy, ["++profile=demo"])
    assert copy.read_text() == SHIPPED.read_text()


def test_it_is_not_long():
    assert len(SHIPPED.read_text().splitlines()) < 1300


def test_one_value_is_one_line(copy):
    lines = {
        "++profile=open": "profile: open",
        "++profiles.demo.size=full": "    size: full",
        "++corpora.demo_dialogue.seed=2": "  demo_dialogue: {source: synthetic, seed: 2}",
        "++asr.max_tokens=32": "  max_tokens: 32",
        "++recipes.ravdess_cnn.lr=0.0005": "    lr: 0.0005",
        "++recipes.ravdess_cnn.batch_size=32": "    batch_size: 32",
    }
    apply_overrides(copy, [*lines])
    gone, there = changed_lines(copy)
    assert len(gone) == len(lines)
    assert there == [*lines.values()]  # in the order of the file


@pytest.mark.slow
@pytest.mark.parametrize(
    "override",
    [
        "++systems.ravdess_cnn4.lr=0.0005",
        "++systems.ravdess_cnn4.architecture.dropout=0.5",
        "++systems.ravdess_cnn4.train_on=[train,val]",
        "++systems.ravdess_cnn4.variant=by_speaker",
    ],
)
def test_a_change_of_a_system_stays_in_its_entry(copy, override):
    apply_overrides(copy, [override])
    lines = SHIPPED.read_text().splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("  ravdess_cnn4: "))
    stop = next(number for number in range(start + 1, len(lines)) if not lines[number].startswith("    "))
    gone, _ = changed_lines(copy)
    assert set(gone) <= set(range(start, stop))


def test_keys_that_a_system_does_not_state_are_set_for_it_alone_and_leave_the_others(copy):
    before = settings(SHIPPED)
    own = "++systems.ravdess_cnn4"
    apply_overrides(
        copy,
        [
            f"{own}.lr=0.0005",
            f"{own}.precision=bf16",
            f"{own}.seeds=[1,2]",
            f"{own}.architecture.hidden=[8,8]",
        ],
    )
    after = settings(copy)
    assert {name for name in before if before[name] != after[name]} == {"ravdess_cnn4"}
    changes = {"lr": 0.0005, "precision": "bf16", "seeds": [1, 2]}
    architecture = {**before["ravdess_cnn4"]["architecture"], "hidden": [8, 8]}
    assert after["ravdess_cnn4"] == {**before["ravdess_cnn4"], **changes, "architecture": architecture}


def test_a_recipe_changes_its_family(copy):
    before = settings(SHIPPED)
    apply_overrides(copy, ["++recipes.ravdess_cnn.lr=0.0005"])
    after = settings(copy)
    family = {name for name in before if name.startswith("ravdess_cnn") and name != "ravdess_cnn_mlp"}
    family |= {
        "new_speakers_demo_ravdess_cnn3",
        *(name for name in before if "ablations_ravdess_cnn" in name),
    }
    assert {name for name in before if before[name] != after[name]} == family
    assert {after[name]["lr"] for name in family} == {0.0005}


@pytest.mark.slow
@pytest.mark.parametrize(
    "override",
    [
        "++systems.ravdess_cnn4.lr=0.0005",
        "++recipes.cnn14.momentum=0.5",
        "++studies.utbm.split.seeds=[1]",
        "++representations.ravdess_cnn3=[embedding]",
        "++external.theirs={file: a.csv, study: utbm, variant: main}",
    ],
)
def test_comments_survive(copy, override):
    apply_overrides(copy, [override])
    assert comments(copy) == comments(SHIPPED)


def comments(path):
    return [line.partition("#")[2] for line in path.read_text().splitlines() if "#" in line]
