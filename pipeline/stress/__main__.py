"""Stress a system: `python -m pipeline.stress ravdess_cnn4`."""

import sys

from pipeline.core.machine import pin_instructions, place_library_caches
from pipeline.core.stage import tells_errors


@tells_errors
def main() -> int:
    """Answer the command line; return the exit status."""
    pin_instructions()  # as in training
    place_library_caches()
    from pipeline.stress import command  # imports libraries, which read what is pinned

    return command.main()


if __name__ == "__main__":
    sys.exit(main())
