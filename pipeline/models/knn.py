"""k nearest neighbours behind standardisation, PCA and selection of components.

Source: the Annamalai study, sections 5.1 and 5.2.1. Input: functionals, shape (clips, features), float32;
the steps ahead of the classifier are those of `pipeline.models.reduction_head`. The document's number of
neighbours, weights and metric are the grid in params.yaml; it speaks of components 1 to 129, which are the
129 that selection leaves.

Every distance is computed: in as many dimensions a tree saves nothing. A class's probability is its share
of the (weighted) votes; among classes of equal votes the first in alphabetical order wins.
"""

from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline

from pipeline.models.reduction_head import reduction_steps


def build(*, seed: int, clip: float, pca_variance: float, select_k: int) -> Pipeline:
    """Build the untuned pipeline; its last step is the classifier that the grid tunes.

    Args:
        seed: Of the steps ahead of the classifier, which itself has none.
        clip: Largest absolute standard score, in standard deviations.
        pca_variance: Share of the variance that the principal components keep.
        select_k: Components kept, at most.
    """
    head = reduction_steps(seed=seed, clip=clip, pca_variance=pca_variance, select_k=select_k)
    return Pipeline([*head, ("classifier", KNeighborsClassifier(algorithm="brute"))])
