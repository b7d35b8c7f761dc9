"""Gradient-boosted trees on one vector a clip, by histograms of the features.

scikit-learn's form of LightGBM (Ke et al. 2017, NeurIPS). Input: shape (clips, features), float32; trees split at
thresholds and need no scaling. `n_blocks` lets a grid choose among the blocks of a speech encoder, as in
`pipeline.models.reduction_head`. It stops early on nothing: no clip is taken from training.
"""

from typing import TYPE_CHECKING, Any

from pydantic import PositiveInt

from pipeline.models.registry import Architecture, Estimators

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline


class Settings(Architecture):
    """Of the step ahead of the trees; their own settings are the grid's."""

    n_blocks: PositiveInt | None = None  # of a speech encoder, among which the grid's blocks__keep chooses


def build(settings: Settings, seed: int) -> "Pipeline":
    """Build the untuned pipeline; its last step is the classifier that the grid tunes."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.pipeline import Pipeline

    steps: list[tuple[str, Any]] = []
    if settings.n_blocks is not None:
        from pipeline.models.blocks import Blocks

        steps.append(("blocks", Blocks(settings.n_blocks)))
    classifier = HistGradientBoostingClassifier(early_stopping=False, random_state=seed)
    return Pipeline([*steps, ("classifier", classifier)])


FAMILY = Estimators(settings=Settings, build=build, reads_second=("none", "vector"))
