"""Train a system: all its seeds and folds in one process, on data that is loaded once."""

from pipeline.training.planned import train_planned


def main(system: str) -> None:
    train_planned(system)
