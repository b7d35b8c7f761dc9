"""The ways in which files of real corpora are broken or copied, each as a function on files.

An alteration rewrites a clip in place; a copy writes a second file and leaves its source alone. Everything is
written with integer samples: libsndfile stamps its float files with the time, which would change their bytes.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import soundfile
from scipy.io import wavfile

from pipeline.audio.wave import resample

_FULL_SCALE = 32768
TOO_SHORT_SECONDS, TOO_LONG_SECONDS = 0.12, 45.0
DC_OFFSET = 0.15  # of full scale
CLIPPED_SHARE = 0.10  # of the samples
COPY_GAIN_DB = -4.0
TRIMMED_SECONDS = 0.08  # from both ends: all of it silence


def _read(path: Path) -> tuple[np.ndarray, int]:
    """Return a clip's samples, (n_samples,) int16, and its rate."""
    return soundfile.read(path, dtype="int16")


def _write(path: Path, wave: np.ndarray, rate: int, subtype: str = "PCM_16", container: str = "WAV") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, wave, rate, subtype=subtype, format=container)


def _to_int16(wave: np.ndarray) -> np.ndarray:
    """Round samples in units of the 16-bit step, saturating at full scale."""
    return np.clip(np.rint(wave), -_FULL_SCALE, _FULL_SCALE - 1).astype(np.int16)


def _resampled(wave: np.ndarray, rate: int, new_rate: int, gain: float = 1.0) -> np.ndarray:
    return _to_int16(gain * resample(wave.astype(np.float32), rate, new_rate))


def _truncate_data(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * 0.4)])


def _truncate_header(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:30])


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _text(path: Path) -> None:
    path.write_text("404: the file that you asked for is not here\n", encoding="utf-8")


def _aiff(path: Path) -> None:
    wave, rate = _read(path)
    _write(path, wave, rate, container="AIFF")


def _silence(path: Path) -> None:
    wave, rate = _read(path)
    _write(path, np.zeros_like(wave), rate)


def _nan(path: Path) -> None:
    wave, rate = _read(path)
    spoilt = wave.astype(np.float32) / _FULL_SCALE
    spoilt[len(wave) // 3 : len(wave) // 3 + 50] = np.nan
    wavfile.write(path, rate, spoilt)


def _clip(path: Path) -> None:
    wave, rate = _read(path)
    ceiling = np.quantile(np.abs(wave.astype(float)), 1 - CLIPPED_SHARE)
    _write(path, _to_int16(wave * (_FULL_SCALE / ceiling)), rate)


def _shift(path: Path) -> None:
    wave, rate = _read(path)
    _write(path, _to_int16(wave + DC_OFFSET * _FULL_SCALE), rate)


def _two_channels(path: Path, *, right: int) -> None:
    """Write the clip to the left channel, and `right` (0 or 1) times the clip to the right one."""
    wave, rate = _read(path)
    _write(path, np.stack([wave, right * wave], axis=1), rate)


def _change_rate(path: Path, *, new_rate: int) -> None:
    wave, rate = _read(path)
    _write(path, _resampled(wave, rate, new_rate), new_rate)


def _pcm24(path: Path) -> None:
    wave, rate = _read(path)
    _write(path, wave.astype(np.int32) << 16, rate, subtype="PCM_24")


def _too_short(path: Path) -> None:
    wave, rate = _read(path)
    start = len(wave) // 2
    _write(path, wave[start : start + round(TOO_SHORT_SECONDS * rate)], rate)


def _too_long(path: Path) -> None:
    wave, rate = _read(path)
    _write(path, np.resize(wave, round(TOO_LONG_SECONDS * rate)), rate)  # np.resize repeats


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(source.read_bytes())


def _resampled_copy(source: Path, target: Path) -> None:
    wave, rate = _read(source)
    _write(target, _resampled(wave, rate, 22050, 10 ** (COPY_GAIN_DB / 20)), 22050)


def _trimmed_copy(source: Path, target: Path) -> None:
    wave, rate = _read(source)
    cut = round(TRIMMED_SECONDS * rate)
    _write(target, wave[cut:-cut], rate)


def _recoded_copy(source: Path, target: Path, *, subtype: str) -> None:
    wave, rate = _read(source)
    _write(target, wave, rate, subtype=subtype)


ALTERATIONS: dict[str, Callable[[Path], None]] = {
    "truncated_data": _truncate_data,
    "truncated_header": _truncate_header,
    "zero_byte": _empty,
    "text_file": _text,
    "silent": _silence,
    "nan_samples": _nan,
    "aiff": _aiff,
    "clipping": _clip,
    "dc_offset": _shift,
    "dead_channel": partial(_two_channels, right=0),
    "identical_channels": partial(_two_channels, right=1),
    "rate_8000": partial(_change_rate, new_rate=8000),
    "rate_44100": partial(_change_rate, new_rate=44100),
    "rate_48000": partial(_change_rate, new_rate=48000),
    "pcm24": _pcm24,
    "too_short": _too_short,
    "too_long": _too_long,
}
COPIES: dict[str, Callable[[Path, Path], None]] = {
    "exact_duplicate": _copy,
    "conflicting_duplicate": _copy,
    "resampled_copy": _resampled_copy,
    "trimmed_copy": _trimmed_copy,
    "ulaw_copy": partial(_recoded_copy, subtype="ULAW"),
    "adpcm_copy": partial(_recoded_copy, subtype="IMA_ADPCM"),
}
