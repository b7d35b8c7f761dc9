"""Compute one feature set for the readable clips of its corpora: a shard a corpus, one row an utterance."""

import logging
import time
from collections.abc import Mapping
from typing import Any

import pandas as pd

from pipeline.core.paths import clips_path, feature_facts_path, feature_plan_path, features_path
from pipeline.core.stage import run
from pipeline.core.tables import read_json, read_table, write_json
from pipeline.corpora.corpus_audio import corpus_audio
from pipeline.features.compute import Clip, clip_key, compute_features, settings_digest
from pipeline.features.registry import load_kind, parse_settings
from pipeline.features.shards import shard_schema, write_shard


def locate(clips: pd.DataFrame, corpus: str) -> dict[str, Clip]:
    """Return an audio file for each content; of copies, the last."""
    root = corpus_audio(corpus)
    return {
        clip_key(key): Clip(root / path) for key, path in zip(clips["audio_hash"], clips["path"], strict=True)
    }


def make_shard(name: str, plan: Mapping[str, Any], corpus: str, clips: pd.DataFrame) -> tuple[int, int, int]:
    """Write the shard; return the number of its rows, of clips that differ, and of clips computed now.

    Args:
        name: The feature set.
        plan: Its `kind` and `settings`.
        corpus: Whose clips.
        clips: Those of the corpus, with the columns of `CLIPS`, sorted.
    """
    kind = load_kind(plan["kind"])
    settings = parse_settings(kind, plan["settings"], f"feature_sets.audio.{name}")
    files = locate(clips, corpus) if len(clips) else {}
    features, n_computed = compute_features(plan["kind"], settings, files, description=f"{name} {corpus}")
    digest = settings_digest(plan["kind"], settings)
    rows = [
        (clip, f"{digest}-{key}", features[clip_key(key)])
        for clip, key in zip(clips["utterance_id"], clips["audio_hash"], strict=True)
    ]
    names = kind.feature_names(settings) if rows else None
    write_shard(features_path(name, corpus), rows, shard_schema(kind.DTYPE, names))
    return len(clips), len(features), n_computed


def main(feature_set: str) -> None:
    plan = read_json(feature_plan_path(feature_set))
    clips = read_table(clips_path(feature_set))
    write_json(feature_facts_path(feature_set), {"feature_set": feature_set, "corpora": plan["corpora"]})
    for corpus in plan["corpora"]:
        start = time.perf_counter()
        own = clips[clips["corpus"] == corpus]
        n_rows, n_clips, n_computed = make_shard(feature_set, plan, corpus, own)
        logging.info(
            "features: %s of %s: %d rows, %d clips (%d cached, %d computed) in %.1f s",
            feature_set, corpus, n_rows, n_clips, n_clips - n_computed, n_computed, time.perf_counter() - start,
        )  # fmt: skip
    if not plan["corpora"]:
        logging.info("features: %s: no corpus of this profile needs it", feature_set)


if __name__ == "__main__":
    run(main)
