"""Sound that went through a codec: G.711 as on the telephone, MP3 and Opus as in messages and streams."""

import io
from fractions import Fraction
from typing import Any, Literal

import numpy as np
import soundfile
from scipy.signal import butter, sosfilt

from pipeline.audio.wave import resample
from pipeline.core.errors import PipelineError

TELEPHONE_RATE = 8_000  # Hz
TELEPHONE_BAND = (300.0, 3400.0)  # Hz
CODEC_RATES = (8_000, 16_000, 24_000, 48_000)  # Hz, which MP3 and Opus both take
CODECS = {"mp3": ("libmp3lame", "mp3"), "opus": ("libopus", "ogg")}  # FFmpeg's encoder and container


def telephone(wave: np.ndarray, rate: int) -> np.ndarray:
    """Return mono samples as the telephone brings them: 8 kHz, 300 to 3400 Hz, G.711 mu-law; at their own rate."""
    narrow = resample(wave, rate, TELEPHONE_RATE)
    narrow = sosfilt(butter(4, TELEPHONE_BAND, "bandpass", fs=TELEPHONE_RATE, output="sos"), narrow)
    coded = io.BytesIO()
    soundfile.write(coded, np.clip(narrow, -1, 1), TELEPHONE_RATE, subtype="ULAW", format="WAV")
    coded.seek(0)
    decoded = soundfile.read(coded, dtype="float32")[0]
    return fit(resample(decoded, TELEPHONE_RATE, rate), len(wave))


def narrow_band(wave: np.ndarray, rate: int) -> np.ndarray:
    """Return mono samples that were at 8 kHz for a while."""
    return fit(resample(resample(wave, rate, TELEPHONE_RATE), TELEPHONE_RATE, rate), len(wave))


def through_codec(
    wave: np.ndarray, rate: int, codec: Literal["mp3", "opus"], bits_per_second: int
) -> np.ndarray:
    """Encode mono samples and decode them; what the codec puts before them is taken away again.

    Raises:
        PipelineError: FFmpeg has no such encoder here.
    """
    import av

    coded_rate = next((one for one in CODEC_RATES if one >= rate), CODEC_RATES[-1])
    encoder, container = CODECS[codec]
    samples = np.rint(np.clip(resample(wave, rate, coded_rate), -1, 1) * 32767).astype(np.int16)
    file = io.BytesIO()
    try:
        with av.open(file, "w", format=container) as written:
            stream: Any = written.add_stream(encoder, rate=coded_rate, layout="mono")
            stream.bit_rate = bits_per_second
            frame = av.AudioFrame.from_ndarray(samples[None], format="s16", layout="mono")
            frame.sample_rate, frame.time_base, frame.pts = coded_rate, Fraction(1, coded_rate), 0
            for one in (frame, None):
                written.mux(stream.encode(one))
    except (av.FFmpegError, ValueError) as error:
        raise PipelineError(
            f"PyAV {av.__version__} cannot write {codec} by {encoder} ({error}): leave the condition out with "
            "--conditions, or install the PyAV of requirements.txt"
        ) from error
    file.seek(0)
    return fit(resample(*_decoded(file), rate), len(wave))


def _decoded(file: io.BytesIO) -> tuple[np.ndarray, int]:
    """Return the samples of a file that was just written, and their rate: a codec may have one of its own."""
    import av

    opened: Any
    with av.open(file) as opened:
        frames = list(opened.decode(audio=0))
    rate = frames[0].sample_rate
    blocks = [frame.to_ndarray()[0] for frame in frames]  # planar, one channel
    wave = np.concatenate(blocks)
    return (wave if wave.dtype.kind == "f" else wave / 32768).astype(np.float32), rate


def fit(wave: np.ndarray, n_samples: int) -> np.ndarray:
    """Cut samples to a length, or append zeros."""
    return np.pad(wave[:n_samples], (0, max(0, n_samples - len(wave)))).astype(np.float32)
