"""The transcripts of clips of several corpora: by Whisper, by a table of another recogniser, or their own texts."""

from pathlib import Path

import pandas as pd

from pipeline.config.asr import Asr
from pipeline.core.errors import PipelineError
from pipeline.corpora.corpus_audio import corpus_audio
from pipeline.transcription.given_texts import given_transcripts, gold_transcripts


def transcribe(clips: pd.DataFrame, asr: Asr, gold_corpora: list[str]) -> tuple[pd.DataFrame, int]:
    """Return the transcripts of clips and how many were computed anew.

    Args:
        clips: The columns of `CLIPS` and text, the corpora's own.
        asr: How Whisper decodes, and which corpora have a table of texts.
        gold_corpora: Corpora whose own texts are read.

    Raises:
        PipelineError: A corpus of these has no texts, or a table not those of its corpus.
    """
    gold, given = (clips["corpus"].isin([*names]) for names in (gold_corpora, asr.texts))
    parts, n_computed = [_own_texts(clips[gold])], 0
    for corpus, rows in clips[given].groupby("corpus"):
        parts.append(given_transcripts(rows, Path(asr.texts[str(corpus)]), str(corpus)))
    if not (gold | given).all():
        from pipeline.transcription.corpus import whisper_transcripts

        spoken = clips[~(gold | given)]
        roots = {corpus: corpus_audio(corpus) for corpus in spoken["corpus"].unique()}
        files = [roots[corpus] / path for corpus, path in zip(spoken["corpus"], spoken["path"], strict=True)]
        table, n_computed = whisper_transcripts(spoken.assign(file=files), asr)
        parts.append(table)
    return pd.concat([part for part in parts if len(part)] or parts, ignore_index=True), n_computed


def _own_texts(clips: pd.DataFrame) -> pd.DataFrame:
    has_text = clips["text"].fillna("").ne("").groupby(clips["corpus"]).any()
    if not has_text.all():
        silent = has_text.index[~has_text][0]
        raise PipelineError(
            f"corpus {silent!r} has no texts of its own: take it out of asr.gold, or use asr.source=whisper"
        )
    return gold_transcripts(clips)
