"""The systems' models with the documents' settings: what the tests of all models run over."""

from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from pipeline.training.build import build_model

BILSTM = {"hidden": 128, "layers": 2, "attention": 128, "classifier": 128, "dropout": 0.3}
WORDS = 363


@dataclass(frozen=True)
class Case:
    """A model, the shapes it reads in the document, and shapes small enough for a test."""

    model: str
    architecture: dict[str, Any]
    shapes: dict[str, tuple[int, ...]]
    parameters: int
    n_classes: int
    small_shapes: dict[str, tuple[int, ...]] = field(default_factory=dict)

    def build(self, shapes: dict[str, tuple[int, ...]]) -> nn.Module:
        """Build the model for inputs of some shapes, with seeded weights."""
        torch.manual_seed(0)
        vocabulary_size = WORDS if "tokens" in shapes else None
        return build_model(
            self.model,
            self.architecture,
            n_classes=self.n_classes,
            input_shapes=shapes,
            vocabulary_size=vocabulary_size,
        )

    def inputs(self, n_clips: int) -> dict[str, Tensor]:
        """Draw inputs of the small shapes."""
        generator = torch.Generator().manual_seed(1)
        return {
            name: torch.randint(1, WORDS, (n_clips, *shape), generator=generator)
            if name == "tokens"
            else torch.randn(n_clips, *shape, generator=generator)
            for name, shape in self.small_shapes.items()
        }


def _cnn(channels: list[int], hidden: list[int], dropout: float, parameters: int) -> Case:
    architecture = {"channels": channels, "hidden": hidden, "dropout": dropout}
    return Case("mel_cnn", architecture, {"features": (128, 128)}, parameters, 8, {"features": (32, 32)})


TORCH_CASES = {
    "cnn3": _cnn([16, 32, 64], [72], 0.0, 1_203_824),
    "cnn4": _cnn([16, 32, 64, 128], [208], 0.0, 1_803_448),
    "cnn5": _cnn([32, 64, 128, 256, 512], [896, 640], 0.2, 9_490_120),
    "speech_bilstm_attention": Case(
        "bilstm_attention", BILSTM, {"features": (200, 120)}, 718_600, 7, {"features": (12, 120)}
    ),
    "text_bilstm_attention": Case(
        "bilstm_attention", {**BILSTM, "embedding": 64}, {"tokens": (20,)}, 684_488, 7, {"tokens": (6,)}
    ),
    "fusion_bilstm_attention": Case(
        "bilstm_attention",
        {**BILSTM, "embedding": 64, "fused": 256},
        {"features": (200, 120), "tokens": (20,)},
        1_501_129,
        7,
        {"features": (12, 120), "tokens": (6,)},
    ),
}
SKLEARN_CASES = {
    "random_forest": {},
    "svm": {"clip": 5.0, "pca_variance": 0.95, "select_k": 129},
}
