"""Write down what is said in each clip: with Whisper, or from the corpora's own texts."""

import logging

import pandas as pd

from pipeline.core.corpus_audio import corpus_audio
from pipeline.core.errors import PipelineError
from pipeline.core.params import Params, load_params
from pipeline.core.paths import clips_path, transcripts_path
from pipeline.core.schemas import TRANSCRIPTS
from pipeline.core.stage import run
from pipeline.core.tables import read_table, write_table


def transcribe(params: Params, clips: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Return the transcripts of clips and how many were computed anew.

    Args:
        params: Where text comes from, and how Whisper decodes.
        clips: The columns of `CLIPS` and text, the corpora's own.

    Raises:
        PipelineError: Gold texts are asked for, and a corpus has none.
    """
    if params.asr_source == "whisper" and len(clips):
        from pipeline.transcription.corpus import whisper_transcripts

        roots = {corpus: corpus_audio(corpus) for corpus in clips["corpus"].unique()}
        files = [roots[corpus] / path for corpus, path in zip(clips["corpus"], clips["path"], strict=True)]
        return whisper_transcripts(clips.assign(file=files), params.asr)
    has_text = clips["text"].fillna("").ne("").groupby(clips["corpus"]).any()
    if not has_text.all():
        silent = has_text.index[~has_text][0]
        raise PipelineError(
            f"asr.source is 'gold', but corpus {silent!r} has no texts of its own: use whisper"
        )
    from pipeline.transcription.corpus import gold_transcripts

    return gold_transcripts(clips), 0


def main() -> None:
    params = load_params()
    table, n_computed = transcribe(params, read_table(clips_path("transcripts")))
    write_table(transcripts_path(), table.sort_values("utterance_id"), TRANSCRIPTS)
    n_empty = int((table["text"] == "").sum())
    logging.info(
        "transcribe: %d transcripts from %s (%d computed, %d empty)",
        len(table), params.asr_source, n_computed, n_empty,
    )  # fmt: skip


if __name__ == "__main__":
    run(main)
