"""Standardisation with the statistics of the training split, stored with the weights."""

import torch
from torch import Tensor, nn

ROWS_AT_A_TIME = 256
CONSTANT = 1e-7  # of the mean: a smaller deviation is the rounding of float32


class Normaliser(nn.Module):
    """Subtracts a mean and divides by a standard deviation.

    An image (bytes) has one mean and one deviation, so that its contrast between bands stays; any other input
    has one of each for every value of its last axis: a coefficient of the frames, a feature of the vector.

    Args:
        shape: Shape of one clip's input.
        dtype: Of the input as stored.
    """

    def __init__(self, shape: tuple[int, ...], dtype: torch.dtype) -> None:
        super().__init__()
        size = () if dtype == torch.uint8 else shape[-1:]
        self.register_buffer("mean", torch.zeros(size))
        self.register_buffer("deviation", torch.ones(size))

    def fit(self, values: Tensor, rows: Tensor) -> "Normaliser":
        """Take the statistics of some rows, in float64; a constant value keeps a deviation of 1.

        Args:
            values: The input of all clips, shape (clips, ...).
            rows: Indices of the training clips.
        """
        n = len(rows) * values[0].numel() // self.mean.numel()
        parts = rows.split(ROWS_AT_A_TIME)
        mean = sum(self._total(values[part].double()) for part in parts) / n
        deviation = (sum(self._total((values[part].double() - mean) ** 2) for part in parts) / n).sqrt()
        self.mean.copy_(mean)
        self.deviation.copy_(torch.where(deviation > CONSTANT * mean.abs(), deviation, 1.0))
        return self

    def forward(self, values: Tensor) -> Tensor:
        """Return the standard scores, same shape, float32."""
        return (values.float() - self.mean) / self.deviation

    def _total(self, values: Tensor) -> Tensor:
        return values.sum(dim=tuple(range(values.ndim - self.mean.ndim)))
