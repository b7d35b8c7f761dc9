"""Comparisons of systems: against scikit-learn, scipy and examples by hand; and who is compared with whom."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t as students_t
from scipy.stats import ttest_ind
from sklearn.metrics import recall_score

from pipeline.core.errors import PipelineError
from pipeline.evaluation.comparable import Groups, first_runs, not_comparable
from pipeline.evaluation.group_scores import score_group
from pipeline.evaluation.regression import score_targets
from pipeline.evaluation.scores import scores_by_run
from pipeline.evaluation.significance import bootstrap_p, compare, difference, holm, mcnemar_p
from tests.evaluation.made_up import (
    CLASSES,
    predictions,
    random_dimensions,
    random_predictions,
)

FEW = 200  # resamples


def groups_of(**tables: pd.DataFrame) -> Groups:
    """Return the groups of systems of one study, by name."""
    groups = Groups()
    for system, table in tables.items():
        groups.add(system, "study", table)
    return groups


def compared(baselines: dict[str, list[str]] | None = None, **tables: pd.DataFrame) -> pd.DataFrame:
    return compare(groups_of(**tables), baselines or {}, n_resamples=FEW)


def runs(*accuracies: float, n_clips: int = 60, first_seed: int = 1) -> pd.DataFrame:
    """Return predictions of several training seeds, one for each share of right ones."""
    return pd.concat(
        random_predictions(n_clips, accuracy=accuracy, seed=first_seed + index)
        for index, accuracy in enumerate(accuracies)
    )


def uar(table: pd.DataFrame) -> float:
    return float(recall_score(table["label"], table["predicted"], average="macro"))


def test_the_best_is_that_of_each_way_of_testing():
    tables = {"good": runs(0.9), "fair": runs(0.6), "knowing": runs(1.0), "less": runs(0.8)}
    ways = {"good": "new", "fair": "new", "knowing": "known", "less": "known"}
    groups = Groups()
    for system, table in tables.items():
        groups.add(system, "study", table, ways[system])
    found = compare(groups, {"knowing": ["good"]}, n_resamples=FEW)
    pairs = list(found[["system", "other", "against"]].itertuples(index=False, name=None))
    assert pairs == [("fair", "good", "best"), ("knowing", "good", "baseline"), ("less", "knowing", "best")]


# Scores of a group


def test_scores_of_the_runs_are_those_of_the_leaderboard():
    table = runs(0.5, 0.7)
    (group,) = groups_of(net=table)
    assert score_group(group, n_resamples=2).by_system["net"].observed == pytest.approx(
        scores_by_run(table, CLASSES)["uar"].tolist()
    )


def test_scores_of_dimensions_are_those_of_the_leaderboard():
    tables = [random_dimensions(40, seed=seed) for seed in (1, 2)]
    (group,) = groups_of(net=pd.concat(tables))
    expected = [score_targets(table, ["arousal", "valence"])["ccc"] for table in tables]
    assert score_group(group, n_resamples=2).by_system["net"].observed == pytest.approx(expected)


def test_clips_that_are_not_rated_do_not_count():
    table = random_dimensions(40)
    table.loc[::3, "t_arousal"] = np.nan
    (group,) = groups_of(net=table)
    expected = score_targets(table, ["arousal", "valence"])["ccc"]
    assert score_group(group, n_resamples=2).by_system["net"].observed == pytest.approx([expected])


def test_a_run_on_another_split_is_scored_on_its_own_clips():
    one = random_predictions(40, accuracy=0.6, seed=1)
    two = random_predictions(60, accuracy=0.8, seed=1).iloc[20:].assign(split_seed=43)
    (group,) = groups_of(net=pd.concat([two, one]))
    assert score_group(group, n_resamples=2).by_system["net"].observed == pytest.approx([uar(one), uar(two)])


# The bootstrap


def test_interval_of_the_difference_is_that_of_drawing_the_same_clips_anew():
    """Both systems' rows drawn alike and scored by scikit-learn give the same percentiles."""
    one, other = (random_predictions(50, accuracy=accuracy, seed=1, n_speakers=1) for accuracy in (0.6, 0.8))
    picks = np.random.default_rng(0).integers(50, size=(20, 50))
    drawn = np.array([uar(one.iloc[rows]) - uar(other.iloc[rows]) for rows in picks])
    (row,) = compare(groups_of(one=one, other=other), {}, n_resamples=20).itertuples()
    assert (row.system, row.other, row.drawn) == ("one", "other", "clips")
    assert row.difference == pytest.approx(uar(one) - uar(other))
    assert [row.low, row.high] == pytest.approx(np.percentile(drawn, [2.5, 97.5]))
    assert row.p_bootstrap == pytest.approx((2 * (drawn >= 0).sum() + 1) / 21)


def test_speakers_are_drawn_with_all_their_clips():
    one, other = (random_predictions(60, accuracy=accuracy, seed=1, n_speakers=6) for accuracy in (0.5, 0.8))
    picks = np.random.default_rng(0).integers(6, size=(20, 6))
    rows = [np.concatenate([np.arange(speaker, 60, 6) for speaker in pick]) for pick in picks]
    drawn = [uar(one.iloc[these]) - uar(other.iloc[these]) for these in rows]
    (row,) = compare(groups_of(one=one, other=other), {}, n_resamples=20).itertuples()
    assert row.drawn == "speakers"
    assert [row.low, row.high] == pytest.approx(np.percentile(drawn, [2.5, 97.5]))


@pytest.mark.parametrize(
    ("differences", "expected"),
    [
        ([-1.0, 1.0, 2.0, 3.0], 3 / 5),  # one of four beyond 0, doubled
        ([1.0] * 999, 1 / 1000),
        ([-1.0] * 999, 1 / 1000),
        ([0.0] * 99, 1.0),  # ties are on both sides
        ([-1.0, 0.0, 1.0], 1.0),
    ],
    ids=["hand", "above", "below", "ties", "even"],
)
def test_bootstrap_p(differences, expected):
    assert bootstrap_p(np.array(differences)) == pytest.approx(expected)


def test_p_agrees_with_the_interval():
    table = compared(
        **{f"net{index}": random_predictions(80, accuracy=0.3 + index / 20, seed=index) for index in range(9)}
    )
    outside = (table["low"] > 0) | (table["high"] < 0)
    assert outside.any()
    assert (~outside).any()
    assert ((table["p_bootstrap"] < 0.05) == outside).all()


def test_equal_predictions_differ_by_nothing():
    table = random_predictions(60, accuracy=0.6)
    (row,) = compared(one=table, other=table).itertuples()
    assert (row.system, row.other) == ("other", "one")  # of equally good ones the first by name is the best
    assert (row.difference, row.low, row.high) == (0, 0, 0)
    assert (row.p_bootstrap, row.p_mcnemar) == (1, 1)


def test_one_speaker():
    one, other = (random_predictions(60, accuracy=accuracy, seed=1, n_speakers=1) for accuracy in (0.5, 0.9))
    (row,) = compared(one=one, other=other).itertuples()
    assert row.drawn == "clips"
    assert row.low < row.difference < row.high < 0


def test_constant_predictions_of_dimensions_have_no_nan():
    constant = random_dimensions(40).assign(y_arousal=np.float32(3), y_valence=np.float32(3))
    (row,) = compared(good=random_dimensions(40), constant=constant).itertuples()
    assert (row.system, row.score, row.value) == ("constant", "ccc", 0)
    assert row.difference == -row.value_other
    assert row.low < row.high < 0
    assert np.isnan([row.p_mcnemar, row.p_mcnemar_holm]).all()
    assert row.p_bootstrap == pytest.approx(1 / (FEW + 1))


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        ([(1, 0), (1, 1), (2, 0)], [(1, 0), (1, 1), (2, 0)], 0.2 - 0.5),
        ([(1, 0), (1, 1), (2, 0)], [(1, 5), (2, 5), (2, 6)], (0.15 - 0.4 + 0.3 - 0.55) / 2),
    ],
    ids=["same runs", "other seeds"],
)
def test_difference_by_hand(ours, theirs, expected):
    found = difference(np.array([0.1, 0.2, 0.3]), np.array([0.4, 0.5, 0.6]), ours, theirs)
    assert found == pytest.approx(expected)


# McNemar


@pytest.mark.parametrize(
    ("counts", "expected"),
    [((1, 9), 22 / 1024), ((9, 1), 22 / 1024), ((5, 5), 1.0), ((0, 0), 1.0), ((0, 6), 2 / 64)],
    ids=str,
)
def test_mcnemar_by_hand(counts, expected):
    """2 (C(10, 0) + C(10, 1)) / 2^10, and so on."""
    assert mcnemar_p(*counts) == pytest.approx(expected)


def test_mcnemar_counts_what_one_alone_got_right():
    labels = ["angry", "happy", "sad"] * 4
    one = predictions(labels, ["angry"] * 12)
    other = predictions(labels, ["angry", "happy", "happy"] * 3 + ["sad"] * 3)
    (row,) = compared(one=one, other=other).itertuples()
    assert (row.system, row.n_only_system, row.n_only_other) == ("one", 1, 4)
    assert row.p_mcnemar == pytest.approx(2 * (1 + 5) / 32)
    assert "McNemar of split seed 42, seed 0" in row.note


def test_mcnemar_is_of_the_first_run_that_both_have():
    (row,) = compared(one=runs(0.5, 0.6), other=runs(0.9, 0.8, first_seed=2)).itertuples()
    assert row.note == "McNemar of split seed 42, seed 2"


def test_without_a_common_run_mcnemar_is_of_the_first_of_each():
    one, other = runs(0.5), runs(0.9, first_seed=7)
    (group,) = groups_of(one=one, other=other)
    assert first_runs(*group.members) == (0, 0)
    (row,) = compared(one=one, other=other).itertuples()
    assert row.note.startswith("McNemar of split seed 42, seed 1 and, of the other, 7")


# Student's t


def test_t_is_that_of_the_runs_scores():
    one, other = runs(0.5, 0.55, 0.6), runs(0.7, 0.8, first_seed=11)
    ours = [uar(part) for _, part in one.groupby("seed")]
    theirs = [uar(part) for _, part in other.groupby("seed")]
    (row,) = compared(one=one, other=other).itertuples()
    assert (row.n_runs, row.n_runs_other, row.df) == (3, 2, 3)
    variance = (2 * np.var(ours, ddof=1) + np.var(theirs, ddof=1)) / 3
    by_hand = (np.mean(ours) - np.mean(theirs)) / np.sqrt(variance * (1 / 3 + 1 / 2))
    assert row.t == pytest.approx(by_hand)
    assert row.p_t == pytest.approx(2 * students_t.sf(abs(by_hand), 3))
    assert row.p_t == pytest.approx(ttest_ind(ours, theirs).pvalue)


def test_no_t_of_a_single_run():
    (row,) = compared(one=runs(0.5), other=runs(0.7, 0.8, first_seed=11)).itertuples()
    assert np.isnan([row.t, row.df, row.p_t]).all()
    assert "no t-test: fewer than two runs" in row.note


def test_no_t_where_no_runs_differ():
    one, other = random_predictions(60, accuracy=0.5), random_predictions(60, accuracy=0.9)
    twice = [pd.concat([table, table.assign(seed=1)]) for table in (one, other)]
    (row,) = compared(one=twice[0], other=twice[1]).itertuples()
    assert np.isnan(row.p_t)
    assert "no t-test: neither system's runs differ" in row.note


# Holm


@pytest.mark.parametrize(
    ("p_values", "expected"),
    [
        ([0.01, 0.04, 0.03, 0.005], [0.03, 0.06, 0.06, 0.02]),
        ([0.5, 0.6], [1.0, 1.0]),
        ([0.02, 0.02], [0.04, 0.04]),
        ([0.03], [0.03]),
        ([], []),
    ],
    ids=["hand", "at most 1", "ties", "one", "none"],
)
def test_holm_by_hand(p_values, expected):
    assert holm(p_values) == pytest.approx(expected)


def test_p_is_corrected_in_its_group_alone():
    tables = {
        f"net{index}": random_predictions(60, accuracy=0.5 + index / 10, seed=index) for index in range(4)
    }
    tables |= {f"other{index}": table.iloc[:30] for index, table in enumerate(tables.values())}
    table = compared(**tables)
    assert table["group"].tolist() == [1] * 3 + [2] * 3
    for_each = table.groupby("group")
    assert table["p_mcnemar_holm"].tolist() == pytest.approx(
        for_each["p_mcnemar"].transform(lambda column: holm(column.tolist())).tolist()
    )
    assert table["p_bootstrap_holm"].tolist() == pytest.approx(
        for_each["p_bootstrap"].transform(lambda column: holm(column.tolist())).tolist()
    )


def test_a_pair_and_its_reverse_are_one_test():
    one, other = random_predictions(60, accuracy=0.5), random_predictions(60, accuracy=0.7, seed=1)
    table = compared({"other": ["one"]}, one=one, other=other)
    assert table[["system", "other", "against"]].values.tolist() == [
        ["one", "other", "best"],
        ["other", "one", "baseline"],
    ]
    assert table["p_bootstrap_holm"].tolist() == table["p_bootstrap"].tolist()
    assert table["p_mcnemar"].nunique() == 1


# Who is compared


def test_each_is_compared_with_the_best_and_its_baselines():
    table = compared(
        {"b": ["a", "c", "absent"], "a": ["c"]},
        a=random_predictions(60, accuracy=0.4),
        b=random_predictions(60, accuracy=0.6, seed=1),
        c=random_predictions(60, accuracy=0.95, seed=2),
    )
    assert list(zip(table["system"], table["other"], table["against"], strict=True)) == [
        ("a", "c", "both"),
        ("b", "c", "both"),
        ("b", "a", "baseline"),
    ]


def fewer_clips(table: pd.DataFrame) -> pd.DataFrame:
    return table.iloc[1:]


def other_split(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(split_seed=43)


def other_truth(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(
        label=["sad", *table["label"].iloc[1:]] if table["label"].iloc[0] != "sad" else "happy"
    )


def other_classes(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(p_bored=np.float32(0))


def dimensions(table: pd.DataFrame) -> pd.DataFrame:
    return random_dimensions(len(table))


@pytest.mark.parametrize("changed", [fewer_clips, other_split, other_truth, other_classes, dimensions])
def test_systems_that_were_tested_otherwise_are_not_compared(changed):
    table = random_predictions(30, accuracy=0.6)
    groups = groups_of(one=table, other=changed(table))
    assert compare(groups, {"other": ["one"]}, n_resamples=FEW).empty
    assert not_comparable(groups, {"other": ["one", "absent"]}) == [("other", "one")]


def test_systems_of_two_studies_are_not_compared():
    table = random_predictions(30, accuracy=0.6)
    groups = Groups()
    groups.add("one", "study", table)
    groups.add("other", "another", table)
    assert compare(groups, {"other": ["one"]}, n_resamples=FEW).empty


def test_other_seeds_and_rows_in_another_order_are_still_the_same_clips():
    table = random_predictions(30, accuracy=0.6)
    assert len(compared(one=table, other=table[::-1].assign(seed=7, predicted="sad"))) == 1


def test_validation_and_other_corpora_do_not_count():
    table = random_predictions(30, accuracy=0.6)
    more = pd.concat([table, table.assign(split="val"), table.assign(split="cross")])
    assert compared(one=table, other=more)["difference"].tolist() == [0]


def test_the_same_predictions_give_the_same_bytes():
    tables = {"one": runs(0.5, 0.6), "other": runs(0.7, 0.8, first_seed=5)}
    first, again = (compared(**tables).to_csv(index=False) for _ in range(2))
    shuffled = {name: table.sample(frac=1, random_state=1) for name, table in tables.items()}
    assert first == again == compared(**shuffled).to_csv(index=False)


def test_nothing_to_compare_gives_the_columns_alone():
    table = compared(one=random_predictions(30, accuracy=0.6))
    assert table.empty
    assert {"p_bootstrap_holm", "p_mcnemar", "p_t", "note"} <= set(table.columns)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (random_predictions(30, accuracy=0.6)[:0], "net: no predictions of test clips"),
        (
            pd.concat([random_predictions(30, accuracy=0.6), random_predictions(29, accuracy=0.6, seed=1)]),
            "net: split seed 42, seed 1 has 29 test predictions of 29 clips; expected one of each of .* 30",
        ),
        (
            pd.concat([random_predictions(30, accuracy=0.6)] * 2),
            "net: split seed 42, seed 0 has 60 test predictions of 30 clips",
        ),
        (random_predictions(30, accuracy=0.6).assign(label="bored"), r"\['bored'\] are no classes"),
        (random_dimensions(30).assign(y_valence=np.nan), "30 predictions of valence are no finite numbers"),
    ],
    ids=["none", "lacking", "twice", "label", "nan"],
)
def test_predictions_that_cannot_be_compared_are_errors(table, message):
    with pytest.raises(PipelineError, match=message):
        groups_of(net=table)
