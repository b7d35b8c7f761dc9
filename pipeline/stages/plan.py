"""Say, in one small file each, what params.yaml and its active profile mean to every stage.

The stages below depend on their own file alone: a new corpus in a study, or another system's learning rate, runs
nothing for the others. See `pipeline.config.plans` for why they do not name parameters. A stage that serves a corpus
or study reads params.yaml itself, and its file here holds all that it looks at there.
"""

import logging
import pkgutil
from typing import Any

import pipeline.models
from pipeline.config.analysis import analysis_plan_path, external_plan_path, representation_plan_path
from pipeline.config.mistakes import one_of
from pipeline.config.params import Params, load_params
from pipeline.config.plans import EnsemblePlan, SystemPlan, write_plan_file
from pipeline.core.paths import (
    DATA,
    corpus_plan_path,
    ensemble_plan_path,
    evaluation_plan_path,
    feature_plan_path,
    store_path,
    store_plan_path,
    system_plan_path,
)
from pipeline.core.stage import run
from pipeline.core.tables import write_json
from pipeline.features.registry import load_kind, load_text_kind, parse_settings, reads_text
from pipeline.splits.describe import describe_system
from pipeline.splits.protocols import check_protocols

_PLAN = DATA / "plan"


def check_plug_ins(params: Params) -> None:
    """Raise where a protocol or a model is not there, or where a kind of feature does not take its settings."""
    check_protocols(params.studies)
    models = [module.name for module in pkgutil.iter_modules(pipeline.models.__path__)]
    for name, system in params.systems.items():
        one_of(system.model, models, "model", f"systems.{name}.model")
    for name, feature_set in params.feature_sets.items():
        kind = (load_text_kind if reads_text(feature_set.kind) else load_kind)(feature_set.kind)
        parse_settings(kind, params.feature_settings(name), f"feature_sets.{feature_set.kind}.{name}")


def write_plan(params: Params) -> int:
    """Write the plan; return the number of feature sets needed, transcripts included."""
    active = params.active_corpora()
    for corpus in params.corpora:
        settings = params.corpora[corpus].model_dump()
        write_plan_file(corpus_plan_path(corpus), {"needed": corpus in active, "settings": settings})
    needed = {name: params.feature_set_corpora(name) for name in [*params.feature_sets, "transcripts"]}
    write_plan_file(feature_plan_path("transcripts"), {"corpora": needed["transcripts"]})
    for name, feature_set in params.feature_sets.items():
        settings = {
            "kind": feature_set.kind,
            "corpora": needed[name],
            "settings": params.feature_settings(name),
        }
        if reads_text(feature_set.kind):
            settings["weights"] = params.active.weights
        write_plan_file(feature_plan_path(name), settings)
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


def write_studies(params: Params) -> None:
    """Write what the stages look at that are about corpora and studies."""
    profile = {"profile": params.profile, **params.active.model_dump()}
    studies = {name: study.model_dump() for name, study in params.studies.items()}
    for name, study in studies.items():
        split = {key: study.pop(key) for key in ("split", "variants")}
        corpora = {"profile": params.profile, "corpora": params.study_corpora(name)}
        write_plan_file(_PLAN / "studies" / name / "filter.json", {**corpora, **study})
        write_plan_file(_PLAN / "studies" / name / "split.json", split)
    asr = {**params.asr.model_dump(), "source": params.asr_source, "gold": params.gold_corpora}
    published = {name: item.model_dump(exclude_none=True) for name, item in params.published.items()}
    write_plan_file(_PLAN / "deduplicate.json", {"corpora": list(params.corpora)})
    write_plan_file(_PLAN / "explore.json", {**profile, "studies": studies})
    write_plan_file(_PLAN / "transcribe.json", asr)
    report = {
        **profile,
        "asr_source": asr["source"],
        "gold_corpora": asr["gold"],
        "published": published,
        "studies": list(studies),
    }
    report |= {"audit": params.audit, "representations": params.representations}
    write_plan_file(_PLAN / "report.json", report)


def write_systems(params: Params) -> None:
    """Write what each system and ensemble is trained on and with."""
    for name in params.systems:
        system = params.system(name)
        classes, corpora = params.studies[system.study].classes, params.study_corpora(system.study)
        plan = SystemPlan(classes=classes, corpora=corpora, system=system)
        write_plan_file(system_plan_path(name), plan.model_dump())
    for name in params.ensembles:
        ensemble = params.ensemble(name)
        ensemble_plan = EnsemblePlan(classes=params.studies[ensemble.study].classes, ensemble=ensemble)
        write_plan_file(ensemble_plan_path(name), ensemble_plan.model_dump())


def write_evaluations(params: Params) -> None:
    """Write what is scored and on what, and what is done with the scores."""
    for name in params.evaluated():
        write_plan_file(evaluation_plan_path(name), describe_system(params, name))
    for name, external in params.external.items():
        classes = params.studies[external.study].classes
        write_plan_file(external_plan_path(name), {**external.model_dump(), "classes": classes})
    for name, representations in params.representations.items():
        write_plan_file(representation_plan_path(name), {"names": representations})
    systems = {name: params.scored(name).study for name in params.evaluated()}
    audited = {name: params.scored(name) for cases in params.audit.values() for name in cases.values()}
    splits = {name: {"variant": one.variant, "train_on": one.train_on} for name, one in audited.items()}
    analysis = {"systems": systems, "baselines": params.baselines, "audit": params.audit, "splits": splits}
    write_plan_file(analysis_plan_path(), analysis)


def main() -> None:
    params = load_params()
    check_plug_ins(params)
    n_sets = write_plan(params)
    write_studies(params)
    write_systems(params)
    write_evaluations(params)
    logging.info(
        "plan: profile %s: %d corpora, %d feature sets, %d systems",
        *(params.profile, len(params.active_corpora()), n_sets, len(params.evaluated())),
    )


if __name__ == "__main__":
    run(main)
