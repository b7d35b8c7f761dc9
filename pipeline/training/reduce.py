"""Reduction of vectors to components ahead of a network, fitted on training clips and stored with the weights.

Source: the Annamalai study, sections 5.1 and 5.3: its feed-forward network reads the principal components
of openSMILE's functionals that separate the classes best. They are those of
`pipeline.models.reduction_head`, so that networks and scikit-learn's classifiers see the same; here the
fitted steps become tensors. The number of components, 600 in the document's best network, is how many
selection leaves (section 5.1, last sentence), not how many PCA keeps.
"""

import hashlib
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from pipeline.core.errors import PipelineError

if TYPE_CHECKING:  # takes a second to import, which networks without reduction need not wait
    from sklearn.pipeline import Pipeline

_last: dict[bytes, "Pipeline"] = {}  # at most one


class InputReduction(nn.Module):
    """Standard scores, clipped, projected onto the selected principal components.

    The number of values that come out is fixed before anything is fitted. A study with fewer components than asked
    for (never more than training clips) leaves the last ones at zero.

    Args:
        shape: Shape of one clip's input: (features,).
        clip: Largest absolute standard score, in standard deviations.
        pca_variance: Share of the variance that the principal components keep.
        select_k: Components kept, at most: those with the largest ANOVA F value, in the order of their variance.

    Attributes:
        out_shape: Shape of one clip's output: (select_k,).

    Raises:
        PipelineError: The input is no vector, or shorter than `select_k`.
    """

    def __init__(self, shape: tuple[int, ...], *, clip: float, pca_variance: float, select_k: int) -> None:
        super().__init__()
        if len(shape) != 1 or shape[0] < select_k:
            raise PipelineError(
                f"reduction to {select_k} components needs vectors of as many features or more, but a clip's "
                f"input has the shape {shape}: lower select_k or name another feature set"
            )
        self.clip, self.pca_variance, self.select_k = clip, pca_variance, select_k
        self.out_shape = (select_k,)
        # In double precision: of a feature that hardly varies, the difference from its mean is small beside it.
        self.register_buffer("mean", torch.zeros(shape, dtype=torch.float64))
        self.register_buffer("deviation", torch.ones(shape, dtype=torch.float64))
        self.register_buffer("axes", torch.zeros(select_k, *shape))
        self.register_buffer("offset", torch.zeros(select_k))

    def fit(self, values: Tensor, rows: Tensor, targets: Tensor) -> "InputReduction":
        """Take the statistics and components of some rows, in float64 and on the CPU whatever the device.

        Args:
            values: The vectors of all clips, shape (clips, features).
            rows: Indices of the training clips.
            targets: Class indices of all clips, shape (clips,): they select the components.
        """
        vectors, classes = values[rows].double().cpu().numpy(), targets[rows].cpu().numpy()
        head = fit_head(vectors, classes, self.clip, self.pca_variance).set_params(select__k=self.select_k)
        kept = head["select"].get_support()
        axes = torch.from_numpy(head["pca"].components_[kept])  # (kept, features)
        self.mean.copy_(torch.from_numpy(head["scale"].mean_))
        self.deviation.copy_(torch.from_numpy(head["scale"].scale_))
        self.axes.zero_()[: len(axes)] = axes
        self.offset.zero_()[: len(axes)] = axes @ torch.from_numpy(head["pca"].mean_)
        return self

    def forward(self, values: Tensor) -> Tensor:
        """Return the components, shape (clips, select_k), float32, of vectors, shape (clips, features)."""
        scores = ((values.double() - self.mean) / self.deviation).clamp(-self.clip, self.clip).float()
        return scores @ self.axes.T - self.offset


def fit_head(vectors: np.ndarray, classes: np.ndarray, clip: float, pca_variance: float) -> "Pipeline":
    """Fit the steps of `pipeline.models.reduction_head`; how many components are selected can be set afterwards.

    The last ones are kept in memory: the trials of a search, and a fold's seeds, fit the same, and principal
    components take minutes where comparing the clips takes seconds.

    Args:
        vectors: Of the training clips, shape (clips, features), float64.
        classes: Their indices, shape (clips,).
        clip: Largest absolute standard score, in standard deviations.
        pca_variance: Share of the variance that the principal components keep.
    """
    from sklearn.pipeline import Pipeline

    from pipeline.models.reduction_head import HeadSettings, reduction_steps
    from pipeline.training.grid_search import fit_transform

    key = hashlib.blake2b(np.ascontiguousarray(vectors).data)
    key.update(np.ascontiguousarray(classes).data)
    key.update(repr((vectors.shape, clip, pca_variance)).encode())
    if key.digest() not in _last:
        settings = HeadSettings(clip=clip, pca_variance=pca_variance, select_k=1)
        head = Pipeline(reduction_steps(settings, seed=0))
        fit_transform(head, vectors, classes)
        _last.clear()
        _last[key.digest()] = head
    return _last[key.digest()]
