"""How well a representation keeps classes apart: silhouettes in its own space, and in a plane made by t-SNE.

Silhouette: Rousseeuw 1987, DOI 10.1016/0377-0427(87)90125-7, with the true classes for clusters; from -1 to 1, 0
where classes overlap. t-SNE: van der Maaten and Hinton 2008, JMLR 9:2579, with the perplexity of the MultiModal-ER
study (30; less for few clips), of 2,000 clips drawn at random where there are more: its time grows with their
square. Both are scikit-learn's. Distances in the plane mean little, and its silhouette goes with the picture alone;
the other two are what to compare networks by.
"""

from typing import Any

import numpy as np
from sklearn.manifold import TSNE
from sklearn.metrics import silhouette_score
from threadpoolctl import threadpool_limits

PERPLEXITY = 30.0
SEED = 42
MOST = 2000  # clips in a plane: more take minutes, and hide each other
FEWEST = 4  # clips: fewer have no perplexity of 1
SAME = 1e-6  # of the largest value: clips that differ by less than the rounding of float32 do not differ


def perplexity_of(n_clips: int) -> float:
    """Return the perplexity for some number of clips: a third of the others at most."""
    return min(PERPLEXITY, (n_clips - 1) / 3)


def why_no_plane(values: np.ndarray) -> str | None:
    """Say why t-SNE cannot lay clips out in a plane, or None where it can.

    Args:
        values: Shape (clips, values).
    """
    n_clips, n_values = values.shape
    if n_clips < FEWEST:
        return f"{n_clips} clip(s): t-SNE needs {FEWEST} or more"
    if n_values < 2:
        return f"{n_values} value a clip: t-SNE needs 2 or more"
    return "all clips have the same representation" if _all_the_same(values) else None


def plane(values: np.ndarray) -> np.ndarray:
    """Lay clips out by t-SNE: shape (clips, 2), float32.

    NaN for all where `why_no_plane` has a reason, and for those that were not drawn where there are more than
    `MOST`. On one thread: with more, sums differ in their last bits from run to run, and t-SNE makes much of that.

    Args:
        values: Shape (clips, values), float32.
    """
    points = np.full((len(values), 2), np.nan, np.float32)
    if why_no_plane(values):
        return points
    drawn = np.arange(len(values))
    if len(drawn) > MOST:
        drawn = np.sort(np.random.default_rng(SEED).choice(drawn, MOST, replace=False))
    tsne = TSNE(perplexity=perplexity_of(len(drawn)), init="pca", random_state=SEED)
    with threadpool_limits(limits=1):
        points[drawn] = tsne.fit_transform(values[drawn])
    return points


def why_no_silhouette(values: np.ndarray, labels: np.ndarray) -> str | None:
    """Say why classes have no silhouette, or None where they have one.

    Args:
        values: Shape (clips, values).
        labels: Of each clip.
    """
    n_clips, n_classes = len(labels), len(set(labels))
    if n_classes < 2:
        return f"{n_classes} class(es) among {n_clips} clips: a silhouette needs 2 or more"
    if n_classes == n_clips:
        return f"each of the {n_clips} clips is of a class of its own: a silhouette needs fewer classes than clips"
    return "all clips have the same representation" if _all_the_same(values) else None


def separation(values: np.ndarray, labels: np.ndarray | None, points: np.ndarray) -> dict[str, Any]:
    """Return the silhouettes of the true classes.

    Args:
        values: Shape (clips, values).
        labels: Of each clip; None where what is learned is no class.
        points: Of `plane`.

    Returns:
        n_clips, n_values, perplexity, and the silhouettes: `cosine` and `euclidean` by the distance of
        representations, `tsne` in the plane. What is undefined is None, and `note` says why. A clip alone in its
        class counts 0, and a vector of zeros is at cosine distance 1 from every other, as in scikit-learn.
    """
    no_plane = why_no_plane(values)
    no_classes = "no classes are learned" if labels is None else why_no_silhouette(values, labels)
    scores: dict[str, float | None] = dict.fromkeys(("cosine", "euclidean", "tsne"))
    notes = [reason for reason in dict.fromkeys((no_classes, no_plane)) if reason]
    if labels is not None and not no_classes:
        scores["cosine"] = float(silhouette_score(values, labels, metric="cosine"))
        scores["euclidean"] = float(silhouette_score(values, labels))
        if n_zero := int((~values.any(axis=1)).sum()):
            notes.append(f"{n_zero} clip(s) have a representation of zeros")
        if not no_plane:
            scores["tsne"] = _silhouette_of_plane(points, labels)
    n_clips, n_values = values.shape
    if n_clips > MOST and not no_plane:
        notes.append(f"t-SNE of {MOST} of {n_clips} clips, drawn at random")
    perplexity = None if no_plane else perplexity_of(min(n_clips, MOST))
    numbers = {"n_clips": n_clips, "n_values": n_values, "perplexity": perplexity}
    return {**numbers, **scores, "note": "; ".join(notes) or None}


def _silhouette_of_plane(points: np.ndarray, labels: np.ndarray) -> float | None:
    there = np.isfinite(points).all(axis=1)
    if why_no_silhouette(points[there], labels[there]):  # the classes of those that were drawn
        return None
    return float(silhouette_score(points[there], labels[there]))


def _all_the_same(values: np.ndarray) -> bool:
    return bool(np.ptp(values, axis=0).max() <= SAME * np.abs(values).max())
