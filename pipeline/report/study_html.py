"""The documents' pages as HTML files beside the report's own: style and figures are in each."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from pipeline.config.documents import Layout
from pipeline.config.published import Document
from pipeline.core.tables import read_csv
from pipeline.exploration.files import table_path
from pipeline.report import geometry
from pipeline.report.collect import Picture, Report
from pipeline.report.measured import Measured
from pipeline.report.page import embed, make_environment, verbatim
from pipeline.report.results_table import SYNTHETIC_WARNING
from pipeline.report.study_page import StudyPage, by_system, columns_of, shown, study_page
from pipeline.report.system_detail import read_analysis


def study_pages(
    report: Report, documents: Mapping[str, Document], layouts: Mapping[str, Layout]
) -> list[StudyPage]:
    """Fill the tables and figures of all documents that are laid out."""
    if not layouts:
        return []
    significance = read_analysis().significance
    measured = Measured(by_system(report.rows), read_csv(table_path("account")), significance)
    return [
        study_page(name, layout, documents[name], measured, report.real) for name, layout in layouts.items()
    ]


def render_study_page(page: StudyPage, pages: Sequence[StudyPage], profile: str) -> str:
    """Return the HTML of a document's page; the others are linked from it."""
    return (
        make_environment()
        .get_template("study.html.j2")
        .render(
            page=page,
            pages=pages,
            profile=profile,
            warning=SYNTHETIC_WARNING,
            style=verbatim("report.css"),
            embed=_embed_file,
            headings=columns_of,
            shown=shown,
            geometry=geometry,
        )
    )


def _embed_file(path: Path) -> dict[str, object]:
    return embed(Picture("", path.read_bytes(), path.as_posix()))
