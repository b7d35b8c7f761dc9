"""Complete a feature store for the splits of its studies, and write down what it holds for each.

Every utterance must have its row. The augmented copies that a split trains on get theirs here: splits decide which
copies there are, so they come after them. A system depends on the digest of the rows that its split uses: a
shard of a corpus that it does not use trains nothing anew.
"""

import hashlib
import logging
from typing import Any

import pandas as pd

from pipeline.core.errors import PipelineError
from pipeline.core.paths import (
    clips_path,
    copies_path,
    feature_facts_path,
    feature_plan_path,
    features_path,
    split_path,
    store_facts_path,
    store_path,
    store_plan_path,
    transcripts_path,
)
from pipeline.core.stage import run
from pipeline.core.tables import read_json, read_table, write_json
from pipeline.corpora.corpus_audio import corpus_audio
from pipeline.features.compute import Clip, clip_key, compute_features, row_key, settings_digest
from pipeline.features.registry import load_kind, parse_settings, reads_text
from pipeline.features.shards import load_features, shard_schema, write_shard

TRANSCRIPTS = "transcripts"
EXAMPLE = ["example_id", "utterance_id", "corpus", "transform"]


def row_keys(feature_set: str, corpora: list[str]) -> pd.Series:
    """Return the row keys (content and settings) of a feature set, or of the transcripts, by utterance."""
    if feature_set == TRANSCRIPTS:
        tables = [read_table(transcripts_path(), ["utterance_id", "key"])]
    else:
        tables = [
            read_table(features_path(feature_set, corpus), ["utterance_id", "key"]) for corpus in corpora
        ]
    if not tables:
        return pd.Series(dtype=str)
    return pd.concat(tables).set_index("utterance_id")["key"]


def read_examples(study: str, variants: list[str]) -> dict[str, pd.DataFrame]:
    """Return the examples of each of a study's splits, originals and copies, in any fold."""
    return {
        variant: read_table(split_path(study, variant), EXAMPLE)
        .drop_duplicates("example_id")
        .sort_values("example_id", ignore_index=True)
        for variant in variants
    }


def make_copies(feature_set: str, study: str, examples: list[pd.DataFrame]) -> dict[str, str]:
    """Compute the features of all augmented copies of a study, and write them as a shard.

    Returns:
        Row keys by example id; empty where there are no copies, and then no shard is written.
    """
    everything = pd.concat(examples).drop_duplicates("example_id").sort_values("example_id")
    copies = everything[everything["transform"].notna()]
    if copies.empty:
        return {}
    plan = read_json(feature_plan_path(feature_set))
    settings = parse_settings(
        kind := load_kind(plan["kind"]), plan["settings"], f"feature_sets.audio.{feature_set}"
    )
    clips = read_table(clips_path(feature_set)).set_index("utterance_id").loc[copies["utterance_id"]]
    roots = {corpus: corpus_audio(corpus) for corpus in clips["corpus"].unique()}
    keys = [clip_key(*pair) for pair in zip(clips["audio_hash"], copies["transform"], strict=True)]
    files = {
        key: Clip(roots[corpus] / path, transform)
        for key, corpus, path, transform in zip(
            keys, clips["corpus"], clips["path"], copies["transform"], strict=True
        )
    }
    features, n_computed = compute_features(
        plan["kind"], settings, files, description=f"copies of {study} for {feature_set}"
    )
    digest = settings_digest(plan["kind"], settings)
    rows = [
        (example, f"{digest}-{row_key(key)}", features[key])
        for example, key in zip(copies["example_id"], keys, strict=True)
    ]
    names = kind.feature_names(settings)
    write_shard(copies_path(feature_set, study), rows, shard_schema(kind.DTYPE, names))
    logging.info(
        "store: %s: %d augmented copies for %s (%d computed)", feature_set, len(rows), study, n_computed
    )
    return {example: key for example, key, _ in rows}


def repeat_originals(
    feature_set: str, study: str, corpora: list[str], examples: list[pd.DataFrame], keys: pd.Series
) -> dict[str, str]:
    """Write the rows of all augmented copies of a study where features are of what is said: their originals' rows.

    Returns:
        Row keys by example id; empty where there are no copies, and then no shard is written.
    """
    everything = pd.concat(examples).drop_duplicates("example_id").sort_values("example_id")
    copies = everything[everything["transform"].notna()]
    if copies.empty:
        return {}
    originals = copies["utterance_id"].unique().tolist()
    shards = [features_path(feature_set, corpus) for corpus in corpora]
    loaded, names = load_features(feature_set, shards, originals)
    values = dict(zip(originals, loaded, strict=True))
    rows = [
        (example, keys[original], values[original])
        for example, original in zip(copies["example_id"], copies["utterance_id"], strict=True)
    ]
    write_shard(copies_path(feature_set, study), rows, shard_schema(loaded[0].dtype, names))
    return {example: key for example, key, _ in rows}


def digest_rows(examples: pd.DataFrame, keys: pd.Series, what: str) -> dict[str, Any]:
    """Return the digest of the rows that a split uses.

    Raises:
        PipelineError: An example has no row.
    """
    found = examples["example_id"].map(keys)
    missing = examples.loc[found.isna(), "example_id"]
    if len(missing):
        raise PipelineError(
            f"{what} lacks {len(missing)} of {len(examples)} utterances, such as {', '.join(missing[:3])}: run "
            f"`dvc repro` from the features stage on"
        )
    text = "\n".join(f"{name} {key}" for name, key in zip(examples["example_id"], found, strict=True))
    return {"n_rows": len(examples), "digest": hashlib.sha256(text.encode()).hexdigest()}


def origin(feature_set: str) -> dict[str, bool]:
    """Return, as `pretrained`, whether a feature set was made with published weights; nothing where it has none."""
    if feature_set == TRANSCRIPTS:
        return {}
    facts = read_json(feature_facts_path(feature_set))
    return {"pretrained": facts["pretrained"]} if "pretrained" in facts else {}


def complete_store(feature_set: str, study: str, corpora: list[str], variants: list[str]) -> None:
    """Make the copies of a study's splits, and write the digest of each split's rows.

    Args:
        feature_set: Or "transcripts".
        study: Whose splits.
        corpora: The study's.
        variants: Splits that this feature set is made for.
    """
    examples = read_examples(study, variants)
    keys = row_keys(feature_set, corpora)
    everything = pd.concat(examples.values())
    if feature_set == TRANSCRIPTS:  # a copy says what its original says
        originals = everything.drop_duplicates("example_id").set_index("example_id")["utterance_id"]
        keys = originals.map(keys)
    else:
        tables = list(examples.values())
        if reads_text(read_json(feature_plan_path(feature_set))["kind"]):
            copies = repeat_originals(feature_set, study, corpora, tables, keys)
        else:
            copies = make_copies(feature_set, study, tables)
        keys = pd.concat([keys, pd.Series(copies, dtype=str)]) if copies else keys
    for variant, table in examples.items():
        facts = digest_rows(
            table, keys, f"feature set {feature_set!r}, for split {variant!r} of study {study!r},"
        )
        write_json(store_path(feature_set, study, variant), {**facts, **origin(feature_set)})


def main(feature_set: str) -> None:
    studies = read_json(store_plan_path(feature_set))
    write_json(store_facts_path(feature_set), {"feature_set": feature_set, "studies": list(studies)})
    for study, planned in studies.items():
        complete_store(feature_set, study, planned["corpora"], planned["variants"])
    logging.info("store: %s is complete for %d studies", feature_set, len(studies))


if __name__ == "__main__":
    run(main)
