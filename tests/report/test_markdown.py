"""Tables as Markdown."""

from pipeline.report.markdown import Column, markdown_table, without_empty

NAME = Column("name", lambda row: row[0], number=False)
VALUE = Column("value", lambda row: row[1])


def test_a_line_a_row():
    assert markdown_table([("a", "1"), ("b", "–")], [NAME, VALUE]) == (
        "| name | value |\n| --- | --: |\n| a | 1 |\n| b | – |"
    )


def test_a_column_of_dashes_is_left_out():
    assert without_empty([("a", "–"), ("b", "–")], [NAME, VALUE]) == [NAME]
    assert without_empty([("a", "–"), ("b", "1")], [NAME, VALUE]) == [NAME, VALUE]
