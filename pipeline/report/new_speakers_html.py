"""The page of speakers never heard as an HTML file beside the report's own."""

from pipeline.report.collect import Report
from pipeline.report.new_speakers import across, boards, read_by
from pipeline.report.page import make_environment, verbatim
from pipeline.report.real_boards import CROSSED_COLUMNS, crossings, real_boards, uar_text
from pipeline.report.results_table import SYNTHETIC_WARNING
from pipeline.report.system_detail import read_analysis

NAME = "new_speakers"  # of the file


def render_new_speakers(report: Report) -> str | None:
    """Return the HTML of the page; None where no system was tested so, here or on real speech."""
    found = boards(report.rows, read_analysis().significance)
    real = real_boards(report.real)
    if not found and not real:
        return None
    environment = make_environment()
    environment.globals["uar_text"] = uar_text
    return environment.get_template("new_speakers.html.j2").render(
        profile=report.profile,
        boards=found,
        real=real,
        matrix=report.matrix is not None,
        crossed=crossings(report.real),
        crossed_columns=CROSSED_COLUMNS,
        across=across(found),
        reads=read_by(found),
        crossings=report.crossings,
        warning=SYNTHETIC_WARNING,
        style=verbatim("report.css"),
    )
