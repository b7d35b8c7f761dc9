"""Compute a feature set of what is said: a shard a corpus, one row an utterance, from the transcripts alone."""

import logging
import time

import pandas as pd

from pipeline.core.errors import PipelineError
from pipeline.core.paths import feature_facts_path, feature_plan_path, features_path, transcripts_path
from pipeline.core.stage import run
from pipeline.core.tables import read_json, read_table, write_json
from pipeline.features.registry import load_text_kind, parse_settings
from pipeline.features.shards import shard_schema, write_shard
from pipeline.training.seeding import prepare_torch


def own_texts(transcripts: pd.DataFrame, corpus: str) -> pd.DataFrame:
    """Return the transcripts of a corpus, sorted by utterance.

    Raises:
        PipelineError: It has none.
    """
    own = transcripts[transcripts["utterance_id"].str.partition("/")[0] == corpus]
    if own.empty:
        raise PipelineError(
            f"{transcripts_path()} has no transcript of corpus {corpus!r}: add the studies of the feature set to "
            "asr.studies in params.yaml"
        )
    return own.sort_values("utterance_id")


def main(feature_set: str) -> None:
    plan = read_json(feature_plan_path(feature_set))
    weights = plan.get("weights", "published")
    facts = {
        "feature_set": feature_set,
        "corpora": plan["corpora"],
        "pretrained": weights == "published",  # what reads it says so in its metrics
    }
    write_json(feature_facts_path(feature_set), facts)
    if not plan["corpora"]:
        logging.info("embed: %s: no corpus of this profile needs it", feature_set)
        return
    kind = load_text_kind(plan["kind"])
    where = f"feature_sets.text.{feature_set}"
    settings = parse_settings(kind, plan["settings"], where)
    transcripts = read_table(transcripts_path(), ["utterance_id", "text"])
    embedder, device = kind.build_embedder(settings, weights, where), prepare_torch()
    for corpus in plan["corpora"]:
        start = time.perf_counter()
        own = own_texts(transcripts, corpus)
        vectors, n_computed = kind.embed(own["text"], embedder, device, f"{feature_set} {corpus}")
        rows = [
            (name, f"{embedder.digest}-{kind.text_key(text)}", vectors[text])
            for name, text in zip(own["utterance_id"], own["text"], strict=True)
        ]
        write_shard(features_path(feature_set, corpus), rows, shard_schema(kind.DTYPE, None))
        logging.info(
            "embed: %s of %s: %d rows, %d texts (%d cached, %d computed) in %.1f s",
            *(feature_set, corpus, len(rows), len(vectors), len(vectors) - n_computed, n_computed),
            time.perf_counter() - start,
        )


if __name__ == "__main__":
    run(main)
