"""A toy study whose classes can be learned, and the systems that learn it."""

from typing import Any

import numpy as np
import pandas as pd

from pipeline.config.base import Form
from pipeline.config.systems import SklearnSystem, TorchSystem
from pipeline.training.data import SPLITS, StudyData

CLASSES = ["angry", "happy", "sad"]
VALUES = np.array([[5.5, 2.0, 5.0], [4.5, 6.0, 4.0], [2.0, 2.5, 2.5]])  # arousal, valence, dominance of each
WORDS = {"angry": "go away", "happy": "well done", "sad": "so sorry"}
BILSTM = {"hidden": 16, "layers": 2, "attention": 16, "classifier": 16, "dropout": 0.3}
TORCH: dict[str, Any] = {
    "study": "toy",
    "variant": "main",
    "trainer": "torch",
    "weights": None,
    "model": "bilstm_attention",
    "features": "frames",
    "second": "none",
    "architecture": BILSTM,
    "seeds": [7],
    "train_on": ["train"],
    "small": {},
    "optimizer": "adam",
    "lr": 0.01,
    "weight_decay": 0.0,
    "momentum": 0.0,
    "batch_size": 8,
    "epochs": 20,
    "patience": None,
    "clip_norm": 1.0,
    "scheduler": {"kind": "plateau", "factor": 0.5, "patience": 5},
    "monitor": "val_accuracy",
    "loss": "cross_entropy",
    "class_weights": "none",
    "label_smoothing": 0.0,
    "normalise": {},
    "pretrain": {},
    "augment": {},
    "precision": "float32",
    "max_tokens": None,
    "min_count": None,
}
TEXT: dict[str, Any] = {
    "features": "transcripts",
    "architecture": {**BILSTM, "embedding": 8},
    "max_tokens": 4,
    "min_count": 1,
}
FUSION = {**TEXT, "features": "frames", "second": "transcripts"}
FUSION["architecture"] = {**TEXT["architecture"], "fused": 16}
CNN = {
    "model": "mel_cnn",
    "features": "images",
    "architecture": {"channels": [4, 8], "hidden": [16], "dropout": 0.2},
}
REGRESSION: dict[str, Any] = {
    "targets": ["arousal", "valence", "dominance"],
    "loss": "mse",
    "monitor": "val_loss",
}
SKLEARN: dict[str, Any] = {
    "study": "toy",
    "variant": "main",
    "trainer": "sklearn",
    "features": "vectors",
    "second": "none",
    "seeds": [7],
    "train_on": ["train"],
    "small": {},
    "folds": 2,
    "scoring": "accuracy",
}
FORMS: dict[str, Form] = {
    "frames": "frames", "images": "frames", "vectors": "vector", "sound": "samples", "transcripts": "text",
    "none": "none",
}  # fmt: skip
MLP: dict[str, Any] = {"hidden": [8], "dropouts": [0.1], "batch_norm": False}
FOREST = {
    "model": "random_forest",
    "architecture": {},
    "grid": {"n_estimators": [5, 10], "max_depth": [3, None]},
}
SVM = {
    "model": "svm",
    "architecture": {"clip": 5.0, "pca_variance": 0.95, "select_k": 5},
    "grid": {"C": [0.1, 10.0], "kernel": ["linear", "rbf"]},
}


def torch_system(**changes: Any) -> TorchSystem:
    """Return the toy recipe with some settings changed."""
    return TorchSystem.model_validate({**TORCH, **changes})


def sklearn_system(**changes: Any) -> SklearnSystem:
    """Return the toy grid search with some settings changed."""
    return SklearnSystem.model_validate({**SKLEARN, **changes})


def study(*inputs: str, n_clips: int = 36, apart: float = 2.0, strange: bool = False) -> StudyData:
    """Draw a study of two thirds training clips, the rest validation and test.

    Args:
        inputs: `frames`, `images` (bytes), `vectors` or `transcripts`; feature sets fill slots in this order.
        n_clips: Divisible by 18, for as many clips of each class in each split.
        apart: How far the classes lie apart, in standard deviations.
        strange: Let validation and test be unlike training: other words, other scale.
    """
    generator = np.random.default_rng(0)
    labels = np.array(CLASSES)[np.arange(n_clips) % 3]
    ids = [f"toy/{i:03d}" for i in range(n_clips)]
    clips = pd.DataFrame(
        {
            "example_id": ids,
            "utterance_id": ids,
            "group": ids,
            "corpus": "toy",
            "speaker": "toy/1",
            "sex": None,
            "label": labels,
        }
    )
    split = np.array(["train"] * 4 + ["val", "test"])[np.arange(n_clips) // 3 % 6]
    shift = apart * np.eye(3)[np.arange(n_clips) % 3]  # (clips, 3)
    shapes = {"frames": (10, 3), "vectors": (6,), "images": (16, 12)}
    scale = np.where((split != "train") & strange, 50.0, 1.0)
    features = {}
    for slot, name in zip(("features", "second"), [name for name in inputs if name in shapes], strict=False):
        noise = generator.normal(size=(n_clips, *shapes[name]))
        repeats = shapes[name][-1] // 3
        row = np.repeat(shift, repeats, axis=1).reshape(n_clips, *[1] * (noise.ndim - 2), -1)
        values = (noise + row) * scale.reshape(-1, *[1] * (noise.ndim - 1))
        bytes_ = name == "images"
        features[slot] = (
            (128 + 20 * values).clip(0, 255).astype(np.uint8) if bytes_ else values.astype(np.float32)
        )
    texts = [f"{WORDS[label]}, please!" for label in labels] if "transcripts" in inputs else None
    if texts and strange:
        texts = [
            text if part == "train" else f"other {text}" for text, part in zip(texts, split, strict=True)
        ]
    folds = {0: {name: np.flatnonzero(split == name) for name in SPLITS}}
    dimensions = VALUES[np.arange(n_clips) % 3] + np.arange(n_clips)[:, np.newaxis] / (4 * n_clips)
    return StudyData(clips, CLASSES, features, {}, texts, folds, {0: 42}, dimensions.astype(np.float32))
