"""Small films, made by the encoders that read them again."""

from pathlib import Path

import av
import numpy as np


def write_film(
    path: Path,
    wave: np.ndarray | None,
    rate: int,
    *,
    codec: str = "aac",
    pictures: bool = True,
    index_first: bool = False,
) -> Path:
    """Write a film of some small pictures, and of samples, shape (channels, samples), if there are any.

    `index_first` puts what says where the sound lies before it, so that a film that is cut short can be opened.
    """
    options = {"movflags": "faststart"} if index_first else {}
    with av.open(str(path), "w", options=options) as film:
        video = (
            film.add_stream("mpeg4", rate=10, width=32, height=32, pix_fmt="yuv420p") if pictures else None
        )
        audio = None
        if wave is not None:
            layout = {1: "mono", 2: "stereo"}[len(wave)]
            audio = film.add_stream(codec, rate=rate, layout=layout)
        if video:
            picture = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")
            film.mux([*video.encode(picture), *video.encode(None)])
        if audio:
            planes = np.ascontiguousarray(wave, np.float32)
            sound = av.AudioFrame.from_ndarray(planes, format="fltp", layout=layout)
            sound.sample_rate, sound.pts = rate, 0
            film.mux([*audio.encode(sound), *audio.encode(None)])
    return path


def sound_packets(path: Path) -> list[tuple[int, int]]:
    """Return where in a film each packet of sound begins and how long it is, in bytes."""
    with av.open(str(path)) as film:
        return [(packet.pos, packet.size) for packet in film.demux(film.streams.audio[0]) if packet.size]


def cut_between_packets(path: Path, n_packets: int) -> None:
    """Cut a film whose index comes first short after some packets of sound."""
    start, length = sound_packets(path)[n_packets - 1]
    path.write_bytes(path.read_bytes()[: start + length])


def damage(path: Path) -> None:
    """Overwrite the packets in the middle of a film's sound."""
    packets = sound_packets(path)
    content = bytearray(path.read_bytes())
    for start, length in packets[len(packets) // 2 :][:3]:
        content[start : start + length] = b"\xa5" * length
    path.write_bytes(content)
