"""Load a Whisper model, once a process, and digest its weights."""

import functools
import hashlib
from typing import TYPE_CHECKING

from pipeline.core.errors import PipelineError
from pipeline.pretrained.whisper_checkpoint import NO_CHECKPOINT, find_or_download, no_checkpoint

if TYPE_CHECKING:
    from whisper.model import Whisper


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

    advice = "Or take the corpus's own transcripts with `-S asr.source=gold`"
    file = find_or_download(model, "asr.model", advice)
    try:
        return whisper.load_model(str(file), device=device)
    except torch.OutOfMemoryError as error:
        raise PipelineError(
            f"the Whisper model {model!r} does not fit on {device}: set SER_DEVICE to another, or take a smaller"
        ) from error
    except NO_CHECKPOINT as error:
        raise no_checkpoint(file, "asr.model") from error


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
