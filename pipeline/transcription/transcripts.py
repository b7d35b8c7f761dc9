"""The transcripts of clips of several corpora: some by Whisper, some the corpora's own texts."""

import pandas as pd

from pipeline.config.asr import Asr
from pipeline.core.errors import PipelineError
from pipeline.corpora.corpus_audio import corpus_audio


def transcribe(clips: pd.DataFrame, asr: Asr, gold_corpora: list[str]) -> tuple[pd.DataFrame, int]:
    """Return the transcripts of clips and how many were computed anew.

    Args:
        clips: The columns of `CLIPS` and text, the corpora's own.
        asr: How Whisper decodes.
        gold_corpora: Corpora whose own texts are read.

    Raises:
        PipelineError: A corpus of these has no texts.
    """
    gold = clips["corpus"].isin(gold_corpora)
    parts, n_computed = [_own_texts(clips[gold])], 0
    if not gold.all():
        from pipeline.transcription.corpus import whisper_transcripts

        spoken = clips[~gold]
        roots = {corpus: corpus_audio(corpus) for corpus in spoken["corpus"].unique()}
        files = [roots[corpus] / path for corpus, path in zip(spoken["corpus"], spoken["path"], strict=True)]
        table, n_computed = whisper_transcripts(spoken.assign(file=files), asr)
        parts.append(table)
    return pd.concat([part for part in parts if len(part)] or parts, ignore_index=True), n_computed


def _own_texts(clips: pd.DataFrame) -> pd.DataFrame:
    from pipeline.transcription.corpus import gold_transcripts

    has_text = clips["text"].fillna("").ne("").groupby(clips["corpus"]).any()
    if not has_text.all():
        silent = has_text.index[~has_text][0]
        raise PipelineError(
            f"corpus {silent!r} has no texts of its own: take it out of asr.gold, or use asr.source=whisper"
        )
    return gold_transcripts(clips)
