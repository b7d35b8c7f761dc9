"""The transcripts of a whole corpus, through the row cache."""

import socket
import threading
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from pipeline.audio.reading import load_mono
from pipeline.config.asr import Asr
from pipeline.core.errors import PipelineError
from pipeline.core.machine import device_name
from pipeline.core.parallel import batched, parallel_batches, scheduler, worker_count
from pipeline.core.row_cache import Row, RowCache, digest
from pipeline.pretrained.whisper_checkpoint import find_checkpoint
from pipeline.transcription.decode import RATE, Decoding, decode
from pipeline.transcription.weights import load_once

if TYPE_CHECKING:
    from whisper.model import Whisper

VERSION = 2  # of the code: a change that changes transcripts raises it

_loading = threading.Lock()  # threads of one worker share the model


def whisper_transcripts(index: pd.DataFrame, asr: Asr) -> tuple[pd.DataFrame, int]:
    """Transcribe the clips that the cache does not hold.

    On this machine one batch at a time has `SER_WORKERS` threads, or the GPU, where precision is half.
    On a cluster each worker has a batch at a time and computes in single precision, on a CPU or a GPU, with the
    threads that Dask allows it: one, if nothing is said. One and two threads gave the same bits.

    Args:
        index: Columns utterance_id, file (a path from here) and audio_hash.
        asr: Model and decoding options.

    Returns:
        The transcripts and how many of them were computed. They are keyed by content: two clips of one name in
        two folders never share one, two copies of a clip always do.
    """
    model, device = str(find_checkpoint(asr.model) or asr.model), "cpu" if scheduler() else device_name()
    how, weights = Decoding.of(asr, device), load_once(model, device)[1]
    settings = digest([VERSION, weights, vars(how)])
    cache = RowCache("transcripts", settings)
    rows = cache.get_many(index["audio_hash"])
    todo = index[~index["audio_hash"].isin(rows.keys())].drop_duplicates("audio_hash")
    clips = list(zip(todo["audio_hash"], todo["file"], strict=True))
    computed = parallel_batches(
        partial(transcribe_batch, model=model, weights=weights, how=how),
        batched(clips, asr.batch_size),
        description="transcribe",
        backend="threads",
        workers=1,
        threads=worker_count(),
    )
    for fresh in cache.store(computed, asr.batch_size):
        rows.update(fresh)
    return _tabulate(index, rows, settings, Path(asr.model).name), len(todo)


def transcribe_batch(
    clips: Sequence[tuple[str, Path]], *, model: str, weights: str, how: Decoding
) -> dict[str, Row]:
    """Transcribe a batch of clips, in a worker, which keeps the model for its next batch.

    Args:
        clips: `audio_hash`, which is the key, and file of each.
        model: See `load_whisper`.
        weights: Digest that the model must have.
        how: See `Decoding`.

    Raises:
        PipelineError: This worker has another model under the same name, or a clip cannot be read or
            is not what was indexed.
    """
    waves = [load_mono(path, RATE, audio_hash) for audio_hash, path in clips]
    with _loading:
        loaded = _load(model, weights)
    decoded = decode(loaded, waves, how)
    return {key: vars(transcript) for (key, _), transcript in zip(clips, decoded, strict=True)}


def _load(model: str, weights: str) -> "Whisper":
    loaded, found = load_once(model, device_name())
    if found != weights:  # a worker of a cluster lives long: the file may have changed since
        load_once.cache_clear()
        loaded, found = load_once(model, device_name())
    if found != weights:
        raise PipelineError(
            f"the Whisper model {model!r} on {socket.gethostname()} has other weights than that of the process "
            "that sends the work: give all machines the same file, by its path or in SER_WEIGHTS"
        )
    return loaded


def _tabulate(index: pd.DataFrame, rows: dict[str, Row], settings: str, model: str) -> pd.DataFrame:
    found = [rows[key] for key in index["audio_hash"]]
    return pd.DataFrame(
        {
            "utterance_id": index["utterance_id"],
            "key": [f"{settings}-{key}" for key in index["audio_hash"]],
            "text": [row["text"] for row in found],
            "language": [row["language"] for row in found],
            "confidence": [row["confidence"] for row in found],
            "no_speech": [row["no_speech"] for row in found],
            "truncated": [row["truncated"] for row in found],
            "source": f"whisper:{model}",
        }
    )
