"""Stress for predictions that are made elsewhere: the changed clips as files, and decisions that come back."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import soundfile
from tqdm import tqdm

from pipeline.core.errors import PipelineError
from pipeline.core.tables import write_csv
from pipeline.evaluation.external import read_predictions
from pipeline.stress.clips import Tested, Voices, read_mono
from pipeline.stress.conditions import CONDITIONS, UNCHANGED, Condition, change

LISTING = "clips.csv"
GIVEN = ["clip", "condition", "predicted"]


def write_clips(
    folder: Path, tested: Tested, conditions: Sequence[Condition], voices: Voices, seed: int
) -> pd.DataFrame:
    """Write clips under each condition, WAV of 16 bits at their own rate, and a list of them, clips.csv.

    Returns:
        The list: clip, condition, path (below the folder), label, speaker and sex.

    Raises:
        PipelineError: The folder is there and not empty.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise PipelineError(f"{folder} is there and not empty: name a new folder")
    rows = []
    for number, clip in enumerate(
        tqdm(tested.clips.to_dict("records"), desc="write", unit="clip", disable=None)
    ):
        wave, rate = read_mono(clip["path"])
        others = voices.around(clip["utterance_id"], clip["speaker"])
        for condition in conditions:
            path = Path(condition.name, f"{number:05d}_{Path(clip['utterance_id']).name}.wav")
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            changed = change(condition, wave, rate, clip["utterance_id"], seed, others)
            soundfile.write(folder / path, changed, rate, subtype="PCM_16")
            about = {name: clip[name] for name in ("label", "speaker", "sex")}
            rows.append({"clip": clip["utterance_id"], "condition": condition.name, "path": path, **about})
    listing = pd.DataFrame(rows)
    write_csv(folder / LISTING, listing)
    return listing


def read_decisions(path: Path, tested: Tested, conditions: Sequence[Condition]) -> pd.DataFrame:
    """Read decisions made elsewhere; labels, speakers and sexes are those of the split, never the file's.

    Args:
        path: A CSV or Parquet file with the columns `GIVEN`, a row a clip and condition.
        tested: The clips that were to be judged.
        conditions: Those that may be left out are not `unchanged`.

    Returns:
        As `pipeline.stress.ask.ask`, of the conditions that the file has.

    Raises:
        PipelineError: The file, a column, a clip or `unchanged` is missing; or a row is there twice, or names no
            condition or class.
    """
    if not path.is_file():
        raise PipelineError(f"{path} is no file: expected one of decisions, with the columns {GIVEN}")
    given = read_predictions(path)
    if missing := [name for name in GIVEN if name not in given]:
        raise PipelineError(f"{path} has the columns {[*given]}, but not {missing}: expected {GIVEN}")
    if strange := sorted({*given["condition"].astype(str)} - {*CONDITIONS}):
        raise PipelineError(f"{path}: {strange} are no conditions; expected some of {[*CONDITIONS]}")
    given = given[given["condition"].isin([one.name for one in conditions])]
    if twice := given[given.duplicated(["clip", "condition"])][["clip", "condition"]].to_numpy().tolist():
        raise PipelineError(f"{path}: {len(twice)} rows are there twice, such as {twice[0]}")
    if strange := sorted({*given["predicted"].astype(str)} - {*tested.classes}):
        raise PipelineError(f"{path}: {strange} are no classes; expected some of {tested.classes}")
    conditions_there = list(dict.fromkeys(given["condition"]))
    if UNCHANGED not in conditions_there:
        raise PipelineError(
            f"{path} has no rows of the condition {UNCHANGED!r}, which all others are held against"
        )
    wanted = pd.MultiIndex.from_product([tested.clips["utterance_id"], conditions_there])
    found = given.set_index(["clip", "condition"])["predicted"].reindex(wanted)
    if lacking := found.index[found.isna()].tolist():
        raise PipelineError(f"{path} lacks {len(lacking)} decisions, such as that of {lacking[0]}")
    decided = found.rename_axis(["utterance_id", "condition"]).rename("predicted").reset_index()
    return decided.merge(tested.clips[["utterance_id", "speaker", "sex", "label"]], on="utterance_id")
