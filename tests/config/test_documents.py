"""results/documents/: all tables and figures of the documents, all published values in them, and mistakes."""

import re
from collections import Counter
from copy import deepcopy
from itertools import pairwise
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from pipeline.config.documents import FOLDER, Address, Item, Layout, load_layouts, merged
from pipeline.config.params import check_params
from pipeline.config.published import Published, check_documents, check_published, load_documents
from pipeline.core.errors import PipelineError
from tests.settings import shipped_values

DOCUMENTS = load_documents()
LAYOUTS = load_layouts(DOCUMENTS)


def numbered(kind: str, *numbers: str) -> list[str]:
    return [f"{kind} {number}" for number in numbers]


def chapter(number: int, last: int) -> list[str]:
    return [f"{number}.{item}" for item in range(1, last + 1)]


# What the documents print, by their own lists and captions; what they do not number goes by its heading.
PRINTED = {
    "multimodal_er": [
        "Cover table",
        *numbered("Table", "A.1", "A.2", "A.3", "A.4", "A.5", "B.1", "B.2", "B.3", "B.4"),
        "Classification report of speech",
        "Classification report of fusion",
        "Classification report of text",
        "Training history summary",
        "Failure cases of fusion",
        "Failure cases of text",
        "Low-confidence correct predictions",
        *numbered("Figure", "A.6", "1", "2a", "2b", "2c", "3a", "3b", "3c", "4", "5", "6", "7a", "7b"),
    ],
    "mfcnn14": [*numbered("Table", "1", "2", "3", "4"), *numbered("Figure", "1", "2", "3"), "Section 4.1"],
    "ravdess_methods": [
        *numbered("Table", *map(str, range(1, 8))),
        *numbered("Figure", "1", "2", "3", "4", *map(str, range(9, 16))),
        "Figures 5 to 8",
        *numbered("Section", "3.1", "3.2", "3.4", "3.5.1", "3.5.2"),
    ],
    "annamalai": [
        *numbered("Table", *chapter(3, 2), *chapter(5, 20), *chapter(6, 8), "8.1"),
        *numbered("Figure", *chapter(3, 4), "4.1", *chapter(5, 5), *chapter(6, 9), "7.1"),
        "Sections 3.1 to 3.2",
        *numbered("Section", "5.2.1", "5.2.2", "5.2.3"),
    ],
    "utbm": [
        *numbered("Table", *map(str, range(1, 13))),
        *numbered("Figure", "1", *map(str, range(4, 16))),
        "Figures 2 and 3",
        "Classification report",
        "Ablation results",
        "Comparison with the state of the art",
        *numbered("Section", "3.4.5", "3.4.6"),
    ],
}
# How many values of systems each prints: rows times columns.
N_VALUES = {
    "multimodal_er": {
        "cover table": 3,
        "table B.3": 3 * 3,
        "table B.4": 7 * 3,
        "classification report of speech": 8 * 3,
        "classification report of fusion": 8 * 3,
        "classification report of text": 8 * 3,
        "training history summary": 3 * 4,
    },
    "mfcnn14": {"table 1": 4 * 4, "table 2": 6 * 6, "table 3": 4 * 3, "table 4": 5 * 6},
    "ravdess_methods": {
        "section 3.1": 1,
        "section 3.2": 1,
        "table 3": 8 * 4,
        "table 4": 4,
        "section 3.4": 1,
        "section 3.5.1": 3,
        "section 3.5.2": 4,
    },
    "annamalai": {
        **{f"table 5.{number}": 4 for number in (3, 5, 7)},
        "table 5.20": 2 * 4,  # of the document's values, and of a search like its own
        **{f"section 5.2.{number}": 1 for number in (1, 2, 3)},
        **{f"table 5.{number}": n for number, n in ((10, 4), (12, 2), (14, 3), (16, 2), (18, 3))},
        # Nine classes and two averages of three measures, and the accuracy; above most, the four of the test set.
        **{f"figure {number}": 34 + 4 for number in ("5.1", "5.2", "5.3", "6.4", "6.5", "6.9")},
        "figure 5.4": 34,
        "table 6.1": 3 * 4,
        "table 6.2": 2 * 4,
        "table 6.3": 12 * 4,
        "table 6.4": 7 * 4,
        "table 6.5": 4 * 4,
        "table 6.7": 2 * 4,
        "table 6.8": 2 * 4,
        "table 8.1": 9,
    },
    "utbm": {
        "table 8": 5 * 3,
        "section 3.3.4": 4,
        "table 9": 7 * 3 + 1,
        "table 10": 5 * 3,
        "section 3.4.6": 1,
        "table 11": 3,
        "classification report": 7 * 3 + 1 + 2 * 3,
        "ablation results": 4 * 2,
        "comparison with the state of the art": 2,
        "table 12": 6,
    },
}


def cells(layout: Layout) -> list[tuple[Item, Address]]:
    """Return where every value of a document's tables comes from."""
    return [
        (item, item.address(row, column))
        for item in layout.items
        for row in item.rows
        for column in item.columns
    ]


def test_every_document_is_laid_out():
    assert {path.stem for path in FOLDER.iterdir()} == set(LAYOUTS) == set(DOCUMENTS) == set(PRINTED)


@pytest.mark.parametrize("document", PRINTED)
def test_every_table_and_figure_is_there(document):
    assert sorted(item.name for item in LAYOUTS[document].items) == sorted(PRINTED[document])


@pytest.mark.parametrize("kind", ["Table", "Figure"])
@pytest.mark.parametrize("document", PRINTED)
def test_they_stand_in_their_order(document, kind):
    names = [item.name for item in LAYOUTS[document].items if item.name.startswith(f"{kind} ")]
    order = [
        [part if part.isalpha() else int(part) for part in re.findall(r"\d+|[A-Za-z]", name.split()[1])]
        for name in names
    ]
    apart = [(one, two) for one, two in pairwise(order) if isinstance(one[0], str) == isinstance(two[0], str)]
    assert apart
    assert all(one < two for one, two in apart)


@pytest.mark.parametrize("document", N_VALUES)
def test_every_value_of_every_table_is_entered(document):
    found: Counter[str] = Counter()
    for system in DOCUMENTS[document].reported.values():
        for result in system.results:
            found[str(result.source)] += len(result.scores)
    assert found == N_VALUES[document]


@pytest.mark.parametrize("document", PRINTED)
def test_every_value_stands_in_its_table(document):
    shown = {
        (address.name, address.source, address.part, address.class_name, address.corpus, address.score_name)
        for _, address in cells(LAYOUTS[document])
    }
    entered = {
        (name, str(result.source).lower(), result.part, result.class_name, result.corpus, score)
        for name, system in DOCUMENTS[document].reported.items()
        for result in system.results
        for score in result.scores
    }
    assert entered <= shown


@pytest.mark.parametrize("document", PRINTED)
def test_tables_name_systems_that_the_document_reports(document):
    layout = LAYOUTS[document]
    named = {address.name for _, address in cells(layout) if address.system}
    named |= {system for item in layout.items for system in item.shown_of}
    assert named <= set(DOCUMENTS[document].reported)


@pytest.mark.parametrize("document", PRINTED)
def test_classes_and_studies_are_those_of_params_yaml(document):
    params = check_params(shipped_values())
    studies = {name: system.study for name, system in params.systems.items()}
    studies |= {name: ensemble.study for name, ensemble in params.ensembles.items()}
    for item, address in cells(LAYOUTS[document]):
        study = address.study or studies.get(address.name)
        if address.class_name is not None:
            assert address.class_name in params.studies[study].classes, item.name
        if address.corpus is not None:
            assert address.corpus in params.corpora, item.name


@pytest.mark.parametrize("name", ["Table 5.2", "Table 5.4", "Table 5.6"])
def test_only_the_best_of_what_was_tried_has_ours_beside_it(name):
    (item,) = (item for item in LAYOUTS["annamalai"].items if item.name == name)
    assert {column for row in item.rows for column in row.only} == {"Best value"}


def test_what_is_not_built_is_no_system():
    built = set(check_params(shipped_values()).evaluated())
    assert not built & {name for document in DOCUMENTS.values() for name in document.not_built}


def test_a_row_goes_before_its_column_and_that_before_its_table():
    table = Address(system="net", score="accuracy", source="table 1")
    assert merged((table, Address(part="val"), Address(score="auc", source=None))) == Address(
        system="net", part="val", score="auc", source=None
    )


def test_a_system_is_built_or_not():
    values = {"documents": {"one": {"systems": {"a": {"results": []}}, "not_built": {"a": {"results": []}}}}}
    document = check_documents({"documents": {"one": {"systems": {}, "not_built": {"a": {"results": []}}}}})[
        "one"
    ]
    assert document.reported == {"a": Published(results=[])}
    with pytest.raises(PipelineError, match=r"documents\.one: a stands below systems and below not_built"):
        check_published(values)


LAYOUT = {
    "title": "One",
    "about": "All.",
    "items": [
        {
            "name": "Table 1",
            "title": "Scores",
            "labels": ["Model"],
            "columns": [{"heading": "Accuracy", "of": {"score": "accuracy"}}],
            "rows": [{"labels": ["Net"], "of": {"system": "net"}}],
        }
    ],
}


def written(folder: Path, key: str, value: object) -> Path:
    """Write the layout with one value changed."""
    data = block = deepcopy(LAYOUT)
    *parents, last = key.split(".")
    for name in parents:
        block = block[int(name) if name.isdigit() else name]
    block[last] = value
    with (folder / "one.yaml").open("w") as file:
        YAML().dump(data, file)
    return folder


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("items", LAYOUT["items"] * 2, "items: Table 1 stands there twice"),
        ("items.0.rows", [], "Table 1: rows and columns go together"),
        ("items.0.rows.0.labels", ["Net", "50"], "2 labels, not 1"),
        ("items.0.rows.0.cells", ["0.5", "0.6"], "2 cells, not 1"),
        ("items.0.rows.0.only", ["F1"], "only: no column is called F1"),
        ("items.0.rows.0.of", {}, "Table 1: nothing of ours is beside it: say `why`"),
        ("items.0.rows.0.of", {"system_": "net"}, "system_: unknown key, did you mean 'system'?"),
        ("items.0.figures", [{"caption": "a", "name": "roc"}], "figure roc: expected `system` or `study`"),
    ],
)
def test_a_mistake_is_named(tmp_path, key, value, message):
    with pytest.raises(PipelineError, match=rf"one\.yaml: .*{re.escape(message)}"):
        load_layouts(["one"], written(tmp_path, key, value))


def test_a_document_without_a_file_has_no_page(tmp_path):
    assert load_layouts(["one", "two"], tmp_path / "nowhere") == {}
    assert list(load_layouts(["one", "two"], written(tmp_path, "title", "Another"))) == ["one"]


def test_broken_yaml(tmp_path):
    (tmp_path / "one.yaml").write_text("a: [1")
    with pytest.raises(PipelineError, match="not valid YAML"):
        load_layouts(["one"], tmp_path)
