"""Predictions from elsewhere, held against real splits of made-up studies."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import recall_score

from pipeline.core.errors import PipelineError
from pipeline.core.schemas import predictions_schema
from pipeline.evaluation.external_predictions import check_predictions
from pipeline.evaluation.scores import scores_by_run
from pipeline.splits.table import split_utterances
from tests.splits.splitting import NO_VAL, resampling, settings, study

CLASSES = ["angry", "happy", "sad"]
FOLDS = {"protocol": "k_fold", "fractions": NO_VAL, "folds": 4}


def split(**changes) -> pd.DataFrame:
    return split_utterances(study(1), settings(**changes))


def predict(split_table: pd.DataFrame, *parts: str) -> pd.DataFrame:
    """Return random probabilities of the clips of some parts of a split, a row a clip and fold."""
    rows = split_table[split_table["split"].isin(parts or ["test"])]
    p = np.random.default_rng(0).dirichlet(np.ones(len(CLASSES)), size=len(rows))
    table = rows[["utterance_id", "fold", "split_seed"]].reset_index(drop=True)
    return table.assign(**{f"p_{name}": p[:, i] for i, name in enumerate(CLASSES)})


def without(table: pd.DataFrame, *columns: str) -> pd.DataFrame:
    return table.drop(columns=list(columns))


def check(given: pd.DataFrame, split_table: pd.DataFrame):
    return check_predictions(given, split_table, CLASSES, ["emotion"])


def truth(split_table: pd.DataFrame, part: str = "test") -> pd.DataFrame:
    columns = ["utterance_id", "corpus", "speaker", "sex", "label", "fold", "split_seed"]
    rows = split_table.loc[split_table["split"] == part, columns]
    return rows.sort_values(["fold", "utterance_id"], ignore_index=True)


def test_one_run_on_one_fold_needs_no_more_than_clips_and_predictions():
    table = split()
    checked = check(without(predict(table), "fold", "split_seed"), table)
    assert checked.rows[["seed", "split_seed", "fold", "split"]].drop_duplicates().to_numpy().tolist() == [
        [0, 0, 0, "test"]
    ]
    assert list(checked.rows) == predictions_schema(CLASSES).names
    assert (checked.n_left_out, checked.ignored) == (0, [])


def test_the_truth_is_that_of_the_split_whatever_the_file_says():
    table = split()
    lies = {"label": "happy", "speaker": "me", "sex": "male", "corpus": "mine", "split": "val"}
    checked = check(predict(table).assign(**lies, note="x"), table)
    expected = truth(table)
    pd.testing.assert_frame_equal(checked.rows[list(expected)], expected, check_dtype=False)
    assert set(checked.rows["split"]) == {"test"}
    assert checked.ignored == [*lies, "note"]


def test_scores_are_those_of_scikit_learn_on_the_file_itself():
    table = split()
    given = predict(table)
    labels = given["utterance_id"].map(
        table.drop_duplicates("utterance_id").set_index("utterance_id")["label"]
    )
    found = given[[f"p_{name}" for name in CLASSES]].to_numpy().argmax(axis=1)
    expected = recall_score(labels, np.take(CLASSES, found), average="macro")
    assert scores_by_run(check(given, table).rows, CLASSES)["uar"].tolist() == [pytest.approx(expected)]


def test_rows_may_come_in_any_order():
    table = split(**FOLDS)
    given = predict(table)
    shuffled = given.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(check(given, table).rows, check(shuffled, table).rows)


def test_the_fold_is_that_which_tests_a_clip():
    table = split(**FOLDS)
    rows = check(without(predict(table), "fold", "split_seed"), table).rows
    expected = truth(table)[["fold", "utterance_id"]]
    pd.testing.assert_frame_equal(rows[["fold", "utterance_id"]], expected, check_dtype=False)


@pytest.mark.parametrize("left_out", ["fold", "split_seed"])
def test_of_a_split_that_was_drawn_twice_fold_or_seed_is_enough(left_out):
    table = split(**FOLDS, seeds=[3, 8])
    given = predict(table)
    rows = check(without(given, left_out), table).rows
    pd.testing.assert_frame_equal(rows, check(given, table).rows)
    assert rows.groupby("split_seed")["fold"].unique().map(list).to_dict() == {
        3: [0, 1, 2, 3],
        8: [4, 5, 6, 7],
    }


def test_a_split_that_was_drawn_twice_may_be_trained_with_a_seed_each():
    table = split(seeds=[3, 8])
    given = predict(table)
    rows = check(given.assign(seed=given["fold"] + 10.0), table).rows
    runs = rows[["split_seed", "seed", "fold"]].drop_duplicates().to_numpy().tolist()
    assert runs == [[3, 10, 0], [8, 11, 1]]


def test_several_trainings_are_several_runs():
    table = split()
    given = pd.concat([predict(table).assign(seed=seed) for seed in (7, 5)])
    rows = check(given, table).rows
    assert rows["seed"].tolist() == sorted(given["seed"])
    assert not rows.duplicated(["seed", "utterance_id"]).any()


@pytest.mark.parametrize("part", ["val", "cross"])
def test_other_parts_are_kept_apart(part):
    table = split(also_test=["tess"], protocol="stratified")
    rows = check(predict(table, "test", part), table).rows
    assert rows["split"].value_counts().to_dict() == {
        name: (table["split"] == name).sum() for name in ("test", part)
    }


def test_clips_that_have_copies_in_training_are_tested_as_themselves():
    table = split(resampling=resampling("augment"))
    rows = check(predict(table), table).rows
    pd.testing.assert_frame_equal(rows[list(truth(table))], truth(table), check_dtype=False)


def dimensions(table: pd.DataFrame) -> pd.DataFrame:
    """Return the split with ratings, of which every seventh clip has no arousal."""
    number = table["utterance_id"].astype(int)
    return table.assign(arousal=(number / 100).mask(number % 7 == 0), valence=1.5)


def test_dimensions_are_joined_with_their_true_values():
    table = dimensions(split())
    test = truth(table)
    given = test[["utterance_id"]].assign(y_arousal=2.5, y_valence=3.5)
    checked = check_predictions(given, table, CLASSES, ["arousal", "valence"])
    kept = test[test["utterance_id"].astype(int) % 7 != 0]
    assert checked.rows["utterance_id"].tolist() == kept["utterance_id"].tolist()
    assert checked.rows["t_arousal"].tolist() == (kept["utterance_id"].astype(int) / 100).tolist()
    assert checked.n_left_out == len(test) - len(kept) > 0
    assert list(checked.rows) == predictions_schema(CLASSES, ["arousal", "valence"]).names


def test_clips_without_true_values_need_not_be_predicted():
    table = dimensions(split())
    given = truth(table)[["utterance_id"]].assign(y_arousal=2.5)
    rated = given[given["utterance_id"].astype(int) % 7 != 0]
    every, some = (check_predictions(one, table, CLASSES, ["arousal"]) for one in (given, rated))
    pd.testing.assert_frame_equal(every.rows, some.rows)
    assert some.n_left_out == 0


def test_dimensions_that_nobody_rated_are_refused():
    table = dimensions(split())
    given = truth(table)[["utterance_id"]].assign(y_dominance=2.5)
    with pytest.raises(PipelineError, match="no test clip of the split has true values of all targets"):
        check_predictions(given, table, CLASSES, ["dominance"])


def first_of(part: str, table: pd.DataFrame) -> str:
    return str(truth(table, part)["utterance_id"].iloc[0])


def test_a_missing_test_clip_is_named():
    table = split(**FOLDS)
    given = pd.concat([predict(table).assign(seed=seed) for seed in (1, 2)], ignore_index=True)
    gone = given.index[(given["seed"] == 2) & (given["fold"] == 3)][[0, 5]]
    names = ", ".join(sorted(given["utterance_id"][gone]))
    with pytest.raises(
        PipelineError, match=f"2 of 480 predictions of test .* of seed 2 and fold 3 2: {names};"
    ):
        check(given.drop(index=gone), table)


def test_a_seed_that_lacks_a_fold_is_named():
    table = split(**FOLDS)
    given = pd.concat([predict(table).assign(seed=seed) for seed in (1, 2)])
    n_lacking = ((given["seed"] == 2) & (given["fold"] == 1)).sum()
    with pytest.raises(
        PipelineError, match=f"{n_lacking} of 480 .* of seed 2 and fold 1 {n_lacking}: .* more;"
    ):
        check(given[(given["seed"] == 1) | (given["fold"] != 1)], table)


def test_a_part_of_validation_is_refused():
    table = split()
    given = predict(table, "test", "val")
    with pytest.raises(
        PipelineError, match=r"1 of .* predictions of val clips are missing.*, or no val clip"
    ):
        check(given[given["utterance_id"] != first_of("val", table)], table)


def test_a_draw_of_the_split_that_is_missing_is_named():
    table = split(seeds=[3, 8])
    given = predict(table)
    with pytest.raises(PipelineError, match="no rows of split_seed 8"):
        check(given[given["split_seed"] == 3], table)


@pytest.mark.parametrize("part", ["train", "unused"])
def test_clips_that_are_not_tested_are_refused(part):
    table = split(resampling=resampling("undersample", 10))
    first = first_of(part, table)
    given = predict(table).pipe(lambda rows: pd.concat([rows, rows[:1].assign(utterance_id=first)]))
    with pytest.raises(PipelineError, match=f"1 clips are in the (training|{part}) part of fold 0: {first}"):
        check(given, table)


def test_the_training_part_is_that_of_the_fold_which_the_file_says():
    table = split(**FOLDS)
    given = predict(table)
    n_wrong = (given["fold"] == 0).sum()
    with pytest.raises(PipelineError, match=f"{n_wrong} clips are in the training part of fold 1"):
        check(given.assign(fold=given["fold"].replace(0, 1)), table)


@pytest.mark.parametrize(
    ("changes", "edit", "message"),
    [
        ({}, lambda given: given[:0], "no rows; expected one for each test clip"),
        ({}, lambda given: given.rename(columns={"utterance_id": "uterance_id"}), "names, one of them utt"),
        (
            {},
            lambda given: given.assign(utterance_id=given["utterance_id"].replace("0005", None)),
            "1 utterances are not in the split: .empty.; exp",
        ),
        (
            {},
            lambda given: given.assign(utterance_id="x/" + given["utterance_id"]),
            "36 utterances are not in the split: x/.* and 31 more; expected such as 0000",
        ),
        (
            {},
            lambda given: pd.concat([given, given[:2]]),
            "2 rows are of a clip, seed and fold that have one",
        ),
        ({}, lambda given: given.assign(fold=4), "the split has no fold 4; expected some of 0"),
        ({}, lambda given: given.assign(fold=0.5), "column fold: 0.5; expected whole numbers"),
        ({}, lambda given: given.assign(seed=2**31), "column seed: 2147483648.0; expected whole"),
        ({}, lambda given: given.assign(seed="a"), "36 rows have no finite number in seed"),
        ({}, lambda given: given.assign(split_seed=1), "fold 0 was drawn with 0, and came with 1; correct"),
        (
            {},
            lambda given: without(given, "fold").assign(split_seed=1),
            "has no split_seed 1; expected some of 0",
        ),
        (
            {"seeds": [3, 8]},
            lambda given: without(given, "fold", "split_seed"),
            "drawn 2 times, with split_seed 3, 8",
        ),
    ],
)
def test_what_does_not_fit_the_split_is_refused(changes, edit, message):
    table = split(**changes)
    with pytest.raises(PipelineError, match=message):
        check(edit(predict(table)), table)


def test_clips_of_other_corpora_need_a_fold_where_there_are_several():
    table = split(**FOLDS, also_test=["tess"])
    given = predict(table, "test", "cross")
    assert set(check(given, table).rows["split"]) == {"test", "cross"}
    with pytest.raises(
        PipelineError, match=r"rows are of clips that no fold of the split tests: .* column fold"
    ):
        check(without(given, "fold").drop_duplicates("utterance_id"), table)
