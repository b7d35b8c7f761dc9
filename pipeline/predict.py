"""Ask a trained system what it makes of recordings: `python -m pipeline.predict ravdess_cnn4 speech.wav`."""

import argparse
import logging
import sys
from pathlib import Path

from pipeline.core.machine import pin_instructions, place_library_caches
from pipeline.core.stage import parser_of, tells_errors

EXAMPLES = """examples:
  python -m pipeline.predict --list                                      what is trained, and how well it does
  python -m pipeline.predict ravdess_cnn4 speech.wav                     a table on the screen
  python -m pipeline.predict ravdess_cnn4 recordings/ --output all.csv   a folder; after an interruption, again
  python -m pipeline.predict ravdess_cnn4 call.mp3 --window 10 --format json
  ffmpeg -i film.mkv -f wav - | python -m pipeline.predict ravdess_cnn4 -
  python -m pipeline.predict fusion_bilstm_attention hello.wav --text "Hello again."
  python -m pipeline.predict exported/ speech.wav                        what pipeline.export wrote

exit status: 0; 1 where a file could not be answered, which the others do not mind; 2 where nothing could"""


def parser() -> argparse.ArgumentParser:
    """Return the command line's parser."""
    line = parser_of("pipeline.predict", __doc__, EXAMPLES)
    line.add_argument("system", nargs="?", help="a trained system of params.yaml, or the folder of an export")
    line.add_argument("files", nargs="*", help="audio files, folders of them, or - for standard input")
    line.add_argument("--list", action="store_true", help="list the systems that are trained")
    line.add_argument("--window", type=float, default=5.0, help="seconds that are asked about at a time (5)")
    line.add_argument(
        "--format", choices=("table", "json", "csv", "parquet"), help="table, or as --output ends"
    )
    line.add_argument("--output", type=Path, help="a file to write, in place of the screen")
    line.add_argument(
        "--speech",
        choices=("level", "silero"),
        default="level",
        help="what tells speech from the rest (level)",
    )
    line.add_argument(
        "--enrol",
        nargs="+",
        default=[],
        metavar="CLIPS",
        help="for a system standardised by speaker: eight or more clips of the one who speaks, or their folder; or "
        "the word recording, which takes the windows of each recording itself",
    )
    line.add_argument("--text", help="what is said in the one file, for a system that reads text")
    return line


@tells_errors
def main(arguments: list[str] | None = None) -> int:
    """Answer a command line; return the exit status."""
    line = parser()
    given = line.parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    if not given.list and not (given.system and given.files):
        line.error("expected a system and files; --list lists the systems, --help shows examples")
    pin_instructions()  # as in training
    place_library_caches()
    from pipeline.inference.job import Job, list_systems

    if given.list:
        print(list_systems())
        return 0
    try:
        job = Job(
            *(given.system, given.files, given.window, given.format, given.output, given.text, given.speech),
            enrol=given.enrol,
        )
        return 1 if job.run() else 0
    except KeyboardInterrupt:
        kept = "; the same command goes on from here" if given.output else ""
        print(f"\ninterrupted{kept}", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
