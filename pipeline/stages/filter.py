"""Choose each study's utterances from its corpora, and account for all that is dropped."""

import logging

import pandas as pd

from pipeline.config.plans import FilteredStudy, FilterPlan, load_plan
from pipeline.core.errors import told_with
from pipeline.curation.filter import Curated, curate, large_losses, nothing_curated, unknown_labels
from pipeline.curation.given_split import crossings
from pipeline.curation.tables import read_grouped, write_curated

log = logging.getLogger(__name__)


def main() -> None:
    plan = load_plan(FilterPlan, "filter")
    for study, settings in plan.studies.items():
        with told_with(f"studies.{study}"):
            curated, crossing = curate_study(settings)
        for label in unknown_labels(curated.dropped):
            log.warning(
                "filter: %s: %s; add it to studies.%s.labels (null leaves it out)", study, label, study
            )
        for finding in (*large_losses(curated), *crossing):
            log.warning("filter: %s: %s", study, finding)
        facts = {
            "study": study,
            "profile": plan.profile,
            "status": "ok" if settings.corpora else "skipped",
            "corpora": ", ".join(settings.corpora),
            "crossings": "; ".join(crossing) or None,
        }
        write_curated(study, curated, facts, settings.corpora)
        if settings.corpora:
            log.info(
                "filter: %s: %s", study, ", ".join(f"{step} {n:,}" for step, n in curated.counts.items())
            )


def curate_study(settings: FilteredStudy) -> tuple[Curated, list[str]]:
    """Curate a study, and say who crosses the splits that its corpora give; without corpora it has no rows."""
    if not settings.corpora:
        return nothing_curated(), []
    rows = pd.concat([read_grouped(corpus) for corpus in settings.corpora], ignore_index=True)
    return curate(rows, settings), crossings(rows)
