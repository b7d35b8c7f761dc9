"""Predictions made elsewhere: checked against a study's split, and laid out like those of a system.

Of a file only the predictions are believed, and which run they are of. Label, speaker, sex, corpus and true values
come from the split. Every test clip has to be there, for a score over those that somebody chose is none; clips that
were trained on may not.

| column | what it is |
| --- | --- |
| utterance_id | as in the split: <corpus>/<name> |
| predicted | a class of the study; where there are probabilities, the most probable one |
| p_<class> | probabilities, of all classes of the study or of none |
| y_<dimension> | of targets that are dimensions: the value, on the corpus's own scale |
| seed | of the training, where there were several; else all rows are of one, 0 |
| fold | of the split; else the one that tests the clip |
| split_seed | of the split; else that of the fold, or the only one |
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.config.systems import EMOTION
from pipeline.core.errors import PipelineError
from pipeline.core.schemas import predictions_schema
from pipeline.evaluation.external_outputs import ID, class_outputs, dimension_outputs, numbers, some
from pipeline.evaluation.regression import TRUTH_PREFIX

RUN_COLUMNS = ("seed", "split_seed", "fold")
ROW = ["split_seed", "seed", "fold", ID]  # what a row is of
ORDER = ["seed", "fold", "split", ID]  # of the rows, as `train` writes them
TEST = "test"
SCORED = (TEST, "val", "cross")


@dataclass(frozen=True)
class GivenPredictions:
    """What a file holds.

    Attributes:
        rows: The columns of `predictions_schema`, sorted as those of a system.
        n_left_out: Clips that were predicted, but lack a true value of a dimension.
        ignored: Columns that were not looked at.
    """

    rows: pd.DataFrame
    n_left_out: int
    ignored: list[str]


def check_predictions(
    given: pd.DataFrame, split_table: pd.DataFrame, classes: Sequence[str], targets: Sequence[str]
) -> GivenPredictions:
    """Check predictions and lay them out.

    Args:
        given: The file's rows, with the columns above.
        split_table: Of the study's variant, with the columns of `SPLIT`; not empty.
        classes: The study's classes, in its order.
        targets: `emotion` alone, or dimensions.

    Raises:
        PipelineError: The rows are not those of the split's test clips, one for every run, with predictions that
            can be scored.
    """
    if given.empty:
        raise PipelineError("no rows; expected one for each test clip")
    if list(given).count(ID) != 1 or given.columns.has_duplicates:
        raise PipelineError(f"expected columns of different names, one of them {ID}; came {', '.join(given)}")
    given = given.assign(**{ID: given[ID].astype(str).fillna("(empty)")}).reset_index(drop=True)
    dimensions = [target for target in targets if target != EMOTION]
    outputs = dimension_outputs(given, dimensions) if dimensions else class_outputs(given, classes)
    _check_known(given[ID], split_table)
    rows = _with_truth(_placed(given, split_table), split_table, dimensions)
    lacking = rows[[TRUTH_PREFIX + name for name in dimensions]].isna().any(axis=1)
    _check_complete(rows[~lacking], split_table[split_table[dimensions].notna().all(axis=1)])
    table = pd.concat([rows, outputs], axis=1)[predictions_schema(list(classes), targets).names]
    return GivenPredictions(
        rows=table[~lacking].sort_values(ORDER, ignore_index=True),
        n_left_out=int(rows[ID][lacking].nunique()),
        ignored=[name for name in given if name not in {ID, *RUN_COLUMNS, *outputs}],
    )


def _check_known(ids: pd.Series, split_table: pd.DataFrame) -> None:
    unknown = ids[~ids.isin(split_table[ID])]
    if len(unknown):
        raise PipelineError(
            f"{unknown.nunique()} utterances are not in the split: {some(unknown)}; expected such as "
            f"{split_table[ID].iloc[0]}. Is the file of another study or variant? Clips that curation left out are "
            "in no split: leave them out too"
        )


def _placed(given: pd.DataFrame, split_table: pd.DataFrame) -> pd.DataFrame:
    """Return the columns `ROW`: what the file says of a row's run, and what follows from the split.

    Raises:
        PipelineError: The two contradict each other, the split is not known, or a row is there twice.
    """
    drawn = split_table.drop_duplicates("fold").set_index("fold")["split_seed"]  # by fold
    said = {name: _whole_numbers(given, name) for name in RUN_COLUMNS if name in given}
    rows = pd.DataFrame({ID: given[ID], "seed": 0}, index=given.index).assign(**said)
    if "fold" in said:
        _check_there(rows["fold"], drawn.index, "fold")
        rows["split_seed"] = _drawn_with(rows, drawn)
    elif "split_seed" in said:
        _check_there(rows["split_seed"], drawn, "split_seed")
    elif drawn.nunique() == 1:
        rows["split_seed"] = drawn.iloc[0]
    else:
        raise PipelineError(
            f"the split was drawn {drawn.nunique()} times, with split_seed {some(drawn)}; expected a column "
            "split_seed or fold that says which one a row is of"
        )
    if "fold" not in said:
        rows["fold"] = _tested_in(rows, split_table, drawn)
    if (twice := rows.duplicated(ROW)).any():
        raise PipelineError(
            f"{twice.sum()} rows are of a clip, seed and fold that have one already: {some(rows[ID][twice])}; "
            "expected one row each: where there were several trainings, give the column seed"
        )
    return rows


def _drawn_with(rows: pd.DataFrame, drawn: pd.Series) -> pd.Series:
    """Return the split's seed for each row's fold; one that the file gives is held against it."""
    of_fold = rows["fold"].map(drawn)
    if "split_seed" in rows and (wrong := rows["split_seed"] != of_fold).any():
        fold, came = rows.loc[wrong, ["fold", "split_seed"]].iloc[0]
        raise PipelineError(
            f"{wrong.sum()} rows have a fold that is not of their split_seed: fold {fold} was drawn with "
            f"{drawn[fold]}, and came with {came}; correct either, or leave the column split_seed out"
        )
    return of_fold


def _tested_in(rows: pd.DataFrame, split_table: pd.DataFrame, drawn: pd.Series) -> pd.Series:
    """Return the only fold of each row's split, or of several the one that tests its clip."""
    keys = ["split_seed", ID]
    by_clip = split_table[split_table["split"] == TEST].set_index(keys)["fold"]
    tested = by_clip.reindex(pd.MultiIndex.from_frame(rows[keys])).set_axis(rows.index)
    single = drawn[~drawn.duplicated(keep=False)]
    only = pd.Series(single.index, index=single.to_numpy(), dtype=np.float64)  # fold by split_seed
    fold = rows["split_seed"].map(only).fillna(tested)
    if (nowhere := fold.isna()).any():
        raise PipelineError(
            f"{nowhere.sum()} rows are of clips that no fold of the split tests: {some(rows[ID][nowhere])}; leave "
            "them out, or give the column fold"
        )
    return fold.astype(np.int64)


def _whole_numbers(given: pd.DataFrame, name: str) -> pd.Series:
    values = numbers(given, [name])[:, 0]
    wrong = (values != values.round()) | (np.abs(values) >= 2**31)
    if wrong.any():
        raise PipelineError(f"column {name}: {some(values[wrong])}; expected whole numbers below 2^31")
    return pd.Series(values.astype(np.int64), given.index)


def _check_there(came: pd.Series, there: Iterable[int], what: str) -> None:
    unknown = came[~came.isin(list(there))]
    if len(unknown):
        raise PipelineError(f"the split has no {what} {some(unknown)}; expected some of {some(there)}")


def _with_truth(rows: pd.DataFrame, split_table: pd.DataFrame, dimensions: Sequence[str]) -> pd.DataFrame:
    """Join the part of each clip in its fold, and what is known of it; rows and index as they come.

    Raises:
        PipelineError: A clip is trained on in its fold, or not used there.
    """
    originals = split_table[split_table["transform"].isna()].set_index(["fold", ID])
    known = originals[["split", "corpus", "speaker", "sex", "label", *dimensions]]
    found = known.reindex(pd.MultiIndex.from_frame(rows[["fold", ID]])).set_axis(rows.index)
    for part in ("train", "unused"):
        wrong = found["split"] == part
        if wrong.any():
            what = "training" if part == "train" else part
            raise PipelineError(
                f"{rows[ID][wrong].nunique()} clips are in the {what} part of fold {some(rows['fold'][wrong])}: "
                f"{some(rows[ID][wrong])}; expected test clips. Leave the others out, or name the variant of the "
                "study whose split the model was trained on"
            )
    renamed = found.rename(columns={name: TRUTH_PREFIX + name for name in dimensions})
    return pd.concat([rows, renamed], axis=1)


def _check_complete(rows: pd.DataFrame, wanted: pd.DataFrame) -> None:
    """Raise where a run lacks clips of a part: of test always, of others where some of them are there.

    Args:
        rows: As `_with_truth` returns them, those that have all true values.
        wanted: Of the split table, those that have all true values.
    """
    if not (wanted["split"] == TEST).any():
        raise PipelineError(
            "no test clip of the split has true values of all targets; expected other `targets`"
        )
    runs = rows[["split_seed", "seed"]].drop_duplicates()
    if missing := set(wanted["split_seed"]) - set(runs["split_seed"]):
        raise PipelineError(f"no rows of split_seed {some(missing)}; expected every split_seed of the split")
    there = pd.MultiIndex.from_frame(rows[ROW])
    for part in SCORED:
        if part != TEST and part not in set(rows["split"]):
            continue
        expected = wanted[wanted["split"] == part].merge(runs, on="split_seed")
        lacking = expected[~pd.MultiIndex.from_frame(expected[ROW]).isin(there)]
        if len(lacking):
            seed, fold = lacking[["seed", "fold"]].iloc[0]
            names = lacking[ID][(lacking["seed"] == seed) & (lacking["fold"] == fold)]
            otherwise = "" if part == TEST else f", or no {part} clip at all"
            raise PipelineError(
                f"{len(lacking)} of {len(expected)} predictions of {part} clips are missing; of seed {seed} and "
                f"fold {fold} {len(names)}: {some(names)}; expected every one, in each fold and of each "
                f"seed{otherwise}"
            )
