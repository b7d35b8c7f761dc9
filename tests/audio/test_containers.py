"""What first bytes and chunk sizes say of a file."""

import struct

import numpy as np
import pytest
import soundfile

from pipeline.audio.containers import Payload, find_payload, sniff


def payload(path):
    with path.open("rb") as file:
        return find_payload(file, sniff(file.read(512)))


WAVE = np.zeros(1000, np.float32)


@pytest.mark.parametrize(
    ("container", "expected"),
    [("WAV", "WAV"), ("RF64", "WAV"), ("AIFF", "AIFF"), ("FLAC", "FLAC"), ("OGG", "OGG"), ("MP3", "MP3")],
)
def test_containers_are_known_by_content(tmp_path, container, expected):
    soundfile.write(tmp_path / "clip.xyz", WAVE, 16000, format=container)
    assert sniff((tmp_path / "clip.xyz").read_bytes()[:512]) == expected


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"", "empty"),
        (b"this is not audio\n" * 3, "text"),
        ("Grüße".encode() * 100, "text"),
        (("ä" * 256).encode()[:511], "text"),  # cut in the middle of a letter
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0123\n", "Git LFS pointer"),
        (b"\0\0\0\x20ftypisom", "MP4"),
        (b"ID3\x03", "MP3"),
        (b"\0\0\0\x01Bud1", None),
        (b"RIFF\0\0\0\0AVI ", None),
    ],
)
def test_other_files(head, expected):
    assert sniff(head) == expected


@pytest.mark.parametrize("container", ["WAV", "AIFF", "RF64"])
def test_a_whole_file_holds_what_it_promises(tmp_path, container):
    soundfile.write(tmp_path / "clip", WAVE, 16000, subtype="PCM_16", format=container)
    found = payload(tmp_path / "clip")
    assert found.promised == found.held == pytest.approx(2000, abs=8)


@pytest.mark.parametrize("container", ["WAV", "AIFF", "RF64"])
def test_a_cut_file_does_not(tmp_path, container):
    soundfile.write(tmp_path / "clip", WAVE, 16000, subtype="PCM_16", format=container)
    content = (tmp_path / "clip").read_bytes()
    (tmp_path / "clip").write_bytes(content[:-500])
    found = payload(tmp_path / "clip")
    assert found.promised - found.held == 500


def test_chunks_around_the_samples_are_stepped_over(tmp_path):
    chunks = (
        b"FLLR" + struct.pack("<I", 3) + b"\0\0\0\0" + b"data" + struct.pack("<I", 4) + b"\1\0\2\0" + b"_PMX"
    )
    (tmp_path / "clip").write_bytes(b"RIFF\0\0\0\0WAVE" + chunks)
    assert payload(tmp_path / "clip") == Payload(4, 4, 4)


@pytest.mark.parametrize("length", [0, 0x7FFFF000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF])
def test_a_length_that_is_not_known_is_no_promise(tmp_path, length):
    (tmp_path / "clip").write_bytes(b"RIFF\0\0\0\0WAVEdata" + struct.pack("<I", length) + b"\1\0\2\0")
    assert payload(tmp_path / "clip") == Payload(length, 4)


def test_bytes_that_no_header_speaks_of(tmp_path):
    content = b"RIFF\0\0\0\0WAVEdata" + struct.pack("<I", 4) + bytes(100) + b"LIST" + struct.pack("<I", 0)
    (tmp_path / "clip").write_bytes(content)
    assert payload(tmp_path / "clip") == Payload(4, 4, 104)


def test_chunks_after_the_samples_are_spoken_of(tmp_path):
    content = (
        b"RIFF\0\0\0\0WAVEdata" + struct.pack("<I", 4) + bytes(4) + b"LIST" + struct.pack("<I", 2) + b"ab"
    )
    (tmp_path / "clip").write_bytes(content)
    assert payload(tmp_path / "clip") == Payload(4, 4, 0)


@pytest.mark.parametrize(("length", "promised"), [(8, 8), (500, 500), (0xFFFFFFFF, None), (0, None)])
def test_the_header_of_au(tmp_path, length, promised):
    (tmp_path / "clip").write_bytes(b".snd" + struct.pack(">IIIII", 24, length, 3, 16000, 1) + bytes(8))
    assert (payload(tmp_path / "clip").promised, payload(tmp_path / "clip").held) == (promised, 8)


@pytest.mark.parametrize("content", [b"", b"RIFF", b"RIFF\0\0\0\0WAVEfmt ", b"fLaC and so on"])
def test_no_samples_no_payload(tmp_path, content):
    (tmp_path / "clip").write_bytes(content)
    assert payload(tmp_path / "clip") is None
