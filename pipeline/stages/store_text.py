"""Complete a feature set of what is said, or the transcripts themselves, for the splits of its studies.

Every utterance must have its row; an augmented copy says what its original says.
"""

import logging
from functools import partial

from pipeline.config.plans import StorePlan, load_plan
from pipeline.core.paths import feature_facts_path, store_facts_path
from pipeline.core.tables import read_json, write_json
from pipeline.features.stores import complete_store, feature_keys, transcript_keys
from pipeline.features.text_sets import repeat_originals

TRANSCRIPTS = "transcripts"

log = logging.getLogger(__name__)


def main(feature_set: str) -> None:
    plan = load_plan(StorePlan, "store", feature_set)
    write_json(store_facts_path(feature_set), {"feature_set": feature_set, "studies": list(plan.studies)})
    for study, stored in plan.studies.items():
        if feature_set == TRANSCRIPTS:
            complete_store(feature_set, study, stored, transcript_keys(), {}, None)
            continue
        keys = feature_keys(feature_set, stored.corpora)
        facts = {"pretrained": read_json(feature_facts_path(feature_set))["pretrained"]}
        complete_store(feature_set, study, stored, keys, facts, partial(repeat_originals, feature_set))
    log.info("store: %s is complete for %d studies", feature_set, len(plan.studies))
