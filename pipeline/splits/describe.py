"""What a system is evaluated on, in words: corpora and protocol, as the settings say them."""

from typing import Any

from pipeline.config.ensembles import Ensemble
from pipeline.config.external import External
from pipeline.config.params import Params
from pipeline.config.splits import SplitSettings
from pipeline.config.studies import Study
from pipeline.config.systems import AnySystem, SklearnSystem
from pipeline.splits.protocols import find_protocol

Scored = AnySystem | Ensemble | External
RESAMPLED = {"undersample": "undersampled", "oversample": "oversampled", "augment": "augmented"}


def describe_system(params: Params, system: str) -> dict[str, Any]:
    """Return what a system is evaluated on, as the settings say it."""
    settings = params.scored(system)
    study = params.studies[settings.study]
    split = study.variant(settings.variant)
    corpora = [
        name
        for name in params.study_corpora(settings.study)
        if (split.corpora is None or name in split.corpora) and name not in split.also_test
    ]
    return {
        "profile": params.profile,
        "synthetic": any(params.corpora[corpus].source == "synthetic" for corpus in corpora),
        "study": settings.study,
        "corpora": ",".join(corpora),
        "protocol": describe_protocol(study, settings, corpora),
        **({"about": settings.note} if isinstance(settings, External) and settings.note else {}),
    }


def describe_protocol(study: Study, system: Scored, corpora: list[str]) -> str:
    """Say how a system's clips are split, such as "stratified 70/15/15, deduplicated".

    The shares are those the system trains on, validates on and is tested on; 85/15 is one that trains on the
    validation part as well.

    Args:
        study: Its splits and curation.
        system: Its settings, or an ensemble's.
        corpora: Those of the study that are there.
    """
    split = study.variant(system.variant)
    parts = [_protocol(split, system, corpora)]
    if len(split.seeds) > 1:
        parts.append(f"{len(split.seeds)} splits")
    if split.resampling.method != "none":
        where = "training part" if split.resampling.parts == ["train"] else "throughout"
        parts.append(f"{RESAMPLED[split.resampling.method]} {where}")
    if study.curation.deduplicate:
        parts.append("deduplicated")
    else:
        parts.append("duplicates kept on one side" if split.group_duplicates else "duplicates kept")
    if isinstance(system, SklearnSystem) and system.standardise_by == "speaker":
        parts.append("standardised by speaker")
    return ", ".join(parts)


def _protocol(split: SplitSettings, system: Scored, corpora: list[str]) -> str:
    test_corpora = " and ".join(name for name in split.test_corpora if name in corpora)
    words = "/".join(f"{100 * share:.3g}" for share in shares(split, system).values())
    return find_protocol(split.protocol).words.format(
        shares=words, folds=split.folds, test_corpora=test_corpora
    )


def shares(split: SplitSettings, system: Scored) -> dict[str, float]:
    """Return the shares of the clips that a system trains on, validates on and is tested on, without empty ones."""
    fractions = split.fractions
    train, test = sum(fractions.get(name, 0.0) for name in system.train_on), fractions.get("test", 0.0)
    parts = {"train": train, "val": sum(fractions.values()) - train - test, "test": test}
    return {name: round(share, 6) for name, share in parts.items() if round(share, 6) > 0}
