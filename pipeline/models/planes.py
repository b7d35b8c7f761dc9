"""Pictures as convolutions read them: one channel of a grey one, three of one that was painted."""

from collections.abc import Sequence

from torch import Tensor


def planes_and_size(shape: Sequence[int]) -> tuple[int, tuple[int, int]]:
    """Return the channels, and the rows and columns, of one clip's picture, which may have no channels."""
    *planes, height, width = shape
    return (planes[0] if planes else 1), (height, width)


def with_planes(pictures: Tensor) -> Tensor:
    """Return shape (clips, channels, rows, columns) of pictures, shape (clips, rows, columns) or the same."""
    return pictures.unsqueeze(1) if pictures.ndim == 3 else pictures
