"""Recorded noise that copies of training clips are mixed with: the folder that a profile names, file by file.

A copy names its noise by the hash of its sound, so that a folder of other files makes other copies, and one that
was only moved makes none anew.
"""

from pathlib import Path

from pipeline.audio.reading import AudioError, read_sound
from pipeline.audio.wave import audio_hash
from pipeline.core.errors import PipelineError
from pipeline.core.paths import cache_dir, left_behind

SYNTHETIC = "synthetic"  # in place of a folder: noise that the project makes, for synthetic corpora
SUFFIXES = (".wav", ".flac", ".mp3", ".ogg", ".opus", ".m4a", ".aac")
KEY = "profiles.<profile>.noise"


def noise_files(folder: str | None) -> dict[str, Path]:
    """Return the files of noise by the hash of their sound, sorted.

    Args:
        folder: As the profile names it; `SYNTHETIC` for noise that is made here, None where it names none.

    Raises:
        PipelineError: There is no folder, or nothing in it that can be read and heard.
    """
    if folder is None:
        raise PipelineError(
            f"copies with recorded_noise need noise, but {KEY} in params.yaml is null: name a folder of recordings "
            "in which nobody speaks"
        )
    root = _synthetic() if folder == SYNTHETIC else Path(folder)
    if not root.is_dir():
        raise PipelineError(
            f"{root} is not there: {KEY} in params.yaml is a folder of noise, relative to the repository's root"
            f"{left_behind(root)}"
        )
    paths = sorted(path for path in root.rglob("*") if path.suffix.lower() in SUFFIXES)
    if not paths:
        raise PipelineError(
            f"{root}, {KEY} in params.yaml, holds no file of noise; expected some named {', '.join(SUFFIXES)}"
        )
    return dict(sorted((_hash(path), path) for path in paths))


def _hash(path: Path) -> str:
    try:
        sound = read_sound(path)
    except AudioError as error:
        raise PipelineError(
            f"{path}, noise by {KEY} in params.yaml: {error}; take it out of the folder"
        ) from error
    if not sound.mono.any():
        raise PipelineError(
            f"{path}, noise by {KEY} in params.yaml, is silent: it cannot be mixed with; take it out of the folder"
        )
    return audio_hash(sound.mono, sound.rate)


def _synthetic() -> Path:
    from pipeline.demo.noise import write_noise  # most splits need none

    root = cache_dir() / "noise" / SYNTHETIC
    write_noise(root)
    return root
