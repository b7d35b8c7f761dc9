"""results/published.yaml: what the project ships is valid, what of it is compared, and the mistakes one makes."""

import re
from copy import deepcopy
from pathlib import Path

import pytest

from pipeline.config.params import check_params
from pipeline.config.published import check_published, load_published
from pipeline.core.errors import PipelineError
from tests.settings import shipped_values

SHIPPED = Path("results/published.yaml")
FILE = {
    "documents": {
        "one": {
            "corpora": ["ravdess"],
            "protocol": {"name": "stratified", "shares": {"train": 0.7, "test": 0.3}},
            "systems": {
                "ravdess_cnn3": {
                    "results": [
                        {"source": "table 1", "scores": {"accuracy": 0.5, "weighted_f1": 0.4}},
                        {"source": "table 2", "scores": {"accuracy": 0.6, "auc": 0.9}, "sd": {"auc": 0.1}},
                        {"scores": {"accuracy": 0.7}, "part": "val"},
                        {"scores": {"accuracy": 0.8}, "part": "cross"},
                        {"scores": {"f1": 0.1}, "class_name": "sad"},
                        {"scores": {"uar": 0.2}, "corpus": "tess"},
                    ],
                    "hyper_parameters": {"lr": 0.01},
                    "note": "A note.",
                },
                "ravdess_cnn4": {
                    "corpora": ["tess"],
                    "protocol": {"name": "official"},
                    "results": [{"scores": {"loss": 2.25}}],
                },
            },
        }
    }
}


def test_the_shipped_file_names_every_table_it_can():
    published = load_published(SHIPPED)
    scores = {
        "accuracy": 0.7788,
        "weighted_precision": 0.7989,
        "weighted_recall": 0.7788,
        "weighted_f1": 0.7738,
    }
    assert published["ravdess_cnn4"].results[0].scores == scores
    assert published["ravdess_cnn4"].results[0].source == "table 3"
    assert check_params(shipped_values(), published).published == published


def test_scores_of_all_clips_are_compared_the_first_where_there_are_two():
    assert check_published(FILE)["ravdess_cnn3"].flat() == {
        "accuracy": 0.5,
        "weighted_f1": 0.4,
        "auc": 0.9,
        "val_accuracy": 0.7,
        "cross_accuracy": 0.8,
        "sd": {"auc": 0.1},
        "corpora": ["ravdess"],
        "protocol": {"name": "stratified", "shares": {"train": 0.7, "test": 0.3}},
        "note": "A note.",
    }


def test_a_system_goes_before_its_document():
    system = check_published(FILE)["ravdess_cnn4"]
    assert (system.document, system.corpora) == ("one", ["tess"])
    assert system.flat() == {"loss": 2.25, "sd": {}, "corpora": ["tess"], "protocol": {"name": "official"}}


def changed(key, value):
    data = block = deepcopy(FILE)
    *parents, last = key.split(".")
    for name in parents:
        block = block[int(name) if name.isdigit() else name]
    block[last] = value
    return data


CNN3 = "documents.one.systems.ravdess_cnn3"


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        (f"{CNN3}.results.0.scores", {"acuracy": 0.7}, "scores.acuracy"),
        (f"{CNN3}.results.0.scores", {}, "scores: Dictionary should have at least 1 item"),
        (f"{CNN3}.results.0.score", {}, "score: unknown key, did you mean 'scores'?"),
        (f"{CNN3}.results.0.part", "dev", "part: Input should be 'test', 'train'"),
        (f"{CNN3}.results.0.sd", {"uar": 0.1}, "sd.uar: there is no score uar to go with it"),
        (f"{CNN3}.results", {}, f"{CNN3}.results: Input should be a valid list"),
        (f"{CNN3}.protocol", {"shares": {}}, "protocol.name: missing"),
        (
            "documents.two",
            {"systems": {"ravdess_cnn3": {"results": []}}},
            "documents.two.systems.ravdess_cnn3: document 'one' has it too",
        ),
    ],
)
def test_a_mistake_is_named(key, value, message):
    with pytest.raises(PipelineError, match=rf"results/published\.yaml: .*{re.escape(message)}"):
        check_published(changed(key, value))


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        (
            "documents.one.systems.ravdess_cn3",
            {"results": []},
            "documents.one.systems.ravdess_cn3: unknown system 'ravdess_cn3', did you mean 'ravdess_cnn3'?",
        ),
        (
            f"{CNN3}.corpora",
            ["ravdes"],
            f"{CNN3}.corpora: unknown corpus 'ravdes', did you mean 'ravdess'?",
        ),
    ],
)
def test_a_name_that_params_yaml_does_not_know(key, value, message):
    with pytest.raises(PipelineError, match=re.escape(f"results/published.yaml: {message}")):
        check_params(shipped_values(), check_published(changed(key, value)))


def test_no_file_says_nothing(tmp_path):
    assert load_published(tmp_path / "published.yaml") == {}


def test_broken_yaml(tmp_path):
    (tmp_path / "published.yaml").write_text("a: [1")
    with pytest.raises(PipelineError, match="not valid YAML"):
        load_published(tmp_path / "published.yaml")
