"""Indexes as `index` writes them, small enough to count by hand."""

from typing import Any

import pandas as pd

from pipeline.exploration.tables import COLUMNS

CLIP = {
    "corpus": "a", "speaker": "a/1", "sex": "female", "label": "happy", "seconds": 2.0, "rate": 16000,
    "channels": 1, "rms_dbfs": -20.0, "peak": 0.5, "clipped": 0.0, "dc_offset": 0.0, "status": "ok", "reason": None,
}  # fmt: skip
BROKEN = {"seconds": None, "rate": None, "channels": None, "status": "quarantined", "reason": "empty file"}
STRAY = {**BROKEN, "speaker": None, "label": None, "status": "stray", "reason": "a document"}


def index(*rows: dict[str, Any]) -> pd.DataFrame:
    """Return an index of clips that differ from `CLIP` as each row says, numbered from 0."""
    clips = [{**CLIP, **row, "utterance_id": f"{row.get('corpus', 'a')}/{i}"} for i, row in enumerate(rows)]
    return pd.DataFrame(clips, columns=COLUMNS)
