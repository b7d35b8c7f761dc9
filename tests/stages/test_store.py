"""The store of a feature set of audio: its digests, and the augmented copies that its splits train on."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from pipeline.config.plans import FeaturesPlan, StoredStudy, StorePlan, write_plan
from pipeline.core.errors import PipelineError
from pipeline.core.paths import (
    clips_path,
    copies_path,
    feature_facts_path,
    features_path,
    manifest_path,
    split_path,
    store_facts_path,
    store_path,
)
from pipeline.core.schemas import CLIPS, SPLIT
from pipeline.core.tables import read_json, read_table, write_json, write_table
from pipeline.features.compute import row_key
from pipeline.features.extractor import Extractor
from pipeline.features.registry import load_kind
from pipeline.features.shards import load_features
from pipeline.stages import features, store
from tests.features.examples import SETTINGS
from tests.scale.clips import hash_of

NAME, STUDY, CORPUS = "mfcc_made_up", "study", "demo_tess"
COPY = f"{CORPUS}/a#pitch_shift=1.2000@42"


@pytest.fixture(autouse=True)
def workplace(tmp_path, monkeypatch):
    """The features of two clips of noise, and two splits of which one trains on a copy of a clip."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("SER_CORPORA", str(tmp_path / "corpora"))
    monkeypatch.setenv("SER_WORKERS", "1")
    (tmp_path / "corpora" / CORPUS).mkdir(parents=True)
    write_json(manifest_path(CORPUS), {"source": "disk"})
    clips = []
    for seed, name in enumerate("ab"):
        noise = np.random.default_rng(seed).normal(0, 0.1, 8000)
        path = tmp_path / "corpora" / CORPUS / f"{name}.wav"
        soundfile.write(path, noise, 16000)
        clips.append((f"{CORPUS}/{name}", CORPUS, path.name, hash_of(path)))
    settings = {"kind": "mfcc", "settings": SETTINGS["mfcc"], "weights": "random"}
    write_plan(FeaturesPlan(code="1", corpora=[CORPUS], **settings), "features", NAME)
    stored = StoredStudy(corpora=[CORPUS], variants=["main", "augmented"])
    write_plan(StorePlan(code="1", studies={STUDY: stored}), "store", NAME)
    write_table(clips_path(NAME), pd.DataFrame(clips, columns=CLIPS.names), CLIPS)
    write_split([f"{CORPUS}/a", f"{CORPUS}/b"], "main")
    write_split([f"{CORPUS}/a", COPY, f"{CORPUS}/b"], "augmented")
    features.main(NAME)


def write_split(examples, variant):
    parts = pd.Series(examples).str.split("#", expand=True).reindex(columns=[0, 1])
    table = pd.DataFrame({"example_id": examples, "utterance_id": parts[0], "transform": parts[1]})
    table = table.assign(corpus=CORPUS, fold=0, split="train")
    write_table(split_path(STUDY, variant), table.reindex(columns=SPLIT.names), SPLIT)


def stores():
    """Run the stage; return what it writes of each split."""
    store.main(NAME)
    return {variant: read_json(store_path(NAME, STUDY, variant)) for variant in ("main", "augmented")}


def test_copies_are_made_for_the_split_that_trains_on_them():
    assert {variant: facts["n_rows"] for variant, facts in stores().items()} == {"main": 2, "augmented": 3}
    shards = [features_path(NAME, CORPUS), copies_path(NAME, STUDY)]
    (original, copy), _ = load_features(NAME, shards, [f"{CORPUS}/a", COPY])
    assert original.shape == copy.shape
    assert not np.allclose(original, copy)


def test_copies_have_keys_of_their_own():
    stores()
    (key,) = read_table(copies_path(NAME, STUDY), ["key"])["key"]
    settings = load_kind("mfcc").Settings(**SETTINGS["mfcc"])
    source = hash_of(Path("corpora") / CORPUS / "a.wav")
    assert key == f"{Extractor('mfcc', settings).digest()}-{row_key(f'{source}#pitch_shift=1.2000@42')}"


def test_another_copy_changes_its_split_and_no_other():
    before = stores()
    write_split([f"{CORPUS}/a", f"{CORPUS}/b", COPY.replace("1.2", "1.3")], "augmented")
    after = stores()
    assert after["main"] == before["main"]
    assert after["augmented"] != before["augmented"]


def test_it_says_which_studies_it_is_complete_for(caplog):
    caplog.set_level("INFO")
    stores()
    assert read_json(store_facts_path(NAME)) == {"feature_set": NAME, "studies": [STUDY]}
    assert f"store: {NAME} is complete for 1 studies" in caplog.messages


def test_a_clip_without_features_is_named():
    write_split([f"{CORPUS}/a", f"{CORPUS}/c"], "main")
    with pytest.raises(PipelineError, match=rf"'{NAME}', for split 'main' .* lacks 1 of 2 .* as {CORPUS}/c"):
        store.main(NAME)


def test_features_of_a_pretrained_network_say_whose_weights_it_has():
    name = "encoded"
    settings = {"kind": "speech_encoder", "settings": SETTINGS["speech_encoder"], "weights": "random"}
    write_plan(FeaturesPlan(code="1", corpora=[CORPUS], **settings), "features", name)
    stored = StoredStudy(corpora=[CORPUS], variants=["main", "augmented"])
    write_plan(StorePlan(code="1", studies={STUDY: stored}), "store", name)
    write_table(clips_path(name), read_table(clips_path(NAME)), CLIPS)
    features.main(name)
    store.main(name)
    assert read_json(feature_facts_path(name))["pretrained"] is False
    for variant in ("main", "augmented"):
        assert read_json(store_path(name, STUDY, variant))["pretrained"] is False
    assert all("pretrained" not in facts for facts in stores().values())
    shards = [features_path(name, CORPUS), copies_path(name, STUDY)]
    values, names = load_features(name, shards, [f"{CORPUS}/a", COPY])
    assert not np.allclose(values[0], values[1])
    assert names is not None
    assert names[8] == "block_0.deviation.0"


def test_copies_are_mixed_with_the_noise_that_they_name(tmp_path):
    soundfile.write(tmp_path / "hum.wav", 0.1 * np.sin(np.arange(6000) / 9), 16000)
    hum = hash_of(tmp_path / "hum.wav")
    stored = StoredStudy(corpora=[CORPUS], variants=["main", "augmented"])
    plan = StorePlan(code="1", studies={STUDY: stored}, noise=str(tmp_path))
    write_plan(plan, "store", NAME)
    copies = [f"{CORPUS}/a#recorded_noise={value}.0000@42~{hum}" for value in (0, 60)]
    write_split([f"{CORPUS}/a", *copies, f"{CORPUS}/b"], "augmented")
    stores()
    shards = [features_path(NAME, CORPUS), copies_path(NAME, STUDY)]
    (original, loud, quiet), _ = load_features(NAME, shards, [f"{CORPUS}/a", *copies])
    assert np.abs(loud - original).max() > 10 * np.abs(quiet - original).max() > 0
    (tmp_path / "hum.wav").unlink()
    soundfile.write(tmp_path / "other.wav", 0.1 * np.cos(np.arange(6000) / 9), 16000)
    with pytest.raises(
        PipelineError, match=r"of 2 copies 2 have lost their noise, .* `dvc repro -f -s split`"
    ):
        stores()
