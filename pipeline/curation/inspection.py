"""Looking at one audio file: can it be used, what is odd about it, and what does it measure."""

import hashlib
import math
import struct
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import soundfile

from pipeline.core.audio import AudioError, promised_seconds, read_audio, to_mono
from pipeline.curation import fingerprint
from pipeline.curation.containers import SUFFIXES, find_payload, read_head, sniff

SILENCE_DBFS = -70.0  # below, a clip counts as silent; the quietest clip of RAVDESS has -64 dBFS
FULL_SCALE = 1 - 2**-14  # the two highest values of 16 bits
MAX_MISSING_SECONDS = 0.05  # cut off the end of a file before it counts as truncated
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

NOT_AUDIO = {
    "empty": "empty file",
    "text": "not audio: text",
    "Git LFS pointer": "not audio: Git LFS pointer (`git lfs pull` fetches the audio)",
}

FILMS = ("MP4", "Matroska")

VERSION = 2  # raise it when the same file gives another inspection


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
        container = sniff(read_head(path))
        if container in NOT_AUDIO:
            return Inspection(reason=NOT_AUDIO[container])
        wave, rate = read_audio(path)
    except OSError as error:
        return Inspection(reason=f"cannot be opened: {error.strerror}")
    except AudioError as error:
        kind = container or "no audio format that is known"
        return Inspection(reason=f"{kind}, cannot be decoded: {error.why}")
    return _measure(path, container, wave, rate)


def audio_hash(mono: np.ndarray, rate: int) -> str:
    """Return a hash of mono samples and their rate: equal for equal sound, whatever the file."""
    digest = hashlib.blake2b(struct.pack("<q", rate), digest_size=16)
    digest.update(np.ascontiguousarray(mono, "<f4").data)
    return digest.hexdigest()


def _measure(path: Path, container: str | None, wave: np.ndarray, rate: int) -> Inspection:
    n_channels, n_samples = wave.shape
    n_promised, subtype = _promise(path, container, n_samples, rate)
    inspection = Inspection(n_samples / rate, rate, n_channels)
    if problem := _problem(wave, rate, n_promised):
        return replace(inspection, reason=problem)
    mono = to_mono(wave)
    magnitude = np.abs(wave)
    rms_dbfs = 20 * math.log10(max(MIN_RMS, math.sqrt(np.mean(np.square(mono, dtype=np.float64)))))
    inspection = replace(
        inspection,
        rms_dbfs=rms_dbfs,
        peak=float(magnitude.max()),
        clipped=float(np.mean(magnitude >= FULL_SCALE)),
        dc_offset=float(mono.mean(dtype=np.float64)),
        audio_hash=audio_hash(mono, rate),
        fingerprint=fingerprint.to_bytes(fingerprint.fingerprint(mono, rate)),
        reason=f"silent: {rms_dbfs:.0f} dBFS" if rms_dbfs < SILENCE_DBFS else None,
    )
    notes = [*_container_notes(path, container, subtype), *_channel_notes(wave)]
    notes += [f"{n_promised - n_samples} samples fewer than its header says"] * (n_promised > n_samples)
    return replace(inspection, notes="; ".join([*notes, *_signal_notes(inspection)]) or None)


def _problem(wave: np.ndarray, rate: int, n_promised: int) -> str | None:
    """Say why samples cannot be used."""
    n_samples = wave.shape[1]
    if n_promised - n_samples > MAX_MISSING_SECONDS * rate:
        return f"truncated: its header promises {n_promised / rate:.2f} s, it holds {n_samples / rate:.2f} s"
    if n_samples == 0:
        return "no samples"
    n_wrong = wave.size - int(np.count_nonzero(np.isfinite(wave)))
    return f"NaN or infinite samples: {n_wrong} of {wave.size}" if n_wrong else None


def _promise(path: Path, container: str | None, n_samples: int, rate: int) -> tuple[int, str]:
    """Return how many samples a channel a file's header promises, and how they are encoded."""
    if container in FILMS:
        return max(n_samples, round(rate * (promised_seconds(path) or 0))), ""
    with path.open("rb") as file, soundfile.SoundFile(file) as sound:
        n_promised, subtype = max(sound.frames, n_samples), sound.subtype
    payload = find_payload(path)
    if payload and payload.held:  # what is there was decoded: its share of the promise is known
        n_promised = max(n_promised, round(n_samples * payload.promised / payload.held))
    return n_promised, subtype


def _container_notes(path: Path, container: str | None, subtype: str) -> list[str]:
    notes = []
    if container and SUFFIXES.get(path.suffix.lower()) != container:
        notes.append(f"{container} container under {path.suffix.lower() or 'a name without suffix'}")
    return [*notes, *([SUBTYPES[subtype]] if subtype in SUBTYPES else [])]


def _channel_notes(wave: np.ndarray) -> list[str]:
    """Say what `to_mono` makes of more than one channel."""
    if len(wave) == 1:
        return []
    name = "stereo" if len(wave) == 2 else f"{len(wave)} channels"
    dead = [str(number) for number, channel in enumerate(wave, start=1) if not channel.any()]
    if dead and len(dead) < len(wave):
        return [f"{name}, dead channel {' and '.join(dead)} dropped"]
    if np.array_equal(wave, np.broadcast_to(wave[:1], wave.shape)):
        return [f"{name}, identical channels"]
    return [f"{name}, channels averaged"]


def _signal_notes(inspection: Inspection) -> list[str]:
    notes = []
    if inspection.clipped is not None and inspection.clipped >= NOTED_CLIPPING:
        notes.append(f"clipping {100 * inspection.clipped:.1f} %")
    if inspection.dc_offset is not None and abs(inspection.dc_offset) >= NOTED_OFFSET:
        notes.append(f"DC offset {inspection.dc_offset:+.2f}")
    return notes
