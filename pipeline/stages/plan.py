"""Say, in one small file each, which corpora, transcripts and feature sets the active profile needs.

The stages below depend on their own file alone, so that a new corpus in a study runs nothing for the others. A
feature set's file also holds its settings: DVC parses params.yaml once for each stage that names parameters, and
the many stages of the features need not.
"""

import json
import logging
from pathlib import Path
from typing import Any

from pipeline.core.params import Params, load_params
from pipeline.core.paths import corpus_plan_path, feature_plan_path, store_path, store_plan_path
from pipeline.core.stage import run
from pipeline.core.tables import write_json


def write_plan(params: Params) -> int:
    """Write the plan; return the number of feature sets needed, transcripts included."""
    active = params.active_corpora()
    for corpus in params.corpora:
        write_json(corpus_plan_path(corpus), {"needed": corpus in active})
    needed = {name: params.feature_set_corpora(name) for name in [*params.feature_sets, "transcripts"]}
    write_exact_json(feature_plan_path("transcripts"), {"corpora": needed["transcripts"]})
    for name, feature_set in params.feature_sets.items():
        settings = {"kind": feature_set.kind, "corpora": needed[name], "settings": feature_set.settings}
        write_exact_json(feature_plan_path(name), settings)
    for name in needed:
        write_json(store_plan_path(name), plan_store(params, name))
    for study, block in params.studies.items():
        for variant in block.variant_names:
            write_json(store_path("none", study, variant), {})  # the second input of systems that have one
    return sum(bool(corpora) for corpora in needed.values())


def plan_store(params: Params, name: str) -> dict[str, Any]:
    """Return, for each study that a feature set is made for, its corpora and the splits it is complete for."""
    return {
        study: {"corpora": params.study_corpora(study), "variants": params.input_variants(name, study)}
        for study in params.input_studies(name)
    }


def write_exact_json(path: Path, content: dict[str, Any]) -> None:
    """Write settings as they are: `write_json` rounds numbers."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=2) + "\n", "utf-8")


def main() -> None:
    params = load_params()
    n_sets = write_plan(params)
    logging.info(
        "plan: profile %s: %d corpora, %d feature sets", params.profile, len(params.active_corpora()), n_sets
    )


if __name__ == "__main__":
    run(main)
