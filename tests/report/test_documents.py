"""Marked tables within documents."""

import pytest

from pipeline.core.errors import PipelineError
from pipeline.report.documents import documents, file_tree, fill_tables, outdated

TEXT = (
    "# Title\n\n<!-- table: a -->\nold\n<!-- /table -->\n\nbetween\n"
    "<!-- table: study b -->\n<!-- /table -->\nafter\n"
)


def fill(text, table=lambda name: f"| {name} |"):
    return fill_tables(text, table, "README.md")


def test_only_what_is_between_markers_changes():
    assert fill(TEXT) == (
        "# Title\n\n<!-- table: a -->\n| a |\n<!-- /table -->\n\nbetween\n<!-- table: study b -->\n| study b |\n"
        "<!-- /table -->\nafter\n"
    )


def test_filling_twice_changes_nothing_more():
    assert fill(fill(TEXT)) == fill(TEXT)


def test_without_markers_nothing_changes():
    assert fill("# Title\n") == "# Title\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x\n<!-- /table -->", "README.md:2: <!-- /table --> has no partner"),
        (
            "<!-- table: a -->\n<!-- table: b -->\n<!-- /table -->",
            "README.md:2: <!-- table: b --> has no partner",
        ),
        ("<!-- table: a -->\n", "README.md:1: <!-- table: a --> has no <!-- /table -->"),
    ],
)
def test_a_marker_without_a_partner_is_an_error(text, message):
    with pytest.raises(PipelineError, match=message):
        fill(text)


def test_a_table_that_there_is_not_says_where():
    def table(name):
        raise PipelineError(f"unknown table {name!r}")

    with pytest.raises(PipelineError, match=r"README\.md:7: unknown table 'study b'"):
        fill(TEXT.replace("table: a", "other: a").replace("\n<!-- /table -->", "", 1), table)


def test_only_documents_that_differ_are_named(tmp_path):
    (tmp_path / "docs").mkdir()
    for path in (tmp_path / "README.md", tmp_path / "docs" / "a.md"):
        path.write_text("same", "utf-8")
    (tmp_path / "docs" / "b.md").write_text(TEXT, "utf-8")
    assert outdated(documents(tmp_path), lambda name: name).keys() == {tmp_path / "docs" / "b.md"}


def test_a_document_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(PipelineError, match="run from the root of the repository"):
        outdated(documents(tmp_path), lambda name: name)


def test_the_tree_has_every_file_with_its_first_sentence(tmp_path):
    for name, text in {
        "__init__": "The code.",
        "run": "Run\nit.\n\nMore.",
        "core/__init__": "Core.",
        "core/a": "A.",
    }.items():
        path = tmp_path / "code" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'"""{text}"""\n', "utf-8")
    assert file_tree(tmp_path / "code").replace(tmp_path.as_posix(), "").splitlines() == [
        *("**/code/** The code.", "", "- `run.py`: Run it.", ""),
        *("**/code/core/** Core.", "", "- `a.py`: A."),
    ]
