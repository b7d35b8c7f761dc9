"""One line a corpus: every file stands once in it, and what deviates is marked."""

from dataclasses import replace

import pandas as pd
import pytest

from pipeline.core.errors import PipelineError
from pipeline.core.schemas import INDEX
from pipeline.corpora.contract import SideTable, load_adapter
from pipeline.curation.health import (
    check_readable,
    corpus_health,
    deviations,
    health_line,
    kinds_of_reason,
    large_losses,
)

VOTES = SideTable(("votes.csv", "Votes.csv"), "the votes")
CORPUS = replace(load_adapter("savee").CORPUS, expected={"utterances": 3}, side_tables=(VOTES,))


def index(**reasons):
    """Files by their stems, each with why it is not used, if it is not: "stray: ..." where it is no utterance."""
    rows = [
        {
            "utterance_id": f"savee/{stem}",
            "path": f"{stem}.wav",
            "status": "ok" if not reason else "stray" if reason.startswith("stray") else "quarantined",
            "reason": reason,
        }
        for stem, reason in reasons.items()
    ]
    return pd.DataFrame(rows).reindex(columns=INDEX.names)


def test_every_file_stands_once():
    rows = index(
        a=None, b="silent: -80 dBFS", c="silent: -91 dBFS", d="stray: no audio", gone="stray: listed"
    )
    facts = corpus_health(CORPUS, rows, ["a.wav", "b.wav", "c.wav", "d.wav", "votes.csv", "readme.txt"])
    assert facts == {
        "corpus": "savee",
        "n_files": 6,
        "n_readable": 1,
        "n_quarantined": 2,
        "n_strays": 1,
        "n_passed_over": 2,
        "n_absent": 1,
        "n_with_notes": 0,
        "expected": 3,
        "quarantined": {"silent: … dBFS": 2},
        "missing_tables": [],
        "surprises": [],
    }
    assert facts["n_files"] == sum(
        facts[f"n_{what}"] for what in ("readable", "quarantined", "strays", "passed_over")
    )
    assert health_line(facts) == (
        "savee: 6 files, 1 readable of 3 expected (!), 2 quarantined (2 silent: … dBFS) (!), 1 strays, "
        "2 documents, 1 listed and not there (!)"
    )
    assert deviations(facts) == {"n_readable", "n_quarantined", "n_absent"}


def test_a_complete_copy_has_no_mark():
    facts = corpus_health(CORPUS, index(a=None, b=None, c=None), ["a.wav", "b.wav", "c.wav", "Votes.csv"])
    assert (
        health_line(facts) == "savee: 4 files, 3 readable of 3 expected, 0 quarantined, 0 strays, 1 documents"
    )
    assert not deviations(facts)
    assert not large_losses(facts)


@pytest.mark.parametrize("path", [None, "._votes.csv", "votes.csv.wav", "old/d.wav"])
def test_a_table_that_is_not_there_is_said(path):
    rows = index(a=None, b=None, c=None)
    facts = corpus_health(CORPUS, rows, ["a.wav", "b.wav", "c.wav", *([path] if path else [])])
    assert health_line(facts).endswith("no votes.csv or Votes.csv (the votes) (!)")
    assert large_losses(facts) == ["savee: there is no votes.csv or Votes.csv (the votes)"]


def test_a_table_that_is_a_stray_is_missing():
    rows = index(a=None).assign(path="old/votes.csv", status="stray")
    assert corpus_health(CORPUS, rows, ["old/votes.csv"])["missing_tables"]


@pytest.mark.parametrize(("n", "warned"), [(1, False), (2, True)])
def test_a_large_loss_is_said(n, warned):
    rows = index(**{f"c{i}": "no row in a table" if i < n else None for i in range(10)})
    losses = large_losses(corpus_health(CORPUS, rows, [*rows["path"], "votes.csv"]))
    assert losses == ["savee: 2 of 10 utterances cannot be used (2 no row in a table)"] * warned


def test_no_clip_that_can_be_used_is_an_error():
    rows = index(a="a Git LFS pointer", b="a Git LFS pointer")
    facts = corpus_health(CORPUS, rows, ["a.wav", "b.wav"])
    with pytest.raises(PipelineError) as error:
        check_readable(CORPUS, facts, "unused.csv")
    assert str(error.value).startswith(
        "savee: none of 2 utterances can be used (2 a Git LFS pointer). There is no votes.csv or Votes.csv (the "
        "votes). unused.csv lists them one by one. Register at"
    )


def test_reasons_are_counted_by_kind():
    reasons = [
        "unknown emotion 'a'",
        "unknown emotion 'b'",
        "truncated: 1.5 of 2 s",
        "MP4, after -1,200.5 s",
    ]
    assert kinds_of_reason(reasons) == {
        "unknown emotion …": 2,
        "MP4, after … s": 1,
        "truncated: … of … s": 1,
    }


def test_rare_reasons_are_counted_in_the_line():
    rows = index(a="one", b="two", c="three", d="four")
    assert "; 1 further reasons)" in health_line(corpus_health(CORPUS, rows, rows["path"]))
