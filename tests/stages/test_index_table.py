"""A table from the stage `index` to the splits, and back: what the tables of a study hold."""

import audformat
import numpy as np
import pandas as pd
import pytest
import soundfile

from pipeline import table
from pipeline.config.corpora import TableSource
from pipeline.config.plans import DeduplicatePlan, FilteredStudy, FilterPlan, IndexPlan, SplitPlan, write_plan
from pipeline.config.studies import Curation
from pipeline.core.errors import PipelineError
from pipeline.core.paths import (
    account_path,
    features_path,
    index_facts_path,
    index_path,
    manifest_path,
    table_root,
)
from pipeline.core.tables import read_json, read_table
from pipeline.corpora.corpus_audio import corpus_audio
from pipeline.corpora.planned import describe_corpus
from pipeline.download import provide
from pipeline.download.watch import changed_corpora
from pipeline.features.shards import shard_schema, write_shard
from pipeline.stages import deduplicate, filter, index, split
from tests.corpora.tables.made import write
from tests.curation.signals import RATE, speech
from tests.splits.splitting import NO_VAL, settings


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """A table of eight utterances of two speakers in one recording, in two folds."""
    monkeypatch.chdir(tmp_path)
    for name in ("SER_CACHE", "SER_CORPORA"):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.setenv("SER_WORKERS", "1")
    corpus = tmp_path / "SER_CORPORA/own"
    rows = ["file,label,speaker,fold,start,end"]
    for speaker in ("a", "b"):
        seconds = 0.0
        for i in range(4):
            rows.append(
                f"{speaker}.wav,{'happy' if i % 2 else 'sad'},{speaker},{i // 2},{seconds},{seconds + 2}"
            )
            seconds += 2
    write(corpus, "t.csv", *rows)
    for number, speaker in enumerate("ab"):
        wave = [np.resize(speech(4 * number + i), 2 * RATE) for i in range(4)]
        soundfile.write(corpus / f"{speaker}.wav", np.concatenate(wave), RATE)
    source = TableSource(source="table", path="own", language="de", labels={"happy": "happy", "sad": "sad"})
    write_plan(IndexPlan(code="1", left_out_by=None, settings=source), "index", "own")
    return corpus


def run(*classes):
    """Run the stages up to the splits."""
    classes = classes or ("happy", "sad")
    index.main("own")
    write_plan(DeduplicatePlan(code="1", corpora=["own"]), "deduplicate")
    deduplicate.main()
    study = FilteredStudy(
        classes=list(classes),
        labels={"own": {name: name for name in classes}},
        curation=Curation(deduplicate=False, min_seconds=0.3, max_seconds=30.0, min_per_class=1),
        corpora=["own"],
    )
    write_plan(FilterPlan(code="1", profile="p", studies={"study": study}), "filter")
    filter.main()
    variants = {
        "main": settings("given_folds", fractions=NO_VAL, group_duplicates=False),
        "random": settings(
            "stratified", fractions={"train": 0.5, "val": 0.25, "test": 0.25}, group_duplicates=False
        ),
    }
    write_plan(SplitPlan(code="1", studies={"study": variants}), "split")
    split.main()


def test_from_a_table_to_its_folds(caplog):
    run()
    rows = read_table(index_path("own"))
    assert rows["status"].tolist() == ["ok"] * 8
    assert rows["audio_hash"].nunique() == 8
    assert set(rows["official_split"]) == {"fold_0", "fold_1"}
    facts = read_json(index_facts_path("own"))
    assert (facts["n_readable"], facts["n_passed_over"], facts["expected"]) == (8, 3, None)
    folds = pd.read_parquet("data/splits/study/main.parquet")
    assert folds["fold"].nunique() == 2
    crossing = "own: 2 of 2 speakers are in several of its own folds, such as own/a"
    assert crossing in read_json(account_path("study"))["crossings"]
    assert f"filter: study: {crossing}" in caplog.messages


def test_a_table_of_dimensions_alone(place):
    (place / "t.csv").unlink()
    rows = [f"{who}.wav,{who},{n % 2},{2 * n},{2 * n + 2},{n}.5," for who in "ab" for n in range(4)]
    write(
        place, "t.csv", "file,speaker,fold,start,end,arousal,valence", *rows[1:], rows[0].replace("0.5", "")
    )
    source = TableSource(source="table", path="own")
    write_plan(IndexPlan(code="1", left_out_by=None, settings=source), "index", "own")
    run("rated")
    found = read_table(index_path("own"))
    assert found["reason"].dropna().tolist() == ["neither rated nor labelled"]
    folds = pd.read_parquet("data/splits/study/main.parquet")
    assert sorted(folds.loc[folds["split"] == "test", "arousal"]) == [0.5, 1.5, 1.5, 2.5, 2.5, 3.5, 3.5]


def test_the_files_are_hashed_once(monkeypatch):
    hashed = []
    own = provide.hash_tree
    monkeypatch.setattr(provide, "hash_tree", lambda folder: hashed.append(folder) or own(folder))
    index.main("own")
    assert len(hashed) == 1


def test_the_same_files_give_the_same_manifest(place):
    run()
    manifest = read_json(manifest_path("own"))
    assert (manifest["source"], manifest["n_files"]) == ("table", 11)
    index.main("own")
    assert read_json(manifest_path("own")) == manifest
    assert corpus_audio("own") == table_root("own")
    (place / "a.wav").unlink()
    with pytest.raises(PipelineError, match=r"`dvc repro -f -s index@own` brings it back"):
        corpus_audio("own")
    assert (place / "b.wav").exists()


def test_what_is_known_of_it_by_its_name():
    corpus = describe_corpus("own")
    assert (corpus.language, corpus.labels, corpus.title) == ("de", ("happy", "sad"), "own")
    assert describe_corpus("tess").language == "en"


def test_a_study_as_a_table(capsys):
    run()
    ids = read_table(index_path("own"))["utterance_id"]
    rows = [(one, f"k{n}", np.array([n, 0.5], np.float32)) for n, one in enumerate(ids)]
    write_shard(features_path("two", "own"), rows, shard_schema(np.dtype("float32"), ["f0", "f1"]))
    assert table.main(["study", "--features", "two", "--output", "t.csv"]) == 0
    found = pd.read_csv("t.csv")
    assert found["utterance_id"].tolist() == sorted(ids)
    assert found["two.f0"].tolist() == list(range(8))
    assert set(found["split.random"]) == {"train", "val", "test"}
    assert sorted(found["fold.main"].unique()) == [0, 1]
    assert found["path"].str.startswith("cut/").all()
    assert "8 utterances" in capsys.readouterr().err


def test_a_study_as_a_database():
    run()
    assert table.main(["study", "--format", "audformat", "--output", "db"]) == 0
    database = audformat.Database.load("db", load_data=True)
    assert database["emotion.gold_standard"].df["emotion"].value_counts().to_dict() == {"happy": 4, "sad": 4}
    assert set(database["files"].df["speaker"]) == {"own/a", "own/b"}


def test_a_study_that_is_not_there(capsys):
    assert table.main(["nothing"]) == 2
    assert "data/curated/nothing.parquet is not there; `dvc repro" in capsys.readouterr().err


def test_a_change_of_the_table_or_of_its_files_is_noticed(place):
    index.main("own")
    assert changed_corpora() == []
    with (place / "t.csv").open("a") as file:
        file.write("\n")
    assert changed_corpora() == ["own"]
    index.main("own")
    assert changed_corpora() == []
    soundfile.write(place / "c.wav", speech(9), RATE)
    assert changed_corpora() == ["own"]
