"""Pictures of a plane that t-SNE made: one of the classes, or one for each dimension, as PNG files.

Nine colours, each with its marker, tell the classes apart: those of Okabe & Ito (2008) less their yellow, which is
faint on white, and grey and wine red. A dimension is drawn in viridis, whose lightness rises with the value. The
axes have no numbers: only who is whose neighbour means something.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib.style
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection

from pipeline.evaluation.figures import panels, save, text_inches

# colour, marker
STYLES = (
    ("#0072B2", "o"),
    ("#D55E00", "s"),
    ("#009E73", "^"),
    ("#CC79A7", "D"),
    ("#E69F00", "v"),
    ("#56B4E9", "P"),
    ("#000000", "X"),
    ("#999999", "*"),
    ("#882255", "<"),
)
_SIDE, _MARGIN = 4.6, 0.4  # inches of a panel, and around it


def save_classes(
    path: Path, points: np.ndarray, labels: np.ndarray, classes: Sequence[str], title: str
) -> None:
    """Draw clips in the colours and markers of their classes, with a legend that counts them.

    Args:
        path: PNG file.
        points: Shape (clips, 2), finite.
        labels: Of each clip.
        classes: The study's, in its order: a class looks alike in all figures of a study.
        title: Above the figure.
    """
    counts = [int((labels == name).sum()) for name in classes]
    names = [f"{name.replace('_', ' ')} ({n})" for name, n in zip(classes, counts, strict=True)]
    width = 2 * _MARGIN + _SIDE + 0.4 + text_inches(names, 9)
    with matplotlib.style.context("default"):
        box = (_MARGIN, _MARGIN, _SIDE, _SIDE)
        figure, (axes,) = panels(width, _SIDE + 2 * _MARGIN, [box], title)
        for place, (name, n) in enumerate(zip(names, counts, strict=True)):
            if n:
                colour, marker = STYLES[place % len(STYLES)]
                own = points[labels == classes[place]]
                _scatter(axes, own, len(points), color=colour, marker=marker, label=name)
        axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), frameon=False, fontsize=9)
        save(figure, path)


def save_values(path: Path, points: np.ndarray, values: dict[str, np.ndarray], title: str) -> None:
    """Draw clips once a dimension, coloured by its true values.

    Args:
        path: PNG file.
        points: Shape (clips, 2), finite.
        values: Of each clip, by dimension.
        title: Above the figure.
    """
    each = _SIDE + 1.2  # with its colour bar
    boxes = []
    for left in _MARGIN + each * np.arange(len(values)):
        boxes += [
            (left, _MARGIN, _SIDE, _SIDE),
            (left + _SIDE + 0.1, _MARGIN + 0.1 * _SIDE, 0.15, 0.8 * _SIDE),
        ]
    with matplotlib.style.context("default"):
        width, height = _MARGIN + each * len(values) + 0.1, _SIDE + 2 * _MARGIN
        figure, axes = panels(width, height, boxes, title)
        for panel, beside, (name, own) in zip(axes[::2], axes[1::2], values.items(), strict=True):
            drawn = _scatter(panel, points, len(points), c=own, cmap="viridis")
            bar = figure.colorbar(drawn, cax=beside, label=f"{name}, as rated")
            bar.outline.set_visible(False)
        save(figure, path)


def _scatter(axes: Axes, points: np.ndarray, n_clips: int, **style: Any) -> PathCollection:
    size = float(np.clip(9000 / n_clips, 5, 34))  # thousands of clips stay dots
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_color("#cccccc")
    axes.set_xlabel("t-SNE, first axis", fontsize=9)
    axes.set_ylabel("second axis", fontsize=9)
    edge: dict[str, Any] = {"edgecolors": "white", "linewidths": 0.3}
    return axes.scatter(points[:, 0], points[:, 1], s=size, alpha=0.85, **edge, **style)
