"""How every stage script starts: arguments, logging, and errors a person can read."""

import argparse
import inspect
import logging
import sys
from collections.abc import Callable

from pipeline.core.errors import PipelineError


def run(main: Callable[..., None]) -> None:
    """Run a stage's `main` with the command line's arguments, one for each of its parameters.

    A `PipelineError` is printed without a traceback and ends the process with status 2.
    """
    module = sys.modules[main.__module__]
    parser = argparse.ArgumentParser(
        description=inspect.getdoc(module), formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name in inspect.signature(main).parameters:
        parser.add_argument(name)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    try:
        main(**vars(arguments))
    except PipelineError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
