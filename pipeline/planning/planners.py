"""What params.yaml and its active profile mean to each stage: a function a stage, which writes its plan files."""

import hashlib
import json
from collections.abc import Callable

from pipeline.config.params import Params
from pipeline.config.plans import (
    AnalysePlan,
    AppPlan,
    AuditedSplit,
    ClipsPlan,
    DeduplicatePlan,
    EnsemblePlan,
    EvaluatedSplit,
    EvaluatedSystem,
    EvaluatePlan,
    ExploredStudy,
    ExplorePlan,
    ExportPlan,
    ExternalPlan,
    FeaturesPlan,
    FilteredStudy,
    FilterPlan,
    GroupPlan,
    IndexPlan,
    PermutedSystem,
    PictureSettings,
    Plan,
    ReportedSystem,
    ReportPlan,
    RepresentPlan,
    SplitPlan,
    StoredStudy,
    StorePlan,
    StressPlan,
    SystemPlan,
    SystemPlans,
    TranscribePlan,
    write_plan,
)
from pipeline.core.paths import code_path, representations_dir, store_path, stress_dir
from pipeline.core.tables import read_json, write_json
from pipeline.inference.plans import read_plans
from pipeline.splits.describe import (
    describe_system,
    describe_way,
    is_speaker_standardised,
    sentence_pairs,
    shares,
)
from pipeline.splits.protocols import find_protocol

TRANSCRIPTS = "transcripts"


def code_of(*modules: str) -> str:
    """Return the digest of the code that a stage runs.

    Args:
        modules: As `code` wrote them down, such as "stages/train" and "models/svm".
    """
    files: dict[str, str] = {}
    for module in modules:
        kind, name = module.split("/")
        files |= read_json(code_path(kind, name))
    return hashlib.md5(json.dumps(files, sort_keys=True).encode()).hexdigest()


def plan_index(params: Params) -> None:
    active = params.active_corpora()
    for name, settings in params.corpora.items():
        code = code_of("stages/index", f"corpora/{'table' if settings.source == 'table' else name}")
        left_out_by = None if name in active else params.profile
        write_plan(IndexPlan(code=code, left_out_by=left_out_by, settings=settings), "index", name)


def plan_deduplicate(params: Params) -> None:
    plan = DeduplicatePlan(code=code_of("stages/deduplicate"), corpora=params.active_corpora())
    write_plan(plan, "deduplicate")


def plan_filter(params: Params) -> None:
    studies = {
        name: FilteredStudy(
            classes=study.classes,
            labels=study.labels,
            curation=study.curation,
            corpora=params.study_corpora(name),
        )
        for name, study in params.studies.items()
    }
    write_plan(FilterPlan(code=code_of("stages/filter"), profile=params.profile, studies=studies), "filter")


def plan_split(params: Params) -> None:
    studies = {
        name: {variant: study.variant(variant) for variant in study.variant_names}
        for name, study in params.studies.items()
    }
    write_plan(SplitPlan(code=code_of("stages/split"), studies=studies, noise=params.active.noise), "split")
    for name, study in params.studies.items():
        for variant in study.variant_names:
            write_json(store_path("none", name, variant), {})  # the second input of systems that have one


def plan_explore(params: Params) -> None:
    pictures = {
        name: PictureSettings.model_validate(params.feature_settings(study.examples))
        for name, study in params.studies.items()
        if study.examples is not None
    }
    studies = {
        name: ExploredStudy(
            corpora=corpora,
            labels=study.labels,
            curation=study.curation,
            examples=pictures.get(name),
        )
        for name, study in params.studies.items()
        if (corpora := params.study_corpora(name))
    }
    code = code_of("stages/explore")
    write_plan(ExplorePlan(code=code, corpora=params.active_corpora(), studies=studies), "explore")


def plan_clips(params: Params) -> None:
    audio = {name: params.feature_set_corpora(name) for name in params.audio_feature_sets}
    transcripts = params.feature_set_corpora(TRANSCRIPTS)
    plan = ClipsPlan(code=code_of("stages/clips"), feature_sets=audio, transcripts=transcripts)
    write_plan(plan, "clips")


def plan_transcribe(params: Params) -> None:
    code = code_of("stages/transcribe")
    write_plan(TranscribePlan(code=code, asr=params.asr, gold_corpora=params.gold_corpora), "transcribe")


def plan_features(params: Params) -> None:
    for name, feature_set in params.feature_sets.items():
        stage = "features" if name in params.audio_feature_sets else "embed"
        plan = FeaturesPlan(
            code=code_of(f"stages/{stage}", f"features/{feature_set.kind}"),
            kind=feature_set.kind,
            corpora=params.feature_set_corpora(name),
            settings=params.feature_settings(name),
            weights=params.active.weights,
        )
        write_plan(plan, stage, name)


def plan_store(params: Params) -> None:
    for name in [*params.feature_sets, TRANSCRIPTS]:
        stage = "store" if name in params.audio_feature_sets else "store_text"
        kind = [] if name == TRANSCRIPTS else [f"features/{params.feature_sets[name].kind}"]
        studies = {
            study: StoredStudy(
                corpora=params.study_corpora(study), variants=params.input_variants(name, study)
            )
            for study in params.input_studies(name)
        }
        code = code_of(f"stages/{stage}", *kind)
        write_plan(StorePlan(code=code, studies=studies, noise=params.active.noise), "store", name)


def plan_train(params: Params) -> None:
    for name in params.systems:
        write_plan(system_plan(params, name), "train", name)


def plan_train_group(params: Params) -> None:
    for group, names in params.trained_groups.items():
        systems = {name: system_plan(params, name) for name in names}
        write_plan(GroupPlan(code=code_of("stages/train_group"), systems=systems), "train_group", group)


def system_plan(params: Params, name: str) -> SystemPlan:
    """Return what a system is trained on and with."""
    system = params.system(name)
    return SystemPlan(
        code=code_of("stages/train", f"models/{system.model}"),
        classes=params.studies[system.study].classes,
        corpora=params.study_corpora(system.study),
        system=system,
    )


def plan_combine(params: Params) -> None:
    for name in params.ensembles:
        write_plan(ensemble_plan(params, name), "combine", name)


def ensemble_plan(params: Params, name: str) -> EnsemblePlan:
    """Return what an ensemble is made of."""
    ensemble = params.ensemble(name)
    stacked = [f"models/{ensemble.meta_learner.model}"] if ensemble.method == "stacked" else []
    classes = params.studies[ensemble.study].classes
    return EnsemblePlan(code=code_of("stages/combine", *stacked), classes=classes, ensemble=ensemble)


def plan_external(params: Params) -> None:
    for name in params.external:
        write_plan(external_plan(params, name), "external", name)


def external_plan(params: Params, name: str) -> ExternalPlan:
    """Return what predictions from elsewhere are held against."""
    external = params.external[name]
    classes = params.studies[external.study].classes
    return ExternalPlan(code=code_of("stages/external"), classes=classes, external=external)


def plan_evaluate(params: Params) -> None:
    plans: dict[str, Plan] = {
        **{name: system_plan(params, name) for name in params.systems},
        **{name: ensemble_plan(params, name) for name in params.ensembles},
        **{name: external_plan(params, name) for name in params.external},
    }
    systems = {
        name: EvaluatedSystem(
            about=describe_system(params, name), plan=plan.digest, split=evaluated_split(params, name)
        )
        for name, plan in plans.items()
    }
    write_plan(EvaluatePlan(code=code_of("stages/evaluate"), systems=systems), "evaluate")


def evaluated_split(params: Params, name: str) -> EvaluatedSplit:
    """Return what a system is trained and tested on."""
    settings = params.scored(name)
    protocol = params.studies[settings.study].variant(settings.variant).protocol
    return EvaluatedSplit(
        study=settings.study,
        variant=settings.variant,
        train_on=list(settings.train_on),
        protocol=protocol,
        new_speakers=find_protocol(protocol).new_speakers,
    )


def plan_export(params: Params) -> None:
    """Write down what the functions before it planned of each system that is exported."""
    for name, settings in params.exports.items():
        plan = ExportPlan(code=code_of("stages/export"), onnx=settings.onnx, plans=read_plans(name))
        write_plan(plan, "export", name)


def unevaluated(name: str) -> SystemPlans:
    """Return all that is planned of a system but its evaluation, where how it did changes nothing."""
    return read_plans(name).model_copy(update={"evaluated": None})


def plan_stress(params: Params) -> None:
    for name, settings in params.stress.items():
        plan = StressPlan(
            code=code_of("stages/stress"),
            seed=settings.seed,
            most_clips=settings.most_clips,
            plans=unevaluated(name),
            split=evaluated_split(params, name),
        )
        write_plan(plan, "stress", name)
    write_json(stress_dir("none") / "stress.json", {})  # the report looks for the folder around it


def plan_represent(params: Params) -> None:
    for name, representations in params.representations.items():
        plan = RepresentPlan(
            code=code_of("stages/represent"), names=representations, plan=system_plan(params, name)
        )
        write_plan(plan, "represent", name)
    write_json(
        representations_dir("none") / "silhouettes.json", {}
    )  # the report looks for the folder around it


def plan_analyse(params: Params) -> None:
    systems = {name: params.scored(name).study for name in params.evaluated()}
    audited = {name: params.scored(name) for cases in params.audit.values() for name in cases.values()}
    splits = {
        name: AuditedSplit(variant=one.variant, train_on=list(one.train_on)) for name, one in audited.items()
    }
    importances = {
        name: PermutedSystem(seed=one.seed, repeats=one.repeats, plans=unevaluated(name))
        for name, one in params.importances.items()
    }
    plan = AnalysePlan(
        code=code_of("stages/analyse"),
        systems=systems,
        ways={name: describe_way(params, name) for name in systems},
        baselines=params.baselines,
        pairs=sentence_pairs(params),
        audit=params.audit,
        splits=splits,
        importances=importances,
        cross_corpora={name: params.corpora[name].source == "synthetic" for name in params.cross_corpora},
    )
    write_plan(plan, "analyse")


def plan_report(params: Params) -> None:
    systems = {}
    for name in params.evaluated():
        settings = params.scored(name)
        study = params.studies[settings.study]
        split = study.variant(settings.variant)
        systems[name] = ReportedSystem(
            study=settings.study,
            protocol=split.protocol,
            shares=shares(split, settings),
            deduplicated=study.curation.deduplicate,
            speaker_standardised=is_speaker_standardised(settings),
        )
    plan = ReportPlan(
        code=code_of("stages/report"),
        profile=params.profile,
        asr_source=params.asr_source,
        gold_corpora=params.gold_corpora,
        corpora=params.active_corpora(),
        studies={name: params.study_corpora(name) for name in params.studies},
        systems=systems,
        stressed=[*params.stress],
        audit=params.audit,
    )
    write_plan(plan, "report")


def plan_app(params: Params) -> None:
    write_plan(AppPlan(system=params.app.system), "app")


PLANNERS: tuple[Callable[[Params], None], ...] = (
    plan_index,
    plan_deduplicate,
    plan_filter,
    plan_split,
    plan_explore,
    plan_clips,
    plan_transcribe,
    plan_features,
    plan_store,
    plan_train,
    plan_train_group,
    plan_combine,
    plan_external,
    plan_evaluate,
    plan_export,
    plan_stress,
    plan_represent,
    plan_analyse,
    plan_report,
    plan_app,
)
