"""Support vector machine behind standardisation, PCA and selection of components.

Source: the Annamalai study, sections 5.1 and 5.2.3. Input: functionals, shape (clips, features), float32;
the steps ahead of the classifier are those of `pipeline.models.reduction_head`.

The document's C, kernel and gamma are the grid in params.yaml. Ties between classes, which pairwise votes
leave, are broken by the decision values, so that the predicted class is always the one of the largest
value.
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
    from sklearn.pipeline import Pipeline
    from sklearn.svm import SVC

    return Pipeline(
        [*reduction_steps(settings, seed), ("classifier", SVC(break_ties=True, random_state=seed))]
    )


FAMILY = Estimators(settings=Settings, build=build)
