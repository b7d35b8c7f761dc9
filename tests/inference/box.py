"""Tiny trained systems in a folder of their own, made by the pipeline's functions from a few seconds of tones."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import torch

from pipeline.config.asr import Asr
from pipeline.config.ensembles import Ensemble
from pipeline.config.plans import (
    EnsemblePlan,
    EvaluatedSplit,
    EvaluatedSystem,
    EvaluatePlan,
    FeaturesPlan,
    SystemPlan,
    TranscribePlan,
    write_plan,
)
from pipeline.core import paths
from pipeline.core.schemas import INDEX, SPLIT
from pipeline.core.tables import write_json, write_table
from pipeline.features.compute import extract_file
from pipeline.features.extractor import build_extractor
from pipeline.features.registry import load_text_kind, parse_settings
from pipeline.stages.combine import main as combine
from pipeline.training.data import StudyData
from pipeline.training.train import train, write_outcomes
from tests.training import toy

STUDY, CORPUS = "ravdess_methods", "demo_ravdess"
PITCH = {"angry": 300.0, "happy": 700.0, "sad": 150.0}  # Hz
RATES = (16_000, 22_050, 48_000)
CLIP = {"peak_normalise": False, "trim_top_db": None}
MEL = {"n_fft": 512, "f_min": 0.0, "f_max": 8000.0, **CLIP}
FEATURE_SETS: dict[str, tuple[str, dict[str, Any]]] = {
    "images": (
        "mel_image",
        {**MEL, "sample_rate": 22_050, "hop_length": 512, "n_mels": 16, "top_db": 80.0, "seconds": None}
        | {"padding": "zero", "align": "start", "draw_height": None, "draw_width": None}
        | {"height": 16, "width": 12},
    ),
    "frames": (
        "mfcc",
        {**MEL, "sample_rate": 16_000, "hop_length": 512, "n_mels": 16, "n_mfcc": 5, "deltas": 0}
        | {"mean_normalise": False, "n_frames": 20},
    ),
    "spectra": ("log_mel", {**MEL, "sample_rate": 16_000, "hop_length": 256, "n_mels": 32}),
    "encoded": (
        "speech_encoder",
        {
            **CLIP,
            "sample_rate": 16_000,
            "model": "none",
            "blocks": [0, 2],
            "pooling": ["mean"],
            "speeds": [1.0, 1.25],
        }
        | {"speeds": [1.0, 1.25], "random": {"hidden_size": 8, "heads": 2, "blocks": 2}},
    ),
    "vectors": ("functionals", {**CLIP, "sample_rate": 16_000, "feature_set": "IS13"}),
    "said": (
        "text_embedding",
        {"model": "none", "max_tokens": 8}
        | {"random": {"hidden_size": 8, "layers": 1, "heads": 1, "intermediate": 8, "vocabulary": 50}},
    ),
}
MLP = {"model": "mlp", "architecture": {"hidden": [8], "dropouts": [0.0], "batch_norm": False}}
SYSTEMS: dict[str, dict[str, Any]] = {
    "tiny_cnn": {**toy.TORCH, **toy.CNN, "seeds": [1, 2]},
    "tiny_fusion": {**toy.TORCH, **toy.FUSION},
    "tiny_any_length": {
        **toy.TORCH,
        "model": "cnn14",
        "features": "spectra",
        "second": "said",
        "architecture": {"width": 2, "pooling": "max", "dropout": 0.0, "head_dropout": 0.0}
        | {"crop": None, "conditioning": "multi"},
    },
    "tiny_separate": {**toy.TORCH, **toy.REGRESSION, **MLP, "features": "vectors", "joint": False},
    "tiny_forest": {**toy.SKLEARN, **toy.FOREST, "train_on": ["train", "val"]},
    "tiny_encoded": {**toy.SKLEARN, **toy.SVM, "features": "encoded", "second": "vectors", "views": 2},
    "tiny_svm": {**toy.SKLEARN, **toy.SVM},
    "tiny_by_speaker": {**toy.SKLEARN, **toy.SVM, "standardise_by": "speaker"},
}
ENSEMBLES: dict[str, dict[str, Any]] = {
    "tiny_mean": {"first": "tiny_fusion", "second": "tiny_svm", "method": "average"},
    "tiny_stacked": {
        "first": "tiny_fusion",
        "second": "tiny_any_length",
        "method": "stacked",
        "folds": 2,
        "stacking": {
            "model": "mlp",
            "architecture": {"hidden": [8], "dropouts": [0.3], "batch_norm": False},
            "optimizer": "adam",
            "lr": 0.05,
            "batch_size": 8,
            "epochs": 2,
            "monitor": "val_uar",
            "loss": "cross_entropy",
            "normalise": {"features": {"kind": "none"}},
        },
    },
}


@dataclass(frozen=True)
class Box:
    """A folder with trained systems.

    Attributes:
        root: The folder; what is below `data` lies as the stages leave it.
        files: Audio by utterance.
        texts: By utterance.
    """

    root: Path
    files: dict[str, Path]
    texts: dict[str, str]


def tone(label: str, seconds: float, rate: int, seed: int = 0) -> np.ndarray:
    """Draw samples of a class: its pitch, and noise."""
    generator = np.random.default_rng(seed)
    time = np.arange(round(seconds * rate)) / rate
    wave = 0.1 * np.sin(2 * np.pi * PITCH[label] * time) + generator.normal(0, 0.02, len(time))
    return wave.astype(np.float32)


def file_name(clip: str) -> str:
    """Return what a clip's file is called."""
    return f"{clip.replace('/', '_')}.wav"


def fill(root: Path, whisper: Path) -> Box:
    """Make and train everything below a folder, which is the working directory meanwhile."""
    data = study()
    clips = data.clips
    files = {}
    for number, (clip, label) in enumerate(zip(clips["utterance_id"], clips["label"], strict=True)):
        rate = RATES[number % 3]
        files[clip] = root / file_name(clip)
        soundfile.write(files[clip], tone(label, 0.5 + 0.02 * number, rate, number), rate, "FLOAT")
    _write_tables(data)
    _write_plans(whisper)
    for name in SYSTEMS:
        _train(name, data, files)
    for name, ensemble in ENSEMBLES.items():
        settings = Ensemble.model_validate({"study": STUDY, "variant": "main", "seeds": [7], **ensemble})
        write_plan(EnsemblePlan(code="1", classes=toy.CLASSES, ensemble=settings), "combine", name)
        combine(name)
    return Box(root, files, dict(zip(clips["utterance_id"], data.texts or [], strict=True)))


def study() -> StudyData:
    """Return the clips and folds that all systems are trained on, without features."""
    data = toy.study("vectors", "transcripts")
    clips = data.clips.assign(corpus=CORPUS, speaker=f"{CORPUS}/1")
    swapped = {"train": data.folds[0]["train"], "val": data.folds[0]["test"], "test": data.folds[0]["val"]}
    return replace(data, clips=clips, folds={0: data.folds[0], 1: swapped}, split_seeds={0: 42, 1: 43})


def _train(name: str, data: StudyData, files: dict[str, Path]) -> None:
    make: Callable[..., Any] = toy.torch_system if "lr" in SYSTEMS[name] else toy.sklearn_system
    epochs = {"epochs": 2} if "lr" in SYSTEMS[name] else {}
    system = make(**{**SYSTEMS[name], **epochs, "study": STUDY})
    plan = SystemPlan(code="1", classes=toy.CLASSES, corpora=[CORPUS], system=system)
    write_plan(plan, "train", name)
    for slot in (system.features, system.second):
        write_json(paths.store_path(slot, STUDY, "main"), {})
    slots = {"features": system.features, "second": system.second}
    features = {slot: features_of(one, data, files) for slot, one in slots.items() if one in FEATURE_SETS}
    reads_words = "transcripts" in slots.values()
    own = replace(data, features=features, feature_names={}, texts=data.texts if reads_words else None)
    write_outcomes(own, plan, name, train(own, system, name, "key"), "key", 1.0)


def features_of(name: str, data: StudyData, files: dict[str, Path]) -> np.ndarray | list[np.ndarray]:
    """Compute a feature set as the stages `features` and `embed` do."""
    kind_name, values = FEATURE_SETS[name]
    if name == "said":
        kind = load_text_kind(kind_name)
        embedder = kind.build_embedder(parse_settings(kind, values, name), "random", name)
        vectors, _ = kind.embed(data.texts or [], embedder, torch.device("cpu"), name)
        return np.stack([vectors[text] for text in data.texts or []])
    extractor = build_extractor(kind_name, values, "random", name)
    arrays = [extract_file(files[clip], extractor) for clip in data.clips["utterance_id"]]
    return arrays if len({array.shape for array in arrays}) > 1 else np.stack(arrays)


def _write_tables(data: StudyData) -> None:
    """Write what the curation and the split leave: the index, and who is in which part."""
    clips = data.clips
    facts: dict[str, Any] = {"rms_dbfs": -22.0, "seconds": 0.9, "rate": 16_000, "status": "ok"}
    facts |= {"path": clips["utterance_id"].map(file_name)}
    write_json(paths.manifest_path(CORPUS), {"source": "disk"})
    write_table(paths.index_path(CORPUS), clips.assign(**facts).reindex(columns=INDEX.names), INDEX)
    parts = np.full(len(clips), "train", dtype=object)
    for name, rows in data.folds[0].items():
        parts[rows] = name
    table = clips.assign(split=parts, split_seed=42, fold=0).reindex(columns=SPLIT.names)
    write_table(paths.split_path(STUDY, "main"), table, SPLIT)


def _write_plans(whisper: Path) -> None:
    for name, (kind, settings) in FEATURE_SETS.items():
        stage = "embed" if name == "said" else "features"
        plan = FeaturesPlan(code="1", kind=kind, corpora=[CORPUS], settings=settings, weights="random")
        write_plan(plan, stage, name)
    asr = Asr(
        source="whisper",
        gold=[],
        studies=[STUDY],
        model=str(whisper),
        language="en",
        beam_size=None,
        max_tokens=4,
        window=15,
        no_speech=0.6,
        batch_size=2,
    )
    write_plan(TranscribePlan(code="1", asr=asr, gold_corpora=[]), "transcribe")
    about = {"profile": "demo", "synthetic": True, "study": STUDY, "corpora": CORPUS, "protocol": "by hand"}
    split = EvaluatedSplit(
        study=STUDY, variant="main", train_on=["train"], protocol="any", new_speakers=False
    )
    systems = {name: EvaluatedSystem(about=about, plan="1", split=split) for name in (*SYSTEMS, *ENSEMBLES)}
    write_plan(EvaluatePlan(code="1", systems=systems), "evaluate")
    scores = {"uar": 0.5, "uar_low": 0.4, "uar_high": 0.6, "random_weights": False}
    write_json(paths.evaluated_dir("tiny_cnn") / "scores.json", scores)
