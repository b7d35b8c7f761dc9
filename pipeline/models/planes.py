"""Pictures as convolutions read them: one channel of a grey picture, three of one that was painted on its way in."""

from collections.abc import Sequence

from torch import Tensor


def planes_and_size(shape: Sequence[int]) -> tuple[int, tuple[int, int]]:
    """Return the number of channels, and rows and columns, of one clip's picture: (rows, columns), or with channels."""
    *planes, height, width = shape
    return (planes[0] if planes else 1), (height, width)


def with_planes(pictures: Tensor) -> Tensor:
    """Return shape (clips, channels, rows, columns) of pictures, shape (clips, rows, columns) or the same."""
    return pictures.unsqueeze(1) if pictures.ndim == 3 else pictures
