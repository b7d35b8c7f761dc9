"""Say, in small files, what params.yaml and its active profile mean to every stage, and what code it runs.

The stages below depend on their own file alone: a new corpus in a study, or another system's learning rate, runs
nothing for the others. No other stage reads params.yaml.
"""

import logging

from pipeline.config.base import Form
from pipeline.config.params import Params, load_params
from pipeline.corpora.label_maps import check_label_maps
from pipeline.evaluation.external import check_files
from pipeline.features.registry import load_kind, load_text_kind, parse_settings, reads_text
from pipeline.models.check import check_model
from pipeline.planning.planners import PLANNERS
from pipeline.splits.protocols import check_protocols

log = logging.getLogger(__name__)


def main() -> None:
    params = load_params()
    check_plug_ins(params)
    for planner in PLANNERS:
        planner(params)
    n_sets = sum(bool(params.feature_set_corpora(name)) for name in params.feature_sets)
    log.info(
        "plan: profile %s: %d corpora, %d feature sets, %d systems",
        *(params.profile, len(params.active_corpora()), n_sets, len(params.evaluated())),
    )


def check_plug_ins(params: Params) -> None:
    """Raise where a protocol or a label of a corpus is not there, or a plug-in does not take its settings."""
    check_protocols(params)
    check_label_maps(params)
    check_files(params.external)
    forms: dict[str, Form] = {"transcripts": "text", "none": "none", "logits": "vector"}
    for name, feature_set in params.feature_sets.items():
        kind = (load_text_kind if reads_text(feature_set.kind) else load_kind)(feature_set.kind)
        parse_settings(kind, params.feature_settings(name), f"feature_sets.{name}")
        forms[name] = kind.FORM
    for name in params.systems:
        check_model(params.system(name), f"systems.{name}", forms)
    for name in params.ensembles:
        ensemble = params.ensemble(name)
        if ensemble.method == "stacked":
            check_model(ensemble.meta_learner, f"ensembles.{name}.stacking", forms)
