"""What a store holds for each split of its studies: the digest of the rows that the split uses.

A system depends on this digest: a shard of a corpus that its split does not use trains nothing anew.
"""

import hashlib
from collections.abc import Callable
from typing import Any

import pandas as pd

from pipeline.config.plans import StoredStudy
from pipeline.core.errors import PipelineError
from pipeline.core.paths import features_path, split_path, store_path, transcripts_path
from pipeline.core.tables import read_table, write_json

EXAMPLE = ["example_id", "utterance_id", "corpus", "transform"]

# Writes the rows of a study's copies: (study, its corpora, copies, row keys of originals) -> row keys of copies.
CopyMaker = Callable[[str, list[str], pd.DataFrame, pd.Series], dict[str, str]]


def transcript_keys() -> pd.Series:
    """Return the row keys of all transcripts by utterance id."""
    return read_table(transcripts_path(), ["utterance_id", "key"]).set_index("utterance_id")["key"]


def feature_keys(feature_set: str, corpora: list[str]) -> pd.Series:
    """Return the row keys (content and settings) of a feature set by utterance id."""
    tables = [read_table(features_path(feature_set, corpus), ["utterance_id", "key"]) for corpus in corpora]
    return pd.concat(tables).set_index("utterance_id")["key"] if tables else pd.Series(dtype=str)


def complete_store(
    name: str, study: str, stored: StoredStudy, keys: pd.Series, facts: dict[str, Any], copy: CopyMaker | None
) -> None:
    """Make the copies of a study's splits, and write the digest of each split's rows.

    Args:
        name: The feature set, or "transcripts".
        study: Whose splits.
        stored: Its corpora and variants.
        keys: Row keys of its utterances.
        facts: What is written down besides the digest.
        copy: Makes the rows of augmented copies; None: a copy has the row of its original.

    Raises:
        PipelineError: An example has no row.
    """
    examples = {variant: _read_examples(study, variant) for variant in stored.variants}
    everything = pd.concat(examples.values()).drop_duplicates("example_id").sort_values("example_id")
    copies = everything[everything["transform"].notna()]
    if copy is None:
        keys = everything.set_index("example_id")["utterance_id"].map(keys)
    elif len(copies):
        keys = pd.concat([keys, pd.Series(copy(study, stored.corpora, copies, keys), dtype=str)])
    for variant, table in examples.items():
        what = f"feature set {name!r}, for split {variant!r} of study {study!r},"
        write_json(store_path(name, study, variant), {**digest_rows(table, keys, what), **facts})


def _read_examples(study: str, variant: str) -> pd.DataFrame:
    """Return the examples of a split, originals and copies, in any fold."""
    table = read_table(split_path(study, variant), EXAMPLE).drop_duplicates("example_id")
    return table.sort_values("example_id", ignore_index=True)


def digest_rows(examples: pd.DataFrame, keys: pd.Series, what: str) -> dict[str, Any]:
    """Return the number and the digest of the rows that a split uses.

    Raises:
        PipelineError: An example has no row.
    """
    own = examples["example_id"].map(keys)
    missing = examples.loc[own.isna(), "example_id"]
    if len(missing):
        raise PipelineError(
            f"{what} lacks {len(missing)} of {len(examples)} utterances, such as {', '.join(missing[:3])}: run "
            f"`dvc repro` from the features stage on"
        )
    text = "\n".join(f"{name} {key}" for name, key in zip(examples["example_id"], own, strict=True))
    return {"n_rows": len(examples), "digest": hashlib.sha256(text.encode()).hexdigest()}
