"""Names that params.yaml uses: each has to be there. Blocks say which names they use; one loop looks them up."""

from collections.abc import Collection, Iterator
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from pipeline.config.ensembles import Ensemble
from pipeline.config.expand import IDENTITY
from pipeline.config.mistakes import one_of
from pipeline.config.studies import MAIN
from pipeline.config.systems import EMOTION, RANDOM, SklearnSystem, System, TorchSystem, targets_of
from pipeline.core.errors import PipelineError

if TYPE_CHECKING:
    from pipeline.config.params import Params


class Use(NamedTuple):
    """A name, where it is used, and what it may be."""

    key: str
    name: str
    allowed: Collection[str]
    what: str


def check_names(params: "Params") -> None:
    """Raise where something is named that is not there, or where what is named does not go together.

    Raises:
        PipelineError: It says where, what came and what is allowed.
    """
    uses = chain(
        _corpora(params),
        _profiles(params),
        _studies(params),
        _feature_sets(params),
        _asr(params),
        _systems(params),
        _ensembles(params),
        _external(params),
        _report(params),
    )
    for use in uses:  # in this order: what comes late looks up what was checked before
        one_of(use.name, use.allowed, use.what, use.key)
    for name, system in params.systems.items():
        _check_weights(name, system)
        _check_classes(params, name, system)
        _check_inputs(params, name, system)
    for name, ensemble in params.ensembles.items():
        _check_members(params, name, ensemble)
    _check_by_speaker(params)
    _check_own_stages(params)
    _check_profiles(params)


def _corpora(params: "Params") -> Iterator[Use]:
    for name, corpus in params.corpora.items():
        if corpus.imitates is not None:
            yield Use(f"corpora.{name}.imitates", corpus.imitates, params.corpora, "corpus")


def _profiles(params: "Params") -> Iterator[Use]:
    yield Use("profile", params.profile, params.profiles, "profile")
    for profile_name, profile in params.profiles.items():
        for study, corpora in profile.corpora.items():
            key = f"profiles.{profile_name}.corpora.{study}"
            yield Use(key, study, params.studies, "study")
            for corpus in corpora:
                yield Use(key, corpus, params.corpora, "corpus")
                yield Use(key, corpus, params.studies[study].labels, f"corpus in studies.{study}.labels")


def _studies(params: "Params") -> Iterator[Use]:
    for name, study in params.studies.items():
        for corpus in study.labels:
            yield Use(f"studies.{name}.labels", corpus, params.corpora, "corpus")
        if study.examples is not None:
            pictures = [one for one, made in params.feature_sets.items() if made.kind == "mel_image"]
            yield Use(f"studies.{name}.examples", study.examples, pictures, "feature set of pictures")
        curation, labels = f"studies.{name}.curation", f"corpus in studies.{name}.labels"
        for corpus in study.curation.official_parts:
            yield Use(f"{curation}.official_parts", corpus, study.labels, labels)
        for corpus in study.curation.per_class:
            yield Use(f"{curation}.per_class", corpus, study.labels, labels)
        for variant in study.variant_names:
            split = study.variant(variant)
            for corpus in [*(split.corpora or []), *split.test_corpora, *split.also_test]:
                yield Use(f"studies.{name}: split {variant}", corpus, params.corpora, "corpus")


def _feature_sets(params: "Params") -> Iterator[Use]:
    for name, feature_set in params.feature_sets.items():
        key = f"feature_sets.{feature_set.group}.{name}"
        for setting in feature_set.small:
            yield Use(f"{key}.small", setting, feature_set.settings, "key")
        for entry in feature_set.studies:
            study, _, variant = entry.partition("/")
            yield Use(f"{key}.studies", study, params.studies, "study")
            variants = params.studies[study].variant_names
            yield Use(f"{key}.studies", variant or MAIN, variants, f"variant of {study}")


def _asr(params: "Params") -> Iterator[Use]:
    for study in params.asr.studies:
        yield Use("asr.studies", study, params.studies, "study")
    for corpus in params.asr.gold:
        yield Use("asr.gold", corpus, params.corpora, "corpus")
    for corpus in params.asr.texts:
        yield Use("asr.texts", corpus, params.corpora, "corpus")


def _systems(params: "Params") -> Iterator[Use]:
    for name, system in params.systems.items():
        key = f"systems.{name}"
        yield from _split_of(params, key, system.study, system.variant)
        allowed = set(type(system).model_fields) - {*IDENTITY["systems"], "trainer", "small"}
        for setting in system.small:
            yield Use(f"{key}.small", setting, sorted(allowed), "key")
        yield Use(f"{key}.features", system.features, [*params.feature_sets, "transcripts"], "feature set")
        second = [*params.feature_sets, "transcripts", "none"]
        yield Use(f"{key}.second", system.second, second, "feature set")


def _ensembles(params: "Params") -> Iterator[Use]:
    for name, ensemble in params.ensembles.items():
        key = f"ensembles.{name}"
        yield from _split_of(params, key, ensemble.study, ensemble.variant)
        allowed = set(Ensemble.model_fields) - {*IDENTITY["ensembles"], "small"}
        for setting in ensemble.small:
            yield Use(f"{key}.small", setting, sorted(allowed), "key")
        yield Use(f"{key}.first", ensemble.first, params.systems, "system")
        yield Use(f"{key}.second", ensemble.second, params.systems, "system")


def _external(params: "Params") -> Iterator[Use]:
    for name, external in params.external.items():
        yield from _split_of(params, f"external.{name}", external.study, external.variant)


def _report(params: "Params") -> Iterator[Use]:
    evaluated = params.evaluated()
    for name, baselines in params.baselines.items():
        for member in [name, *baselines]:
            yield Use(f"baselines.{name}", member, evaluated, "system")
    for title, cases in params.audit.items():
        for case, member in cases.items():
            yield Use(f"audit.{title}.{case}", member, evaluated, "system")
    for name in params.representations:
        yield Use("representations", name, params.systems, "system")
    yield Use("app.system", params.app.system, [*params.systems, *params.ensembles], "system or ensemble")
    for block, names in (("exports", params.exports), ("stress", params.stress)):
        for name in names:
            yield Use(block, name, [*params.systems, *params.ensembles], "system or ensemble")
    for name in params.importances:
        yield Use("importances", name, params.systems, "system")


def _split_of(params: "Params", key: str, study: str, variant: str) -> Iterator[Use]:
    yield Use(f"{key}.study", study, params.studies, "study")
    yield Use(f"{key}.variant", variant, params.studies[study].variant_names, f"variant of {study}")


def _check_own_stages(params: "Params") -> None:
    """Refuse a template's systems where each has a stage: DVC knows the folder of all, and no file of one."""
    blocks: dict[str, Collection[str]] = {
        "representations": params.representations,
        "stress": params.stress,
        "exports": params.exports,
        **{f"ensembles.{name}": {one.first, one.second} for name, one in params.ensembles.items()},
    }
    for block, names in blocks.items():
        for group, systems in params.trained_groups.items():
            for name in filter(names.__contains__, systems):
                raise PipelineError(
                    f"params.yaml: {block}.{name}: systems of {group} have no stage of their own; name another"
                )


def _check_profiles(params: "Params") -> None:
    for name, profile in params.profiles.items():
        for study in params.studies:
            if study not in profile.corpora:
                raise PipelineError(
                    f"params.yaml: profiles.{name}.corpora.{study}: missing; [] leaves the study out"
                )
    taken = set(params.systems)
    for block, names in (("ensembles", params.ensembles), ("external", params.external)):
        for name in names:
            if name in taken:
                raise PipelineError(
                    f"params.yaml: {block}.{name}: there is a system of that name; choose another"
                )
        taken |= set(names)


def _check_weights(name: str, system: System) -> None:
    if isinstance(system, TorchSystem) and RANDOM in (system.weights, system.small.get("weights")):
        raise PipelineError(
            f"params.yaml: systems.{name}.weights is {RANDOM!r}, which only a profile may say: name the "
            f"published weights, and set profiles.<profile>.weights to {RANDOM}; or null for none"
        )


def _check_classes(params: "Params", name: str, system: System) -> None:
    """A study of one class is one of dimensions."""
    classes = params.studies[system.study].classes
    if len(classes) < 2 and EMOTION in targets_of(system):
        raise PipelineError(
            f"params.yaml: systems.{name} tells classes apart, and studies.{system.study}.classes is {classes}: "
            f"name two or more, or let its `targets` be dimensions"
        )


def _check_inputs(params: "Params", name: str, system: System) -> None:
    for slot, feature_set in (("features", system.features), ("second", system.second)):
        if feature_set == "none":
            continue
        known = params.feature_sets.get(feature_set)
        key = f"feature_sets.{known.group}.{feature_set}" if known else "asr"
        if system.study not in params.input_studies(feature_set):
            raise PipelineError(
                f"params.yaml: systems.{name}.{slot} is {feature_set!r}, which is not made for study "
                f"{system.study!r}: add it to {key}.studies"
            )
        if system.variant not in params.input_variants(feature_set, system.study):
            raise PipelineError(
                f"params.yaml: systems.{name} trains on the augmented copies of variant {system.variant!r}, "
                f"which feature set {feature_set!r} lacks: add {system.study}/{system.variant} to {key}.studies"
            )


def _check_members(params: "Params", name: str, ensemble: Ensemble) -> None:
    key = f"ensembles.{name}"
    for slot, member in (("first", ensemble.first), ("second", ensemble.second)):
        system = params.systems[member]
        if (system.study, system.variant) != (ensemble.study, ensemble.variant):
            raise PipelineError(
                f"params.yaml: {key}.{slot} is {member!r} of {system.study}/{system.variant}, expected a "
                f"system of {ensemble.study}/{ensemble.variant}: members are tested on the same clips"
            )
        seeds, own = params.system(member).seeds, params.ensemble(name).seeds
        if seeds != own:
            raise PipelineError(
                f"params.yaml: {key}.seeds is {own}, and {member!r} has {seeds}: they are joined seed by seed"
            )


def _check_by_speaker(params: "Params") -> None:
    """Refuse systems that are standardised by speaker where their models are asked about a clip by itself."""
    used = [("stress", name) for name in params.stress]
    used += [("importances", name) for name in params.importances]
    for name, ensemble in params.ensembles.items():
        used += [(f"ensembles.{name}", member) for member in (ensemble.first, ensemble.second)]
    for key, name in used:
        system = params.systems.get(name)
        if isinstance(system, SklearnSystem) and system.standardise_by == "speaker":
            raise PipelineError(
                f"params.yaml: {key}: {name!r} is standardised by speaker, and nobody can be enrolled here; "
                "expected a system that is not"
            )
