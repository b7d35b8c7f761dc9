"""What the predictor says of the demo's test clips, before calibration, is what training wrote down.

It runs where systems are trained: after `make repro` all of them, after `make tour` five.
"""

from collections import defaultdict
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.config.systems import TorchSystem
from pipeline.core.paths import index_path, plan_path, predictions_path, transcripts_path
from pipeline.core.tables import read_json, read_table
from pipeline.corpora.corpus_audio import corpus_audio
from pipeline.inference.clips import Prepared
from pipeline.inference.predictor import Predictor, load, trained_systems
from pipeline.inference.trained import Trained, read_trained

SYSTEMS = trained_systems()
_prepared: dict[str, dict[str, Prepared]] = defaultdict(dict)  # by feature sets, then by utterance

pytestmark = pytest.mark.slow


def inputs_of(trained: Trained) -> str:
    """Name what a system reads: systems of one name share the features of a clip."""
    names = {one.name for part in trained.parts for one in part.feature_sets.values()}
    return "+".join(sorted(names | {"text"} if trained.reads_text else names))


def by_inputs(system: str) -> object:
    """Let the systems that read the same be tested by the same worker, as far as their plans alone say it."""
    plan = plan_path("train", system)
    group = read_json(plan)["system"]["features"] if plan.exists() else system
    return pytest.param(system, marks=pytest.mark.xdist_group(f"parity {group}"))


@cache
def paths_of(corpus: str) -> dict[str, Path]:
    index = read_table(index_path(corpus), ["utterance_id", "path"])
    root = corpus_audio(corpus)
    return {clip: root / path for clip, path in zip(index["utterance_id"], index["path"], strict=True)}


@cache
def texts() -> pd.Series:
    return read_table(transcripts_path(), ["utterance_id", "text"]).set_index("utterance_id")["text"]


def prepare(predictor: Predictor, clips: pd.DataFrame) -> Prepared:
    """Compute the features of clips, each once for all systems that read the same."""
    known = _prepared[inputs_of(predictor.trained)]
    for clip, corpus in zip(clips["utterance_id"], clips["corpus"], strict=True):
        if clip not in known:
            said = [texts()[clip]] if predictor.reads_text else None
            known[clip] = predictor.prepare([paths_of(corpus)[clip]], said)
    chosen = [known[clip] for clip in clips["utterance_id"]]
    features = {name: [one.features[name][0] for one in chosen] for name in chosen[0].features}
    said = [text for one in chosen for text in one.texts or []] if predictor.reads_text else None
    return Prepared(len(chosen), features, said, [])


def largest_difference(system: str) -> tuple[float, int]:
    """Return how far predictions from audio files are from those of training at most, and of how many clips."""
    predictor = load(system)
    table = read_table(predictions_path(system))
    columns = [f"p_{name}" if predictor.kind == "classes" else f"y_{name}" for name in predictor.outputs]
    differences = []
    for (seed, fold), clips in table[table["split"] == "test"].groupby(["seed", "fold"], sort=True):
        model = (int(seed), int(fold))
        for _, own in clips.groupby("speaker") if predictor.trained.by_speaker else [("", clips)]:
            prepared = prepare(predictor, own)
            if predictor.trained.by_speaker:
                predictor.enrol_prepared([prepared])
            says = predictor.predict_prepared(prepared, [model], calibrated=False)
            differences.append(np.abs(says - own[columns].to_numpy(np.float64)).max(axis=1))
    joined = np.concatenate(differences)
    return float(joined.max()), len(joined)


@pytest.mark.parametrize("system", [by_inputs(system) for system in SYSTEMS])
def test_predictions_from_audio_files_are_those_of_training(system: str) -> None:
    settings = [part.settings for part in read_trained(system).parts]
    bfloat16 = any(isinstance(one, TorchSystem) and one.precision == "bf16" for one in settings)
    difference, n_clips = largest_difference(system)
    assert n_clips > 0
    assert difference < (1e-3 if bfloat16 else 1e-4)


@pytest.mark.skipif(not SYSTEMS, reason="no system is trained here: `make repro` trains the demo's")
def test_systems_of_every_kind_of_input_are_there() -> None:
    assert len({inputs_of(read_trained(system)) for system in SYSTEMS}) >= 5
