"""Train, export and serve the best system for speakers never heard, on real speech: `make real`."""

import argparse
import subprocess
import sys
from pathlib import Path

from pipeline.core.errors import PipelineError
from pipeline.orchestration.real import train_and_export


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m pipeline.real", description=__doc__)
    parser.add_argument("--port", type=int, default=8000, help="of the application")
    parser.add_argument("--no-app", action="store_true", help="end once the system is exported")
    given = parser.parse_args()
    try:
        export = train_and_export(Path.cwd())
    except PipelineError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130  # as a shell says it; what is done is kept
    if given.no_app:
        return 0
    return subprocess.call(
        [sys.executable, "-m", "pipeline.app", "--system", str(export), "--port", str(given.port)]
    )


if __name__ == "__main__":
    sys.exit(main())
