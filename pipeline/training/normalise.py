"""Scaling of inputs with the statistics of the training split, stored with the weights."""

from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from pipeline.config.call import call
from pipeline.config.mistakes import one_of
from pipeline.training.colours import Coloured
from pipeline.training.reduce import InputReduction

ROWS_AT_A_TIME = 256
CONSTANT = 1e-7  # of the mean: a smaller deviation is the rounding of float32


class Scaling(nn.Module):
    """Subtracts an offset and divides by a scale, both fitted on training clips.

    An image (bytes) has one of each, so that its contrast between bands stays; any other input has one of each for
    every value of its last axis: a coefficient of the frames, a feature of the vector.

    Args:
        shape: Shape of one clip's input.
        dtype: Of the input as stored.

    Attributes:
        out_shape: Shape of one clip's output.
        OFFSET: Name of the offset among the weights.
        SCALE: Name of the scale among the weights.
    """

    OFFSET: ClassVar[str]
    SCALE: ClassVar[str]

    def __init__(self, shape: tuple[int, ...], dtype: torch.dtype) -> None:
        super().__init__()
        self.out_shape = shape
        size = () if dtype == torch.uint8 else shape[-1:]
        self.register_buffer(self.OFFSET, torch.zeros(size))
        self.register_buffer(self.SCALE, torch.ones(size))

    def forward(self, values: Tensor) -> Tensor:
        """Return the scaled values, same shape, float32."""
        return (values.float() - self.get_buffer(self.OFFSET)) / self.get_buffer(self.SCALE)


class Normaliser(Scaling):
    """Subtracts the training clips' mean and divides by their standard deviation."""

    OFFSET, SCALE = "mean", "deviation"

    def fit(self, values: Tensor, rows: Tensor, targets: Tensor | None = None) -> "Normaliser":
        """Take the statistics of some rows, in float64; a constant value keeps a deviation of 1.

        Args:
            values: The input of all clips, shape (clips, ...).
            rows: Indices of the training clips.
            targets: Unused: of the kinds of scaling, only reduction looks at classes.
        """
        n = len(rows) * values[0].numel() // self.mean.numel()
        parts = rows.split(ROWS_AT_A_TIME)
        mean = sum(self._total(values[part].double()) for part in parts) / n
        deviation = (sum(self._total((values[part].double() - mean) ** 2) for part in parts) / n).sqrt()
        self.mean.copy_(mean)
        self.deviation.copy_(torch.where(deviation > CONSTANT * mean.abs(), deviation, 1.0))
        return self

    def _total(self, values: Tensor) -> Tensor:
        return values.sum(dim=tuple(range(values.ndim - self.mean.ndim)))


class MinMax(Scaling):
    """Moves the training clips' smallest value to 0 and their largest to 1; others may lie beyond."""

    OFFSET, SCALE = "low", "span"

    def fit(self, values: Tensor, rows: Tensor, targets: Tensor | None = None) -> "MinMax":
        """Take the extremes of some rows; a constant value keeps a span of 1.

        Args:
            values: The input of all clips, shape (clips, ...).
            rows: Indices of the training clips.
            targets: Unused: of the kinds of scaling, only reduction looks at classes.
        """
        chosen = values[rows].float().reshape(-1, *self.low.shape)  # (all values, columns) or (all values,)
        self.low.copy_(chosen.amin(dim=0))
        span = chosen.amax(dim=0) - self.low
        self.span.copy_(torch.where(span > 0, span, 1.0))
        return self


class Unscaled(nn.Module):
    """Leaves an input as it is; the bytes of an image become 0..1.

    Args:
        shape: Shape of one clip's input.
        dtype: Of the input as stored.

    Attributes:
        out_shape: Shape of one clip's output.
    """

    def __init__(self, shape: tuple[int, ...], dtype: torch.dtype) -> None:
        super().__init__()
        self.out_shape = shape
        self.largest = 255.0 if dtype == torch.uint8 else 1.0

    def fit(self, values: Tensor, rows: Tensor, targets: Tensor | None = None) -> "Unscaled":
        """Look at nothing."""
        return self

    def forward(self, values: Tensor) -> Tensor:
        """Return the values, same shape, float32."""
        return values.float() / self.largest


def build_normaliser(
    settings: dict[str, Any] | None, shape: tuple[int, ...], dtype: torch.dtype, where: str
) -> nn.Module:
    """Build what one input goes through, by the name of its kind; unfitted.

    Args:
        settings: `kind` and that kind's own settings; None for standard scores.
        shape: Shape of one clip's input.
        dtype: Of the input as stored.
        where: Key of the settings in params.yaml, for errors.
    """
    options = dict(settings or {"kind": "standard"})
    kinds = {
        "standard": Normaliser,
        "min_max": MinMax,
        "none": Unscaled,
        "components": InputReduction,
        "colours": Coloured,
    }
    kind = one_of(str(options.pop("kind", None)), kinds, "kind of scaling", f"{where}.kind")
    given = (shape,) if kind == "components" else (shape, dtype)
    return call(kinds[kind], options, where, *given)
