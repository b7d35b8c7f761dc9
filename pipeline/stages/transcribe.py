"""Write down what is said in each clip: with Whisper, from a table, or from the corpora's own texts."""

import logging

from pipeline.config.plans import TranscribePlan, load_plan
from pipeline.core.paths import clips_path, transcription_path, transcripts_path
from pipeline.core.schemas import TRANSCRIPTS
from pipeline.core.tables import read_table, write_json, write_table
from pipeline.transcription.quality import describe_transcripts
from pipeline.transcription.transcripts import transcribe

log = logging.getLogger(__name__)


def main() -> None:
    plan = load_plan(TranscribePlan, "transcribe")
    clips = read_table(clips_path("transcripts"))
    table, n_computed = transcribe(clips, plan.asr, plan.gold_corpora)
    write_table(transcripts_path(), table.sort_values("utterance_id"), TRANSCRIPTS)
    facts = describe_transcripts(table, clips)
    write_json(transcription_path(), facts)
    n_empty, gold = int((table["text"] == "").sum()), ", ".join(plan.gold_corpora) or "no corpus"
    tables = f", tables for {', '.join(plan.asr.texts)}" if plan.asr.texts else ""
    log.info(
        "transcribe: %d transcripts, the own ones of %s%s (%d computed by Whisper, %d empty)",
        *(len(table), gold, tables, n_computed, n_empty),
    )
    for corpus, rate in ((name, one.get("word_error_rate")) for name, one in facts.items()):
        if rate is not None:
            log.info("transcribe: %s: word error rate %.2f %%", corpus, 100 * rate)
