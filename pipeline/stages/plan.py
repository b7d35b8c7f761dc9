"""Say, in one small file each, which corpora, transcripts and feature shards the active profile needs.

The stages below depend on their own file alone, so that a new corpus in a study runs nothing for the others. A
shard's file also holds its settings: DVC parses params.yaml once for each stage that names parameters, and the
many stages of the features need not.
"""

import json
import logging

from pipeline.core.params import Params, load_params
from pipeline.core.paths import corpus_plan_path, feature_plan_path, store_path
from pipeline.core.stage import run
from pipeline.core.tables import write_json


def write_plan(params: Params) -> int:
    """Write the plan; return the number of feature shards needed."""
    active = params.active_corpora()
    inputs = {name: params.feature_set_corpora(name) for name in [*params.feature_sets, "transcripts"]}
    for corpus in params.corpora:
        write_json(corpus_plan_path(corpus), {"needed": corpus in active})
        write_json(feature_plan_path("transcripts", corpus), {"needed": corpus in inputs["transcripts"]})
        for name, feature_set in params.feature_sets.items():
            needed = corpus in inputs[name]
            settings = feature_set.settings if needed else None
            plan = {"kind": feature_set.kind, "needed": needed, "settings": settings}
            # Not write_json, which rounds: settings must arrive as they are.
            path = feature_plan_path(name, corpus)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(plan, indent=2) + "\n", "utf-8")
    for study in params.studies:
        write_json(store_path("none", study), {})  # the second input of systems that have one
    return sum(len(needed) for needed in inputs.values())


def main() -> None:
    params = load_params()
    n_shards = write_plan(params)
    logging.info(
        "plan: profile %s: %d corpora, %d shards", params.profile, len(params.active_corpora()), n_shards
    )


if __name__ == "__main__":
    run(main)
