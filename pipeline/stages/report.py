"""Write the report: one HTML page that needs no network, and the README's table of results."""

import logging

from pipeline.core.params import load_params
from pipeline.core.paths import DATA
from pipeline.core.stage import run
from pipeline.evaluation.collect import collect
from pipeline.evaluation.page import render_page
from pipeline.evaluation.results_table import results_markdown

log = logging.getLogger(__name__)


def main() -> None:
    """Write data/report/index.html and data/report/results.md."""
    report = collect(load_params())
    folder = DATA / "report"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "index.html").write_text(render_page(report), "utf-8")
    (folder / "results.md").write_text(results_markdown(report.rows, report.profile), "utf-8")
    log.info("report: %d systems, %d of them trained", len(report.rows), len(report.details))


if __name__ == "__main__":
    run(main)
