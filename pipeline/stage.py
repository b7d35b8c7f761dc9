"""Run one stage of dvc.yaml: `python -m pipeline.stage train ravdess_cnn4`.

Without a stage it lists them. Where `make repro` keeps a warm process (its socket is `$SER_WARM`), that one runs
the stage, so that libraries are imported once and not for each of a hundred stages; the result is the same.
"""

import importlib.util
import os
import sys

from pipeline.core.errors import PipelineError
from pipeline.core.machine import pin_instructions

NEEDED = ("numpy", "pandas", "pydantic", "torch")
NO_LIBRARIES = (
    "error: {python} has no {names}: activate the environment (. .venv/bin/activate), or use make repro"
)


def main(arguments: list[str]) -> int:
    """Run a stage; return the exit status."""
    try:
        pin_instructions()
    except PipelineError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    if os.environ.get("SER_WARM"):
        from pipeline.orchestration.client import run_warm

        return run_warm(os.environ["SER_WARM"], arguments)
    # `dvc` that is called by its path runs the `python` of whoever called it.
    if missing := [name for name in NEEDED if importlib.util.find_spec(name) is None]:
        print(NO_LIBRARIES.format(python=sys.executable, names=", ".join(missing)), file=sys.stderr)
        return 2
    from pipeline.core.stage import run_stage

    return run_stage(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
