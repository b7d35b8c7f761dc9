"""From functionals to a few components: standardisation, PCA and selection, fitted on training clips only.

Source: the Annamalai study, section 5.1: StandardScaler, PCA that keeps a share of the variance,
SelectKBest by the ANOVA F value. Standard scores are clipped (open: not in the document), because one
creaky clip can stand a million standard deviations out and would take a principal component for itself.
Where PCA keeps fewer components than `select_k`, all of them stay.

PCA is exact either way: by the singular values of the clips, or, where there are more clips than features, by the
eigenvalues of their covariance, which takes a quarter of the time (5,000 x 1,582 on one core: 3.1 s and 0.7 s) and
agrees to 1e-11; what the covariance loses, components of 1e-8 of the largest deviation, is beyond any share of the
variance that one would keep.
"""

from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from pydantic import Field, PositiveFloat, PositiveInt

from pipeline.models.registry import Architecture

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline


class HeadSettings(Architecture):
    """Of the steps between the functionals and a classifier."""

    n_blocks: PositiveInt | None = None  # of a speech encoder, among which the grid's blocks__keep chooses
    clip: PositiveFloat | None  # largest absolute standard score, in standard deviations; null: any
    # share of the variance that the principal components keep; null: the features themselves
    pca_variance: Annotated[float, Field(gt=0, lt=1)] | None
    select_k: PositiveInt | Literal["all"]  # components, or features, kept, at most


def reduction_steps(settings: HeadSettings, seed: int) -> list[tuple[str, Any]]:
    """Return the unfitted steps `blocks`, `scale`, `clip`, `pca` and `select` of a pipeline, those that are wanted.

    The exact solver here needs no seed: it is passed on so that another solver would be repeatable.
    """
    from sklearn.decomposition import PCA
    from sklearn.feature_selection import SelectKBest, f_classif
    from sklearn.preprocessing import FunctionTransformer, StandardScaler

    steps: list[tuple[str, Any]] = []
    if settings.n_blocks is not None:
        from pipeline.models.blocks import Blocks

        steps.append(("blocks", Blocks(settings.n_blocks)))
    steps.append(("scale", StandardScaler()))
    if settings.clip is not None:
        bounds = {"a_min": -settings.clip, "a_max": settings.clip}
        steps.append(("clip", FunctionTransformer(np.clip, kw_args=bounds)))
    if settings.pca_variance is not None:
        pca = PCA(n_components=settings.pca_variance, svd_solver="full", random_state=seed)
        steps.append(("pca", pca))
    if settings.select_k != "all" or settings.pca_variance is not None:
        steps.append(("select", SelectKBest(f_classif, k=settings.select_k)))
    return steps


def choose_solver(head: "Pipeline", n_clips: int, n_features: int) -> None:
    """Set the faster of the exact solvers of a head's PCA, where it has one.

    Args:
        head: Unfitted steps before a classifier.
        n_clips: That it will be fitted on.
        n_features: Of each clip.
    """
    if "pca" in head.named_steps:
        head.set_params(pca__svd_solver="covariance_eigh" if n_clips >= n_features else "full")
