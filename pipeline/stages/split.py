"""Cut each study's curated utterances into training, validation and test, once for each of its variants."""

from pipeline.config.plans import SplitPlan, load_plan
from pipeline.core.paths import curated_path
from pipeline.core.tables import read_table
from pipeline.splits.study import write_split


def main() -> None:
    plan = load_plan(SplitPlan, "split")
    for study, variants in plan.studies.items():
        curated = read_table(curated_path(study))
        for variant, settings in variants.items():
            write_split(curated, settings, study, variant, plan.noise)
