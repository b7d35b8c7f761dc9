"""Write a trained system into a folder to be taken elsewhere: `python -m pipeline.export ravdess_cnn4 out`."""

import logging
import sys
from pathlib import Path

from pipeline.core.machine import pin_instructions, place_library_caches
from pipeline.core.stage import parser_of, tells_errors

EXAMPLES = """examples:
  python -m pipeline.export ravdess_cnn4 exported          weights, settings, model card
  python -m pipeline.export ravdess_cnn4 exported --onnx   and each network as ONNX, held against the original
  python -m pipeline.export new_speakers_ravdess_encoder_speeds exported --everyone
                                                           a model that has heard all its speakers, for use
  python -m pipeline.predict exported speech.wav           what can be done with it"""


@tells_errors
def main(arguments: list[str] | None = None) -> int:
    """Answer a command line; return the exit status."""
    line = parser_of("pipeline.export", __doc__, EXAMPLES)
    line.add_argument("system", help="a trained system of params.yaml")
    line.add_argument("folder", type=Path, help="a folder that is not there yet, or is empty")
    line.add_argument("--onnx", action="store_true", help="write the models as ONNX too, each checked")
    line.add_argument(
        "--everyone",
        action="store_true",
        help="train it once more, on all clips of its study, and export that in place of the models of the folds",
    )
    given = line.parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    logging.getLogger("pipeline").setLevel(logging.INFO)
    pin_instructions()  # as in training
    place_library_caches()
    from pipeline.inference.export import write_export
    from pipeline.inference.trained import read_trained

    export = write_export(read_trained(given.system), given.folder, onnx=given.onnx, everyone=given.everyone)
    size = sum(path.stat().st_size for path in given.folder.rglob("*") if path.is_file())
    print(
        f"{given.folder}: {export.trained.name}, {len(export.trained.models)} model(s), {size / 1e6:.1f} MB"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
