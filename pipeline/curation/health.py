"""How a corpus on this disk is: a line of counts, in which every file stands once, and what is not as it should be.

Whatever deviates from a complete copy is marked, for a corpus that lost its labels or half of its clips looks like
any other in the tables further down.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable
from typing import Any

import pandas as pd

from pipeline.core.errors import PipelineError
from pipeline.corpora.contract import Corpus, missing_tables, readable
from pipeline.curation.index import surprises, utterances
from pipeline.curation.status import OK, QUARANTINED, STRAY

LARGE = 0.1  # of a corpus's utterances: a loss that has a warning of its own
MARK = "(!)"
SHOWN = 3  # reasons, in a line

# What differs from file to file in the same reason; the digit of MP4 does not
_PARTICULAR = re.compile(r"'[^']*'|(?<![A-Za-z\d])[-+]?\d+(?:[.,]\d+)*")


def corpus_health(corpus: Corpus, index: pd.DataFrame, paths: Iterable[str]) -> dict[str, Any]:
    """Count what became of each file below a corpus's folder.

    Args:
        corpus: What a complete copy has.
        index: As `pipeline.curation.index.build_index` makes it.
        paths: Of all files below the folder, relative to it.

    Returns:
        n_files = n_readable + n_quarantined + n_strays + n_passed_over: all files that are there; the last are
        documents, listed nowhere. n_absent: those that tables list and that are not there. expected: utterances of
        a complete copy, None where that is not known. quarantined: count by kind of reason, the most frequent
        first. missing_tables and surprises: sentences; a table that is a stray, such as one of an earlier release,
        is missing.
    """
    names = {readable(path) for path in paths}
    there = index["path"].isin(names)
    status = index["status"]
    counts = {
        "n_files": len(names),
        "n_readable": int((status == OK).sum()),
        "n_quarantined": int((status == QUARANTINED).sum()),
        "n_strays": int((there & (status == STRAY)).sum()),
        "n_passed_over": len(names) - int(there.sum()),
        "n_absent": int((~there & (status == STRAY)).sum()),
        "n_with_notes": int(index["notes"].notna().sum()),
    }
    return {
        "corpus": corpus.name,
        **counts,
        "expected": corpus.expected.get("utterances"),
        "quarantined": kinds_of_reason(index.loc[status == QUARANTINED, "reason"]),
        "missing_tables": missing_tables(corpus, names - set(index["path"])),
        "surprises": list(surprises(corpus, index)) if len(utterances(index)) else [],
    }


def kinds_of_reason(reasons: Iterable[str]) -> dict[str, int]:
    """Count reasons, numbers and quoted names left out of them; the most frequent first, then by name."""
    counts = Counter(_PARTICULAR.sub("…", reason) for reason in reasons)
    return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


def health_line(facts: dict[str, Any]) -> str:
    """Return a corpus's line; what is not as in a complete copy has a mark behind it."""
    odd = deviations(facts)
    parts = [
        f"{facts['n_files']:,} files",
        _marked(f"{facts['n_readable']:,} readable{_of_expected(facts)}", "n_readable" in odd),
        _marked(f"{facts['n_quarantined']:,} quarantined{_reasons(facts)}", "n_quarantined" in odd),
        f"{facts['n_strays']:,} strays",
        f"{facts['n_passed_over']:,} documents",
    ]
    if facts["n_absent"]:
        parts.append(_marked(f"{facts['n_absent']:,} listed and not there", True))
    if facts["missing_tables"]:
        parts.append(_marked(f"no {', no '.join(facts['missing_tables'])}", True))
    return f"{facts['corpus']}: {', '.join(parts)}"


def _of_expected(facts: dict[str, Any]) -> str:
    return f" of {facts['expected']:,} expected" if facts["expected"] else ""


def deviations(facts: dict[str, Any]) -> Collection[str]:
    """Return the keys of a corpus's facts that deviate from a complete copy."""
    odd = {"n_quarantined": facts["n_quarantined"], "n_absent": facts["n_absent"]}
    odd["missing_tables"] = len(facts["missing_tables"])
    odd["n_readable"] = facts["n_readable"] - (facts["expected"] or facts["n_readable"])
    return {name for name, deviation in odd.items() if deviation}


def _marked(text: str, odd: bool) -> str:
    return f"{text} {MARK}" if odd else text


def _reasons(facts: dict[str, Any]) -> str:
    """Say why files are quarantined: the commonest reasons, each with its count."""
    reasons = [f"{n:,} {reason}" for reason, n in facts["quarantined"].items()]
    more = [f"{len(reasons) - SHOWN} further reasons"] * (len(reasons) > SHOWN)
    return f" ({'; '.join([*reasons[:SHOWN], *more])})" if reasons else ""


def large_losses(facts: dict[str, Any]) -> list[str]:
    """Say what a study on this corpus would lack: many clips, or all that a table tells."""
    n_utterances = facts["n_readable"] + facts["n_quarantined"]
    losses = [f"{facts['corpus']}: there is no {table}" for table in facts["missing_tables"]]
    if facts["n_quarantined"] > LARGE * n_utterances:
        losses.append(
            f"{facts['corpus']}: {facts['n_quarantined']:,} of {n_utterances:,} utterances cannot be used"
            f"{_reasons(facts)}"
        )
    return losses


def check_readable(corpus: Corpus, facts: dict[str, Any], listed: str) -> None:
    """Raise where no clip of a corpus can be used: studies would go on without it.

    Args:
        corpus: Says how to get it.
        facts: As `corpus_health` returns them.
        listed: Where each file and its reason stand.
    """
    if not facts["n_readable"]:
        missing = facts["missing_tables"]
        more = f" and {len(missing) - SHOWN} further tables" * (len(missing) > SHOWN)
        tables = f" There is no {', no '.join(missing[:SHOWN])}{more}." if missing else ""
        raise PipelineError(
            f"{corpus.name}: none of {facts['n_quarantined']:,} utterances can be used{_reasons(facts)}.{tables} "
            f"{listed} lists them one by one. {corpus.how_to_get}"
        )
