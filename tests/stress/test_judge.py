"""What conditions cost, by hand."""

import pandas as pd
import pytest

from pipeline.stress.judge import RESULT_COLUMNS, judge

CLASSES = ["a", "b"]


def decisions(**by_condition: str) -> pd.DataFrame:
    """Return decisions of ten clips, five of a woman and five of a man; a, b in turn are right."""
    rows = [
        (
            f"c/{number}",
            condition,
            f"c/{number // 5}",
            "female" if number < 5 else "male",
            "ab"[number % 2],
            said,
        )
        for condition, letters in by_condition.items()
        for number, said in enumerate(letters)
    ]
    return pd.DataFrame(rows, columns=["utterance_id", "condition", "speaker", "sex", "label", "predicted"])


def test_scores_by_hand():
    table = judge(decisions(unchanged="ababababab", white_0="aaaaababab"), CLASSES).set_index("condition")
    assert [*table.reset_index().columns] == RESULT_COLUMNS
    assert table.loc["unchanged", ["uar", "change", "flips", "gap_sex"]].tolist() == [1, 0, 0, 0]
    noisy = table.loc["white_0"]
    assert noisy["uar"] == pytest.approx((1 + 3 / 5) / 2)
    assert noisy["change"] == pytest.approx(-0.2)
    assert noisy["flips"] == pytest.approx(0.2)
    assert noisy["gap_sex"] == pytest.approx(1 - 0.5)  # her: a all, b none; him: all
    assert noisy["gap_speaker"] == pytest.approx(0.5)
    assert noisy["change_low"] <= -0.2 <= noisy["change_high"] <= 0


def test_the_order_of_rows_does_not_matter():
    table = decisions(unchanged="ababababab", white_0="aaaaababab", cut_end="bbabababab")
    expected = judge(table, CLASSES)
    pd.testing.assert_frame_equal(judge(table.sample(frac=1, random_state=0), CLASSES), expected)
    assert expected["condition"].tolist() == ["unchanged", "white_0", "cut_end"]


def test_flips_count_decisions_whether_right_or_wrong():
    table = judge(decisions(unchanged="bbbbbbbbbb", white_0="aaaaaaaaaa"), CLASSES).set_index("condition")
    assert table.loc["white_0", ["uar", "change", "flips"]].tolist() == [0.5, 0, 1]


def test_groups_of_few_clips_have_no_score():
    few = decisions(unchanged="ababababab").query("utterance_id != 'c/1'")
    row = judge(few, CLASSES).iloc[0]
    assert pd.isna(row["gap_sex"])
    assert pd.isna(row["gap_speaker"])
