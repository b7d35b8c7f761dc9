"""Figures of all corpora together: who speaks, and how loud it was recorded."""

from pathlib import Path

import pandas as pd

from pipeline.exploration.canvas import (
    KEPT,
    ROW,
    SEX_COLOURS,
    bars,
    colour_key,
    legend,
    logarithmic,
    name_rows,
    png,
    range_key,
    ranges,
    tidy,
)
from pipeline.exploration.tables import QUANTILES, quantiles


def save_speakers(path: Path, speakers: pd.DataFrame) -> None:
    """Draw speakers and recorded time by sex, and how evenly the clips are spread over the speakers.

    Args:
        path: PNG file.
        speakers: See `pipeline.exploration.tables.speakers`; at least one row.
    """
    corpora = sorted(speakers["corpus"].unique())
    named = speakers.dropna(subset="speaker")
    n_speakers = _by_sex(named.drop_duplicates(["corpus", "speaker"]).assign(n=1), "n", corpora)
    minutes = _by_sex(speakers.assign(minutes=speakers["seconds"] / 60), "minutes", corpora)
    each = named.groupby(["corpus", "speaker"])["n_clips"].sum().reset_index()
    spread = quantiles(each, "n_clips", corpora)
    with png(path, 1.7 + ROW * len(corpora), "Speakers of each corpus") as figure:
        left, middle, right = figure.subplots(1, 3, sharey=True)
        bars(left, _parts(n_speakers), [f"{n:,.0f}" for n in n_speakers.sum(axis=1)], n_across=3)
        bars(middle, _parts(minutes), [f"{n:,.0f}" for n in minutes.sum(axis=1)], n_across=3)
        ranges(right, spread, KEPT)
        if spread["max"].max() > 20 * spread["max"].min():
            logarithmic(right)
        else:
            right.set_xlim(0)
        name_rows(left, corpora)
        tidy(left, "speakers", "number")
        tidy(middle, "recorded time", "minutes")
        tidy(right, "clips a speaker", "clips")
        legend(figure, [*colour_key({sex: SEX_COLOURS[sex] for sex in minutes}), *range_key()])


def save_levels(path: Path, levels: pd.DataFrame) -> None:
    """Draw the level and the peak of the clips of each corpus, and how many reach full scale.

    Args:
        path: PNG file.
        levels: See `pipeline.exploration.tables.levels`; at least one corpus with clips.
    """
    levels = levels[levels["n_clips"] > 0].reset_index(drop=True)
    share = 100 * levels["n_full_scale"] / levels["n_clips"]
    with png(path, 1.7 + ROW * len(levels), "Recording level of the clips of each corpus") as figure:
        left, middle, right = figure.subplots(1, 3, sharey=True)
        ranges(left, _picked(levels, "rms_dbfs_"), KEPT)
        ranges(middle, _picked(levels, "peak_"), KEPT)
        bars(
            right, {"": (share, KEPT)}, [f"{value:.1f} %" if value else "none" for value in share], n_across=3
        )
        name_rows(left, levels["corpus"])
        tidy(left, "RMS level", "dBFS")
        tidy(middle, "peak", "of full scale")
        tidy(right, "clips with samples at full scale", "% of the clips")
        middle.set_xlim(0, 1.05)
        legend(figure, range_key())


def _by_sex(rows: pd.DataFrame, column: str, corpora: list[str]) -> pd.DataFrame:
    """Sum a column, corpora in rows, the sexes that occur in columns."""
    sums = rows.pivot_table(index="corpus", columns="sex", values=column, aggfunc="sum", fill_value=0)
    return sums.reindex(index=corpora, columns=[sex for sex in SEX_COLOURS if sex in sums], fill_value=0)


def _parts(table: pd.DataFrame) -> dict:
    return {sex: (table[sex], SEX_COLOURS[sex]) for sex in table}


def _picked(levels: pd.DataFrame, prefix: str) -> pd.DataFrame:
    return levels[[prefix + name for name in QUANTILES]].set_axis(list(QUANTILES), axis=1)
