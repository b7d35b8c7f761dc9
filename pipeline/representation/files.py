"""The files of one representation: its vectors, the plane that t-SNE makes of them, and the picture of that."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from pipeline.core.tables import write_csv, write_table
from pipeline.representation.figure import save_classes, save_values
from pipeline.representation.separation import plane, separation

CLIP = ("utterance_id", "corpus", "label")


def write_representation(
    stem: Path, values: np.ndarray, clips: pd.DataFrame, classes: list[str], title: str
) -> dict[str, Any]:
    """Write <stem>.parquet, <stem>_tsne.csv and, where t-SNE can make a plane, <stem>_tsne.png.

    Args:
        stem: Path without suffix.
        values: Shape (clips, values), float32.
        clips: utterance_id, corpus and label of each clip; behind them its dimensions, if those are learned.
            Numbered from 0.
        classes: The study's.
        title: Above the figure.

    Returns:
        The silhouettes of the classes: see `separation`.
    """
    dimensions = [name for name in clips if name not in CLIP]
    columns = [*((name, pa.string()) for name in CLIP), *((name, pa.float32()) for name in dimensions)]
    schema = pa.schema([*columns, ("values", pa.list_(pa.float32()))])
    rows = pd.Series(list(values), dtype=object)
    write_table(stem.with_name(f"{stem.name}.parquet"), clips.assign(values=rows), schema)
    points = plane(values)
    drawn = clips.drop(columns="corpus").assign(x=points[:, 0], y=points[:, 1])
    csv, png = (stem.with_name(f"{stem.name}_tsne.{suffix}") for suffix in ("csv", "png"))
    write_csv(csv, drawn)
    labels = clips["label"].to_numpy()
    there = np.isfinite(points).all(axis=1)
    if there.any():
        if dimensions:
            values_there = {name: clips[name].to_numpy()[there] for name in dimensions}
            save_values(png, points[there], values_there, title)
        else:
            save_classes(png, points[there], labels[there], classes, title)
    return separation(values, None if dimensions else labels, points)
