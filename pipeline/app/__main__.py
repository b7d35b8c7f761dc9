"""Serve the web application: `make app` runs it."""

import sys

from pipeline.core.errors import PipelineError
from pipeline.core.machine import pin_instructions, place_library_caches


def main() -> int:
    """Serve as the command line says; return the exit status."""
    try:
        pin_instructions()  # as in training
    except PipelineError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    place_library_caches()
    from pipeline.app import command  # imports libraries, which read what is pinned

    return command.main()


if __name__ == "__main__":
    sys.exit(main())
