"""How stages and other command lines are run: their arguments, logging, and errors a person can read.

A stage is a module of `pipeline.stages` with a function `main`; the function's parameters are the command line's.
"""

import argparse
import functools
import importlib
import inspect
import logging
import pkgutil
import sys
from collections.abc import Callable
from types import ModuleType
from typing import ParamSpec

from pipeline.core.errors import PipelineError
from pipeline.core.machine import place_library_caches

STAGES = "pipeline.stages"

P = ParamSpec("P")


def tells_errors(main: Callable[P, int]) -> Callable[P, int]:
    """Have a command line tell a `PipelineError` in a line, without a traceback, and end with the status 2."""

    @functools.wraps(main)
    def told(*args: P.args, **kwargs: P.kwargs) -> int:
        try:
            return main(*args, **kwargs)
        except PipelineError as error:
            print(f"error: {error}", file=sys.stderr)
            return 2

    return told


def parser_of(module: str, description: str | None, examples: str) -> argparse.ArgumentParser:
    """Return the parser of `python -m <module>`, whose help ends with examples."""
    return argparse.ArgumentParser(
        prog=f"python -m {module}",
        description=description,
        epilog=examples,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


@tells_errors
def run_stage(arguments: list[str]) -> int:
    """Run the stage that a command line names, such as ["train", "ravdess_cnn4"].

    Returns:
        The exit status: 2 after a `PipelineError`, which is printed without a traceback.
    """
    package = importlib.import_module(STAGES)
    names = sorted(module.name for module in pkgutil.iter_modules(package.__path__))
    parser = argparse.ArgumentParser(prog="python -m pipeline.stage", description=inspect.getdoc(package))
    parser.add_argument("stage", choices=names)
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="of the stage; --help says which")
    parsed = parser.parse_args(arguments)
    place_library_caches()  # before a stage imports its libraries
    return run_main(importlib.import_module(f"{STAGES}.{parsed.stage}"), parsed.arguments)


@tells_errors
def run_main(stage: ModuleType, arguments: list[str]) -> int:
    """Run a stage's `main` with one argument for each of its parameters; return the exit status."""
    name = stage.__name__.rpartition(".")[2]
    parser = argparse.ArgumentParser(
        prog=f"python -m pipeline.stage {name}",
        description=inspect.getdoc(stage),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    for parameter in inspect.signature(stage.main).parameters:
        parser.add_argument(parameter)
    parsed = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    stage.main(**vars(parsed))
    return 0
