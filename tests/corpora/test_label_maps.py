"""Each study's label maps: total over the labels of each corpus, and the classes that the documents name."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from pipeline.config.params import load_params
from pipeline.core.errors import PipelineError
from pipeline.corpora.contract import load_adapter
from pipeline.corpora.label_maps import check_label_maps

STUDIES = load_params(Path("params.yaml")).studies
MAPS = [(study, corpus) for study, settings in STUDIES.items() for corpus in settings.labels]


def params_of(study):
    """Return settings with one study, of which nothing but the label maps matters."""
    return SimpleNamespace(corpora={}, studies={"utbm": SimpleNamespace(labels=study["labels"])})


@pytest.mark.parametrize(("study", "corpus"), MAPS)
def test_every_label_of_a_corpus_has_a_class_or_is_dropped_by_name(study, corpus):
    assert set(STUDIES[study].labels[corpus]) == set(load_adapter(corpus).CORPUS.labels)


@pytest.mark.parametrize(
    ("corpus", "label", "says"),
    [
        ("ravdess", "hapy", "unknown label 'hapy', did you mean 'happy'?; known: neutral, calm"),
        ("tess", "surprise", "unknown label 'surprise'; known: angry, disgust"),
        ("savee", "Anger", "unknown label 'Anger', did you mean 'anger'?"),
        ("msp_podcast", "h", "unknown label 'h'; known: A, S, H"),
    ],
)
def test_a_label_that_a_corpus_does_not_have(corpus, label, says):
    with pytest.raises(PipelineError) as error:
        check_label_maps(params_of({"labels": {corpus: {label: "happiness"}}}))
    assert str(error.value).startswith(f"params.yaml: studies.utbm.labels.{corpus}: {says}")


def test_a_corpus_without_an_adapter_has_no_labels():
    with pytest.raises(PipelineError, match="no adapter for the corpus 'ravdes': did you mean ravdess"):
        check_label_maps(params_of({"labels": {"ravdes": {"happy": "happiness"}}}))


def test_the_shipped_maps_are_right():
    check_label_maps(load_params(Path("params.yaml")))


@pytest.mark.parametrize("study", STUDIES)
def test_every_class_can_come_from_some_corpus(study):
    reached = {name for labels in STUDIES[study].labels.values() for name in labels.values() if name}
    assert reached == set(STUDIES[study].classes)


@pytest.mark.parametrize(
    ("study", "n_classes"),
    [("annamalai", 9), ("utbm", 7), ("mfcnn14", 4), ("multimodal_er", 7), ("ravdess_methods", 8)],
)
def test_number_of_classes(study, n_classes):
    assert len(STUDIES[study].classes) == n_classes


@pytest.mark.parametrize(
    ("study", "corpus", "label", "name"),
    [
        ("annamalai", "meld", "joy", "happy"),
        ("annamalai", "ravdess", "calm", None),
        ("annamalai", "mlend", "question", "question"),
        ("annamalai", "mlend", "excited", "happy"),
        ("mfcnn14", "iemocap", "exc", "happy"),
        ("mfcnn14", "iemocap", "fru", None),
        ("utbm", "tess", "ps", "surprise"),
    ],
)
def test_what_the_documents_say(study, corpus, label, name):
    assert STUDIES[study].labels[corpus][label] == name
