"""Write down what is said in each clip of a corpus: with Whisper, or from the corpus's own texts."""

import logging

import pandas as pd

from pipeline.core.corpus_audio import corpus_audio
from pipeline.core.errors import PipelineError
from pipeline.core.params import Params, load_params
from pipeline.core.paths import feature_plan_path, index_path, transcripts_path
from pipeline.core.schemas import TRANSCRIPTS
from pipeline.core.stage import run
from pipeline.core.tables import read_json, read_table, write_table


def transcribe(params: Params, corpus: str) -> tuple[pd.DataFrame, int]:
    """Return the transcripts of a corpus's readable clips and how many were computed anew.

    Raises:
        PipelineError: Gold texts are asked for, and the corpus has none.
    """
    index = read_table(index_path(corpus), ["utterance_id", "path", "audio_hash", "text", "status"])
    index = index[index["status"] == "ok"]
    if not read_json(feature_plan_path("transcripts", corpus))["needed"]:
        index = index.iloc[:0]
    if params.asr_source == "whisper" and len(index):
        from pipeline.transcription.corpus import whisper_transcripts

        return whisper_transcripts(index, corpus_audio(corpus), params.asr)
    if len(index) and not index["text"].fillna("").any():
        raise PipelineError(
            f"asr.source is 'gold', but corpus {corpus!r} has no texts of its own: use whisper"
        )
    from pipeline.transcription.corpus import gold_transcripts

    return gold_transcripts(index), 0


def main(corpus: str) -> None:
    params = load_params()
    table, n_computed = transcribe(params, corpus)
    write_table(transcripts_path(corpus), table.sort_values("utterance_id"), TRANSCRIPTS)
    n_empty = int((table["text"] == "").sum())
    logging.info(
        "transcribe: %s: %d transcripts from %s (%d computed, %d empty)",
        corpus, len(table), params.asr_source, n_computed, n_empty,
    )  # fmt: skip


if __name__ == "__main__":
    run(main)
