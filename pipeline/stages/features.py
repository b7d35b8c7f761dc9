"""Compute one feature set for the readable clips of its corpora: a shard a corpus, one row an utterance."""

import logging

from pipeline.config.plans import FeaturesPlan, load_plan
from pipeline.core.paths import clips_path, feature_facts_path
from pipeline.core.tables import read_table, write_json
from pipeline.features.audio_sets import make_shard
from pipeline.features.registry import has_network

log = logging.getLogger(__name__)


def main(feature_set: str) -> None:
    plan = load_plan(FeaturesPlan, "features", feature_set)
    clips = read_table(clips_path(feature_set))
    facts = {"feature_set": feature_set, "corpora": plan.corpora}
    if has_network(plan.kind):  # what reads the features says in its metrics whose weights they are from
        facts["pretrained"] = plan.weights == "published"
    write_json(feature_facts_path(feature_set), facts)
    for corpus in plan.corpora:
        make_shard(feature_set, plan, corpus, clips[clips["corpus"] == corpus])
    if not plan.corpora:
        log.info("features: %s: no corpus of this profile needs it", feature_set)
