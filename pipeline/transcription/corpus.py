"""The transcripts of a whole corpus, through the row cache."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from tqdm import tqdm

from pipeline.core.audio import load_mono
from pipeline.core.parallel import batched
from pipeline.core.params import Asr
from pipeline.core.row_cache import Row, RowCache, digest
from pipeline.transcription.decode import RATE, decode
from pipeline.transcription.weights import load_whisper, weights_digest

VERSION = 1  # of the code: a change that changes transcripts raises it


def gold_transcripts(index: pd.DataFrame) -> pd.DataFrame:
    """Return the corpus's own texts as transcripts; a clip without one has an empty text.

    Args:
        index: Columns utterance_id, audio_hash, text.
    """
    text = index["text"].fillna("").astype(str)
    keys = [digest(["gold", audio, words]) for audio, words in zip(index["audio_hash"], text, strict=True)]
    return pd.DataFrame(
        {
            "utterance_id": index["utterance_id"],
            "key": keys,
            "text": text,
            "language": None,
            "confidence": None,
            "source": "gold",
        }
    )


def whisper_transcripts(index: pd.DataFrame, root: Path, asr: Asr) -> tuple[pd.DataFrame, int]:
    """Transcribe the clips that the cache does not hold.

    Args:
        index: Columns utterance_id, path, audio_hash.
        root: Folder of the corpus.
        asr: Model and decoding options.

    Returns:
        The transcripts and how many of them were computed. They are keyed by content: two clips of one name in
        two folders never share one, two copies of a clip always do.
    """
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model = load_whisper(asr.model, device)
    options: dict[str, Any] = {
        "language": asr.language,
        "beam_size": asr.beam_size,
        "max_tokens": asr.max_tokens,
    }
    settings = digest([VERSION, weights_digest(model), options])
    cache = RowCache("transcripts", settings)
    rows = cache.get_many(index["audio_hash"])
    todo = index[~index["audio_hash"].isin(rows.keys())].drop_duplicates("audio_hash")
    for batch in _batches(todo, asr.batch_size):
        waves = [load_mono(root / path, RATE) for path in batch["path"]]
        decoded = decode(model, waves, **options)
        fresh: dict[str, Row] = {
            key: vars(one) for key, one in zip(batch["audio_hash"], decoded, strict=True)
        }
        cache.put_many(fresh)
        rows |= fresh
    return _tabulate(index, rows, settings, Path(asr.model).name), len(todo)


def _batches(todo: pd.DataFrame, size: int) -> Iterator[pd.DataFrame]:
    with tqdm(total=len(todo), desc="transcribe", unit="clip", disable=None) as bar:
        for positions in batched(range(len(todo)), size):
            yield todo.iloc[list(positions)]
            bar.update(len(positions))


def _tabulate(index: pd.DataFrame, rows: dict[str, Row], settings: str, model: str) -> pd.DataFrame:
    found = [rows[key] for key in index["audio_hash"]]
    return pd.DataFrame(
        {
            "utterance_id": index["utterance_id"],
            "key": [f"{settings}-{key}" for key in index["audio_hash"]],
            "text": [row["text"] for row in found],
            "language": [row["language"] for row in found],
            "confidence": [row["confidence"] for row in found],
            "source": f"whisper:{model}",
        }
    )
