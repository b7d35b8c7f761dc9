"""Choice among the blocks of a speech encoder, of which features hold the pooled outputs one after the other.

What a speech encoder knows of emotion lies in its middle blocks (Pepino et al. 2021, DOI
10.21437/Interspeech.2021-703); which, is for a grid search to say, on training speakers alone.
"""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from pipeline.core.errors import PipelineError


class Blocks(TransformerMixin, BaseEstimator):
    """Keeps the features of some blocks.

    Args:
        n_blocks: How many equal blocks there are.
        keep: Positions of those that stay, from 0 on; None keeps all.
        width: Features that are blocks, the first of a row; what comes behind them stays. None: all are.

    Raises:
        PipelineError: In `fit`: rows do not divide into so many blocks, or there is no such block.
    """

    def __init__(self, n_blocks: int, keep: Sequence[int] | None = None, width: int | None = None) -> None:
        self.n_blocks = n_blocks
        self.keep = keep
        self.width = width

    def fit(self, values: Any, labels: Any = None) -> Self:
        """Find the columns that stay.

        Args:
            values: Training rows, shape (rows, features).
            labels: Not needed.
        """
        n_all = validate_data(self, values).shape[1]
        n_features = n_all if self.width is None else self.width
        kept = range(self.n_blocks) if self.keep is None else self.keep
        if n_features % self.n_blocks or not kept or not set(kept) <= set(range(self.n_blocks)):
            raise PipelineError(
                f"blocks {list(kept)} of {self.n_blocks} are to be kept of vectors of {n_features} features: "
                "expected blocks of equal size, numbered from 0 on; look at architecture.n_blocks, blocks__keep in "
                "the grid, and the blocks of the feature set"
            )
        columns = np.arange(n_features).reshape(self.n_blocks, -1)
        self.columns_ = np.concatenate([columns[list(kept)].ravel(), np.arange(n_features, n_all)])
        return self

    def transform(self, values: Any) -> np.ndarray:
        """Return the kept features, shape (rows, kept)."""
        check_is_fitted(self, "columns_")
        rows = validate_data(self, values, reset=False)
        return rows[:, self.columns_]
