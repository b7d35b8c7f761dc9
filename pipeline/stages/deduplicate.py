"""Find the copies among the clips of all corpora, and which clip of each group of copies to keep."""

import logging

from pipeline.config.plans import DeduplicatePlan, load_plan
from pipeline.core.paths import DATA, duplicates_path
from pipeline.core.schemas import DUPLICATES
from pipeline.core.tables import write_csv, write_table
from pipeline.curation.duplicates import NONE, find_duplicates, list_groups
from pipeline.curation.tables import COMPARED, read_fingerprints, read_indexes

log = logging.getLogger(__name__)


def main() -> None:
    corpora = load_plan(DeduplicatePlan, "deduplicate").corpora
    index = read_indexes(corpora, COMPARED)
    duplicates = find_duplicates(index, read_fingerprints(corpora))
    for corpus in corpora:
        write_table(duplicates_path(corpus), duplicates[index["corpus"] == corpus], DUPLICATES)
    groups = list_groups(index, duplicates)
    write_csv(DATA / "duplicates" / "groups.csv", groups, None)
    copies = duplicates[duplicates["kind"] != NONE]
    n_groups, n_conflicts = copies["group"].nunique(), copies["conflict"].sum()
    log.info(
        "deduplicate: %d clips: %d in %d groups of copies, %d in conflict",
        *(len(duplicates), len(copies), n_groups, n_conflicts),
    )
