"""The systems of params.yaml, one of each kind, made small; and a dozen clips that each can learn by heart."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from pipeline.config.params import load_params
from pipeline.config.systems import TorchSystem
from pipeline.models.build import build_model
from pipeline.models.registry import Inputs
from pipeline.training.data import StudyData
from pipeline.training.network_files import load_network
from pipeline.training.text import encode
from tests.models.cases import SMALL_SIZES
from tests.training import toy

PARAMS = load_params()
SEED = 7
OFF: tuple[Any, ...] = (None, 0, [])  # of a setting: what is off stays off in the small system
SIZES: dict[str, dict[str, Any]] = {  # of each family, whose systems keep all that is not named here
    "mlp": {"hidden": 16, "dropouts": 0.1},
    "mel_cnn": {"channels": [4, 8], "hidden": 16, "dropout": 0.1},
    "cnn_mlp": {"channels": [4, 4], "scalar_hidden": 16, "hidden": 16, "dropout": 0.1},
    "mfcc_cnn": {"channels": [8, 8], "hidden": 16, "dropout": 0.1},
    "crnn": {"channels": [8, 8], "lstm": 8, "attention": 8, "dense": 16, "dropout": 0.1},
    "bilstm_attention": {**toy.BILSTM, "embedding": 8, "fused": 16},
    "cnn14": {"width": 2, "dropout": 0.1, "head_dropout": 0.1, "crop": 32},
    "imagenet_cnn": {"unfreeze": 3, "head": 16, "dropout": 0.1, "input_size": 40},
    "speech_transformer": {
        "train_layers": 1,
        "head_size": 16,
        "head_dropouts": 0.1,
        "layerdrop": 0.2,
        "mask_time_prob": 0.2,
    },
    "encoder_head": {"attention": 4, "hidden": 16, "dropout": 0.1},
    "encoder_top": {"heads": 2},
    "bert": {"hidden_size": 16, "layers": 2, "heads": 2, "intermediate": 32, "positions": 8},
}
NARROW: dict[str, dict[str, Any]] = {  # what a published network has besides, by the beginning of its name
    "vgg19": {"width": 0.125},
    "resnet50": {"width": 0.125, "depth": 0.1},
    "mobilenetv3": {"width": 0.25},
    "efficientnet": {"width": 0.1, "depth": 0.1},
    "wav2vec2": {"sizes": SMALL_SIZES},
    "wavlm": {"sizes": SMALL_SIZES},
}
RECIPES: dict[
    str, dict[str, Any]
] = {  # of families, and of published networks by the beginning of their names
    "imagenet_cnn": {"lr": 0.003},
    "mobilenetv3": {"lr": 0.01, "batch_size": 12},
    "speech_transformer": {"lr": 0.003},
    "encoder_top": {"lr": 0.003},
    "bert": {"lr": 0.003},
}
SCHEDULES = {"linear": {"steps": 120, "warmup": 2}}
SMALL_AUGMENT = {"time_shift": 2, "time_mask": 4, "freq_mask": 4, "noise": 0.001}
# What no system of params.yaml has, though its family can do it.
OTHERS: dict[str, tuple[str, dict[str, Any]]] = {
    "cnn14 of average pooling, uncropped": (
        "mfcnn14_mfcnn14",
        {"architecture": {"pooling": "average", "crop": None}},
    ),
    "efficientnet, nothing frozen": (
        "annamalai_efficientnet_b0_zero_224",
        {"architecture": {"unfreeze": None}},
    ),
    "wav2vec2, all frozen, padded": ("ravdess_wav2vec2_xlsr_frozen", {"features": "waveform_16k_4s"}),
    "wav2vec2, convolutions frozen": ("annamalai_wav2vec2", {"architecture": {"train_convolutions": False}}),
    "wav2vec2, nothing frozen, ragged": (
        "annamalai_wav2vec2",
        {"features": "waveform_16k", "architecture": {"layerdrop": 0.2, "pooling": "max"}},
    ),
    "wavlm, last layer, ragged": (
        "annamalai_wavlm",
        {"features": "waveform_16k", "architecture": {"train_layers": 1, "mask_time_prob": 0.0}},
    ),
}


def published_systems() -> dict[str, TorchSystem]:
    """Return all networks of params.yaml as it describes them, those that join two systems among them."""
    systems = {name: item for name, item in PARAMS.systems.items() if isinstance(item, TorchSystem)}
    stacked = {name: item.meta_learner for name, item in PARAMS.ensembles.items() if item.method == "stacked"}
    return {**systems, **stacked}


def kind_of(system: TorchSystem) -> str:
    """Name all that a system is but its sizes, strengths, seeds and corpora."""
    switches = ("model", "targets", "joint", "loss", "optimizer", "bias_correction", "class_weights")
    parts = ("augment", "pretrain", "label_smoothing", "accumulate", "compile", "checkpointing")
    return repr(
        (
            {name: getattr(system, name) for name in switches},
            {name: bool(getattr(system, name)) for name in parts},
            {}
            if system.regression
            else {name: _without_size(value) for name, value in system.architecture.items()},
            {}
            if system.regression
            else {name: settings["kind"] for name, settings in system.normalise.items()},
            (system.scheduler or {}).get("kind"),
            [] if system.regression else [input_kind(name) for name in (system.features, system.second)],
        )
    )


def _without_size(value: Any) -> Any:
    if isinstance(value, str):
        return value.rstrip("0123456789")  # efficientnet_b0 and _b7 differ in size
    return value if isinstance(value, bool | None) else value not in OFF


def input_kind(name: str) -> str:
    """Return the kind of a feature set; of samples also whether their clips have one length."""
    if name not in PARAMS.feature_sets:
        return name  # transcripts, logits, none
    feature_set = PARAMS.feature_sets[name]
    padded = feature_set.kind == "waveform" and feature_set.settings["pad_seconds"] is not None
    return f"{feature_set.kind}, padded" if padded else feature_set.kind


def make_small(system: TorchSystem) -> TorchSystem:
    """Return a system of the same kind that learns a dozen clips within a second."""
    scheduler = system.scheduler and {**system.scheduler, **SCHEDULES.get(system.scheduler["kind"], {})}
    normalise = {
        name: {key: 3 if key == "select_k" else value for key, value in settings.items()}
        for name, settings in system.normalise.items()
    }
    changes = {
        "architecture": _shrunk(system.model, system.architecture),
        "weights": None,
        "seeds": [SEED],
        "batch_size": 4,
        "epochs": 300,  # at most: the test ends a training once the clips are learned
        "lr": 0.01,
        "patience": None,
        "scheduler": scheduler,
        "normalise": normalise,
        "pretrain": system.pretrain and {"epochs": 2, "lr": 0.01, "batch_size": 4},
        "augment": {
            name: value if value in OFF else SMALL_AUGMENT[name] for name, value in system.augment.items()
        },
        "max_tokens": system.max_tokens and 6,
        "min_count": system.max_tokens and 1,
        "search": {},
        **RECIPES.get(system.model, {}),
        **RECIPES.get(_network(system.architecture), {}),
    }
    return TorchSystem.model_validate({**system.model_dump(), **changes})


def _shrunk(model: str, architecture: dict[str, Any]) -> dict[str, Any]:
    small = {
        key: value if value in OFF else _same_length(SIZES[model].get(key, value), value)
        for key, value in architecture.items()
    }
    return {**small, **NARROW.get(_network(architecture), {})}


def _network(architecture: dict[str, Any]) -> str:
    """Return the beginning of the name of a published network; empty for others."""
    return architecture.get("network", "").partition("_")[0]


def _same_length(small: Any, value: Any) -> Any:
    return [small] * len(value) if isinstance(value, list) and not isinstance(small, list) else small


def _with_others() -> dict[str, TorchSystem]:
    """Return a small system of each kind, by the name of the first of that kind in params.yaml, and `OTHERS`."""
    published = published_systems()
    first: dict[str, str] = {}
    for name, system in published.items():
        # What is frozen and drawn anew in each step takes long to learn from: tests/training/test_frozen.py.
        if system.architecture.get("frozen_mode") != "training":
            first.setdefault(kind_of(system), name)
    systems = {name: make_small(published[name]) for name in first.values()}
    for name, (like, changes) in OTHERS.items():
        small = make_small(published[like])
        architecture = {**small.architecture, **changes.get("architecture", {})}
        systems[name] = small.model_copy(update={**changes, "architecture": architecture})
    return systems


SMALL_SYSTEMS = _with_others()


def clips_for(system: TorchSystem) -> StudyData:
    """Return twelve clips with the inputs of a system; they are trained on, validate and test it.

    The mean of each dimension is zero: nothing has to be learned but what tells the clips apart.
    """
    data = toy.study("transcripts", n_clips=18)
    inputs = {slot: input_kind(getattr(system, slot)) for slot in ("features", "second")}
    features = {
        slot: _draw(kind, data.targets)
        for slot, kind in inputs.items()
        if kind not in ("transcripts", "none")
    }
    rows = data.rows(0, ["train"])
    folds = {0: {"train": rows, "val": rows, "test": rows, "cross": rows[:0]}}
    texts = data.texts if "transcripts" in inputs.values() else None
    dimensions = data.dimensions - data.dimensions.mean(axis=0)
    return replace(data, features=features, texts=texts, folds=folds, dimensions=dimensions)


def _draw(kind: str, classes: np.ndarray) -> np.ndarray | list[np.ndarray]:
    """Draw an input of all clips, by which their classes can be told.

    Args:
        kind: As `input_kind` names it.
        classes: Of the clips, 0..2.
    """
    generator = np.random.default_rng(3)
    if kind == "mel_image":  # stripes, wider and brighter by class
        nth = classes[:, np.newaxis, np.newaxis]
        stripes = np.sin(2 * np.pi * np.arange(32)[:, np.newaxis] * (1 + nth) / 16)  # (clips, rows, 1)
        noise = generator.normal(size=(len(classes), 32, 32))
        return (60 + 60 * nth + 40 * stripes + noise).clip(0, 255).astype(np.uint8)
    if kind.startswith("waveform"):  # tones, higher by class
        lengths = [600 if "padded" in kind else 300 + 40 * (i * 5 % 14) for i in range(len(classes))]
        clips = [
            np.sin(2 * np.pi * (0.02 + 0.06 * i) * np.arange(n)) + 0.1 * generator.normal(size=n)
            for i, n in zip(classes, lengths, strict=True)
        ]
        samples = [(3000 * clip).round().astype(np.int16) for clip in clips]
        return np.stack(samples) if "padded" in kind else samples
    shape = {
        "mfcc": (10, 12),
        "log_mel": (56, 32),
        "speech_encoder": (7 * 6,),
        "speech_encoder_frames": (56, 12),
    }.get(kind, (6,))
    shift = np.repeat(4 * np.eye(3)[classes], shape[-1] // 3 + 1, axis=1)[:, : shape[-1]]  # (clips, columns)
    values = 0.3 * generator.normal(size=(len(classes), *shape)) + shift.reshape(
        -1, *[1] * (len(shape) - 1), shape[-1]
    )
    values = values.astype(np.float32)
    if kind in ("log_mel", "speech_encoder_frames"):
        return [clip[: 20 + 2 * i] for i, clip in enumerate(values)]
    return values


def with_weights(system: TorchSystem, folder: Path) -> TorchSystem:
    """Give a network of ImageNet a file of weights to start from; other systems start from none and stay as is.

    What batch normalisation has of inputs before any came is wrong for a network of random weights, above all where
    it is frozen. The file has the statistics of the clips, as a published one has those of ImageNet.
    """
    if system.model != "imagenet_cnn":
        return system
    torch.manual_seed(SEED)
    pictures = torch.from_numpy(clips_for(system).features["features"])
    inputs = Inputs({"features": tuple(pictures.shape[1:])})
    model = build_model(system.model, {**system.architecture, "unfreeze": None}, inputs, 3)
    norms = [module for module in model.modules() if isinstance(module, nn.BatchNorm2d)]
    for norm in norms:
        norm.momentum = None  # the mean of all batches: there is one
    with torch.no_grad():
        model.train()(pictures)
    torch.save(model.backbone.state_dict(), folder / "published.pth")
    return system.model_copy(update={"weights": str(folder / "published.pth")})


def loaded_outputs(folder: Path, data: StudyData, rows: np.ndarray, network_name: str = "") -> np.ndarray:
    """Load a network from its files and give it one clip at a time: outputs, shape (rows, outputs), float64."""
    network, design = load_network(folder, SEED, 0, network_name)
    outputs = []
    for row in rows:
        given = {slot: torch.from_numpy(values[row][np.newaxis]) for slot, values in data.features.items()}
        if design.vocabulary:
            (n_tokens,) = design.shapes["tokens"]
            ids = encode([data.texts[row]], design.vocabulary, n_tokens, design.tokeniser)
            given["tokens"] = torch.from_numpy(ids)
        with torch.inference_mode():
            outputs.append(network(**given).double())
    return torch.cat(outputs).numpy()
