"""One system's metrics: a small flat mapping, in a fixed order, of nothing that varies from run to run."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from pipeline.core.params import Params
from pipeline.core.settings import SplitSettings, Study, System
from pipeline.evaluation.bootstrap import bootstrap_intervals
from pipeline.evaluation.scores import (
    chance_levels,
    class_order,
    mean_and_sd,
    notes_on,
    probabilities_of,
    scores_by_run,
)

MODEL_FACTS = ("pretrained", "parameters", "n_train")
RESAMPLED = {"undersample": "undersampled", "oversample": "oversampled", "augment": "augmented"}


def describe_system(params: Params, system: str) -> dict[str, Any]:
    """Return what a system is evaluated on, as the settings say it."""
    settings = params.system(system)
    study = params.studies[settings.study]
    named = study.variant(settings.variant).corpora
    corpora = [name for name in params.study_corpora(settings.study) if named is None or name in named]
    return {
        "profile": params.profile,
        "synthetic": any(params.corpora[corpus].source == "synthetic" for corpus in corpora),
        "study": settings.study,
        "corpora": ",".join(corpora),
        "protocol": describe_protocol(study, settings, corpora),
    }


def describe_protocol(study: Study, system: System, corpora: list[str]) -> str:
    """Say how a system's clips are split, such as "stratified 70/15/15, deduplicated".

    The shares are those the system trains on, validates on and is tested on; 85/15 is one that trains on the
    validation part as well.

    Args:
        study: Its splits and curation.
        system: Its settings.
        corpora: Those of the study that are there.
    """
    split = study.variant(system.variant)
    parts = [_protocol(split, system, corpora)]
    if len(split.seeds) > 1:
        parts.append(f"{len(split.seeds)} splits")
    if split.resampling.method != "none":
        parts.append(f"{RESAMPLED[split.resampling.method]} training part")
    if study.curation.deduplicate:
        parts.append("deduplicated")
    else:
        parts.append("duplicates kept on one side" if split.group_duplicates else "duplicates kept")
    return ", ".join(parts)


def _protocol(split: SplitSettings, system: System, corpora: list[str]) -> str:
    name = split.protocol.replace("_", "-")
    match split.protocol:
        case "stratified" | "speaker_independent":
            return f"{name} {_shares(split, system)}"
        case "k_fold":
            return f"{split.folds}-fold"
        case "speaker_k_fold":
            return f"{split.folds}-fold by speaker"
        case "cross_corpus":
            tested = [name for name in split.test_corpora if name in corpora]
            return f"cross-corpus, tested on {' and '.join(tested)}"
        case _:
            return name


def _shares(split: SplitSettings, system: System) -> str:
    fractions = split.fractions
    train, test = sum(fractions.get(name, 0.0) for name in system.train_on), fractions.get("test", 0.0)
    shares = [train, sum(fractions.values()) - train - test, test]
    return "/".join(f"{100 * share:.0f}" for share in shares if round(share, 6) > 0)


def summarise(
    predictions: pd.DataFrame, about: Mapping[str, Any], model: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the metrics of a trained system; scores are means over the runs (seeds), folds pooled.

    Args:
        predictions: The system's predictions, of every split.
        about: See `describe_system`.
        model: The trainer's facts about the model, at least `MODEL_FACTS`.
    """
    test = predictions[predictions["split"] == "test"]
    classes = class_order(predictions)
    truth = test.drop_duplicates("utterance_id")["label"].to_numpy()
    means, sds = mean_and_sd(scores_by_run(test, classes))
    intervals = bootstrap_intervals(test, classes)
    uar_chance, majority_accuracy = chance_levels(truth, classes)
    notes = notes_on(truth, probabilities_of(test, classes), classes)
    return {
        "status": "trained",
        **about,
        **{name: model[name] for name in MODEL_FACTS},
        "n_test": len(truth),
        "n_seeds": test["seed"].nunique(),
        "n_splits": test["split_seed"].nunique(),
        "accuracy": means["accuracy"],
        "accuracy_low": intervals.accuracy[0],
        "accuracy_high": intervals.accuracy[1],
        "accuracy_sd": sds["accuracy"],
        "uar": means["uar"],
        "uar_low": intervals.uar[0],
        "uar_high": intervals.uar[1],
        "uar_sd": sds["uar"],
        "macro_f1": means["macro_f1"],
        "weighted_f1": means["weighted_f1"],
        "macro_precision": means["macro_precision"],
        "auc": means["auc"],
        "ece": means["ece"],
        "uar_chance": uar_chance,
        "majority_accuracy": majority_accuracy,
        "interval_over": intervals.drawn,
        **({"note": "; ".join(notes)} if notes else {}),
    }
