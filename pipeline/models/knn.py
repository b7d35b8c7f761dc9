"""k nearest neighbours behind standardisation, PCA and selection of components.

Source: the Annamalai study, sections 5.1 and 5.2.1. Input: functionals, shape (clips, features), float32;
the steps ahead of the classifier are those of `pipeline.models.reduction_head`. The document's number of
neighbours, weights and metric are the grid in params.yaml; it speaks of components 1 to 129, which are the
129 that selection leaves.

Every distance is computed: in as many dimensions a tree saves nothing. A class's probability is its share
of the (weighted) votes; among classes of equal votes the first in alphabetical order wins.
"""

from typing import TYPE_CHECKING

from pipeline.models.reduction_head import HeadSettings, reduction_steps
from pipeline.models.registry import Estimators

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline


class Settings(HeadSettings):
    """Of the steps ahead of the classifier; its own are the grid's."""


def build(settings: Settings, seed: int) -> "Pipeline":
    """Build the untuned pipeline; its last step is the classifier that the grid tunes."""
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.pipeline import Pipeline

    return Pipeline(
        [*reduction_steps(settings, seed), ("classifier", KNeighborsClassifier(algorithm="brute"))]
    )


FAMILY = Estimators(settings=Settings, build=build)
