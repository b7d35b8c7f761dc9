"""Random forest over one vector a clip.

Source: the RAVDESS study, section 3.1 (Breiman 2001, DOI 10.1023/A:1010933404324). Its grid of
hyper-parameters stands in params.yaml. Input: shape (clips, features), float32; no scaling, since trees split
at thresholds.
"""

from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import Pipeline


def build(*, seed: int) -> Pipeline:
    """Build the untuned classifier, one job of its own: the grid search is what runs in parallel.

    Args:
        seed: Of the bootstrap samples and the candidate features of each split.
    """
    return Pipeline([("classifier", RandomForestClassifier(random_state=seed, n_jobs=1))])
