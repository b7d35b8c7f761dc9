"""A study's utterances as one table, for other tools: splits, hashes, labels, transcripts and features."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pipeline.core.errors import PipelineError
from pipeline.core.paths import curated_path, features_path, index_path, split_path, transcripts_path
from pipeline.core.tables import read_table
from pipeline.features.shards import load_features

PARTS = {"train": "train", "val": "dev", "test": "test"}  # as audformat calls them
MAIN = "split.main"


def study_table(study: str, feature_sets: Sequence[str] = ()) -> pd.DataFrame:
    """Return a study's curated utterances, one a row, sorted by id.

    Columns: those of the curated table; `path`, below the corpus's folder; `split.<variant>` where a split has one
    fold, and else `fold.<variant>`, the fold that tests the clip; `transcript` and `transcript_source`, where there
    are any; `<feature set>.<name>`.

    Args:
        study: Its name.
        feature_sets: Those whose columns are put beside; of a vector a clip.

    Raises:
        PipelineError: Something has not been made yet, or a feature set holds more than a vector a clip.
    """
    rows = read_table(curated_path(study)).set_index("utterance_id", drop=False)
    corpora = sorted(rows["corpus"].unique())
    if not corpora:
        raise PipelineError(f"{study}: no utterances: the active profile has no corpora for it")
    paths = pd.concat([read_table(index_path(corpus), ["utterance_id", "path"]) for corpus in corpora])
    parts = [rows, paths.set_index("utterance_id")["path"].reindex(rows.index), *_splits(study, rows.index)]
    if transcripts_path().exists():
        said = read_table(transcripts_path(), ["utterance_id", "text", "source"]).set_index("utterance_id")
        parts.append(said.reindex(rows.index).set_axis(["transcript", "transcript_source"], axis=1))
    parts += [_features(name, corpora, rows.index) for name in feature_sets]
    return pd.concat(parts, axis=1).reset_index(drop=True)


def _splits(study: str, ids: pd.Index) -> list[pd.Series]:
    columns = []
    for path in sorted(split_path(study, "main").parent.glob("*.parquet")):
        table = read_table(path, ["utterance_id", "transform", "fold", "split"])
        table = table[table["transform"].isna()]
        if table["fold"].nunique() > 1:
            tested = table[table["split"] == "test"].drop_duplicates("utterance_id")
            column = tested.set_index("utterance_id")["fold"].astype("Int64").rename(f"fold.{path.stem}")
        else:
            column = table.set_index("utterance_id")["split"].rename(f"split.{path.stem}")
        columns.append(column.reindex(ids))
    return columns


def _features(name: str, corpora: Sequence[str], ids: pd.Index) -> pd.DataFrame:
    values, names = load_features(name, [features_path(name, corpus) for corpus in corpora], list(ids))
    if not isinstance(values, np.ndarray) or values.ndim != 2:
        shape = np.shape(values[0])
        raise PipelineError(
            f"feature set {name!r} holds arrays of the shape {shape}: columns can be made of one vector a clip"
        )
    names = names or [str(number) for number in range(values.shape[1])]
    return pd.DataFrame(values, ids, [f"{name}.{column}" for column in names])


def write_audformat(table: pd.DataFrame, study: str, folder: Path, feature_sets: Sequence[str] = ()) -> None:
    """Write a study's table as an audformat database of CSV files.

    Tables: `emotion.<split>.gold_standard` by the split `main` (`emotion.gold_standard` where it has folds),
    `files` with all other columns, and `features.<set>`.

    Args:
        table: As `study_table` returns it.
        study: Its name, which is the database's.
        folder: Where to.
        feature_sets: Whose columns it has.
    """
    import audformat

    database = audformat.Database(study, languages=[])
    database.schemes["emotion"] = audformat.Scheme(labels=sorted(table["label"].dropna().unique()))
    files = table["corpus"] + "/" + table["path"]
    if MAIN in table:
        for name, part in PARTS.items():
            database.splits[name] = audformat.Split(part)
            chosen = (table[MAIN] == name).to_numpy()
            if chosen.any():
                own = _add(database, f"emotion.{name}.gold_standard", files[chosen], split_id=name)
                _column(own, "emotion", table.loc[chosen, "label"], scheme_id="emotion")
    else:
        own = _add(database, "emotion.gold_standard", files)
        _column(own, "emotion", table["label"], scheme_id="emotion")
    features = {name: [column for column in table if column.startswith(f"{name}.")] for name in feature_sets}
    of_features = {column for columns in features.values() for column in columns}
    own = _add(database, "files", files)
    for column in table:
        if column not in of_features and column not in ("label", "path"):
            _column(own, str(column), table[column])
    for name, columns in features.items():
        own = _add(database, f"features.{name}", files)
        for column in columns:
            _column(own, column.removeprefix(f"{name}."), table[column])
    database.save(str(folder), storage_format="csv")


def _add(database: Any, name: str, files: pd.Series, **settings: Any) -> Any:
    import audformat

    database[name] = audformat.Table(audformat.filewise_index(files.tolist()), **settings)
    return database[name]


def _column(table: Any, name: str, values: pd.Series, **settings: Any) -> None:
    import audformat

    table[name] = audformat.Column(**settings)
    table[name].set(values.to_numpy(object))
