"""From all files of a study's corpora to the utterances that it uses, with an account of what it drops.

The steps drop, in this order: what is no utterance; official parts of a corpus that the study does not take; what
cannot be read or labelled; copies; what is too short or too long; labels without a class in the study; what a draw
leaves out; classes with too few clips. A step looks at what the ones before it left.
"""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from pipeline.config.studies import StudyClips
from pipeline.core.errors import PipelineError
from pipeline.core.schemas import CURATED
from pipeline.curation.chosen import not_drawn, outside_parts
from pipeline.curation.health import LARGE
from pipeline.curation.status import (
    CONFLICT,
    EXACT_COPY,
    LEFT_OUT,
    NEAR_COPY,
    NOT_DRAWN,
    NOT_IN_MAP,
    OK,
    OTHER_PART,
    RARE_CLASS,
    STRAY,
    TOO_LONG,
    TOO_SHORT,
)

COMBINED = "combined"
NO_CLASS = "(no class)"
SEEN_COLUMNS = [
    *("utterance_id", "corpus", "label", "own_label", "seconds", "status", "reason"),
    *("group", "kind", "keep", "conflict", "official_split"),
]
DROPPED_COLUMNS = ["utterance_id", "corpus", "path", "step", "code", "reason"]

CHOSEN = (OTHER_PART, LEFT_OUT, NOT_IN_MAP, NOT_DRAWN)  # what a study leaves out on purpose

# (rows left, settings) -> code and reason of those that go
Step = Callable[[pd.DataFrame, StudyClips], pd.DataFrame]


@dataclass(frozen=True)
class Curated:
    """What a study uses.

    Attributes:
        kept: Its utterances, sorted by id; `label` is the study's class.
        dropped: The others, sorted by id: the columns `DROPPED_COLUMNS`.
        counts: Rows left after each step.
        account: The same by corpus and class: step, corpus, class, n.
    """

    kept: pd.DataFrame
    dropped: pd.DataFrame
    counts: dict[str, int]
    account: pd.DataFrame


def nothing_curated() -> Curated:
    """Return what is left of a study that has no corpora: no row."""
    return Curated(
        kept=CURATED.empty_table().to_pandas(),
        dropped=pd.DataFrame(columns=DROPPED_COLUMNS, dtype=str),
        counts=dict.fromkeys([COMBINED, *STEPS], 0),
        account=pd.DataFrame(columns=["corpus", "class", "n", "step"]),
    )


def curate(rows: pd.DataFrame, study: StudyClips) -> Curated:
    """Take a study's utterances from its corpora.

    Args:
        rows: The indexes of its corpora, with the columns corpus, group, kind, keep and conflict; no two rows
            have the same row label.
        study: Its settings.

    Raises:
        PipelineError: The study does not map a corpus's labels, or fewer than two classes are left, or none of a
            study of one.
    """
    rows = rows.assign(own_label=rows["label"], label=classes(rows, study))
    left = rows[SEEN_COLUMNS]
    counts, accounts = {COMBINED: len(left)}, [_count(left, COMBINED)]
    dropped = [rows.iloc[:0].assign(step="", code="", reason="")[DROPPED_COLUMNS]]
    for name, step in STEPS.items():
        why = step(left, study)
        if len(why):  # of very many rows, not even the narrow table is copied in vain
            named = rows.loc[why.index].assign(step=name, code=why["code"], reason=why["reason"])
            dropped.append(named[DROPPED_COLUMNS])
            left = left.drop(why.index)
        counts[name] = len(left)
        accounts.append(_count(left, name))
    gone = pd.concat(dropped).sort_values("utterance_id")
    if len(left) + len(gone) != len(rows):
        raise RuntimeError(f"{len(rows)} rows came, {len(left)} were kept and {len(gone)} dropped")
    if left["label"].nunique() < min(2, len(study.classes)):  # one class is a study of dimensions
        raise PipelineError(_too_few(left, gone, study, counts))
    kept = rows.loc[left["utterance_id"].sort_values().index]
    return Curated(kept, gone, counts, pd.concat(accounts, ignore_index=True))


def classes(rows: pd.DataFrame, study: StudyClips) -> pd.Series:
    """Return each row's class in the study, null where it has none."""
    found = pd.Series(None, rows.index, dtype=str)
    for corpus in sorted(rows["corpus"].unique()):
        if corpus not in study.labels:
            raise PipelineError(
                f"the study's `labels` in params.yaml say nothing of the corpus {corpus!r}, only of "
                f"{sorted(study.labels)}: add what its labels mean (null leaves one out)"
            )
        own = rows.loc[rows["corpus"] == corpus, "label"]
        found[own.index] = own.map(study.labels[corpus])
    return found


def _count(left: pd.DataFrame, step: str) -> pd.DataFrame:
    sizes = left.assign(label=left["label"].fillna(NO_CLASS)).groupby(["corpus", "label"]).size()
    return sizes.rename("n").rename_axis(["corpus", "class"]).reset_index().assign(step=step)


def _too_few(left: pd.DataFrame, gone: pd.DataFrame, study: StudyClips, counts: dict[str, int]) -> str:
    steps = ", ".join(f"{name} {n:,}" for name, n in counts.items())
    unknown = "".join(f"; {label}" for label in unknown_labels(gone))
    needed = "classification needs two classes" if len(study.classes) > 1 else "no clip is left"
    return (
        f"{needed}; of {study.classes}, curation left "
        f"{sorted(left['label'].unique())}. Rows after each step: {steps}{unknown}. Mend the study's `labels` or "
        f"`curation` in params.yaml, or give it another corpus"
    )


def _because(codes: pd.Series | str, reasons: pd.Series) -> pd.DataFrame:
    """Return why rows go, under their row labels: code and reason."""
    return reasons.to_frame("reason").assign(code=codes)


def _no_utterance(rows: pd.DataFrame, study: StudyClips) -> pd.DataFrame:
    return _because(STRAY, rows.loc[rows["status"] == STRAY, "reason"])


def _other_part(rows: pd.DataFrame, study: StudyClips) -> pd.DataFrame:
    return _because(OTHER_PART, outside_parts(rows, study.curation.official_parts) + " of its official split")


def _unreadable(rows: pd.DataFrame, study: StudyClips) -> pd.DataFrame:
    bad = rows[rows["status"] != OK]
    return _because(bad["status"], bad["reason"])


def _copies(rows: pd.DataFrame, study: StudyClips) -> pd.DataFrame:
    """Keep of each group the representative or, if the study lacks that one, the first of its members."""
    if not study.curation.deduplicate:
        return _because(EXACT_COPY, rows.loc[[], "group"])
    members = rows[rows["group"].duplicated(keep=False) & ~rows["conflict"]]
    in_order = members.sort_values(["keep", "utterance_id"], ascending=[False, True])
    copies = in_order[in_order["group"].duplicated()]
    kept = in_order.drop_duplicates("group").set_index("group")["utterance_id"]
    of_conflicts = rows.loc[rows["conflict"], "group"]
    sentences = copies["kind"] + " copy of " + copies["group"].map(kept)
    return pd.concat(
        [
            _because(copies["kind"].map({"exact": EXACT_COPY, "near": NEAR_COPY}), sentences),
            _because(CONFLICT, "labels or speakers contradict each other in the group of " + of_conflicts),
        ]
    )


def _duration(rows: pd.DataFrame, study: StudyClips) -> pd.DataFrame:
    shortest, longest = study.curation.min_seconds, study.curation.max_seconds
    short, long = rows["seconds"] < shortest, rows["seconds"] > longest
    return pd.concat(
        [
            _because(
                TOO_SHORT, rows.loc[short, "seconds"].map(f"{{:.2f}} s, shorter than {shortest:g} s".format)
            ),
            _because(
                TOO_LONG, rows.loc[long, "seconds"].map(f"{{:.2f}} s, longer than {longest:g} s".format)
            ),
        ]
    )


def _unmapped(rows: pd.DataFrame, study: StudyClips) -> pd.DataFrame:
    gone = rows[rows["label"].isna()]
    codes = pd.Series(NOT_IN_MAP, gone.index)
    for corpus, labels in study.labels.items():
        codes[(gone["corpus"] == corpus) & gone["own_label"].isin(list(labels))] = LEFT_OUT
    words = codes.map({NOT_IN_MAP: "not in the study's map", LEFT_OUT: "left out by the study"})
    return _because(codes, "label '" + gone["own_label"].fillna("") + "' is " + words)


def _left_by_draw(rows: pd.DataFrame, study: StudyClips) -> pd.DataFrame:
    drawn = not_drawn(rows, study.curation.per_class, study.curation.draw_seed).astype(str)
    return _because(NOT_DRAWN, drawn + " of its corpus and class are drawn, others")


def _rare(rows: pd.DataFrame, study: StudyClips) -> pd.DataFrame:
    n = rows["label"].map(rows["label"].value_counts())
    rare = n < study.curation.min_per_class
    return _because(RARE_CLASS, "class " + rows.loc[rare, "label"] + " has " + n[rare].astype(str) + " clips")


STEPS: dict[str, Step] = {
    "utterances": _no_utterance,
    "in_parts": _other_part,
    "readable": _unreadable,
    "after_deduplication": _copies,
    "within_duration": _duration,
    "labelled": _unmapped,
    "drawn": _left_by_draw,
    "kept": _rare,
}
STEPS_BEFORE = dict(zip(STEPS, [COMBINED, *STEPS], strict=False))


def large_losses(curated: Curated) -> list[str]:
    """Say which corpora lose many clips at a step, or all; what the study leaves out is no loss."""
    n_left = curated.account.groupby(["step", "corpus"])["n"].sum()
    lost = curated.dropped[~curated.dropped["code"].isin((STRAY, *CHOSEN))]
    sentences = []
    for (corpus, step), rows in lost.groupby(["corpus", "step"]):
        n_before = n_left[STEPS_BEFORE[step], corpus]
        if len(rows) > LARGE * n_before:
            commonest = rows["reason"].value_counts().index[0]
            sentences.append(
                f"{corpus}: {len(rows):,} of {n_before:,} clips are lost at the step {step!r}, such as for: "
                f"{commonest}"
            )
    gone = sorted(set(n_left.index.get_level_values("corpus")) - set(curated.kept["corpus"]))
    return [*sentences, *(f"{corpus}: nothing of it is left" for corpus in gone)]


def unknown_labels(dropped: pd.DataFrame) -> list[str]:
    """Return a sentence on each label of a dropped utterance that the study's map does not hold."""
    unknown = dropped[dropped["code"] == NOT_IN_MAP]
    sizes = unknown.groupby(["corpus", "reason"]).size()
    return [f"{corpus}: {reason}: {n} clips" for (corpus, reason), n in sizes.items()]
