"""What a system reads, put together; and what is said of where its weights come from."""

import pytest

from pipeline.config.plans import SystemPlan
from pipeline.core import paths
from pipeline.core.errors import PipelineError
from pipeline.core.schemas import SPLIT, TRANSCRIPTS
from pipeline.core.tables import read_table, write_json, write_table
from pipeline.features.shards import shard_schema, write_shard
from pipeline.training.study import data_digest, load_study, load_texts, weights_facts
from tests.training import toy

CORPUS = "made_up"


@pytest.fixture(autouse=True)
def workplace(tmp_path, monkeypatch):
    """The split, the vectors and the transcripts of the toy study."""
    monkeypatch.chdir(tmp_path)
    data = toy.study("vectors")
    split = data.clips.assign(split="train", split_seed=42, fold=0, group=data.clips["utterance_id"])
    write_table(paths.split_path("toy", "main"), split.reindex(columns=SPLIT.names), SPLIT)
    values, ids = data.features["features"], data.clips["utterance_id"]
    rows = [(name, name, row) for name, row in zip(ids, values, strict=True)]
    names = [f"x{i}" for i in range(values.shape[1])]
    write_shard(paths.features_path("vectors", CORPUS), rows, shard_schema(values.dtype, names))
    texts = data.clips[["utterance_id"]].assign(key="k", text=toy.study("transcripts").texts)
    write_table(paths.transcripts_path(), texts.reindex(columns=TRANSCRIPTS.names), TRANSCRIPTS)
    for name in ("vectors", "transcripts", "none"):
        write_json(paths.store_path(name, "toy", "main"), {"digest": name})


def plan(**changes):
    system = toy.torch_system(features="vectors", **changes)
    return SystemPlan(code="1", classes=toy.CLASSES, corpora=[CORPUS], system=system)


def split_table():
    return read_table(paths.split_path("toy", "main"))


def test_features_and_texts_are_in_the_order_of_the_clips():
    data = load_study(plan(second="transcripts"), split_table().sample(frac=1, random_state=0))
    expected = toy.study("vectors")
    place = expected.clips["utterance_id"].tolist().index
    rows = [place(name) for name in data.clips["utterance_id"]]
    assert (data.features["features"] == expected.features["features"][rows]).all()
    assert data.texts == [toy.study("transcripts").texts[row] for row in rows]
    assert data.feature_names["features"][:2] == ["x0", "x1"]


def test_what_is_not_read_is_not_there():
    data = load_study(plan(), split_table())
    assert (list(data.features), data.texts) == (["features"], None)


def test_a_clip_without_a_transcript_is_named():
    write_table(paths.transcripts_path(), read_table(paths.transcripts_path()).iloc[1:], TRANSCRIPTS)
    with pytest.raises(
        PipelineError, match=r"1 utterances have no transcript, such as toy/000: run `dvc repro`"
    ):
        load_texts(toy.study("vectors").clips["utterance_id"])


@pytest.mark.parametrize("changed", ["store", "split", "classes"])
def test_the_digest_of_the_data_is_of_all_that_is_read(changed):
    system, table, classes = plan().system, split_table(), toy.CLASSES
    before = data_digest(system, table, classes)
    assert data_digest(system, table, classes) == before
    if changed == "store":
        write_json(paths.store_path("vectors", "toy", "main"), {"digest": "another"})
    elif changed == "split":
        table = table.assign(split="test")
    else:
        classes = classes[::-1]
    assert data_digest(system, table, classes) != before


@pytest.mark.parametrize(
    ("weights", "store", "pretrained", "random_weights"),
    [
        (None, {}, False, False),
        ("random", {}, False, True),
        ("net.pth", {}, True, False),
        (None, {"pretrained": True}, True, False),
        (None, {"pretrained": False}, False, True),
        ("net.pth", {"pretrained": False}, False, True),
        ("random", {"pretrained": True}, False, True),
    ],
)
def test_where_weights_come_from(weights, store, pretrained, random_weights):
    write_json(paths.store_path("vectors", "toy", "main"), {"digest": "vectors", **store})
    system = toy.torch_system(**toy.CNN | {"features": "vectors"}, weights=weights)
    assert weights_facts(system) == {"pretrained": pretrained, "random_weights": random_weights}


def test_an_estimator_has_no_weights_of_its_own():
    system = toy.sklearn_system(**toy.FOREST)
    assert weights_facts(system) == {"pretrained": False, "random_weights": False}
