"""Support vector machine behind standardisation, PCA and selection of components.

Source: the Annamalai study, sections 5.1 and 5.2.3. Input: functionals, shape (clips, features), float32;
the steps ahead of the classifier are those of `pipeline.models.reduction_head`.

The document's C, kernel and gamma are the grid in params.yaml. Ties between classes, which pairwise votes
leave, are broken by the decision values, so that the predicted class is always the one of the largest
value.
"""

from sklearn.pipeline import Pipeline
from sklearn.svm import SVC

from pipeline.models.reduction_head import reduction_steps


def build(*, seed: int, clip: float, pca_variance: float, select_k: int) -> Pipeline:
    """Build the untuned pipeline; its last step is the classifier that the grid tunes.

    Args:
        seed: Unused by the exact solvers here, passed on so that another solver would be repeatable.
        clip: Largest absolute standard score, in standard deviations.
        pca_variance: Share of the variance that the principal components keep.
        select_k: Components kept, at most.
    """
    head = reduction_steps(seed=seed, clip=clip, pca_variance=pca_variance, select_k=select_k)
    return Pipeline([*head, ("classifier", SVC(break_ties=True, random_state=seed))])
