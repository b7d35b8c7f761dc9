"""Results on real corpora that were kept in a file."""

import json

import pytest

from pipeline.core.errors import PipelineError
from pipeline.report.real_results import RealResults, read_real_results

BLOCK = {
    "title": "RAVDESS",
    "date": "2026-11-20",
    "commands": ["dvc exp run -S profile=ravdess"],
    "note": "Opus, 32 kbit/s",
    "columns": ["system", "accuracy, %", "protocol", "test clips"],
    "rows": [
        ["cnn4", "70.8 (64.5–77.1)", "70/15/15, stratified", 216],
        ["svm", None, "speaker-independent", 156],
    ],
}


def write(path, content):
    path.write_text(json.dumps(content), "utf-8")
    return path


def test_no_file_no_results(tmp_path):
    assert read_real_results(tmp_path / "real.json") == []


def test_a_table_is_read_as_it_stands(tmp_path):
    (block,) = read_real_results(write(tmp_path / "real.json", [BLOCK]))
    assert block == RealResults.model_validate(BLOCK)
    assert [block.is_text(column) for column in range(4)] == [True, False, True, False]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rows": [["cnn4"]]}, "row 1 has 1 cells, expected 4"),
        ({"titel": "x"}, "table 0.titel: unknown key, did you mean 'title'"),
        ({"commands": "dvc repro"}, "table 0.commands: .*list"),
    ],
)
def test_a_mistake_is_named(tmp_path, change, message):
    with pytest.raises(PipelineError, match=message):
        read_real_results(write(tmp_path / "real.json", [{**BLOCK, **change}]))


def test_a_single_table_is_no_list(tmp_path):
    with pytest.raises(PipelineError, match="expected a list of tables, came dict"):
        read_real_results(write(tmp_path / "real.json", BLOCK))
