"""Train a system: all its seeds and folds in one process, on data that is loaded once."""

from pipeline.config.plans import SystemPlan, load_plan
from pipeline.training.planned import train_planned


def main(system: str) -> None:
    train_planned(system, load_plan(SystemPlan, "train", system))
