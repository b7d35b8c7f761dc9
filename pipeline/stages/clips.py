"""List the readable clips that each feature set, and the transcripts, are made of.

Between an index and the features stands this list of audio alone: a corrected label computes no feature anew.
"""

import logging

import pandas as pd
import pyarrow as pa

from pipeline.core.paths import clips_path, feature_plan_path, index_path
from pipeline.core.schemas import CLIPS
from pipeline.core.stage import run
from pipeline.core.tables import read_json, read_table, write_table
from pipeline.features.registry import reads_text

COLUMNS = ["utterance_id", "path", "audio_hash", "status"]
TEXT = pa.field("text", pa.string())  # the corpus's own, for gold transcripts


def list_clips(corpora: list[str], *, with_text: bool) -> pd.DataFrame:
    """Return the clips of some corpora that are not quarantined, with the columns of `CLIPS`."""
    columns = [*COLUMNS, "text"] if with_text else COLUMNS
    tables = [read_table(index_path(corpus), columns).assign(corpus=corpus) for corpus in corpora]
    if not tables:
        return pd.DataFrame(columns=[*CLIPS.names, "text"], dtype=str)
    clips = pd.concat(tables)
    return clips[clips["status"] == "ok"].sort_values("utterance_id", ignore_index=True)


def main() -> None:
    n_clips = {}
    for name in sorted(path.stem for path in feature_plan_path("transcripts").parent.glob("*.json")):
        is_text = name == "transcripts"
        plan = read_json(feature_plan_path(name))
        if not is_text and reads_text(plan["kind"]):
            continue  # made of transcripts, not of audio
        clips = list_clips(plan["corpora"], with_text=is_text)
        write_table(clips_path(name), clips, CLIPS.append(TEXT) if is_text else CLIPS)
        n_clips[name] = len(clips)
    logging.info("clips: %s", ", ".join(f"{name} {n:,}" for name, n in n_clips.items() if n))


if __name__ == "__main__":
    run(main)
