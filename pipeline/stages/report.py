"""Write the report: HTML pages that need no network, of all results, speakers never heard and each document."""

import logging

from pipeline.config.documents import load_layouts
from pipeline.config.plans import ReportPlan, load_plan
from pipeline.config.published import load_documents, load_published
from pipeline.core.paths import report_dir
from pipeline.report.collect import collect
from pipeline.report.new_speakers_html import NAME, render_new_speakers
from pipeline.report.page import render_page
from pipeline.report.results_table import results_markdown
from pipeline.report.study_html import render_study_page, study_pages

log = logging.getLogger(__name__)


def main() -> None:
    """Write index.html, a page a document and results.md into data/report."""
    report = collect(load_plan(ReportPlan, "report"), load_published())
    documents = load_documents()
    pages = study_pages(report, documents, load_layouts(documents))
    folder = report_dir()
    folder.mkdir(parents=True, exist_ok=True)
    new_speakers = render_new_speakers(report)
    page = render_page(report, [*([NAME] if new_speakers else []), *(study.name for study in pages)])
    (folder / "index.html").write_text(page, "utf-8")
    (folder / f"{NAME}.html").unlink(missing_ok=True)
    if new_speakers:
        (folder / f"{NAME}.html").write_text(new_speakers, "utf-8")
    for study in pages:
        (folder / f"{study.name}.html").write_text(render_study_page(study, pages, report.profile), "utf-8")
    (folder / "results.md").write_text(results_markdown(report.rows, report.profile), "utf-8")
    log.info(
        "report: %d systems, %d of them trained, a page of %.1f MB",
        *(len(report.rows), len(report.sections), len(page.encode("utf-8")) / 1e6),
    )
