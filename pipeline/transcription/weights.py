"""Find and load a Whisper model: a file, the folder of local weights, or the hub, in this order."""

import functools
import hashlib
import os
import pickle
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.core.errors import PipelineError
from pipeline.core.paths import left_behind

if TYPE_CHECKING:
    from whisper.model import Whisper

# What torch and Whisper raise of a file that is cut short, or that holds something else than a checkpoint.
NO_CHECKPOINT = (
    *(RuntimeError, EOFError, pickle.UnpicklingError),
    *(KeyError, TypeError, ValueError, AttributeError, IndexError, ImportError),
)
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


def load_whisper(model: str, device: str) -> "Whisper":
    """Load a Whisper model.

    Args:
        model: A file, a name below `$SER_WEIGHTS`, or one of Whisper's own names (downloaded by openai-whisper).
        device: Where to put it, such as "cpu" or "cuda".

    Raises:
        PipelineError: There is no such file, it is no Whisper checkpoint, or it cannot be downloaded.
    """
    import torch
    import whisper

    local = find_checkpoint(model)
    if local is None and model not in whisper.available_models():
        raise PipelineError(
            f"asr.model is {model!r}: no such file, none below $SER_WEIGHTS "
            f"({os.environ.get('SER_WEIGHTS', 'not set')}), and not a name Whisper knows "
            f"({', '.join(whisper.available_models())}){left_behind(model)}"
        )
    try:
        return whisper.load_model(str(local or model), device=device)
    except torch.OutOfMemoryError as error:
        raise PipelineError(
            f"the Whisper model {model!r} does not fit on {device}: set SER_DEVICE to another, or take a smaller"
        ) from error
    except (OSError, *NO_CHECKPOINT) as error:
        if local is not None:
            why = _content(local)
        elif isinstance(error, OSError):
            raise PipelineError(
                f"the Whisper model {model!r} cannot be downloaded ({error}). Put {model}.pt into a folder and "
                "name it in SER_WEIGHTS, or take the corpus's own transcripts with `-S asr.source=gold`"
            ) from error
        else:
            why = str(error)
        raise PipelineError(
            f"{local or model} is not a Whisper checkpoint: {why}. Get it anew, or name another in asr.model"
        ) from error


def _content(file: Path) -> str:
    """Say what a file holds that torch or Whisper could not load."""
    try:
        with file.open("rb") as opened:
            head = opened.read(64).lstrip()
    except OSError as error:
        return f"it cannot be read ({error.strerror})"
    for start, what in CONTENTS.items():
        if head.startswith(start):
            return what
    return "an empty file" if not head else "torch knows no such file"


@functools.lru_cache(maxsize=1)
def load_once(model: str, device: str) -> tuple["Whisper", str]:
    """Load a Whisper model, unless it is the last one that this process loaded, and digest its weights."""
    loaded = load_whisper(model, device)
    return loaded, weights_digest(loaded)


def weights_digest(model: "Whisper") -> str:
    """Return a hash of a model's weights: two checkpoints under one name never share a transcript."""
    state = hashlib.blake2b(digest_size=16)
    for name, tensor in sorted(model.state_dict().items()):
        if not tensor.is_sparse:  # the alignment heads, which only word timestamps use
            state.update(name.encode())
            state.update(tensor.detach().cpu().numpy().tobytes())
    return state.hexdigest()
