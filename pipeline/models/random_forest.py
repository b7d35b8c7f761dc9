"""Random forest over one vector a clip, with or without reduction to components ahead of it.

Sources: the RAVDESS study, section 3.1, on plain scalars, and the Annamalai study, sections 5.1 and 5.2.2,
on the 129 components that `pipeline.models.reduction_head` leaves (Breiman 2001, DOI
10.1023/A:1010933404324). Their grids of hyper-parameters stand in params.yaml. Input: shape (clips,
features), float32; the forest itself needs no scaling, since trees split at thresholds.
"""

from typing import TYPE_CHECKING

from pipeline.models.reduction_head import HeadSettings, reduction_steps
from pipeline.models.registry import Architecture, Estimators

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline


class Settings(Architecture):
    """Of the steps ahead of the forest; its own are the grid's."""

    head: HeadSettings | None = None  # null for no such steps


def build(settings: Settings, seed: int) -> "Pipeline":
    """Build the untuned classifier, one job of its own: the grid search is what runs in parallel."""
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.pipeline import Pipeline

    steps = [] if settings.head is None else reduction_steps(settings.head, seed)
    return Pipeline([*steps, ("classifier", RandomForestClassifier(random_state=seed, n_jobs=1))])


FAMILY = Estimators(settings=Settings, build=build)
