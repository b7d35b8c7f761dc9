"""Files as strangers may send them: what each is, made here, in bytes."""

import io
import struct
import zipfile

import av
import numpy as np
import soundfile

RATE = 16_000


def tone(seconds=1.0, rate=RATE, channels=1):
    wave = 0.3 * np.sin(2 * np.pi * 400 * np.arange(int(seconds * rate)) / rate)
    return np.repeat(wave[:, None], channels, axis=1).astype(np.float32)


def audio(samples, rate=RATE, format="WAV", subtype=None):
    file = io.BytesIO()
    soundfile.write(file, samples, rate, format=format, subtype=subtype)
    return file.getvalue()


def encoded(samples, rate, container, codec):
    """Return a file as FFmpeg writes it; such as M4A, which libsndfile does not."""
    file = io.BytesIO()
    with av.open(file, "w", format=container) as target:
        stream = target.add_stream(codec, rate=rate, layout="mono")
        frame = av.AudioFrame.from_ndarray(samples.T.copy(), format="fltp", layout="mono")
        frame.sample_rate = rate
        resampler = av.AudioResampler(stream.format, "mono", rate, stream.frame_size)
        for part in [*resampler.resample(frame), *resampler.resample(None)]:
            target.mux(stream.encode(part))
        target.mux(stream.encode(None))
    return file.getvalue()


def wav(data, channels=1, rate=RATE, bits=16, code=1, promised=None):
    """Return a WAVE file with the header that is wanted, be it true or not."""
    size = len(data) if promised is None else promised
    step = channels * bits // 8
    form = struct.pack(
        "<4sIHHIIHH", b"fmt ", 16, code, channels, rate, min(rate * step, 2**32 - 1), step, bits
    )
    head = b"RIFF" + struct.pack("<I", min(size + 36, 2**32 - 1)) + b"WAVE"
    return head + form + b"data" + struct.pack("<I", size) + data


def silence(seconds, format, rate=8_000):
    """Return a file that is small and long."""
    file, second = io.BytesIO(), np.zeros(rate, np.int16)
    with soundfile.SoundFile(file, "w", rate, 1, format=format) as target:
        for _ in range(seconds):  # libsndfile crashes on long blocks of Vorbis
            target.write(second)
    return file.getvalue()


def film():
    """Return an MP4 that has pictures and no sound."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width = stream.height = 32
        for _ in range(3):
            picture = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8))
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
    return file.getvalue()


def lying_mp3():
    """Return an MP3 of a second whose Xing header promises 2,000,000,000 frames."""
    content = bytearray(audio(tone(), format="MP3"))
    at = max(content.find(b"Xing"), content.find(b"Info"))
    assert at > 0
    content[at + 8 : at + 12] = struct.pack(">I", 2_000_000_000)
    return bytes(content)


def damaged(content, start=0.3, end=0.7):
    """Return a file with noise in its middle."""
    content = bytearray(content)
    first, last = int(start * len(content)), int(end * len(content))
    content[first:last] = np.random.default_rng(0).bytes(last - first)
    return bytes(content)


def archive():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as zipped:
        zipped.writestr("a.wav", audio(tone()))
    return file.getvalue()


PCM = (tone()[:, 0] * 32767).astype("<i2").tobytes()
NOT_A_NUMBER = np.full(RATE, np.nan, "<f4").tobytes()
INFINITE = np.full(RATE, np.inf, "<f4").tobytes()
PLAYLIST = b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n"

# What makes each, and what is answered of it: seconds of sound, or what is wrong; None where decoders may differ.
HOSTILE = {
    "nothing": (lambda: b"", "empty file"),
    "one byte": (lambda: b"\0", "cannot be decoded"),
    "text named wav": (lambda: b"This is no sound.\n" * 50, "not audio: text"),
    "a playlist": (lambda: PLAYLIST, "not audio: text"),
    "a list of files": (lambda: b"ffconcat version 1.0\nfile /etc/hostname\n", "not audio: text"),
    "a session": (lambda: b"v=0\no=- 0 0 IN IP4 127.0.0.1\nm=audio 5004 RTP/AVP 0\n", "not audio: text"),
    "a pointer": (
        lambda: b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n",
        "Git LFS pointer",
    ),
    "an archive": (lambda: archive(), "cannot be decoded"),
    "a picture": (lambda: b"\x89PNG\r\n\x1a\n" + bytes(100), "cannot be decoded"),
    "noise": (lambda: np.random.default_rng(1).bytes(50_000), "cannot be read as audio"),
    "a film without sound": (lambda: film(), "without a sound track"),
    "a header alone": (lambda: wav(b""), "no sound"),
    "4 GiB claimed": (lambda: wav(PCM, promised=2**32 - 1), 1.0),
    "no length": (lambda: wav(PCM, promised=0), 1.0),
    "no numbers": (lambda: wav(NOT_A_NUMBER, bits=32, code=3), "not numbers"),
    "infinite": (lambda: wav(INFINITE, bits=32, code=3), "not numbers"),
    "64 channels": (lambda: wav(PCM, channels=64), "64 channels"),
    "9 channels": (lambda: wav(PCM, channels=9), "9 channels"),
    "no channels": (lambda: wav(PCM, channels=0), "cannot be decoded"),
    "1 Hz": (lambda: wav(PCM, rate=1), "a sample rate of 1 Hz"),
    "0 Hz": (lambda: wav(PCM, rate=0), "cannot be decoded"),
    "4 GHz": (lambda: wav(PCM, rate=2**32 - 1), "cannot be decoded"),
    "an MP3 that promises years": (lambda: lying_mp3(), 1.0),
    "a bomb of FLAC": (lambda: silence(3600, "FLAC"), "longer than"),
    "a bomb of MP3": (lambda: silence(600, "MP3"), "longer than"),
    "a bomb of OGG": (lambda: silence(600, "OGG"), "longer than"),
    "a damaged FLAC": (lambda: damaged(audio(tone(10), format="FLAC")), None),
    "a damaged MP3": (lambda: damaged(audio(tone(10), format="MP3")), None),
    "a damaged OGG": (lambda: damaged(audio(tone(10), format="OGG")), None),
    "half a FLAC": (lambda: audio(tone(10), format="FLAC")[:40_000], None),
    "half an MP3": (lambda: audio(tone(10), format="MP3")[:20_000], None),
}
