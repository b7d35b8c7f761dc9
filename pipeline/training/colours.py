"""Pictures in colour: each byte of a stored picture becomes the three numbers that a colour map has for it.

Three documents (RAVDESS, Annamalai, UTBM) save spectrograms as coloured pictures, by a map that none of them names
(open). A colour map computes nothing that the grey picture does not hold, so the pictures stay stored as one byte a
pixel and are painted on the way into the network: another map computes no features anew. The documents paint before
they resize to a network's input, as here: pictures are resized, if at all, by the network.
"""

import torch
from torch import Tensor, nn

MAPS = ("grey", "viridis", "magma")  # matplotlib's, of 256 colours each
LEVELS = 256
ROWS_AT_A_TIME = 256


class Coloured(nn.Module):
    """Paints pictures; their bytes become three channels.

    Args:
        shape: Rows and columns of one clip's picture.
        dtype: Of the picture as stored.
        colours: One of `MAPS`; grey has three equal channels.
        standardise: Whether each channel gets mean 0 and deviation 1 over the training pictures; else it is 0..1,
            as networks with weights of ImageNet want it.

    Attributes:
        out_shape: Shape of one clip's output.
    """

    def __init__(
        self, shape: tuple[int, ...], dtype: torch.dtype, *, colours: str, standardise: bool = True
    ) -> None:
        super().__init__()
        if colours not in MAPS:
            raise ValueError(f"colours is {colours!r}; expected {', '.join(MAPS[:-1])} or {MAPS[-1]}")
        if dtype != torch.uint8 or len(shape) != 2:
            raise ValueError(
                f"kind colours paints pictures, bytes of shape (rows, columns), and came {dtype} of shape {shape}: "
                "name a feature set of kind mel_image, or another kind of scaling"
            )
        self.colours, self.standardise = colours, standardise
        self.out_shape = (3, *shape)
        self.register_buffer(
            "table", torch.zeros(LEVELS, 3)
        )  # stored with the weights: nothing else is needed

    def fit(self, values: Tensor, rows: Tensor, targets: Tensor | None = None) -> "Coloured":
        """Take the map, and the statistics of some rows, in float64; a constant channel keeps a deviation of 1.

        Args:
            values: The pictures of all clips, shape (clips, rows, columns), bytes.
            rows: Indices of the training clips.
            targets: Unused: of the kinds of scaling, only reduction looks at classes.
        """
        table = colour_table(self.colours)
        if self.standardise:
            counts = torch.zeros(LEVELS, dtype=torch.float64)
            for part in rows.split(ROWS_AT_A_TIME):
                counts += torch.bincount(values[part].flatten(), minlength=LEVELS).cpu()
            shares = counts / counts.sum()
            mean = shares @ table
            deviation = (shares @ (table - mean).square()).sqrt()
            table = (table - mean) / torch.where(deviation > 0, deviation, 1.0)
        self.get_buffer("table").copy_(table)
        return self

    def forward(self, values: Tensor) -> Tensor:
        """Return shape (clips, 3, rows, columns) of pictures, shape (clips, rows, columns)."""
        return self.get_buffer("table")[values.long()].permute(0, 3, 1, 2)


def colour_table(name: str) -> Tensor:
    """Return the colours of a map, shape (256, 3), float64, from 0 to 1."""
    if name == "grey":
        return torch.linspace(0, 1, LEVELS, dtype=torch.float64).unsqueeze(1).expand(-1, 3)
    from matplotlib import colormaps  # 0.3 s, and only training needs it

    return torch.tensor(colormaps[name](range(LEVELS))[:, :3], dtype=torch.float64)
