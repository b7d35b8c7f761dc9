"""Complete a feature set of audio for the splits of its studies, and write down what it holds for each.

Every utterance must have its row. The augmented copies that a split trains on get theirs here: splits decide which
copies there are, so they come after them.
"""

import logging

import pandas as pd

from pipeline.config.plans import FeaturesPlan, StorePlan, load_plan
from pipeline.core.paths import clips_path, feature_facts_path, store_facts_path
from pipeline.core.tables import read_json, read_table, write_json
from pipeline.features.audio_sets import make_copies
from pipeline.features.stores import complete_store, feature_keys

log = logging.getLogger(__name__)


def main(feature_set: str) -> None:
    plan, features = (
        load_plan(StorePlan, "store", feature_set),
        load_plan(FeaturesPlan, "features", feature_set),
    )
    write_json(store_facts_path(feature_set), {"feature_set": feature_set, "studies": list(plan.studies)})

    made = read_json(feature_facts_path(feature_set))
    facts = {"pretrained": made["pretrained"]} if "pretrained" in made else {}

    def copy(study: str, corpora: list[str], copies: pd.DataFrame, keys: pd.Series) -> dict[str, str]:
        clips = read_table(clips_path(feature_set))
        return make_copies(feature_set, features, study, copies, clips, plan.noise)

    for study, stored in plan.studies.items():
        keys = feature_keys(feature_set, stored.corpora)
        complete_store(feature_set, study, stored, keys, facts, copy)
    log.info("store: %s is complete for %d studies", feature_set, len(plan.studies))
