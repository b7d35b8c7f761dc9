"""Write a study's utterances as a table, for other tools: `python -m pipeline.table ravdess_methods`."""

import argparse
import os
import sys
from pathlib import Path

from pipeline.core.errors import PipelineError

EXAMPLES = """examples:
  python -m pipeline.table ravdess_methods > clips.csv
  python -m pipeline.table ravdess_methods --features compare_functionals --output clips.csv
  python -m pipeline.table ravdess_methods --format audformat --output database/"""


def parser() -> argparse.ArgumentParser:
    """Return the command line's parser."""
    line = argparse.ArgumentParser(
        prog="python -m pipeline.table",
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    line.add_argument("study", help="a study of params.yaml that has been split")
    line.add_argument(
        "--features", nargs="*", default=[], metavar="SET", help="feature sets of a vector a clip"
    )
    line.add_argument("--format", choices=("csv", "audformat"), default="csv")
    line.add_argument("--output", type=Path, help="a file, or for audformat a folder; else the screen")
    return line


def main(arguments: list[str] | None = None) -> int:
    """Answer a command line; return the exit status."""
    line = parser()
    given = line.parse_args(arguments)
    if given.format == "audformat" and given.output is None:
        line.error("audformat is a folder: name it with --output")
    from pipeline.exploration.study_table import study_table, write_audformat

    try:
        table = study_table(given.study, given.features)
        if given.format == "audformat":
            write_audformat(table, given.study, given.output, given.features)
        elif given.output is None:
            table.to_csv(sys.stdout, index=False, lineterminator="\n")
        else:
            from pipeline.core.tables import write_csv

            write_csv(given.output, table, None)
    except PipelineError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # whoever reads it, such as `head`, has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if given.output is not None:
        print(f"{len(table):,} utterances, {len(table.columns):,} columns: {given.output}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
