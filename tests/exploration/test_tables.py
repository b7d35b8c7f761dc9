"""Tables of the corpora, counted by hand."""

import numpy as np
import pandas as pd
import pytest

from pipeline.exploration import tables
from tests.exploration.examples import BROKEN, STRAY, index

NOTHING = index()


def test_durations_are_counted_in_bins_that_begin_at_their_edge():
    rows = index(
        *({"seconds": seconds} for seconds in (0.1, 0.3, 1.49, 1.5, 1.9, 30.0, 305.0)), BROKEN, STRAY
    )
    row = tables.durations(rows, ["a"]).iloc[0]
    counts = row.filter(like="n_from_")
    assert counts[counts > 0].to_dict() == {
        "n_from_0": 1, "n_from_0.3": 1, "n_from_1": 1, "n_from_1.5": 2, "n_from_30": 2,
    }  # fmt: skip
    assert (row["n_clips"], row["seconds"]) == (7, pytest.approx(340.29))


def test_quantiles_of_durations():
    rows = index(*({"seconds": float(seconds)} for seconds in range(101)))
    row = tables.durations(rows, ["a"]).iloc[0]
    assert row[["min", "q01", "q05", "q25", "median", "q75", "q95", "q99", "max"]].tolist() == pytest.approx(
        [0, 1, 5, 25, 50, 75, 95, 99, 100]
    )


def test_a_corpus_without_clips_has_a_row_of_zeros():
    row = tables.durations(index({}, {**BROKEN, "corpus": "b"}), ["a", "b", "c"]).iloc[1:]
    assert row["corpus"].tolist() == ["b", "c"]
    assert row["n_clips"].tolist() == [0, 0]
    assert row["median"].isna().all()


@pytest.mark.parametrize("table", [tables.durations, tables.levels])
@pytest.mark.parametrize("corpora", [[], ["a"]])
def test_no_clip_at_all(table, corpora):
    assert table(NOTHING, corpora)["n_clips"].tolist() == [0] * len(corpora)


@pytest.mark.parametrize("table", [tables.labels, tables.speakers])
def test_no_label_and_no_speaker_at_all(table):
    assert table(NOTHING).empty


def test_labels_count_what_cannot_be_read_too_but_no_strays():
    table = tables.labels(index({}, {}, BROKEN, STRAY, {"label": None}, {"corpus": "b", "label": "ang"}))
    assert table.to_dict("list") == {
        "corpus": ["a", "a", "b"],
        "label": [tables.NO_LABEL, "happy", "ang"],
        "n_utterances": [1, 3, 1],
        "n_clips": [1, 2, 1],
        "seconds": [2.0, 4.0, 2.0],
    }


def test_speakers_without_a_name_or_a_sex_are_counted():
    rows = index(
        {}, {}, {"speaker": "a/2", "sex": None}, {"speaker": None, "sex": "male", "seconds": 3.0}, BROKEN
    )
    table = tables.speakers(rows)
    assert table.fillna("nobody").to_dict("list") == {
        "corpus": ["a", "a", "a"],
        "speaker": ["a/1", "a/2", "nobody"],
        "sex": ["female", "unknown", "male"],
        "n_clips": [2, 1, 1],
        "seconds": [4.0, 2.0, 3.0],
    }


def test_levels():
    rows = index(
        {"rms_dbfs": -10.0, "peak": 1.0, "clipped": 0.25, "dc_offset": -0.5},
        {"rms_dbfs": -30.0, "rate": 44100, "channels": 2},
        {"rms_dbfs": -20.0, "dc_offset": 0.1},
        BROKEN,
    )
    row = tables.levels(rows, ["a"]).iloc[0].to_dict()
    assert row["n_clips"] == 3
    assert (row["rms_dbfs_min"], row["rms_dbfs_median"], row["rms_dbfs_max"]) == (-30, -20, -10)
    assert (row["peak_median"], row["peak_max"]) == (0.5, 1)
    assert (row["n_full_scale"], row["clipped_max"]) == (1, 0.25)
    assert (row["dc_offset_median"], row["dc_offset_max"]) == (0.1, 0.5)
    assert (row["rates"], row["channels"]) == ("16000:2 44100:1", "1:2 2:1")


def test_tables_do_not_depend_on_the_order_of_clips():
    rows = index(*({"seconds": 1 + i / 7, "speaker": f"a/{i % 3}", "peak": i / 20} for i in range(20)))
    shuffled = rows.sample(frac=1, random_state=0)
    for_both = [(table(rows, ["a"]), table(shuffled, ["a"])) for table in (tables.durations, tables.levels)]
    assert all(np.allclose(*(side.select_dtypes("number") for side in pair)) for pair in for_both)
    pd.testing.assert_frame_equal(tables.speakers(rows), tables.speakers(shuffled))
