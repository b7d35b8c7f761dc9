"""What the report says of the cross-corpus matrix."""

import pandas as pd
import pytest

from pipeline.core.paths import analysis_dir
from pipeline.core.tables import write_csv
from pipeline.evaluation.matrix import ALL_OTHERS, COLUMNS
from pipeline.report.cross_corpora import matrix_text, read_matrix


def table(*rows, n_classes=4, synthetic=False):
    """A matrix; each row is case, trained on, tested on and UAR, whose interval reaches 5 points to each side."""
    made = pd.DataFrame(rows, columns=["case", "train", "test", "uar"])
    ends = {"low": made["uar"] - 0.05, "high": made["uar"] + 0.05}
    more = {"system": "s", "n_test": 60, "n_classes": n_classes, "drawn": "clips", "synthetic": synthetic}
    return made.assign(**ends, **more)[COLUMNS]


WITHIN = [("within", "a", "a", 0.8), ("within", "b", "b", 0.6)]


def test_means_are_held_against_guessing():
    text = matrix_text(table(*WITHIN, ("on", "a", "b", 0.3), ("on", "b", "a", 0.4)))
    assert "learnt from: 70.0 %" in text
    assert "other than the one that it learnt from: 35.0 %; guessing finds 25.0 %." in text
    assert "changes UAR by −35.0 points on average; in 2 of 2 pairs" in text
    assert "promises little for other recordings" in text
    assert "people" not in text


@pytest.mark.parametrize(
    ("uars", "says"),
    [
        ((0.3, 0.4), "promises little"),
        ((0.3, 0.75), "depends on these"),
        ((0.55, 0.75), "do not show that another corpus is worse"),
    ],
)
def test_the_conclusion_is_that_of_the_intervals(uars, says):
    assert says in matrix_text(table(*WITHIN, ("on", "a", "b", uars[0]), ("on", "b", "a", uars[1])))


def test_all_others_are_held_against_the_best_single_one():
    singles = [("on", "a", "c", 0.3), ("on", "b", "c", 0.5), ("on", "c", "a", 0.5)]
    text = matrix_text(table(*singles, ("without", ALL_OTHERS, "c", 0.4), ("without", ALL_OTHERS, "a", 0.6)))
    assert "In 1 of 2 corpora all others together teach more" in text
    assert "after learning from all others: 50.0 %" in text


def test_corpora_with_fewer_classes_are_guessed_more_often():
    rows = [table(*WITHIN[:1]), table(*WITHIN[1:], n_classes=2)]
    assert "guessing finds 25.0 to 50.0 %" in matrix_text(pd.concat(rows, ignore_index=True))


def test_synthetic_corpora_are_marked(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert read_matrix() is None
    rows = [table(*WITHIN[:1], synthetic=True), table(*WITHIN[1:])]
    cross = table(("on", "a", "b", 0.3), ("without", ALL_OTHERS, "c", 0.3), synthetic=True)
    write_csv(analysis_dir() / "cross_corpora.csv", pd.concat([*rows, cross], ignore_index=True))
    matrix = read_matrix()
    assert matrix is not None
    assert matrix.corpora == ["a", "b", "c"]
    assert [matrix.called(name) for name in ("a", "b", ALL_OTHERS)] == ["a (synthetic)", "b", ALL_OTHERS]
    assert [(name, [cell and cell["uar"] for cell in cells]) for name, cells in matrix.rows] == [
        ("a", [0.8, 0.3, None]),
        ("b", [None, 0.6, None]),
        (ALL_OTHERS, [None, None, 0.3]),
    ]
    assert matrix.stem == "data/analysis/cross_corpora"
    assert "nothing about people" in matrix.text
