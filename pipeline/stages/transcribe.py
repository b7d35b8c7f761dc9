"""Write down what is said in each clip: with Whisper, or from the corpora's own texts."""

import logging

import pandas as pd

from pipeline.config.params import Params, load_params
from pipeline.core.errors import PipelineError
from pipeline.core.paths import clips_path, transcripts_path
from pipeline.core.schemas import TRANSCRIPTS
from pipeline.core.stage import run
from pipeline.core.tables import read_table, write_table
from pipeline.corpora.corpus_audio import corpus_audio


def transcribe(params: Params, clips: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Return the transcripts of clips and how many were computed anew.

    Args:
        params: Where text comes from, and how Whisper decodes.
        clips: The columns of `CLIPS` and text, the corpora's own.

    Raises:
        PipelineError: Gold texts are asked for, and a corpus has none.
    """
    gold = clips["corpus"].isin(params.gold_corpora)
    parts, n_computed = [_own_texts(clips[gold])], 0
    if not gold.all():
        from pipeline.transcription.corpus import whisper_transcripts

        spoken = clips[~gold]
        roots = {corpus: corpus_audio(corpus) for corpus in spoken["corpus"].unique()}
        files = [roots[corpus] / path for corpus, path in zip(spoken["corpus"], spoken["path"], strict=True)]
        table, n_computed = whisper_transcripts(spoken.assign(file=files), params.asr)
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


def main() -> None:
    params = load_params()
    table, n_computed = transcribe(params, read_table(clips_path("transcripts")))
    write_table(transcripts_path(), table.sort_values("utterance_id"), TRANSCRIPTS)
    n_empty = int((table["text"] == "").sum())
    logging.info(
        "transcribe: %d transcripts, the own ones of %s (%d computed by Whisper, %d empty)",
        len(table), ", ".join(params.gold_corpora) or "no corpus", n_computed, n_empty,
    )  # fmt: skip


if __name__ == "__main__":
    run(main)
