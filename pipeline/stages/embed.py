"""Compute a feature set of what is said: a shard a corpus, one row an utterance, from the transcripts alone."""

import logging

from pipeline.config.plans import FeaturesPlan, load_plan
from pipeline.core.paths import feature_facts_path, transcripts_path
from pipeline.core.tables import read_table, write_json
from pipeline.features.registry import load_text_kind, parse_settings
from pipeline.features.text_sets import make_shard
from pipeline.training.seeding import prepare_torch

log = logging.getLogger(__name__)


def main(feature_set: str) -> None:
    plan = load_plan(FeaturesPlan, "embed", feature_set)
    facts = {
        "feature_set": feature_set,
        "corpora": plan.corpora,
        "pretrained": plan.weights == "published",  # what reads it says so in its metrics
    }
    write_json(feature_facts_path(feature_set), facts)
    if not plan.corpora:
        log.info("embed: %s: no corpus of this profile needs it", feature_set)
        return
    kind, where = load_text_kind(plan.kind), plan.where(feature_set)
    settings = parse_settings(kind, plan.settings, where)
    embedder, device = kind.build_embedder(settings, plan.weights, where), prepare_torch()
    transcripts = read_table(transcripts_path(), ["utterance_id", "text"])
    for corpus in plan.corpora:
        make_shard(feature_set, kind, embedder, device, corpus, transcripts)
