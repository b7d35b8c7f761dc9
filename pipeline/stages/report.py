"""Write the report: one HTML page that needs no network, and all results as Markdown."""

import logging

from pipeline.config.plans import ReportPlan, load_plan
from pipeline.config.published import load_published
from pipeline.core.paths import report_dir
from pipeline.report.collect import collect
from pipeline.report.page import render_page
from pipeline.report.results_table import results_markdown

log = logging.getLogger(__name__)


def main() -> None:
    """Write index.html and results.md into data/report."""
    report = collect(load_plan(ReportPlan, "report"), load_published())
    folder = report_dir()
    folder.mkdir(parents=True, exist_ok=True)
    page = render_page(report)
    (folder / "index.html").write_text(page, "utf-8")
    (folder / "results.md").write_text(results_markdown(report.rows, report.profile), "utf-8")
    log.info(
        "report: %d systems, %d of them trained, a page of %.1f MB",
        *(len(report.rows), len(report.details), len(page.encode("utf-8")) / 1e6),
    )
