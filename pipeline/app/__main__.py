"""Serve the web application: `make app` runs it."""

import sys

from pipeline.core.machine import pin_instructions, place_library_caches
from pipeline.core.stage import tells_errors


@tells_errors
def main() -> int:
    """Serve as the command line says; return the exit status."""
    pin_instructions()  # as in training
    place_library_caches()
    from pipeline.app import command  # imports libraries, which read what is pinned

    return command.main()


if __name__ == "__main__":
    sys.exit(main())
