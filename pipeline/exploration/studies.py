"""What curation does to each study: which step drops a clip, by corpus and label."""

from collections.abc import Mapping

import pandas as pd

from pipeline.core.errors import PipelineError
from pipeline.curation.filter import COMBINED, STEPS
from pipeline.exploration.tables import NO_LABEL, utterances_of

DURATION = "within_duration"
ORDER = (COMBINED, *STEPS)


def fates(study: str, index: pd.DataFrame, kept: pd.DataFrame, dropped: pd.DataFrame) -> pd.DataFrame:
    """Say of every file of a study's corpora what became of it.

    Args:
        study: Its name, for error messages.
        index: The indexes of its corpora.
        kept: What curation kept: utterance_id and label, the study's class.
        dropped: What it dropped: utterance_id and step.

    Returns:
        The index's rows with `step`, which dropped the file, or null; and `class`, null where it was dropped.

    Raises:
        PipelineError: A file was neither kept nor dropped, or is not in the index.
    """
    steps = dropped.set_index("utterance_id")["step"]
    classes = kept.set_index("utterance_id")["label"]
    known = set(steps.index) | set(classes.index)
    other = known ^ set(index["utterance_id"])
    if other or len(known) < len(steps) + len(classes):
        raise PipelineError(
            f"data/curated/{study}: {len(index)} files are in the index of its corpora, {len(classes)} were kept "
            f"and {len(steps)} dropped{f', such as {min(other)}' if other else ''}: expected every file once; "
            "run `dvc repro filter`, so that both are of one run"
        )
    ids = index["utterance_id"]
    return index.assign(**{"step": ids.map(steps), "class": ids.map(classes)})


def reached(rows: pd.DataFrame, step: str) -> pd.DataFrame:
    """Return the files that the steps before one have left, from what `fates` returns."""
    before = list(STEPS)[: list(STEPS).index(step)]
    return rows[~rows["step"].isin(before)]


def label_counts(rows: pd.DataFrame, labels: Mapping[str, Mapping[str, str | None]]) -> pd.DataFrame:
    """Count a study's utterances before curation by its class, or by the corpus's own label without one.

    Args:
        rows: From `fates`.
        labels: The study's map: corpus, own label, class or null.

    Returns:
        label, n, n_kept; the most frequent first.
    """
    rows = utterances_of(rows)
    pairs = zip(rows["corpus"], rows["label"].fillna(NO_LABEL), strict=True)
    names = [labels.get(corpus, {}).get(own) or own for corpus, own in pairs]
    rows = rows.assign(label=names, n_kept=rows["step"].isna())
    counts = rows.groupby("label").agg(n=("label", "size"), n_kept=("n_kept", "sum")).reset_index()
    return counts.sort_values(["n", "label"], ascending=[False, True], ignore_index=True)


def class_counts(rows: pd.DataFrame) -> pd.DataFrame:
    """Count the utterances that are left by the study's class: class, n; the most frequent first."""
    counts = rows.dropna(subset="class").groupby("class").size().rename("n").reset_index()
    return counts.sort_values(["n", "class"], ascending=[False, True], ignore_index=True)


def join_accounts(accounts: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Put the accounts of all studies into one table: study, step, corpus, class, n, steps in order."""
    columns = ["study", "step", "corpus", "class", "n"]
    tables = [account.assign(study=study) for study, account in accounts.items()]
    table = pd.concat(tables)[columns] if tables else pd.DataFrame(columns=columns)
    place = table["study"].map({study: i for i, study in enumerate(accounts)})
    rank = table["step"].map({step: i for i, step in enumerate(ORDER)})
    table = table.assign(place=place, rank=rank).sort_values(["place", "rank", "corpus", "class"])
    return table[columns].reset_index(drop=True)


def left_by_corpus(account: pd.DataFrame) -> pd.DataFrame:
    """Count what each step leaves of each corpus: a row a step, in order, a column a corpus.

    Args:
        account: Of one study: step, corpus, class, n.
    """
    counts = account.pivot_table(index="step", columns="corpus", values="n", aggfunc="sum", fill_value=0)
    return counts.reindex(ORDER, fill_value=0).astype(int)
