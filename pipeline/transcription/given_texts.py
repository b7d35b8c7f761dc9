"""Transcripts that nobody here has to listen for: a corpus's own texts, or what another recogniser heard."""

import logging
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.core.errors import PipelineError
from pipeline.core.row_cache import digest
from pipeline.corpora.label_tables import read_rows

log = logging.getLogger(__name__)

COLUMNS = ("utterance_id", "text")
SOURCE = "table"  # of a transcript, with the file's name behind it


def given_transcripts(clips: pd.DataFrame, path: Path, corpus: str) -> pd.DataFrame:
    """Return the transcripts of one corpus's clips as a table has them; clips that only the table has are told.

    Args:
        clips: Columns utterance_id, audio_hash.
        path: A CSV or Parquet file with the columns utterance_id, as the index has it, and text, which is empty
            where nothing was heard. Others are not looked at.
        corpus: Whose clips they are.

    Raises:
        PipelineError: The file cannot be read, names an utterance twice, or lacks a clip.
    """
    where = f"asr.texts.{corpus}: {path}"
    given = _read(path, where)
    if (twice := given["utterance_id"].duplicated()).any():
        raise PipelineError(
            f"{where}: {twice.sum()} utterances stand there twice, such as {given['utterance_id'][twice].iloc[0]}; "
            "expected one row each"
        )
    texts = given.set_index("utterance_id")["text"]
    missing = clips.loc[~clips["utterance_id"].isin(texts.index), "utterance_id"]
    if len(missing):
        raise PipelineError(
            f"{where}: {len(missing)} of {len(clips)} clips of {corpus} have no row, such as "
            f"{', '.join(missing[:3])}; expected one for every clip, with an empty text where nothing was heard"
            f"{_as_they_came(texts)}"
        )
    unknown = texts.index.difference(clips["utterance_id"])
    if len(unknown):
        log.warning(
            "transcribe: %s: %d rows are of no clip of %s that is read, such as %s: passed over",
            *(where, len(unknown), corpus, ", ".join(unknown[:3])),
        )
    return _transcripts(clips, texts.loc[clips["utterance_id"]], SOURCE, f"{SOURCE}:{path.name}")


def gold_transcripts(index: pd.DataFrame) -> pd.DataFrame:
    """Return the corpus's own texts as transcripts; a clip without one has an empty text.

    Args:
        index: Columns utterance_id, audio_hash, text.
    """
    return _transcripts(index, index["text"].fillna("").astype(str), "gold", "gold")


def _transcripts(clips: pd.DataFrame, texts: pd.Series, kind: str, source: str) -> pd.DataFrame:
    """Return texts, in the order of the clips, as transcripts of which nothing else is known."""
    keys = [digest([kind, audio, words]) for audio, words in zip(clips["audio_hash"], texts, strict=True)]
    return pd.DataFrame(
        {
            "utterance_id": clips["utterance_id"].to_numpy(),
            "key": keys,
            "text": texts.to_numpy(),
            "language": None,
            "confidence": None,
            "no_speech": None,
            "truncated": False,
            "source": source,
        }
    )


def _read(path: Path, where: str) -> pd.DataFrame:
    if not path.is_file():
        raise PipelineError(
            f"{where} is not there; expected a CSV or Parquet file, relative to the repository"
        )
    if path.suffix != ".parquet":
        try:
            return pd.DataFrame(read_rows(path, COLUMNS), columns=list(COLUMNS), dtype=str)
        except PipelineError as error:
            raise PipelineError(f"asr.texts: {error}") from error
    try:
        columns = pq.read_schema(path).names
        if lacking := [name for name in COLUMNS if name not in columns]:
            raise PipelineError(
                f"{where}: no column {' and '.join(lacking)}; expected utterance_id and text, and came "
                f"{', '.join(columns)}"
            )
        table = pq.read_table(path, columns=list(COLUMNS)).to_pandas()
    except pa.ArrowException as error:
        raise PipelineError(
            f"{where} cannot be read as Parquet: {str(error).partition(chr(10))[0]}"
        ) from error
    return table.assign(
        utterance_id=table["utterance_id"].astype(str), text=table["text"].fillna("").astype(str).str.strip()
    )


def _as_they_came(texts: pd.Series) -> str:
    return f". Its rows are called such as {texts.index[0]}" if len(texts) else ". It has no rows"
