"""Where everything lies: the outputs of the stages, relative to the repository root, and the cache folder."""

import os
from pathlib import Path

DATA = Path("data")
METRICS = Path("metrics")
PLOTS = Path("plots")


def cache_dir() -> Path:
    """Return the folder of archives, row caches and checkpoints, made if absent.

    It is `$SER_CACHE`, else `data/cache` of the main checkout: DVC sets `DVC_ROOT` to it also for experiments
    that run in a temporary copy, so that all of them share one cache.
    """
    named = os.environ.get("SER_CACHE")
    folder = Path(named) if named else Path(os.environ.get("DVC_ROOT", ".")) / "data" / "cache"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def audio_root(corpus: str) -> Path:
    """Return the folder that holds a corpus's files: `$SER_CORPORA/<corpus>` if there, else the cache's."""
    named = os.environ.get("SER_CORPORA")
    if named and (Path(named) / corpus).exists():
        return Path(named) / corpus
    return cache_dir() / "corpora" / corpus


def code_path(kind: str, name: str) -> Path:
    return DATA / "code" / kind / f"{name}.json"


def corpus_plan_path(corpus: str) -> Path:
    return DATA / "plan" / "corpora" / f"{corpus}.json"


def feature_plan_path(feature_set: str) -> Path:
    return DATA / "plan" / "features" / f"{feature_set}.json"


def store_plan_path(feature_set: str) -> Path:
    return DATA / "plan" / "stores" / f"{feature_set}.json"


def system_plan_path(system: str) -> Path:
    return DATA / "plan" / "systems" / f"{system}.json"


def ensemble_plan_path(ensemble: str) -> Path:
    return DATA / "plan" / "ensembles" / f"{ensemble}.json"


def evaluation_plan_path(system: str) -> Path:
    return DATA / "plan" / "evaluations" / f"{system}.json"


def clips_path(feature_set: str) -> Path:
    return DATA / "clips" / f"{feature_set}.parquet"


def manifest_path(corpus: str) -> Path:
    return DATA / "manifests" / f"{corpus}.json"


def index_path(corpus: str) -> Path:
    return DATA / "index" / f"{corpus}.parquet"


def index_facts_path(corpus: str) -> Path:
    return DATA / "index" / f"{corpus}.json"


def quarantine_path(corpus: str) -> Path:
    return DATA / "index" / f"{corpus}_quarantined.csv"


def duplicates_path(corpus: str) -> Path:
    return DATA / "duplicates" / f"{corpus}.parquet"


def curated_path(study: str) -> Path:
    return DATA / "curated" / f"{study}.parquet"


def dropped_path(study: str) -> Path:
    return DATA / "curated" / f"{study}_dropped.csv"


def account_path(study: str) -> Path:
    return METRICS / "curation" / f"{study}.json"


def split_path(study: str, variant: str) -> Path:
    return DATA / "splits" / study / f"{variant}.parquet"


def transcripts_path() -> Path:
    return DATA / "transcripts.parquet"


def features_path(feature_set: str, corpus: str) -> Path:
    return DATA / "features" / feature_set / f"{corpus}.parquet"


def feature_facts_path(feature_set: str) -> Path:
    return DATA / "features" / feature_set / "about.json"


def store_facts_path(feature_set: str) -> Path:
    return DATA / "stores" / feature_set / "about.json"


def store_path(feature_set: str, study: str, variant: str) -> Path:
    return DATA / "stores" / feature_set / study / f"{variant}.json"


def copies_path(feature_set: str, study: str) -> Path:
    return DATA / "stores" / feature_set / study / "copies.parquet"


def model_dir(system: str) -> Path:
    return DATA / "models" / system


def history_path(system: str) -> Path:
    return DATA / "history" / f"{system}.csv"


def predictions_path(system: str) -> Path:
    return DATA / "predictions" / f"{system}.parquet"


def metrics_path(system: str) -> Path:
    return METRICS / f"{system}.json"


def plots_dir(system: str) -> Path:
    return PLOTS / system


def details_dir(system: str) -> Path:
    return DATA / "details" / system
