"""Where everything lies: the outputs of the stages, relative to the repository root, and the cache folder."""

import errno
import os
import shlex
import stat
from io import BufferedReader
from pathlib import Path

from pipeline.core.errors import PipelineError

DATA = Path("data")
# Templates of params.yaml: one stage trains all systems that each makes.
TRAINED_GROUPS = ("new_speakers", "ablations")
METRICS = Path("metrics")
PLOTS = Path("plots")


def cache_dir() -> Path:
    """Return the folder of archives, row caches and checkpoints, made if absent.

    It is `$SER_CACHE`, else `data/cache` of the main checkout: DVC sets `DVC_ROOT` to it also for experiments
    that run in a temporary copy, so that all of them share one cache.

    Raises:
        PipelineError: It cannot be made.
    """
    named = os.environ.get("SER_CACHE")
    folder = Path(named) if named else Path(os.environ.get("DVC_ROOT", ".")) / "data" / "cache"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PipelineError(
            f"the cache folder {folder} cannot be made ({error.strerror}): name another in SER_CACHE, which is "
            f"{named or 'not set'}"
        ) from error
    return folder


def audio_root(corpus: str) -> Path:
    """Return the folder that holds a corpus's files: `$SER_CORPORA/<corpus>` if there, else the cache's."""
    named = os.environ.get("SER_CORPORA")
    if named and (Path(named) / corpus).exists():
        return Path(named) / corpus
    return cache_dir() / "corpora" / corpus


def table_root(corpus: str) -> Path:
    """Return the folder that stands for a corpus's where a table describes it: links, and what was cut."""
    return cache_dir() / "tables" / corpus


def corpus_of(path: Path) -> str:
    """Return the corpus that a file below an `audio_root` or `table_root` is of; "<corpus>" of one elsewhere."""
    named = os.environ.get("SER_CORPORA")
    for folder in [*([Path(named)] if named else []), cache_dir() / "tables", cache_dir() / "corpora"]:
        if path != folder and path.is_relative_to(folder):
            return path.relative_to(folder).parts[0]
    return "<corpus>"


def left_behind(file: Path | str) -> str:
    """Say what to do where a file that a user named is missing because this runs in an experiment's own folder.

    Such a folder (`--temp`, `--queue`) has what git tracks. Empty where that is not why.
    """
    root = Path(os.environ.get("DVC_ROOT", "."))
    if Path(file).exists() or not (root / file).exists():
        return ""
    return (
        f"; it lies in {root.resolve()}, but an experiment in a folder of its own has only what git tracks: add "
        f"`--copy-paths {shlex.quote(str(file))}` to the command, or `git add` the file"
    )


def open_file(path: Path) -> BufferedReader:
    """Open a file for reading.

    Raises:
        OSError: It cannot be opened, or is a pipe, a socket or a device: reading these may never end.
    """
    mode = path.stat().st_mode
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):  # of a folder the system itself says so
        raise OSError(errno.EINVAL, "a pipe or a device, no file")
    return path.open("rb")


def code_path(kind: str, name: str) -> Path:
    """What `code` writes of a module: `kind` is its package, such as "stages" or "models"."""
    return DATA / "code" / kind / f"{name}.json"


def plan_path(stage: str, name: str | None = None) -> Path:
    """What `plan` writes for a stage; for each of its items, where it has several."""
    return DATA / "plan" / (f"{stage}.json" if name is None else f"{stage}/{name}.json")


def index_dir(corpus: str) -> Path:
    return DATA / "index" / corpus


def manifest_path(corpus: str) -> Path:
    return index_dir(corpus) / "manifest.json"


def index_path(corpus: str) -> Path:
    return index_dir(corpus) / "files.parquet"


def index_facts_path(corpus: str) -> Path:
    return index_dir(corpus) / "facts.json"


def quarantine_path(corpus: str) -> Path:
    return index_dir(corpus) / "unused.csv"


def duplicates_path(corpus: str) -> Path:
    return DATA / "duplicates" / f"{corpus}.parquet"


def curated_path(study: str) -> Path:
    return DATA / "curated" / f"{study}.parquet"


def dropped_path(study: str) -> Path:
    return DATA / "curated" / f"{study}_dropped.csv"


def account_table_path(study: str) -> Path:
    return DATA / "curated" / f"{study}_account.csv"


def account_path(study: str) -> Path:
    return METRICS / "curation" / f"{study}.json"


def split_path(study: str, variant: str) -> Path:
    return DATA / "splits" / study / f"{variant}.parquet"


def split_counts_path(study: str, variant: str) -> Path:
    return DATA / "splits" / study / f"{variant}_counts.csv"


def split_reason_path(study: str, variant: str) -> Path:
    """Why a study cannot be split so, where that is allowed: then its table is empty."""
    return DATA / "splits" / study / f"{variant}_why_not.txt"


def explore_dir() -> Path:
    return DATA / "explore"


def clips_path(feature_set: str) -> Path:
    return DATA / "clips" / f"{feature_set}.parquet"


def transcripts_path() -> Path:
    return DATA / "transcripts.parquet"


def transcription_path() -> Path:
    """How true the transcripts are, by corpus."""
    return METRICS / "transcription.json"


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


def trained_dir(system: str) -> Path:
    """All that training leaves of a system: models, history, predictions, model.json and run.json.

    The systems of a group lie together, since one stage trains them; their names begin with its name.
    """
    group = group_of(system)
    return (DATA / "trained" if group is None else group_dir(group)) / system


def group_of(system: str) -> str | None:
    """Return the one of the `TRAINED_GROUPS` that a system is of, if any."""
    return next((name for name in TRAINED_GROUPS if system.startswith(f"{name}_")), None)


def group_dir(group: str) -> Path:
    """All systems of one of the `TRAINED_GROUPS`."""
    return DATA / "trained" / group


def history_path(system: str) -> Path:
    return trained_dir(system) / "history.csv"


def predictions_path(system: str) -> Path:
    return trained_dir(system) / "predictions.parquet"


def metrics_path(system: str, study: str) -> Path:
    """The short metrics of all systems of a study, or of a group, whose studies are many."""
    return METRICS / "systems" / f"{group_of(system) or study}.json"


def plots_dir(system: str) -> Path:
    """What `dvc plots show` draws of a system; pictures lie in `figures_dir`."""
    return PLOTS / "systems" / system


def evaluated_dir(system: str) -> Path:
    """A system's scores, and its tables by class, group, run and fold."""
    return DATA / "evaluated" / system


def known_speakers_path() -> Path:
    """The systems that know speakers on whom they are tested, though their protocol does not say so."""
    return DATA / "evaluated" / "known_speakers.json"


def figures_dir(system: str) -> Path:
    return evaluated_dir(system) / "figures"


def representations_dir(system: str) -> Path:
    return DATA / "representations" / system


def stress_dir(system: str) -> Path:
    return DATA / "stress" / system


def export_dir(system: str) -> Path:
    return DATA / "exports" / system


def real_export_dir() -> Path:
    """The export of `make real`, which learnt from people."""
    return DATA / "real" / "export"


def analysis_dir() -> Path:
    return DATA / "analysis"


def report_dir() -> Path:
    return DATA / "report"
