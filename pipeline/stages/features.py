"""Compute one feature set for the readable clips of one corpus, as a shard with one row an utterance."""

import logging
import time
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.core.corpus_audio import corpus_audio
from pipeline.core.paths import feature_plan_path, features_path, index_path
from pipeline.core.stage import run
from pipeline.core.tables import read_json, read_table
from pipeline.features.compute import compute_features, settings_digest
from pipeline.features.registry import load_kind, parse_settings
from pipeline.features.store import shard_schema, write_shard


def readable_clips(corpus: str) -> pd.DataFrame:
    """Return the clips of a corpus that are not quarantined."""
    index = read_table(index_path(corpus), ["utterance_id", "path", "audio_hash", "status"])
    return index[index["status"] == "ok"].sort_values("utterance_id")


def locate(clips: pd.DataFrame, corpus: str) -> dict[str, Path]:
    """Return a file for each content hash; of copies, the last."""
    root = corpus_audio(corpus)
    return {key: root / path for key, path in zip(clips["audio_hash"], clips["path"], strict=True)}


def make_shard(name: str, kind_name: str, values: dict[str, Any], corpus: str) -> tuple[int, int, int]:
    """Write the shard; return the number of its rows, of clips that differ, and of clips computed now.

    Args:
        name: The feature set.
        kind_name: Its kind.
        values: Its settings.
        corpus: Whose clips.
    """
    kind = load_kind(kind_name)
    settings = parse_settings(kind, values, f"feature_sets.{kind_name}.{name}")
    clips = readable_clips(corpus)
    files = locate(clips, corpus) if len(clips) else {}
    features, n_computed = compute_features(kind_name, settings, files, description=f"{name} {corpus}")
    digest = settings_digest(kind_name, settings)
    rows = [
        (clip, f"{digest}-{key}", features[key])
        for clip, key in zip(clips["utterance_id"], clips["audio_hash"], strict=True)
    ]
    names = kind.feature_names(settings) if rows else None
    write_shard(features_path(name, corpus), rows, shard_schema(kind.DTYPE, names))
    return len(clips), len(features), n_computed


def main(feature_set: str, corpus: str) -> None:
    start = time.perf_counter()
    plan = read_json(feature_plan_path(feature_set, corpus))
    if not plan["needed"]:
        write_shard(features_path(feature_set, corpus), [], shard_schema(load_kind(plan["kind"]).DTYPE, None))
        logging.info("features: %s of %s: not needed", feature_set, corpus)
        return
    n_rows, n_clips, n_computed = make_shard(feature_set, plan["kind"], plan["settings"], corpus)
    logging.info(
        "features: %s of %s: %d rows, %d clips (%d cached, %d computed) in %.1f s",
        feature_set, corpus, n_rows, n_clips, n_clips - n_computed, n_computed, time.perf_counter() - start,
    )  # fmt: skip


if __name__ == "__main__":
    run(main)
