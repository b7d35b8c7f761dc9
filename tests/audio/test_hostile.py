"""Headers that lie or say nothing, and files that are no audio under the name of some."""

import io
import struct
from fractions import Fraction

import av
import numpy as np
import pytest
import soundfile

from pipeline.audio.reading import AudioError, read_sound
from pipeline.audio.wave import channel_signs, to_mono
from pipeline.curation import inspection
from pipeline.curation.inspection import inspect

RATE = 16000
TONE = (0.3 * np.sin(np.arange(RATE) / 5)).astype(np.float32)


def encoded(container: str, wave: np.ndarray = TONE, rate: int = RATE, **how) -> bytearray:
    file = io.BytesIO()
    soundfile.write(file, wave, rate, format=container, **{"subtype": "PCM_16", **how})
    return bytearray(file.getvalue())


def mp3(seconds: float, rate: int = RATE, *, frame_count: bool, loud_first: bool = True) -> bytes:
    """Encode noise and near silence at variable rate, with or without a first frame that says how long it is.

    Whoever guesses the length by the first frame's bit rate comes out with a fifth of it, or with twice of it.
    """
    file = io.BytesIO()
    n = int(seconds * rate)
    noise, hum = np.random.default_rng(0).normal(0, 0.2, n), 3e-4 * np.sin(np.arange(n) / 5)
    wave = np.where(np.arange(n) < n // 3, noise, hum)[:: 1 if loud_first else -1]
    with av.open(file, "w", format="mp3", options={"write_xing": str(int(frame_count))}) as out:
        stream = out.add_stream("libmp3lame", rate=rate, layout="mono")
        stream.codec_context.options = {"flags": "+qscale", "global_quality": "1062"}  # 9 of 9: the smallest
        frame = av.AudioFrame.from_ndarray(wave[None].astype(np.float32), format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = rate, 0, Fraction(1, rate)
        out.mux([*stream.encode(frame), *stream.encode(None)])
    return file.getvalue()


def with_length(content: bytearray, marker: bytes, order: str, length: int, skip: int = 4) -> bytes:
    at = content.index(marker) + skip
    content[at : at + 4] = struct.pack(f"{order}I", length)
    return bytes(content)


@pytest.mark.parametrize("loud_first", [True, False])
@pytest.mark.parametrize("frame_count", [True, False])
def test_an_mp3_is_as_long_as_what_it_holds(tmp_path, frame_count, loud_first):
    (tmp_path / "a.wav").write_bytes(mp3(6.05, frame_count=frame_count, loud_first=loud_first))
    seen = inspect(tmp_path / "a.wav")
    assert seen.seconds == pytest.approx(6.05, abs=0.15)  # without the count also the encoder's padding
    assert seen.reason is None


def test_an_mp3_whose_count_promises_more_is_cut(tmp_path):
    content = bytearray(mp3(2, frame_count=True))
    at = max(content.find(b"Xing"), content.find(b"Info"))
    content[at + 8 : at + 12] = struct.pack(">I", 450_000_000)
    (tmp_path / "a.mp3").write_bytes(content)
    assert inspect(tmp_path / "a.mp3").reason.startswith("truncated: its header promises ")
    assert read_sound(tmp_path / "a.mp3").samples.shape[1] / RATE == pytest.approx(2, abs=0.15)


UNKNOWN = [  # what programs write: 0, SoX's two, FFmpeg's, and the highest that there is
    *[("WAV", b"data", "<", 4, length) for length in (0, 0x7FFFF000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)],
    *[("AIFF", b"SSND", ">", 4, length) for length in (0, 0x7F000000, 0x7F000008, 0xFFFFFFFF)],
    *[("AU", b".snd", ">", 8, length) for length in (0, 0x7F000000, 0xFFFFFFFF)],
]


@pytest.mark.parametrize(("container", "marker", "order", "skip", "length"), UNKNOWN)
def test_a_length_that_was_not_known_when_it_was_written(tmp_path, container, marker, order, skip, length):
    (tmp_path / "a").write_bytes(with_length(encoded(container), marker, order, length, skip))
    seen = inspect(tmp_path / "a")
    assert (seen.seconds, seen.reason) == (1.0, None)
    assert "its header leaves its length open" in seen.notes


@pytest.mark.parametrize("container", ["WAV", "AU", "AIFF"])
def test_a_file_that_was_cut_stays_cut(tmp_path, container):
    (tmp_path / "a").write_bytes(encoded(container)[:-RATE])
    assert inspect(tmp_path / "a").reason == "truncated: its header promises 1.00 s, it holds 0.50 s"


def test_a_header_that_promises_less_is_noted(tmp_path):
    (tmp_path / "a.wav").write_bytes(with_length(encoded("WAV"), b"data", "<", 2000))
    seen = inspect(tmp_path / "a.wav")
    assert seen.notes.endswith("30,000 bytes after the end that its header names")


def test_flac_that_does_not_say_how_long_it_is(tmp_path):
    content = encoded("FLAC")
    content[21] &= 0xF0
    content[22:26] = bytes(4)
    (tmp_path / "a.flac").write_bytes(content)
    seen = inspect(tmp_path / "a.flac")
    assert (seen.seconds, seen.reason, seen.notes) == (1.0, None, "its header leaves its length open")
    (tmp_path / "b.flac").write_bytes(encoded("FLAC"))
    assert seen.audio_hash == inspect(tmp_path / "b.flac").audio_hash  # the other decoder, the same samples


def test_no_more_than_it_may_take_is_decoded(tmp_path):
    (tmp_path / "bomb.flac").write_bytes(encoded("FLAC", np.zeros(RATE * 600, np.float32)))
    with pytest.raises(AudioError, match="longer than 60 s"):
        read_sound(tmp_path / "bomb.flac", max_seconds=60)


@pytest.mark.parametrize("channels", [9, 17, 33])
def test_more_channels_than_decoders_can_convert(tmp_path, channels):
    (tmp_path / "a.wav").write_bytes(encoded("WAV", np.tile(TONE[:, None], channels)))
    assert inspect(tmp_path / "a.wav").reason.endswith(f"{channels} channels: 1 to 8 can be read")


@pytest.mark.parametrize("channels", [9, 17, 33])
def test_more_channels_in_a_film_than_its_decoder_can_convert(tmp_path, channels):
    write_tracks(tmp_path / "a.mkv", [TONE], "pcm_s16le")
    content = bytearray((tmp_path / "a.mkv").read_bytes())
    content[content.index(b"\x9f\x81\x01") + 2] = channels  # Matroska's element Channels
    (tmp_path / "a.mkv").write_bytes(content)
    why = f"Matroska, cannot be decoded: {channels} channels: 1 to 8 can be read"  # else the process crashes
    assert inspect(tmp_path / "a.mkv").reason == why


@pytest.mark.parametrize("rate", [1, 100, 3999, 200_000])
def test_rates_that_no_recording_has(tmp_path, rate):
    (tmp_path / "a.wav").write_bytes(encoded("WAV", rate=rate))
    assert "4,000 to 192,000 can be read" in inspect(tmp_path / "a.wav").reason


PLAYLISTS = {
    "hls": "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nsecret.wav\n#EXT-X-ENDLIST\n",
    "ffconcat": "ffconcat version 1.0\nfile secret.wav\n",
    "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n",
    "dash": '<?xml version="1.0"?><MPD><Period><BaseURL>secret.wav</BaseURL></Period></MPD>',
}


@pytest.mark.parametrize("kind", PLAYLISTS)
@pytest.mark.parametrize("suffix", [".wav", ".mp4", ".mp3"])
def test_a_list_of_other_files_opens_none(tmp_path, kind, suffix):
    (tmp_path / "secret.wav").write_bytes(encoded("WAV"))
    (tmp_path / f"a{suffix}").write_text(PLAYLISTS[kind])
    assert inspect(tmp_path / f"a{suffix}").reason == "not audio: text"


BEGINNINGS = {
    "MP4": b"\0\0\0\x08ftyp",
    "Matroska": b"\x1a\x45\xdf\xa3\n",
    "MP3": b"ID3\4" + bytes(6),
    "FLAC": b"fLaC\n",
    "WAV": b"RIFF....WAVE",
}


@pytest.mark.parametrize("kind", PLAYLISTS)
@pytest.mark.parametrize("container", BEGINNINGS)
def test_a_list_of_other_files_behind_the_first_bytes_of_audio(tmp_path, monkeypatch, kind, container):
    (tmp_path / "secret.wav").write_bytes(encoded("WAV"))
    monkeypatch.chdir(tmp_path)  # from where FFmpeg, asked to guess, may take it; of SDP it waits for packets
    (tmp_path / "a.mp4").write_bytes(BEGINNINGS[container] + PLAYLISTS[kind].encode())
    reason = inspect(tmp_path / "a.mp4").reason
    assert reason.startswith(f"{container}, cannot be decoded: ")
    if container in ("MP4", "Matroska", "MP3"):  # FFmpeg's
        assert reason.endswith("Invalid data found when processing input")


@pytest.mark.parametrize("n", [(1 << 36) - 1, 3600 * RATE, 2 * RATE])
def test_flac_that_promises_more_is_no_reason_to_ask_for_so_much_memory(tmp_path, n):
    content = encoded("FLAC")
    content[21:26] = (int(content[21] & 0xF0) << 32 | n).to_bytes(5, "big")
    (tmp_path / "a.flac").write_bytes(content)
    reason = inspect(tmp_path / "a.flac").reason  # up to 256 GB
    assert reason.startswith("FLAC, cannot be decoded: Internal psf_fseek() failed")


@pytest.mark.parametrize("n_samples", [1, 100, 399])
def test_less_than_a_frame_of_analysis(tmp_path, n_samples):
    (tmp_path / "a.wav").write_bytes(encoded("WAV", TONE[-n_samples:]))
    assert inspect(tmp_path / "a.wav").reason.startswith(f"too short to analyse: {n_samples} samples")


@pytest.mark.parametrize("subtype", ["FLOAT", "DOUBLE"])
@pytest.mark.parametrize("scale", [2.0**15, 2.0**23, 10.0])
def test_samples_on_another_scale(tmp_path, subtype, scale):
    (tmp_path / "a.wav").write_bytes(encoded("WAV", scale * TONE, subtype=subtype))
    assert inspect(tmp_path / "a.wav").reason.startswith("beyond full scale: samples up to ")


def test_a_little_beyond_full_scale_is_what_resampling_leaves(tmp_path):
    (tmp_path / "a.wav").write_bytes(encoded("WAV", 4 * TONE, subtype="FLOAT"))
    seen = inspect(tmp_path / "a.wav")
    assert seen.reason is None
    assert "clipping" in seen.notes


DITHER = np.where(np.arange(RATE) % 7 == 0, 2.0**-15, 0).astype(np.float32)
HISS = np.random.default_rng(0).normal(0, 10 ** (-76 / 20), RATE).astype(np.float32)
OFFSET = np.full(RATE, 0.1, np.float32)


@pytest.mark.parametrize("dead", [DITHER, HISS, OFFSET, 0 * TONE], ids=["dither", "hiss", "offset", "zeros"])
def test_a_channel_without_a_speaker_does_not_halve_the_level(tmp_path, dead):
    np.testing.assert_array_equal(to_mono(np.stack([dead, TONE])), TONE)
    (tmp_path / "a.wav").write_bytes(encoded("WAV", np.stack([dead, TONE], 1), subtype="FLOAT"))
    assert "stereo, dead channel 1 dropped" in inspect(tmp_path / "a.wav").notes


def test_an_inverted_channel_does_not_take_the_sound_away(tmp_path):
    np.testing.assert_allclose(to_mono(np.stack([TONE, -0.5 * TONE])), 0.75 * TONE, atol=1e-7)
    (tmp_path / "a.wav").write_bytes(encoded("WAV", np.stack([TONE, -TONE], 1)))
    seen = inspect(tmp_path / "a.wav")
    assert (seen.reason, seen.notes) == (None, "stereo, inverted channel 2 turned round")


def test_two_microphones_are_averaged():
    shifted = np.roll(TONE, 8)  # out of step by a quarter of the period
    assert channel_signs(np.stack([TONE, shifted])).tolist() == [1, 1]


def test_a_film_of_two_sound_tracks_says_that_the_first_is_taken(tmp_path):
    other = np.roll(TONE, 5)[::-1]
    for name, waves in (("one.mp4", [TONE]), ("two.mp4", [TONE, other])):
        write_tracks(tmp_path / name, waves)
    one, two = (inspect(tmp_path / name) for name in ("one.mp4", "two.mp4"))
    assert (one.notes, two.notes) == (None, "2 sound tracks, the first is taken")
    assert one.audio_hash == two.audio_hash


def write_tracks(path, waves, codec="aac"):
    with av.open(str(path), "w") as film:
        for stream, wave in [(film.add_stream(codec, rate=RATE, layout="mono"), wave) for wave in waves]:
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(wave[None]), format="fltp", layout="mono")
            frame.sample_rate, frame.pts = RATE, 0
            film.mux([*stream.encode(frame), *stream.encode(None)])


def test_no_more_samples_than_there_is_memory_for_are_decoded(tmp_path, monkeypatch):
    monkeypatch.setattr(inspection, "MAX_SAMPLES", 4 * RATE)
    for channels in (4, 5):  # no longer than others, and more of it
        (tmp_path / f"{channels}.wav").write_bytes(encoded("WAV", np.tile(TONE[:, None], channels)))
    assert inspect(tmp_path / "4.wav").reason is None
    assert inspect(tmp_path / "5.wav").reason == "too large: more than 64,000 samples"


def swapped(content):
    """The samples before what they are."""
    return content[:12] + content[36:] + content[12:36]


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (swapped, "WAV, cannot be decoded"),
        (lambda content: content + content[36:], "WAV, cannot be decoded"),
        (lambda content: content[:36], "WAV, cannot be decoded"),
        (lambda content: b"PK\3\4" + content, "no audio format that is known"),
        (lambda content: b"%PDF-1.7\n%\xe2\xe3" + content, "no audio format that is known"),
        (lambda content: bytes(512) + content, "no audio format that is known"),
    ],
    ids=["data first", "data twice", "no data", "zip", "pdf", "zeros first"],
)
def test_odd_files_under_the_name_of_audio(tmp_path, spoil, why):
    (tmp_path / "a.wav").write_bytes(spoil(bytes(encoded("WAV"))))
    assert inspect(tmp_path / "a.wav").reason.startswith(why)


def test_an_mp3_with_a_large_picture(tmp_path):
    content = mp3(2, frame_count=True)
    frame = b"APIC" + synchsafe(2_000_000) + b"\0\0" + b"\0image/png\0\3\0".ljust(2_000_000, b"\x89")
    (tmp_path / "a.mp3").write_bytes(b"ID3\4\0\0" + synchsafe(len(frame)) + frame + content)
    seen = inspect(tmp_path / "a.mp3")
    assert (seen.seconds, seen.reason) == (pytest.approx(2, abs=0.15), None)


def synchsafe(n):
    return bytes(n >> shift & 0x7F for shift in (21, 14, 7, 0))


@pytest.mark.parametrize("padding", [b"\0", b" ", b"\n"])  # with blanks its first kilobyte is text
def test_sphere_is_read(tmp_path, padding):
    content = encoded("NIST")
    header = content[:1024].rstrip(b"\0 \n") + b"\n"
    (tmp_path / "a.wav").write_bytes(header.ljust(1024, padding) + content[1024:])
    seen = inspect(tmp_path / "a.wav")
    assert (seen.seconds, seen.reason, seen.notes) == (1.0, None, "SPHERE container under .wav")


@pytest.mark.parametrize("seed", range(40))
def test_random_damage_ends_in_words(tmp_path, seed):
    rng = np.random.default_rng(seed)
    container = ["WAV", "FLAC", "AIFF", "AU", "OGG", "MP3"][seed % 6]
    how = (
        {}
        if container not in ("OGG", "MP3")
        else {"subtype": {"OGG": "VORBIS", "MP3": "MPEG_LAYER_III"}[container]}
    )
    content = encoded(container, **how)
    at = rng.integers(0, min(200, len(content)), 8)
    content[: len(content)] = bytes(
        int(rng.integers(256)) if i in at else byte for i, byte in enumerate(content)
    )
    (tmp_path / "a.wav").write_bytes(content)
    seen = inspect(tmp_path / "a.wav")
    assert seen.reason or seen.audio_hash
