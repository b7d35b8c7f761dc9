"""Checkpoints of openai-whisper: a file, one in the folder of local weights, or the hub's; and damaged ones."""

import os
from pathlib import Path

from pipeline.core.errors import PipelineError
from pipeline.core.paths import left_behind
from pipeline.pretrained.take import UNREADABLE

# What is raised of a file that is cut short, or that holds something else than a checkpoint.
NO_CHECKPOINT = (*UNREADABLE, KeyError, TypeError, ValueError, AttributeError, ImportError, OSError)
CONTENTS = {  # what such files begin with
    b"PK": "it is cut short, or holds another model",
    b"<": "a web page",
    b"version https://git-lfs": "a Git LFS pointer, in place of the file that it points to",
    b"\x80": "a pickle of something else",
}


def find_checkpoint(model: str) -> Path | None:
    """Return the local checkpoint that a model's name means, if there is one.

    Args:
        model: A file, or the name of one in `$SER_WEIGHTS` (with or without `.pt`, or in its folder `whisper`).
    """
    if Path(model).is_file():
        return Path(model)
    weights = os.environ.get("SER_WEIGHTS")
    if not weights:
        return None
    names = [model, f"{model}.pt", f"whisper/{model}", f"whisper/{model}.pt"]
    return next((Path(weights) / name for name in names if (Path(weights) / name).is_file()), None)


def is_name(model: str) -> bool:
    """Whether a name is one of Whisper's own, such as base or small.en."""
    import whisper

    return model in whisper.available_models()


def find_or_download(model: str, where: str, advice: str) -> Path:
    """Return the checkpoint that a model's name means; one of Whisper's own names is downloaded if need be.

    Args:
        model: See `find_checkpoint`, or one of Whisper's own names, whose file lies where openai-whisper keeps it.
        where: Key in params.yaml, for errors.
        advice: What else can be done where it is not at hand, a sentence.

    Raises:
        PipelineError: There is none of that name, or it cannot be downloaded.
    """
    if local := find_checkpoint(model):
        return local
    import whisper

    if not is_name(model):
        raise PipelineError(
            f"{where} is {model!r}: no such file, none below $SER_WEIGHTS "
            f"({os.environ.get('SER_WEIGHTS', 'not set')}), and not a name Whisper knows "
            f"({', '.join(whisper.available_models())}). {advice}{left_behind(model)}"
        )
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser())
    try:
        return Path(whisper._download(whisper._MODELS[model], str(home / "whisper"), in_memory=False))
    except (OSError, RuntimeError) as error:
        raise PipelineError(
            f"{where}: the Whisper model {model!r} cannot be downloaded ({error}). Put {model}.pt into a folder "
            f"and name it in SER_WEIGHTS. {advice}"
        ) from error


def no_checkpoint(file: Path, where: str) -> PipelineError:
    """Return the error of a file that could not be loaded, which says what it holds."""
    return PipelineError(
        f"{file} is not a Whisper checkpoint: {_content(file)}. Get it anew, or name another in {where}"
    )


def _content(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            head = opened.read(64).lstrip()
    except OSError as error:
        return f"it cannot be read ({error.strerror})"
    for start, what in CONTENTS.items():
        if head.startswith(start):
            return what
    return "an empty file" if not head else "torch knows no such file"
