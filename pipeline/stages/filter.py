"""Choose a study's utterances from its corpora, and account for all that is dropped."""

import logging

import pandas as pd

from pipeline.config.mistakes import one_of
from pipeline.config.params import Params, load_params
from pipeline.core.errors import PipelineError
from pipeline.core.paths import (
    account_path,
    curated_path,
    dropped_path,
    duplicates_path,
    index_facts_path,
    index_path,
)
from pipeline.core.schemas import CURATED, INDEX
from pipeline.core.stage import run
from pipeline.core.tables import read_json, read_table, write_json, write_table
from pipeline.curation.filter import COMBINED, DROPPED_COLUMNS, STEPS, Curated, curate, unknown_labels

COLUMNS = [name for name in INDEX.names if name in {*CURATED.names, "path", "status", "reason"}]

log = logging.getLogger(__name__)


def read_rows(corpus: str) -> pd.DataFrame:
    """Put a corpus's groups of copies beside what is needed of its index."""
    index = read_table(index_path(corpus), COLUMNS)
    duplicates = read_table(duplicates_path(corpus))
    if not index["utterance_id"].equals(duplicates["utterance_id"]):
        raise PipelineError(
            f"{duplicates_path(corpus)} has other rows ({len(duplicates)}) than {index_path(corpus)} "
            f"({len(index)}): run `dvc repro deduplicate`"
        )
    return index.assign(**duplicates.drop(columns="utterance_id"), corpus=corpus)


def curate_study(params: Params, study: str) -> Curated:
    """Curate a study; one without corpora in the active profile has no rows."""
    corpora = params.study_corpora(study)
    if corpora:
        rows = pd.concat([read_rows(corpus) for corpus in corpora], ignore_index=True)
        return curate(rows, params.studies[study])
    return Curated(
        kept=CURATED.empty_table().to_pandas(),
        dropped=pd.DataFrame(columns=DROPPED_COLUMNS, dtype=str),
        counts=dict.fromkeys([COMBINED, *STEPS], 0),
        account=pd.DataFrame(columns=["corpus", "class", "n", "step"]),
    )


def surprises_of(corpora: list[str]) -> str | None:
    """Return what is odd about the corpora's counts, both numbers each, as the index stage found it."""
    found = [line for corpus in corpora for line in read_json(index_facts_path(corpus))["surprises"]]
    return "; ".join(found) or None


def main(study: str) -> None:
    params = load_params()
    one_of(study, params.studies, "study")
    curated = curate_study(params, study)
    for label in unknown_labels(curated.dropped):
        log.warning("filter: %s: %s; add it to studies.%s.labels (null leaves it out)", study, label, study)
    write_table(curated_path(study), curated.kept, CURATED)
    curated.dropped.to_csv(dropped_path(study), index=False, lineterminator="\n")
    account = curated_path(study).with_name(f"{study}_account.csv")
    curated.account[["step", "corpus", "class", "n"]].to_csv(account, index=False, lineterminator="\n")
    facts = {
        "study": study,
        "profile": params.profile,
        "status": "ok" if params.study_corpora(study) else "skipped",
        "corpora": ", ".join(params.study_corpora(study)),
    }
    steps = {f"n_{step}": n for step, n in curated.counts.items()}
    write_json(
        account_path(study), {**facts, **steps, "surprises": surprises_of(params.study_corpora(study))}
    )
    log.info("filter: %s: %s", study, ", ".join(f"{step} {n:,}" for step, n in curated.counts.items()))


if __name__ == "__main__":
    run(main)
