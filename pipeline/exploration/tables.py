"""What the corpora hold, by numbers: durations, labels, speakers, levels.

A clip is a file that can be used (status "ok"), an utterance is a file that should be one; the other files of
a corpus (strays) count nowhere here, only in the account of each study.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from pipeline.curation.status import OK, STRAY

QUANTILES = {
    "min": 0.0, "q01": 0.01, "q05": 0.05, "q25": 0.25, "median": 0.5, "q75": 0.75, "q95": 0.95, "q99": 0.99,
    "max": 1.0,
}  # fmt: skip
EDGES = (0, 0.3, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 5, 6, 8, 10, 15, 20, 30)  # seconds; the last bin has no end
UNKNOWN = "unknown"  # sex
NO_LABEL = "(no label)"
COLUMNS = [
    "corpus", "utterance_id", "speaker", "sex", "label", "seconds", "rate", "channels", "rms_dbfs", "peak",
    "clipped", "dc_offset", "status", "path", "audio_hash",
]  # fmt: skip


def clips_of(index: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of an index that can be used."""
    return index[index["status"] == OK]


def utterances_of(index: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of an index that are utterances, usable or not."""
    return index[index["status"] != STRAY]


def durations(index: pd.DataFrame, corpora: Sequence[str]) -> pd.DataFrame:
    """Describe the lengths of each corpus's clips.

    Args:
        index: The indexes of the corpora one below the other, with the columns `COLUMNS`.
        corpora: Which; each has a row, also one without clips.

    Returns:
        corpus, n_clips, seconds (their sum), quantiles in seconds, and a histogram: `n_from_1.5` counts the
        clips from 1.5 s to below the next column's edge.
    """
    return _describe(index, corpora, _durations_of)


def labels(index: pd.DataFrame) -> pd.DataFrame:
    """Count the utterances of each corpus and own label: n_utterances, n_clips, seconds (of the clips)."""
    rows = utterances_of(index)
    usable = rows["status"] == OK
    rows = rows.assign(
        label=rows["label"].fillna(NO_LABEL), n_clips=usable, seconds=rows["seconds"].where(usable, 0.0)
    )
    counts = rows.groupby(["corpus", "label"]).agg(
        n_utterances=("label", "size"), n_clips=("n_clips", "sum"), seconds=("seconds", "sum")
    )
    return counts.reset_index()


def speakers(index: pd.DataFrame) -> pd.DataFrame:
    """Count the clips of each speaker and sex: corpus, speaker, sex, n_clips, seconds; no speaker is empty."""
    clips = clips_of(index)
    clips = clips.assign(sex=clips["sex"].fillna(UNKNOWN))
    groups = clips.groupby(["corpus", "speaker", "sex"], dropna=False)["seconds"]
    return groups.agg(n_clips="size", seconds="sum").reset_index()


def levels(index: pd.DataFrame, corpora: Sequence[str]) -> pd.DataFrame:
    """Describe how each corpus was recorded.

    Returns:
        corpus, n_clips; quantiles of the level (`rms_dbfs_...`) and of the peak (`peak_...`, full scale is 1);
        n_full_scale, the clips with samples at full scale, and clipped_max, the largest fraction of them in a
        clip; the median and largest distance of a clip's mean from zero (`dc_offset_...`, full scale is 1);
        rates in Hz and channels with their numbers of clips, such as "16000:540 44100:2".
    """
    return _describe(index, corpora, _levels_of)


def quantiles(rows: pd.DataFrame, column: str, corpora: Sequence[str]) -> pd.DataFrame:
    """Return the quantiles `QUANTILES` of a column, a row a corpus; missing where it has no rows."""
    parts = [quantiles_of(rows.loc[rows["corpus"] == corpus, column]) for corpus in corpora]
    return pd.DataFrame(parts, index=list(corpora), columns=list(QUANTILES))


def quantiles_of(values: pd.Series, prefix: str = "") -> dict[str, float]:
    """Return the quantiles `QUANTILES` of numbers by name; NaN of none."""
    numbers = values.to_numpy(float)
    found = (
        np.quantile(numbers, list(QUANTILES.values())) if len(numbers) else np.full(len(QUANTILES), np.nan)
    )
    return {prefix + name: value for name, value in zip(QUANTILES, found, strict=True)}


def _describe(
    index: pd.DataFrame, corpora: Sequence[str], describe: Callable[[pd.DataFrame], dict[str, Any]]
) -> pd.DataFrame:
    """Describe each corpus's clips in a row."""
    clips = clips_of(index)
    rows = [{"corpus": corpus, **describe(clips[clips["corpus"] == corpus])} for corpus in corpora]
    return pd.DataFrame(rows, columns=["corpus", *describe(clips[:0])])


def _durations_of(clips: pd.DataFrame) -> dict[str, Any]:
    seconds = clips["seconds"]
    counts, _ = np.histogram(seconds.to_numpy(float), [*EDGES, np.inf])
    return {
        "n_clips": len(clips),
        "seconds": float(seconds.sum()),
        **quantiles_of(seconds),
        **{f"n_from_{edge:g}": n for edge, n in zip(EDGES, counts, strict=True)},
    }


def _levels_of(clips: pd.DataFrame) -> dict[str, Any]:
    offset = clips["dc_offset"].abs()
    return {
        "n_clips": len(clips),
        **quantiles_of(clips["rms_dbfs"], "rms_dbfs_"),
        **quantiles_of(clips["peak"], "peak_"),
        "n_full_scale": int((clips["clipped"] > 0).sum()),
        "clipped_max": clips["clipped"].max(),
        "dc_offset_median": offset.median(),
        "dc_offset_max": offset.max(),
        "rates": _tally(clips["rate"]),
        "channels": _tally(clips["channels"]),
    }


def _tally(values: pd.Series) -> str:
    """Write how often each whole number occurs: "16000:540 44100:2"."""
    counts = values.value_counts().sort_index()
    return " ".join(f"{int(value)}:{n}" for value, n in counts.items())
