"""The documents' pages: each item of each layout, published values as printed, ours beside them, and reasons."""

import re

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import save_file

from pipeline.config.documents import Address, Layout, load_layouts
from pipeline.config.published import Document, load_documents
from pipeline.core.paths import evaluated_dir, figures_dir, history_path, trained_dir
from pipeline.core.tables import write_csv, write_json
from pipeline.report.leaderboard import Row
from pipeline.report.measured import Measured
from pipeline.report.real_results import RealResult
from pipeline.report.study_html import render_study_page
from pipeline.report.study_page import Block, Cell, StudyPage, study_page
from tests.report.test_real_results import RECORD

DOCUMENTS = load_documents()
LAYOUTS = load_layouts(DOCUMENTS)
ACCOUNT = pd.DataFrame(
    [("one", "kept", "a", "happy", 40), ("one", "kept", "b", "happy", 2), ("one", "kept", "a", "sad", 1000)],
    columns=["study", "step", "corpus", "class", "n"],
)
TESTS = pd.DataFrame(
    [("net", "base", 0.01), ("net", "other", 0.5), ("net_b", "base_b", 0.5)],
    columns=["system", "other", "p_t"],
)
DOCUMENT = Document.model_validate(
    {
        "corpora": ["ravdess"],
        "protocol": {"name": "stratified", "shares": {"train": 0.7, "val": 0.15, "test": 0.15}},
        "systems": {
            "net": {
                "parameters": 1234,
                "hyper_parameters": {"C": 10, "depth": None, "layers": [128, 64]},
                "results": [
                    {
                        "source": "Table 1",
                        "scores": {"accuracy": 0.7344, "loss": 1.5},
                        "sd": {"accuracy": 0.02},
                    },
                    {"source": "table 1", "scores": {"uar": 0.4}, "marks": {"uar": "*†"}},
                    {"source": "table 1", "scores": {"recall": 0.25}, "class_name": "sad", "n": 1500},
                    {"source": "table 1", "scores": {"accuracy": 0.5}, "part": "val"},
                    {"source": "table 2", "scores": {"accuracy": 0.9}},
                ],
            },
        },
        "not_built": {"wide_net": {"results": [{"source": "table 1", "scores": {"accuracy": 0.8}}]}},
    }
)
SCORES = {
    "status": "trained",
    "study": "one",
    "synthetic": False,
    "corpora": "ravdess",
    "targets": "emotion",
    "random_weights": False,
    "accuracy": 0.71236,
    "accuracy_sd": 0.014,
    "uar": 0.5,
    "uar_sd": None,
    "cross_uar": 0.3,
    "n_test": 216,
    "n_train": 1000,
    "parameters": 1240,
}


def row(system: str = "net", **scores: object) -> Row:
    run = {"settings": {"scoring": "accuracy", "architecture": {"hidden": [512, 64]}, "lr": 0.0001}}
    shares = {"train": 0.7, "val": 0.15, "test": 0.15}
    return Row(
        system,
        {**SCORES, **scores},
        DOCUMENT.systems["net"].flat() | {"corpora": ["ravdess"]},
        run,
        shares=shares,
    )


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """What the stages leave of the system "net"."""
    monkeypatch.chdir(tmp_path)
    write_csv(
        evaluated_dir("net") / "per_class.csv",
        pd.DataFrame({"class": ["sad"], "n_test": [27], "recall": [0.5]}),
    )
    groups = pd.DataFrame({"kind": ["corpus", "sex"], "group": ["ravdess", "male"], "accuracy": [0.625, 0.5]})
    write_csv(evaluated_dir("net") / "groups.csv", groups)
    history = {"seed": 0, "fold": 0, "target": None, "epoch": [1, 2], "train_loss": [2.0, 1.0]}
    history |= {"train_accuracy": [0.25, 0.5], "val_loss": [2.0, 3.0], "val_accuracy": [0.5, 0.375]}
    write_csv(history_path("net"), pd.DataFrame(history), "%.6g")
    models = [{"seed": 0, "fold": 0, "best_epoch": 1, "searched": {"lr": 0.01}}]
    write_json(trained_dir("net") / "model.json", {"models": models})
    write_json(
        trained_dir("net") / "seed0_fold0.json", {"best": {"C": 1.0, "depth": None}, "best_score": 0.66}
    )
    save_file(
        {"model.layer.weight": np.zeros((2, 3), np.float32)}, trained_dir("net") / "seed0_fold0.safetensors"
    )
    return tmp_path


def measured(*rows: Row) -> Measured:
    return Measured({one.system: one for one in rows}, ACCOUNT, TESTS)


def filled(item: dict, *rows: Row, real: list[RealResult] | None = None) -> Block:
    """Fill a table of the document."""
    layout = Layout.model_validate(
        {"title": "One", "about": "All.", "items": [{"name": "Table 1", "title": "Scores", **item}]}
    )
    (block,) = study_page("one", layout, DOCUMENT, measured(*rows), real or []).blocks
    return block


def cell_of(of: dict, *rows: Row, real: list[RealResult] | None = None, **item: object) -> Cell:
    """Fill a table of one cell."""
    table = {"columns": [{"heading": "Value", "of": of}], "rows": [{"labels": ["Net"]}], **item}
    ((cell,),) = [line.cells for line in filled(table, *rows, real=real).lines]
    return cell


@pytest.mark.parametrize(
    ("of", "value"),
    [
        ({"score": "accuracy"}, 0.71236),
        ({"score": "weighted_recall"}, 0.71236),
        ({"score": "recall", "average": "macro"}, 0.5),
        ({"score": "f1", "ours": "uar"}, 0.5),
        ({"score": "uar", "part": "cross"}, 0.3),
        ({"score": "n"}, 216),
        ({"score": "n_train"}, 1000),
        ({"score": "recall", "class_name": "sad"}, 0.5),
        ({"score": "n", "class_name": "sad"}, 27),
        ({"score": "recall", "class_name": "bored"}, None),
        ({"score": "accuracy", "corpus": "ravdess"}, 0.625),
        ({"score": "accuracy", "corpus": "male"}, None),
        ({"score": "accuracy", "part": "train"}, 0.25),
        ({"score": "final_accuracy", "part": "val"}, 0.375),
        ({"score": "final_loss", "part": "train"}, 1.0),
        ({"score": "best_epoch"}, 1.0),
        ({"score": "accuracy", "part": "cross_validation"}, 0.66),
        ({"score": "uar", "part": "cross_validation"}, None),
        ({"score": "loss"}, None),
        ({"hyper_parameter": "C"}, "1"),
        ({"hyper_parameter": "depth"}, "none"),
        ({"hyper_parameter": "rate", "setting": "lr"}, "0.01"),
        ({"hyper_parameter": "hidden", "setting": "architecture.hidden"}, "512, 64"),
        ({"hyper_parameter": "hidden"}, None),
    ],
)
def test_ours_is_looked_up(folder, of, value):
    assert measured(row()).value(Address(system="net", **of)) == value


@pytest.mark.parametrize(
    ("of", "n"),
    [
        ({}, 1042),
        ({"corpus": "a"}, 1040),
        ({"corpus": "a", "class_name": "sad"}, 1000),
        ({"corpus": "c"}, None),
    ],
)
def test_what_curation_leaves_is_counted(of, n):
    assert measured().value(Address(study="one", step="kept", **of)) == n


def test_nothing_is_known_of_what_was_not_trained(folder):
    assert measured(row(status="skipped")).value(Address(system="net", score="accuracy")) is None
    assert measured().value(Address(system="net", score="accuracy")) is None
    assert measured(row()).value(Address(study="one")) is None


@pytest.mark.parametrize(
    ("of", "item", "cell"),
    [
        ({"score": "accuracy"}, {}, Cell("0.7344 (0.0200)", "0.7124 (0.0140)")),
        ({"score": "accuracy"}, {"percent": True, "digits": 1}, Cell("73.4 (2.0)", "71.2 (1.4)")),
        ({"score": "accuracy", "part": "val"}, {"digits": 2}, Cell("0.50", "0.50")),
        ({"score": "accuracy", "source": "table 2"}, {"digits": 1}, Cell("0.9", "0.7 (0.0)")),
        ({"score": "loss"}, {"percent": True, "digits": 1}, Cell("1.5")),
        ({"score": "recall", "class_name": "sad"}, {"digits": 2}, Cell("0.25", "0.50")),
        ({"score": "n", "class_name": "sad"}, {}, Cell("1,500", "27")),
        ({"score": "parameters"}, {"percent": True}, Cell("1,234", "1,240")),
        ({"score": "best_epoch"}, {}, Cell(None, "1")),
        ({"hyper_parameter": "C"}, {}, Cell("10", "1")),
        ({"hyper_parameter": "depth"}, {}, Cell("none", "none")),
        ({"hyper_parameter": "layers"}, {}, Cell("128, 64")),
        ({"score": "uar"}, {"digits": 1, "marks": {"*": "base", "†": "other"}}, Cell("0.4*†", "0.5*")),
    ],
)
def test_a_cell_is_written_as_the_document_writes_it(folder, of, item, cell):
    assert cell_of({"system": "net", **of}, row(), **item) == cell


def test_text_stands_in_place_of_a_value_and_ours_beside_it(folder):
    rows = [
        {
            "labels": ["kept"],
            "cells": ["63,174", "text"],
            "of": {"study": "one", "step": "kept"},
            "only": ["n"],
        }
    ]
    block = filled({"columns": [{"heading": "n"}, {"heading": "text"}], "rows": rows})
    assert [cell for line in block.lines for cell in line.cells] == [Cell("63,174", "1,042"), Cell("text")]
    assert (block.beside, block.n_published, block.kinds) == (True, 2, ["number", "number"])


UNPRINTED = {"ravdess_methods": {"Figure 14"}}  # drawn without numbers
REAL = RealResult.model_validate(
    {**RECORD, "system": "net", "protocol": "stratified 70/15/15", "new_speakers": False, "condition": None}
)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({}, "0.577 (0.007)"),
        ({"condition": "another rate"}, None),
        ({"protocol": "stratified 80/10/10"}, None),
        ({"test_corpus": "tess"}, None),
        ({"system": "forest"}, None),
    ],
)
def test_kept_results_stand_there_where_the_document_is_met(folder, change, text):
    real = [REAL.model_copy(update=change)]
    assert cell_of({"system": "net", "score": "accuracy"}, row(), real=real, digits=3).real == text


@pytest.mark.parametrize(
    ("rows", "notes"),
    [
        ([row()], ["Not run yet: forest", "Not among the systems here: wide_net"]),
        (
            [row(corpora="tess"), row("forest", random_weights=True), row("wide_net")],
            [
                "Ours is of other corpora than the document's: net",
                "Ours starts from random weights where the document starts from pretrained ones: forest",
            ],
        ),
        (
            [
                row(name, status="skipped", synthetic=True, reason="nobody validates")
                for name in ("net", "forest", "wide_net")
            ],
            ["Skipped: nobody validates"],
        ),
        ([row(name, synthetic=True) for name in ("net", "forest", "wide_net")], []),
    ],
    ids=["not run", "other corpora", "skipped", "synthetic: said above the page"],
)
def test_a_table_says_why_ours_is_missing_or_not_to_be_compared(folder, rows, notes):
    systems = [{"labels": [name], "of": {"system": name}} for name in ("net", "forest", "wide_net")]
    block = filled({"columns": [{"heading": "n", "of": {"score": "n"}}], "rows": systems}, *rows)
    assert block.notes == notes


def test_a_corpus_that_is_not_there_is_named(folder):
    table = {"columns": [{"heading": "n", "of": {"system": "net", "score": "accuracy"}}]}
    rows = [{"labels": [name], "of": {"corpus": name}} for name in ("ravdess", "tess")]
    assert filled({**table, "rows": rows}, row()).notes == ["Ours has no clips of tess in this profile"]


def test_without_another_corpus_nothing_is_tested_across(folder):
    columns = [{"heading": "PCC", "of": {"system": "net", "score": "pcc_valence", "part": "cross"}}]
    table = {"columns": columns, "rows": [{"labels": ["Net"]}]}
    assert filled(table, row()).notes == ["Ours is tested on no other corpus in this profile"]
    assert filled(table, row(cross_pcc_valence=-0.00001)).notes == []
    assert filled(table, row(cross_pcc_valence=-0.00001)).lines[0].cells == [Cell(None, "0.0000")]


def test_figures_and_layers_of_ours_are_found(folder):
    path = figures_dir("net") / "roc.png"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"")
    names = [("net", "roc"), ("net", "pr"), ("wide_net", "roc"), ("forest", "roc")]
    figures = [{"caption": name, "system": system, "name": name} for system, name in names]
    block = filled({"figures": figures, "layers": ["net", "forest"]}, row())
    assert [(drawing.path, drawing.why) for drawing in block.drawings] == [
        (path, None),
        (None, "there is nothing to draw in this profile"),
        (None, "it is not among the systems here"),
        (None, "it has not been run yet"),
    ]
    assert [layers.system for layers in block.layers] == ["net"]


@pytest.fixture(scope="module")
def pages(tmp_path_factory) -> list[StudyPage]:
    """The shipped documents, without anything of ours."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("nothing"))
        nothing = Measured({}, ACCOUNT, TESTS)
        return [study_page(name, layout, DOCUMENTS[name], nothing, []) for name, layout in LAYOUTS.items()]


@pytest.mark.parametrize("number", range(len(LAYOUTS)), ids=LAYOUTS)
def test_a_page_has_all_that_is_listed_in_its_order_and_what_is_not_beside_it_says_why(pages, number):
    page = pages[number]
    html = render_study_page(page, pages, "demo")
    sections = re.findall(
        r'<section .*?data-item="(.*?)" data-state="(.*?)">(.*?)</section>', html, re.DOTALL
    )
    assert [name for name, _, _ in sections] == [item.name for item in LAYOUTS[page.name].items]
    assert {state for _, state, _ in sections} == {"absent"}
    assert all('class="note' in text or "no figure: " in text for _, _, text in sections)
    assert all(f'<a href="{other.name}.html"' in html for other in pages)


@pytest.mark.parametrize("number", range(len(LAYOUTS)), ids=LAYOUTS)
def test_every_score_that_is_looked_up_is_printed(pages, number):
    page = pages[number]
    empty = {
        block.item.name
        for block in page.blocks
        for row, line in zip(block.item.rows, block.lines, strict=True)
        for column, cell in zip(block.item.columns, line.cells, strict=True)
        if block.item.address(row, column).score not in ("n", "parameters", None)
        if row.only is None or column.heading in row.only
        if cell.published is None
    }
    assert empty == UNPRINTED.get(page.name, set())
