"""List the readable clips that each feature set, and the transcripts, are made of.

Between an index and the features stands this list of audio alone: a corrected label computes no feature anew.
"""

import logging

import pyarrow as pa

from pipeline.config.plans import ClipsPlan, load_plan
from pipeline.core.paths import clips_path
from pipeline.core.schemas import CLIPS
from pipeline.core.tables import write_table
from pipeline.curation.status import OK
from pipeline.curation.tables import read_indexes

COLUMNS = ["utterance_id", "path", "audio_hash", "status"]
WITH_TEXT = CLIPS.append(pa.field("text", pa.string()))  # the corpus's own, for gold transcripts

log = logging.getLogger(__name__)


def main() -> None:
    plan = load_plan(ClipsPlan, "clips")
    n_clips = {name: list_clips(name, corpora, CLIPS) for name, corpora in plan.feature_sets.items()}
    n_clips["transcripts"] = list_clips("transcripts", plan.transcripts, WITH_TEXT)
    log.info("clips: %s", ", ".join(f"{name} {n:,}" for name, n in n_clips.items() if n))


def list_clips(name: str, corpora: list[str], schema: pa.Schema) -> int:
    """Write the clips of some corpora that are not quarantined; return their number."""
    columns = [*COLUMNS, *(column for column in schema.names if column == "text")]
    clips = read_indexes(corpora, columns)
    clips = clips[clips["status"] == OK].sort_values("utterance_id", ignore_index=True)
    write_table(clips_path(name), clips, schema)
    return len(clips)
