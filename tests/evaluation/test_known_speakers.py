"""Systems that are tested on speakers whom they were trained on, by the counts of their splits."""

import pandas as pd
import pytest

from pipeline.config.plans import EvaluatedSplit
from pipeline.core.errors import PipelineError
from pipeline.core.paths import split_counts_path
from pipeline.core.tables import write_csv
from pipeline.evaluation.known_speakers import known_speakers_of


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """A folder with the counts of one split, in which Ann is trained on and tested, and Bob validates and is."""
    monkeypatch.chdir(tmp_path)
    rows = [(0, part, "a", f"c/{name}", 3) for part, name in (("train", "Ann"), ("val", "Bob"))]
    rows += [(0, "test", "a", f"c/{name}", 2) for name in ("Ann", "Bob")]
    counts = pd.DataFrame(rows, columns=["fold", "split", "label", "speaker", "n"])
    write_csv(split_counts_path("toy", "main"), counts)


def split(**changes):
    values = {
        "study": "toy",
        "variant": "main",
        "train_on": ["train"],
        "protocol": "official",
        "new_speakers": None,
    }
    return EvaluatedSplit(**{**values, **changes})


def test_the_systems_of_a_split_are_said_together():
    (known,) = known_speakers_of({"net": split(), "forest": split()})
    assert known.systems == ["net", "forest"]
    assert known.warning.startswith(
        "2 systems of toy/main, such as net: 2 of 4 tested clips are of 1 speakers who are"
    )


def test_what_is_trained_on_counts():
    found = list(known_speakers_of({"net": split(), "both": split(train_on=["train", "val"])}))
    assert ["2 of 4" in found[0].warning, "4 of 4" in found[1].warning] == [True, True]


def test_a_protocol_that_promises_nothing_is_not_looked_at():
    assert list(known_speakers_of({"net": split(variant="nowhere", new_speakers=False)})) == []


def test_counts_that_are_not_there():
    with pytest.raises(PipelineError, match=r"nowhere_counts\.csv is not there"):
        list(known_speakers_of({"net": split(variant="nowhere", new_speakers=True)}))
