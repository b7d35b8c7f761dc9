"""From all files of a study's corpora to the utterances that it uses, with an account of what it drops.

The steps drop, in this order: what is no utterance; what cannot be read or labelled; copies; what is too short
or too long; labels without a class in the study; classes with too few clips. A step looks at what the ones
before it left.
"""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from pipeline.core.errors import PipelineError
from pipeline.core.params import Study
from pipeline.curation.status import OK, STRAY

COMBINED = "combined"
NOT_IN_MAP = "not in the study's map"
NO_CLASS = "(no class)"
DROPPED_COLUMNS = ["utterance_id", "corpus", "path", "step", "reason"]

Step = Callable[[pd.DataFrame, Study], pd.Series]


@dataclass(frozen=True)
class Curated:
    """What a study uses.

    Attributes:
        kept: Its utterances, sorted by id; `label` is the study's class.
        dropped: The others, sorted by id: utterance_id, corpus, path, step, reason.
        counts: Rows left after each step.
        account: The same by corpus and class: step, corpus, class, n.
    """

    kept: pd.DataFrame
    dropped: pd.DataFrame
    counts: dict[str, int]
    account: pd.DataFrame


def curate(rows: pd.DataFrame, study: Study) -> Curated:
    """Take a study's utterances from its corpora.

    Args:
        rows: The indexes of its corpora, with the columns corpus, group, kind, keep and conflict.
        study: Its settings.

    Raises:
        PipelineError: Fewer than two classes are left.
    """
    left = rows.assign(own_label=rows["label"], label=rows["label"].map(study.labels))
    counts, accounts, dropped = {COMBINED: len(left)}, [_count(left, COMBINED)], []
    for name, step in STEPS.items():
        reasons = step(left, study).dropna()
        dropped.append(left.loc[reasons.index].assign(step=name, reason=reasons))
        left = left.drop(reasons.index)
        counts[name] = len(left)
        accounts.append(_count(left, name))
    gone = pd.concat(dropped).sort_values("utterance_id")[DROPPED_COLUMNS]
    if len(left) + len(gone) != len(rows):
        raise RuntimeError(f"{len(rows)} rows came, {len(left)} were kept and {len(gone)} dropped")
    if left["label"].nunique() < 2:
        raise PipelineError(_too_few(left, gone, study, counts))
    return Curated(left.sort_values("utterance_id"), gone, counts, pd.concat(accounts, ignore_index=True))


def _count(left: pd.DataFrame, step: str) -> pd.DataFrame:
    sizes = left.assign(label=left["label"].fillna(NO_CLASS)).groupby(["corpus", "label"]).size()
    return sizes.rename("n").rename_axis(["corpus", "class"]).reset_index().assign(step=step)


def _too_few(left: pd.DataFrame, gone: pd.DataFrame, study: Study, counts: dict[str, int]) -> str:
    steps = ", ".join(f"{name} {n:,}" for name, n in counts.items())
    unknown = "".join(f"; {label}" for label in unknown_labels(gone))
    return (
        f"classification needs two classes; of {study.classes}, curation left "
        f"{sorted(left['label'].unique())}. Rows after each step: {steps}{unknown}. Mend the study's `labels` or "
        f"`curation` in params.yaml, or give it another corpus"
    )


def _no_utterance(rows: pd.DataFrame, study: Study) -> pd.Series:
    return rows["reason"].where(rows["reason"].fillna("").str.startswith(STRAY))


def _unreadable(rows: pd.DataFrame, study: Study) -> pd.Series:
    return rows["reason"].where(rows["status"] != OK)


def _copies(rows: pd.DataFrame, study: Study) -> pd.Series:
    """Keep of each group the representative or, if the study lacks that one, the first of its members."""
    reasons = pd.Series(None, index=rows.index, dtype=object)
    if not study.curation.deduplicate:
        return reasons
    in_order = rows.sort_values(["keep", "utterance_id"], ascending=[False, True])
    kept = in_order.drop_duplicates("group").set_index("group")["utterance_id"]
    copy_of = rows["group"].map(kept)
    is_copy = copy_of != rows["utterance_id"]
    reasons[is_copy] = rows["kind"] + " copy of " + copy_of
    reasons[rows["conflict"]] = "labels or speakers contradict each other in the group of " + rows["group"]
    return reasons


def _duration(rows: pd.DataFrame, study: Study) -> pd.Series:
    shortest, longest = study.curation.min_seconds, study.curation.max_seconds
    length = rows["seconds"].map("{:.2f} s, ".format)
    reasons = pd.Series(None, index=rows.index, dtype=object)
    reasons[rows["seconds"] < shortest] = length + f"shorter than {shortest:g} s"
    reasons[rows["seconds"] > longest] = length + f"longer than {longest:g} s"
    return reasons


def _unmapped(rows: pd.DataFrame, study: Study) -> pd.Series:
    known = rows["own_label"].isin(study.labels.keys())
    why = known.map({True: "left out by the study", False: NOT_IN_MAP})
    return ("label '" + rows["own_label"].fillna("") + "' is " + why).where(rows["label"].isna())


def _rare(rows: pd.DataFrame, study: Study) -> pd.Series:
    n = rows["label"].map(rows["label"].value_counts())
    reasons = "class " + rows["label"] + " has " + n.astype(str) + " clips"
    return reasons.where(n < study.curation.min_per_class)


STEPS: dict[str, Step] = {
    "utterances": _no_utterance,
    "readable": _unreadable,
    "after_deduplication": _copies,
    "within_duration": _duration,
    "labelled": _unmapped,
    "kept": _rare,
}


def unknown_labels(dropped: pd.DataFrame) -> list[str]:
    """Return what the list of dropped utterances says of labels that the study's map does not hold."""
    reasons = dropped.loc[dropped["reason"].str.endswith(NOT_IN_MAP), "reason"]
    return [f"{reason}: {n} clips" for reason, n in reasons.value_counts().sort_index().items()]
