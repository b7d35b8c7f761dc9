"""Look at all systems together: which differences are chance, what changes, what leaks, and what to listen to."""

import logging
from functools import cache

import pandas as pd
from tqdm import tqdm

from pipeline.config.plans import AnalysePlan, load_plan
from pipeline.core.paths import analysis_dir, predictions_path
from pipeline.core.tables import read_table
from pipeline.evaluation.analysis import (
    LISTED_COLUMNS,
    read_paths,
    read_transcripts,
    write_audit,
    write_changes,
    write_cross_corpora,
    write_failures,
    write_importances,
    write_rounded,
)
from pipeline.evaluation.comparable import Groups, not_comparable
from pipeline.evaluation.significance import compare
from pipeline.evaluation.system import read_scores

SKIPPED = {"status": "skipped"}

log = logging.getLogger(__name__)


def main() -> None:
    plan, folder = load_plan(AnalysePlan, "analyse"), analysis_dir()
    scores = read_scores(plan.systems)
    studies = {system: plan.systems[system] for system in scores}
    paths, transcripts = cache(read_paths), read_transcripts()
    groups, listed = Groups(), []
    for system, study in tqdm(studies.items(), desc="analyse", unit="system", disable=None):
        if scores[system]["status"] != "skipped":
            predictions = read_table(predictions_path(system))
            groups.add(system, study, predictions, plan.ways[system])
            listed += write_failures(folder, system, predictions, paths, transcripts, plan.code)
    write_rounded(folder / "listed.csv", pd.DataFrame(listed, columns=LISTED_COLUMNS))
    pairs = {name: [*plan.baselines.get(name, []), *plan.pairs.get(name, [])] for name in plan.systems}
    significance = compare(tqdm([*groups], desc="compare", unit="group", disable=None), pairs, code=plan.code)
    write_rounded(folder / "significance.csv", significance)
    n_changes = write_changes(folder / "change", groups, plan.baselines, scores, plan.code)
    write_audit(folder, plan, scores)
    write_cross_corpora(folder, plan.cross_corpora, scores, plan.code)
    there = [name for name in plan.importances if scores.get(name, SKIPPED)["status"] != "skipped"]
    for system in tqdm(there, desc="importances", unit="system", disable=None):
        write_importances(folder / "families", system, plan.importances[system], plan.code)
    for pair in not_comparable(groups, plan.baselines):
        log.warning("analyse: %s is not held against %s, which was tested on other clips", *pair)
    n_systems = sum(len(group.members) for group in groups)
    log.info(
        "analyse: %d of %d systems in %d groups, %d pairs compared, %d changes, %d audits",
        *(n_systems, len(plan.systems), len([*groups]), len(significance), n_changes, len(plan.audit)),
    )
