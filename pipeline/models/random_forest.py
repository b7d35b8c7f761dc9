"""Random forest over one vector a clip, with or without reduction to components ahead of it.

Sources: the RAVDESS study, section 3.1, on plain scalars, and the Annamalai study, sections 5.1 and 5.2.2,
on the 129 components that `pipeline.models.reduction_head` leaves (Breiman 2001, DOI
10.1023/A:1010933404324). Their grids of hyper-parameters stand in params.yaml. Input: shape (clips,
features), float32; the forest itself needs no scaling, since trees split at thresholds.
"""

from collections.abc import Mapping

from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import Pipeline

from pipeline.models.reduction_head import reduction_steps
from pipeline.training.build import call


def build(*, seed: int, head: Mapping[str, float] | None = None) -> Pipeline:
    """Build the untuned classifier, one job of its own: the grid search is what runs in parallel.

    Args:
        seed: Of the bootstrap samples and the candidate features of each split.
        head: `clip`, `pca_variance` and `select_k` of the steps ahead of the forest; None for no such steps.
    """
    steps = [] if head is None else call(reduction_steps, head, "architecture.head", seed=seed)
    return Pipeline([*steps, ("classifier", RandomForestClassifier(random_state=seed, n_jobs=1))])
