"""Logistic regression of several classes (multinomial, regularised by the squared norm of the weights).

Behind the steps of `pipeline.models.reduction_head`, and, where clips are few beside their features, a rotation
onto the span of the training clips, which changes no probability (`pipeline.models.row_span`). Input: shape (clips,
features), float32: functionals, or the pooled blocks of a speech encoder, as in the probing of SUPERB (Yang et al.
2021, DOI 10.21437/Interspeech.2021-1775) and EmoBox (Ma et al. 2024, DOI 10.21437/Interspeech.2024-788), whose
heads are small networks.
"""

from typing import TYPE_CHECKING

from pipeline.models.reduction_head import HeadSettings, reduction_steps
from pipeline.models.registry import Estimators

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

MOST_STEPS = 1000  # of the solver, which takes about a hundred


class Settings(HeadSettings):
    """Of the steps ahead of the classifier; its own are the grid's."""


def build(settings: Settings, seed: int) -> "Pipeline":
    """Build the untuned pipeline; its last step is the classifier that the grid tunes."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import Pipeline

    from pipeline.models.row_span import RowSpan

    classifier = LogisticRegression(max_iter=MOST_STEPS, random_state=seed)
    return Pipeline([*reduction_steps(settings, seed), ("rotate", RowSpan()), ("classifier", classifier)])


FAMILY = Estimators(settings=Settings, build=build, reads_second=("none", "vector"))
