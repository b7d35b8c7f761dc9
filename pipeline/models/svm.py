"""Support vector machine behind standardisation, PCA and selection of components.

Source: the Annamalai study, sections 5.1 and 5.2.3. Input: functionals, shape (clips, features), float32;
the steps ahead of the classifier are those of `pipeline.models.reduction_head`.

The document's C, kernel and gamma are the grid in params.yaml. Ties between classes, which pairwise votes
leave, are broken by the decision values, so that the predicted class is always the one of the largest
value.

With `rotate` the clips stand in a basis of the training clips' span (`pipeline.models.row_span`): the same machine,
which takes a fraction of the time where features outnumber clips. Only the linear kernel allows it.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pipeline.models.reduction_head import HeadSettings, reduction_steps
from pipeline.models.registry import Estimators

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline


class Settings(HeadSettings):
    """Of the steps ahead of the classifier; its own are the grid's."""

    rotate: bool = False  # onto the span of the training clips; for the linear kernel alone


def build(settings: Settings, seed: int) -> "Pipeline":
    """Build the untuned pipeline; its last step is the classifier that the grid tunes."""
    from sklearn.pipeline import Pipeline
    from sklearn.svm import SVC

    steps = reduction_steps(settings, seed)
    if settings.rotate:
        from pipeline.models.row_span import RowSpan

        steps.append(("rotate", RowSpan()))
    return Pipeline([*steps, ("classifier", SVC(break_ties=True, random_state=seed))])


def check_grid(settings: Settings, grid: Sequence[Mapping[str, Sequence[Any]]]) -> str | None:
    """Return what is wrong with a grid: a kernel that must not be rotated."""
    kernels = {kernel for part in grid for kernel in part.get("kernel", ["rbf"])}  # scikit-learn's own is rbf
    if settings.rotate and kernels != {"linear"}:
        return (
            f"kernel is {' or '.join(sorted(kernels))}, but architecture.rotate is true, which is exact for the "
            "linear kernel alone: leave rotate out, or set kernel to [linear]"
        )
    return None


FAMILY = Estimators(settings=Settings, build=build, check_grid=check_grid, reads_second=("none", "vector"))
