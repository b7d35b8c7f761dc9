"""Say what a folder or a table holds, and how params.yaml takes it: `python -m pipeline.describe my_clips/`."""

import argparse
import logging
import sys
from pathlib import Path

from pipeline.config.add_corpus import add_corpus, as_block
from pipeline.config.corpora import ROLES
from pipeline.core.errors import PipelineError
from pipeline.corpora.check import check_adapter, find_adapter
from pipeline.corpora.tables.columns import parse_column
from pipeline.corpora.tables.describe import describe_table

EXAMPLES = """examples:
  python -m pipeline.describe my_clips/labels.csv                 a table whose paths begin at its own folder
  python -m pipeline.describe my_clips --add my_corpus            write the entry into params.yaml
  python -m pipeline.describe my.csv -c label=mood -c speaker=who columns whose names do not say it
  python -m pipeline.describe EmoBox/data/ravdess --audio clips   metadata here, audio there
  python -m pipeline.describe --check my_adapter.py my_clips      an adapter of your own, against the contract

exit status: 0; 1 where an adapter breaks its contract; 2 where nothing can be said"""
SHOWN = 20


def parser() -> argparse.ArgumentParser:
    """Return the command line's parser."""
    line = argparse.ArgumentParser(
        prog="python -m pipeline.describe",
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    line.add_argument("path", type=Path, help="a table, a folder with one, or folders named after labels")
    line.add_argument("--add", metavar="NAME", help="write the entry into params.yaml under this name")
    line.add_argument(
        *("--column", "-c"),
        metavar="ROLE=NAME[:PATTERN]",
        action="append",
        default=[],
        help=f"which column says what, or which part of it: {', '.join(ROLES)}",
    )
    line.add_argument("--audio", type=Path, metavar="FOLDER", help="where the audio lies, if elsewhere")
    line.add_argument("--check", metavar="ADAPTER", help="a name, or a file: hold it against the contract")
    return line


def main(arguments: list[str] | None = None) -> int:
    """Answer a command line; return the exit status."""
    given = parser().parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    try:
        if given.check:
            problems = check_adapter(find_adapter(given.check), given.path)
            print("\n".join(problems[:SHOWN]) or f"{given.check} keeps the contract on {given.path}")
            return 1 if problems else 0
        name = given.add or "my_corpus"
        found = describe_table(given.path, given.audio, name, dict(map(parse_column, given.column)))
        print("\n".join(found.lines))
        if given.add:
            add_corpus(name, found.entry)
            print(f"\nwritten into params.yaml: corpora.{name} and profiles.{name}; next: docs/own_corpus.md")
        else:
            print(f"\nfor params.yaml (--add NAME writes it there):\n\n{as_block(name, found.entry)}")
        return 0
    except PipelineError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
