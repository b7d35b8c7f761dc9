"""Stress a system: `python -m pipeline.stress ravdess_cnn4`."""

import sys

from pipeline.core.errors import PipelineError
from pipeline.core.machine import pin_instructions, place_library_caches


def main() -> int:
    """Answer the command line; return the exit status."""
    try:
        pin_instructions()  # as in training
        place_library_caches()
    except PipelineError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    from pipeline.stress import command  # imports libraries, which read what is pinned

    return command.main()


if __name__ == "__main__":
    sys.exit(main())
