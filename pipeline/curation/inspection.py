"""Looking at one audio file: can it be used, what is odd about it, and what does it measure."""

import math
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from pipeline.audio.containers import SUFFIXES
from pipeline.audio.reading import AudioError, Sound, read_sound
from pipeline.audio.wave import audio_hash, channel_signs
from pipeline.curation import fingerprint

SILENCE_DBFS = -70.0  # below, a clip counts as silent; the quietest clip of RAVDESS has -64 dBFS
FULL_SCALE = 1 - 2**-14  # the two highest values of 16 bits
MAX_MISSING_SECONDS = 0.05  # cut off the end of a file before it counts as truncated
MIN_SECONDS = 0.025  # a frame of analysis
MAX_SECONDS = 3600  # of one clip: longer is no utterance, and takes the memory of all others
MAX_SAMPLES = 1 << 28  # of all its channels: a gigabyte, and several inspections at a time take that
MAX_PEAK = (
    2.0  # of floating point samples: 6 dB over full scale; beyond, they are on another scale, such as 32768
)
MAX_BEYOND = 64  # bytes after the samples: more is worth a note
NOTED_CLIPPING = 1e-3  # of the samples
NOTED_OFFSET = 0.01  # of full scale
MIN_RMS = 1e-10  # stands for digital silence: -200 dBFS

SUBTYPES = {  # what is worth a note; "PCM_16" is the rule, and compressed containers have none
    "PCM_S8": "8-bit",
    "PCM_U8": "8-bit",
    "PCM_24": "24-bit",
    "PCM_32": "32-bit",
    "FLOAT": "floating point",
    "DOUBLE": "floating point",
    "ULAW": "u-law",
    "ALAW": "A-law",
    "IMA_ADPCM": "ADPCM",
    "MS_ADPCM": "ADPCM",
}

VERSION = 4  # raise it when the same file gives another inspection


@dataclass(frozen=True)
class Inspection:
    """What is known of a file after reading it; None where it could not be read.

    Attributes:
        seconds: Length.
        rate: Sample rate in Hz.
        channels: Their number.
        rms_dbfs: Level of the mono mix; a full-scale square wave has 0.
        peak: Largest absolute sample of any channel, full scale = 1.
        clipped: Fraction of the samples of all channels at full scale.
        dc_offset: Mean of the mono mix.
        audio_hash: Of the mono mix's samples and the rate, 32 hexadecimal digits.
        fingerprint: Of the mono mix, see `pipeline.curation.fingerprint`.
        reason: Why the file cannot be used; None if it can.
        notes: What is odd about it or was repaired on reading, separated by "; ".
    """

    seconds: float | None = None
    rate: int | None = None
    channels: int | None = None
    rms_dbfs: float | None = None
    peak: float | None = None
    clipped: float | None = None
    dc_offset: float | None = None
    audio_hash: str | None = None
    fingerprint: bytes | None = None
    reason: str | None = None
    notes: str | None = None


def inspect(path: Path) -> Inspection:
    """Read a file by its content and measure it; whatever is wrong with it ends as a `reason`."""
    try:
        return _measure(path, read_sound(path, MAX_SECONDS, MAX_SAMPLES))
    except AudioError as error:
        return Inspection(reason=error.why)
    except MemoryError:
        return Inspection(reason="too large: there is not enough memory to measure it")


def _measure(path: Path, sound: Sound) -> Inspection:
    n_samples = sound.samples.shape[1]
    inspection = Inspection(n_samples / sound.rate, sound.rate, len(sound.samples))
    if problem := _problem(sound):
        return replace(inspection, reason=problem)
    magnitude = np.abs(sound.samples)
    rms_dbfs = 20 * math.log10(max(MIN_RMS, math.sqrt(np.mean(np.square(sound.mono, dtype=np.float64)))))
    inspection = replace(
        inspection,
        rms_dbfs=rms_dbfs,
        peak=float(magnitude.max()),
        clipped=float(np.mean(magnitude >= FULL_SCALE)),
        dc_offset=float(sound.mono.mean(dtype=np.float64)),
        reason=f"silent: {rms_dbfs:.0f} dBFS" if rms_dbfs < SILENCE_DBFS else None,
    )
    notes = [
        *_container_notes(sound, path.suffix.lower()),
        *_channel_notes(sound.samples),
        *_signal_notes(inspection),
    ]
    return replace(
        inspection,
        notes="; ".join(notes) or None,
        audio_hash=audio_hash(sound.mono, sound.rate),
        fingerprint=fingerprint.to_bytes(fingerprint.fingerprint(sound.mono, sound.rate)),
    )


def _problem(sound: Sound) -> str | None:
    """Say why samples cannot be used."""
    n_samples, rate = sound.samples.shape[1], sound.rate
    n_promised = sound.n_promised or 0
    if n_promised - n_samples > MAX_MISSING_SECONDS * rate:
        return f"truncated: its header promises {n_promised / rate:.2f} s, it holds {n_samples / rate:.2f} s"
    if n_samples == 0:
        return "no samples"
    if n_samples < MIN_SECONDS * rate:
        return f"too short to analyse: {n_samples:,} samples, {1000 * n_samples / rate:.1f} ms"
    n_wrong = sound.samples.size - int(np.count_nonzero(np.isfinite(sound.samples)))
    if n_wrong:
        return f"NaN or infinite samples: {n_wrong} of {sound.samples.size}"
    peak = float(np.abs(sound.samples).max())
    return f"beyond full scale: samples up to {peak:,.0f}, where 1 is full scale" if peak > MAX_PEAK else None


def _container_notes(sound: Sound, suffix: str) -> list[str]:
    """Say what is odd about the file, apart from its sound."""
    notes = []
    if sound.container and SUFFIXES.get(suffix) != sound.container:
        notes.append(f"{sound.container} container under {suffix or 'a name without suffix'}")
    if sound.n_tracks > 1:
        notes.append(f"{sound.n_tracks} sound tracks, the first is taken")
    if sound.encoding in SUBTYPES:
        notes.append(SUBTYPES[sound.encoding])
    n_samples = sound.samples.shape[1]
    if sound.n_promised is None and sound.container not in ("Matroska", "MP3"):  # where it is the rule
        notes.append("its header leaves its length open")
    elif (sound.n_promised or 0) > n_samples:
        notes.append(f"{(sound.n_promised or 0) - n_samples} samples fewer than its header says")
    if sound.beyond > MAX_BEYOND:
        notes.append(f"{sound.beyond:,} bytes after the end that its header names")
    return notes


def _channel_notes(wave: np.ndarray) -> list[str]:
    """Say what `to_mono` makes of more than one channel."""
    if len(wave) == 1:
        return []
    name = "stereo" if len(wave) == 2 else f"{len(wave)} channels"
    signs = channel_signs(wave)
    changed = [(0, "dead channel {} dropped"), (-1, "inverted channel {} turned round")]
    notes = [words.format(_numbers(signs == sign)) for sign, words in changed if np.any(signs == sign)]
    if notes:
        return [", ".join([name, *notes])]
    same = np.array_equal(wave, np.broadcast_to(wave[:1], wave.shape))
    return [f"{name}, identical channels" if same else f"{name}, channels averaged"]


def _numbers(which: np.ndarray) -> str:
    return " and ".join(str(number) for number in np.flatnonzero(which) + 1)


def _signal_notes(inspection: Inspection) -> list[str]:
    notes = []
    if inspection.clipped is not None and inspection.clipped >= NOTED_CLIPPING:
        notes.append(f"clipping {100 * inspection.clipped:.1f} %")
    if inspection.dc_offset is not None and abs(inspection.dc_offset) >= NOTED_OFFSET:
        notes.append(f"DC offset {inspection.dc_offset:+.2f}")
    return notes
