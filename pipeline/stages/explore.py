"""Describe what the corpora hold and what curation makes of it: tables and figures, before any training."""

import logging
import shutil

from pipeline.config.plans import ExplorePlan, load_plan
from pipeline.curation.tables import read_indexes
from pipeline.exploration.explore import explore_corpora, explore_studies
from pipeline.exploration.files import FIGURES
from pipeline.exploration.tables import COLUMNS

log = logging.getLogger(__name__)


def main() -> None:
    plan = load_plan(ExplorePlan, "explore")
    shutil.rmtree(FIGURES, ignore_errors=True)  # of studies that the profile leaves out
    FIGURES.mkdir(parents=True)
    index = read_indexes(plan.corpora, [name for name in COLUMNS if name != "corpus"])
    explore_corpora(index, plan.corpora)
    explore_studies(index, plan.studies)
    log.info("explore: %d files of %d corpora, %d studies", len(index), len(plan.corpora), len(plan.studies))
