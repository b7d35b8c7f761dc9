"""The examples of docs/adding.md work as they are written there."""

import ast
import re
import sys
import textwrap
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
import yaml
from sklearn.metrics import cohen_kappa_score

from pipeline.config.profiles import Profile
from pipeline.config.systems import TorchSystem
from pipeline.corpora.contract import Entry
from pipeline.evaluation import metrics
from pipeline.evaluation.bootstrap import bootstrap_intervals
from pipeline.evaluation.scores import confusion_counts
from pipeline.models.registry import Inputs, parse_settings
from pipeline.splits import protocols
from pipeline.splits.table import split_utterances
from tests.corpora.trees import entries
from tests.evaluation.made_up import CLASSES, random_predictions
from tests.splits.splitting import n_splits_of_each, settings, study

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/adding.md").read_text("utf-8")
PARAMS = yaml.safe_load((ROOT / "params.yaml").read_text("utf-8"))
# Lines that are indented, behind an empty one: as Markdown has code, by itself or in a list.
BLOCK = re.compile(r"(?<=\n\n)(?: {4}.*\n(?:\n(?= {4}))?)+")


def examples(heading: str) -> list[str]:
    """Return the code of a section, block by block."""
    section = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return [textwrap.dedent(match[0]) for match in BLOCK.finditer(section)]


def example(heading: str, start: str) -> str:
    """Return the one block of a section that begins with some words."""
    [found] = [block for block in examples(heading) if block.startswith(start)]
    return found


def module(name: str, code: str, **names: object) -> ModuleType:
    """Run code as a module."""
    made = ModuleType(name)
    vars(made).update(names)
    exec(compile(code, name, "exec"), vars(made))
    return made


@pytest.fixture
def my_corpus(monkeypatch):
    adapter = module("pipeline.corpora.my_corpus", example("Corpus", '"""'))
    monkeypatch.setitem(sys.modules, adapter.__name__, adapter)
    monkeypatch.setattr("pipeline.corpora.my_corpus", adapter, raising=False)
    return adapter


def test_a_corpus_passes_its_own_test(my_corpus, tmp_path):
    own = module("test_my_corpus", example("Corpus", "from pipeline.corpora import"))
    own.test_names(tmp_path)
    assert entries(my_corpus, tmp_path)["anna_bored_004"] == Entry(
        "anna_bored_004.wav", "anna_bored_004", problem="the name is not {speaker}_{angry,happy}_{number}"
    )


def test_a_profile_names_every_study():
    profile = Profile.model_validate(yaml.safe_load(example("Corpus", "profiles:"))["profiles"]["mine"])
    assert set(profile.corpora) == set(PARAMS["studies"])


def test_a_kind_computes():
    kind = module("my_kind", example("Kind of feature", "import numpy"))
    entry = yaml.safe_load(example("Kind of feature", "my_set:"))["my_set"]
    parsed = kind.Settings(**{key: entry[key] for key in entry.keys() - {"kind", "studies"}})
    wave = np.tile(np.array([1, -1, -1, -1], np.float32), 205)  # two crossings in four samples
    features = kind.extract(wave, settings=parsed)
    assert features.dtype == kind.DTYPE
    assert (features.ndim, kind.FORM) == (2, "frames")
    assert features.tolist() == [[0.5], [0.5]]
    assert len(kind.feature_names(parsed)) == features.shape[-1]


def test_a_family_builds_what_its_system_says():
    family = module("my_family", example("Family of models", "from torch")).FAMILY
    entry = yaml.safe_load(example("Family of models", "my_system:"))["my_system"]
    defaults = PARAMS["defaults"]
    system = TorchSystem.model_validate({**defaults["system"], **defaults["torch"], **entry})
    parsed = parse_settings(family, system.architecture, "x")
    network = family.build(parsed, Inputs({"features": (5,)}), 3)
    assert network(features=torch.zeros(2, 5)).shape == (2, 3)
    assert family.reads == ("vector",)
    assert entry["features"] in PARAMS["feature_sets"]["audio"]


def test_a_system_and_a_feature_set_are_of_this_project():
    [(_, system)] = yaml.safe_load(example("System", "ravdess_cnn4_slow:")).items()
    assert system["recipe"] in PARAMS["recipes"]
    assert system["features"] in PARAMS["feature_sets"]["audio"]
    [(_, features)] = yaml.safe_load(example("Feature set", "mfcc_20:")).items()
    assert features.keys() - {"kind", "studies"} <= PARAMS["defaults"][features["kind"]].keys()


def test_a_metric_is_that_of_scikit_learn_and_has_an_interval(monkeypatch):
    code, entry = example("Metric", "def kappa").rsplit("\n\n", 1)
    names = vars(module("with_kappa", code, **vars(metrics)))
    monkeypatch.setitem(metrics.METRICS, "kappa", eval(entry, names))
    table = random_predictions(90, accuracy=0.6)
    truth, predicted = table["label"].to_numpy(), table["predicted"].to_numpy()
    ours = names["kappa"](confusion_counts(truth, predicted, CLASSES))
    assert ours == pytest.approx(cohen_kappa_score(truth, predicted))
    intervals, _ = bootstrap_intervals(table, CLASSES, n_resamples=200)
    assert intervals["kappa"][0] < ours < intervals["kappa"][1]
    assert names["kappa"](np.diag([4, 0])) == 0


def test_a_protocol_tests_each_speaker_once(monkeypatch):
    code, entry = example("Protocol", "import numpy").rsplit("\n\n", 1)
    names = vars(module("with_protocol", code, Protocol=protocols.Protocol))
    [(name, protocol)] = eval(ast.unparse(ast.parse(f"{{{entry}}}")), names).items()
    monkeypatch.setitem(protocols.PROTOCOLS, name, protocol)
    table = split_utterances(study(0), settings(name))
    tested = table[table["split"] == "test"].groupby("speaker")["fold"].nunique()
    assert (tested == 1).all()
    assert set(tested.index) == set(table["speaker"])
    assert table.groupby("fold")["split"].agg(set).map({"train", "val", "test"}.issubset).all()
    assert n_splits_of_each(table, "group").max() == 1
    assert n_splits_of_each(table, "speaker").max() == 1
