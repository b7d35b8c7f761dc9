"""Each study's label maps: total over the labels of each corpus, and the classes that the documents name."""

from pathlib import Path

import pytest

from pipeline.config.params import load_params
from pipeline.corpora.contract import load_adapter

STUDIES = load_params(Path("params.yaml")).studies
MAPS = [(study, corpus) for study, settings in STUDIES.items() for corpus in settings.labels]


@pytest.mark.parametrize(("study", "corpus"), MAPS)
def test_every_label_of_a_corpus_has_a_class_or_is_dropped_by_name(study, corpus):
    assert set(STUDIES[study].labels[corpus]) == set(load_adapter(corpus).CORPUS.labels)


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
