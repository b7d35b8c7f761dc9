"""From functionals to a few components: standardisation, PCA and selection, fitted on training clips only.

Source: the Annamalai study, section 5.1: StandardScaler, PCA that keeps a share of the variance,
SelectKBest by the ANOVA F value. Standard scores are clipped (open: not in the document), because one
creaky clip can stand a million standard deviations out and would take a principal component for itself.
Where PCA keeps fewer components than `select_k`, all of them stay.
"""

from typing import Any

import numpy as np
from sklearn.decomposition import PCA
from sklearn.feature_selection import SelectKBest, f_classif
from sklearn.preprocessing import FunctionTransformer, StandardScaler


def reduction_steps(*, seed: int, clip: float, pca_variance: float, select_k: int) -> list[tuple[str, Any]]:
    """Return the unfitted steps `scale`, `clip`, `pca` and `select` of a pipeline.

    Args:
        seed: Unused by the exact solver here, passed on so that another solver would be repeatable.
        clip: Largest absolute standard score, in standard deviations.
        pca_variance: Share of the variance that the principal components keep.
        select_k: Components kept, at most.
    """
    bounds = {"a_min": -clip, "a_max": clip}
    return [
        ("scale", StandardScaler()),
        ("clip", FunctionTransformer(np.clip, kw_args=bounds)),
        ("pca", PCA(n_components=pca_variance, svd_solver="full", random_state=seed)),
        ("select", SelectKBest(f_classif, k=select_k)),
    ]
