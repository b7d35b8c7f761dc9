"""Support vector machine behind standardisation, PCA and selection of components.

Source: the Annamalai study, sections 5.1 and 5.2.3. Input: functionals, shape (clips, features), float32. Standard
scores are clipped (open: not in the document), because one creaky clip can stand a million standard
deviations out and would take a principal component for itself. Components are ranked by their ANOVA F value;
where PCA keeps fewer than `select_k`, all of them stay.

The document's C, kernel and gamma are the grid in params.yaml. Ties between classes, which pairwise votes
leave, are broken by the decision values, so that the predicted class is always the one of the largest value.
"""

import numpy as np
from sklearn.decomposition import PCA
from sklearn.feature_selection import SelectKBest, f_classif
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import SVC


def build(*, seed: int, clip: float, pca_variance: float, select_k: int) -> Pipeline:
    """Build the untuned pipeline; its last step is the classifier that the grid tunes.

    Args:
        seed: Unused by the exact solvers here, passed on so that another solver would be repeatable.
        clip: Largest absolute standard score, in standard deviations.
        pca_variance: Share of the variance that the principal components keep.
        select_k: Components kept, at most.
    """
    bounds = {"a_min": -clip, "a_max": clip}
    return Pipeline(
        [
            ("scale", StandardScaler()),
            ("clip", FunctionTransformer(np.clip, kw_args=bounds)),
            ("pca", PCA(n_components=pca_variance, svd_solver="full", random_state=seed)),
            ("select", SelectKBest(f_classif, k=select_k)),
            ("classifier", SVC(break_ties=True, random_state=seed)),
        ]
    )
