"""index, deduplicate, filter and split, one after the other, on a small copy of TESS that holds itself twice."""

import json
import shutil
import traceback

import pandas as pd
import pytest
import soundfile

from pipeline.config.params import check_params
from pipeline.config.studies import MAIN
from pipeline.core.errors import PipelineError
from pipeline.core.paths import account_path, curated_path, quarantine_path, split_path
from pipeline.splits import study
from pipeline.stages import deduplicate, filter, index, split
from tests.curation.signals import speech
from tests.settings import shipped_values
from tests.stages.planned import write_plans

STUDY = "multimodal_er"
WORDS = ("back", "bar", "base", "bath", "bean", "beg")
RATE = 24414


def settings(**changes):
    """Return the shipped settings with TESS behind one study alone, and some of that study's changed.

    Args:
        changes: Value by key: split__seeds=[1]; `...` deletes the key.
    """
    values = shipped_values()
    values["profile"] = "tess"
    corpora = {study: ["tess"] if study == STUDY else [] for study in values["studies"]}
    values["profiles"]["tess"]["corpora"] = corpora
    for key, value in changes.items():
        *blocks, name = key.split("__")
        block = values["studies"][STUDY]
        for inner in blocks:
            block = block.setdefault(inner, {})
        block[name] = value
        if value is ...:
            del block[name]
    return check_params(values)


@pytest.fixture(scope="module")
def tess(tmp_path_factory):
    """Twelve clips a class by two speakers, all of them again in a nested copy, and a stray file."""
    root = tmp_path_factory.mktemp("disk") / "tess" / "data"
    number = 0
    for folder in ("OAF_Fear", "YAF_fear", "OAF_Sad", "YAF_sad", "OAF_ps", "YAF_ps"):
        (root / folder).mkdir(parents=True)
        speaker, emotion = folder.lower().split("_")
        for word in WORDS:
            number += 1
            wave = speech(number, number, RATE, n_syllables=5)
            soundfile.write(root / folder / f"{speaker.upper()}_{word}_{emotion}.wav", wave, RATE)
    shutil.copytree(root, root / "data")
    (root / "Thumbs.db").write_bytes(b"\0\1")
    return root.parent.parent


@pytest.fixture
def working(tess, tmp_path, monkeypatch):
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SER_CORPORA", str(tess))
    monkeypatch.setenv("SER_CACHE", str(tess.parent / "cache"))
    monkeypatch.setenv("SER_WORKERS", "1")


def run_all(**changes):
    """Run the four stages with settings of the study changed."""
    write_plans(settings(**changes), "index", "deduplicate", "filter", "split")
    index.main("tess")
    deduplicate.main()
    filter.main()
    split.main()


def counts():
    return pd.read_parquet(split_path(STUDY, MAIN))["split"].value_counts().to_dict()


def test_a_corpus_that_holds_itself_twice_counts_once(working, caplog):
    run_all()
    account = json.loads(account_path(STUDY).read_text())
    assert account == {
        "study": STUDY,
        "profile": "tess",
        "status": "ok",
        "corpora": "tess",
        "n_combined": 73,
        "n_utterances": 72,
        "n_in_parts": 72,
        "n_readable": 72,
        "n_after_deduplication": 36,
        "n_within_duration": 36,
        "n_labelled": 36,
        "n_drawn": 36,
        "n_kept": 36,
        "crossings": None,
        "surprises": "tess: 72 utterances; a complete copy has 2,800; tess: 72 seconds; a complete copy has 5,754",
        "health": ["tess: 73 files, 72 readable of 2,800 expected (!), 0 quarantined, 1 strays, 0 documents"],
    }
    lost = f"filter: {STUDY}: tess: 36 of 72 clips are lost at the step 'after_deduplication', such as for: "
    assert lost in caplog.text
    assert counts() == {"train": 25, "val": 6, "test": 5}
    kept = pd.read_parquet(curated_path(STUDY))
    assert not kept["utterance_id"].str.contains("@").any()
    assert kept["label"].value_counts().to_dict() == {"fear": 12, "sad": 12, "pleasant_surprise": 12}


def test_lists_for_people(working):
    run_all()
    groups = pd.read_csv("data/duplicates/groups.csv")
    assert len(groups) == 72
    assert set(groups["kind"]) == {"exact"}
    dropped = pd.read_csv(f"data/curated/{STUDY}_dropped.csv")
    assert dropped["step"].value_counts().to_dict() == {"after_deduplication": 36, "utterances": 1}
    account = pd.read_csv(f"data/curated/{STUDY}_account.csv")
    assert account.groupby("step")["n"].sum()["combined"] == 73
    assert pd.read_csv(f"data/splits/{STUDY}/main_counts.csv")["n"].sum() == 36


def test_the_published_leak_can_be_had_and_is_reported(working, caplog):
    run_all(curation__deduplicate=False, split__group_duplicates=False)
    assert sum(counts().values()) == 72
    assert "examples have a copy in another split, as published" in caplog.text


def test_the_same_input_gives_the_same_bytes(working, tmp_path, monkeypatch):
    run_all()
    first = {path: path.read_bytes() for path in sorted(tmp_path.rglob("*")) if path.is_file()}
    monkeypatch.setenv("SER_REFRESH", "1")
    run_all()
    assert {path: path.read_bytes() for path in sorted(tmp_path.rglob("*")) if path.is_file()} == first
    assert len(first) > 10


def test_a_study_without_corpora_is_skipped(working):
    run_all()
    account = json.loads(account_path("ravdess_methods").read_text())
    assert (account["status"], account["n_combined"], account["n_kept"]) == ("skipped", 0, 0)
    assert len(pd.read_parquet(split_path("ravdess_methods", MAIN))) == 0


def test_quarantined_files_are_listed_for_a_person(working):
    run_all()
    rows = quarantine_path("tess").read_text().splitlines()
    assert rows == ["utterance_id,path,status,reason", rows[1]]
    assert rows[1].startswith("tess/data/Thumbs.db,data/Thumbs.db,stray,")


def test_an_unknown_label_is_named(working, caplog):
    run_all(labels__tess__ps=...)
    assert (
        "filter: multimodal_er: tess: label 'ps' is not in the study's map: 12 clips; add it to "
        "studies.multimodal_er.labels" in caplog.text
    )


def test_too_few_classes(working):
    with pytest.raises(
        PipelineError, match=r"left \['fear'\]\. .* label 'ps' is not in the study's map: 12 clips"
    ):
        run_all(labels__tess__ps=..., labels__tess__sad=None)


@pytest.mark.parametrize("error", [PipelineError, KeyError])
@pytest.mark.parametrize("broken", ["read_grouped", "curate"])
def test_a_study_that_fails_is_named(working, monkeypatch, broken, error):
    def fail(*_):
        raise error("no such column")

    monkeypatch.setattr(filter, broken, fail)
    with pytest.raises(error) as caught:
        run_all()
    assert f"studies.{STUDY}: " in "".join(traceback.format_exception_only(caught.value))


@pytest.mark.parametrize("error", [PipelineError, KeyError])
@pytest.mark.parametrize("broken", ["of_corpora", "split_utterances", "count_splits"])
def test_a_split_that_fails_is_named(working, monkeypatch, broken, error):
    def fail(*_):
        raise error("no such column")

    run_all()
    monkeypatch.setattr(study, broken, fail)
    with pytest.raises(error) as caught:
        split.main()
    assert f"split: {next(iter(shipped_values()['studies']))}/main: " in "".join(
        traceback.format_exception_only(caught.value)
    )


def test_speakers_too_few(working):
    with pytest.raises(
        PipelineError, match=f"{STUDY}/main: 2 independent speakers cannot be divided into 3 splits"
    ):
        run_all(split__protocol="speaker_independent")
