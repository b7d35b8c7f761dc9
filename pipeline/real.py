"""Train, export and serve the best system for speakers never heard, on real speech: `make real`."""

import subprocess
import sys
from pathlib import Path

from pipeline.core.stage import parser_of, tells_errors
from pipeline.orchestration.real import leaderboard, train_and_export

EXAMPLES = """examples:
  python -m pipeline.real                                 RAVDESS, and the application: make real
  python -m pipeline.real --corpus crema_d --no-app       another corpus; its system is in data/real/export
  python -m pipeline.real --corpus tess --leaderboard     all systems of the template `new_speakers`, and the report
  python -m pipeline.real --corpus calls --leaderboard    those that the profile `calls` of your own corpus names

The corpus is downloaded, or taken from SER_MIRROR or SER_CORPORA; so are Whisper's weights, or from SER_WEIGHTS."""


@tells_errors
def main() -> int:
    parser = parser_of("pipeline.real", __doc__, EXAMPLES)
    parser.add_argument("--corpus", default="ravdess", help="whose study of new speakers (ravdess)")
    parser.add_argument("--port", type=int, default=8000, help="of the application")
    parser.add_argument("--no-app", action="store_true", help="end once the system is exported")
    parser.add_argument(
        "--leaderboard",
        action="store_true",
        help="train the systems of that study, write the report, and export none",
    )
    given = parser.parse_args()
    try:
        if given.leaderboard:
            print(f"Look at {leaderboard(Path.cwd(), given.corpus) / 'index.html'}.")
            return 0
        export = train_and_export(Path.cwd(), given.corpus)
    except KeyboardInterrupt:
        return 130  # as a shell says it; what is done is kept
    if given.no_app:
        return 0
    return subprocess.call(
        [sys.executable, "-m", "pipeline.app", "--system", str(export), "--port", str(given.port)]
    )


if __name__ == "__main__":
    sys.exit(main())
