"""Write down what is said in each clip: with Whisper, or from the corpora's own texts."""

import logging

from pipeline.config.plans import TranscribePlan, load_plan
from pipeline.core.paths import clips_path, transcripts_path
from pipeline.core.schemas import TRANSCRIPTS
from pipeline.core.tables import read_table, write_table
from pipeline.transcription.transcripts import transcribe

log = logging.getLogger(__name__)


def main() -> None:
    plan = load_plan(TranscribePlan, "transcribe")
    table, n_computed = transcribe(read_table(clips_path("transcripts")), plan.asr, plan.gold_corpora)
    write_table(transcripts_path(), table.sort_values("utterance_id"), TRANSCRIPTS)
    n_empty, gold = int((table["text"] == "").sum()), ", ".join(plan.gold_corpora) or "no corpus"
    log.info(
        "transcribe: %d transcripts, the own ones of %s (%d computed by Whisper, %d empty)",
        *(len(table), gold, n_computed, n_empty),
    )
