"""Measure what the application adds to a request: an upload and its answer, beside decoding, features and model.

    python -m benchmarks.request [SYSTEM ...] [--minutes 10] [--repeats 5]

It runs where the systems are trained: after `make tour`, or `make repro`. The recording is that of
`benchmarks.prediction`, as WAV at 48 kHz and as MP3.

request: `POST /api/predict` to the application, started as `make app` starts it: form, decoding in a child process,
    windows, features, model, answer.
parts: decoding the file at the system's rate, the features of all its windows, the model on these, one after the
    other in this process, by the pipeline's own functions.

The two take turns. Told are seconds by the clock, and processor seconds of all processes that take part, that which
sends included: the best of each, and the median of the turns' ratios. By the clock it may be below 1, for a request
is listened to while it is decoded.
"""

import argparse
import http.client
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import soundfile

from benchmarks.prediction import SYSTEMS, WINDOW, synthesise
from pipeline.audio.reading import load_mono
from pipeline.core.parallel import batched
from pipeline.inference.predictor import CLIPS, Predictor, load

BOUNDARY = "boundary"
TICKS = os.sysconf("SC_CLK_TCK")


class Application:
    """The application as a process of its own."""

    def __init__(self, process: subprocess.Popen, port: int) -> None:
        self._process, self._port = process, port

    def processor_seconds(self) -> float:
        """Return what it and its children have used, those that have ended too."""
        own = Path(f"/proc/{self._process.pid}")
        children = (own / f"task/{self._process.pid}/children").read_text().split()
        stats = [Path(f"/proc/{number}/stat").read_text() for number in [own.name, *children]]
        return sum(int(ticks) for stat in stats for ticks in stat.rpartition(")")[2].split()[11:15]) / TICKS

    def ask(self, system: str, content: bytes) -> None:
        """Send a recording and read the answer."""
        begin = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="'
        head = f'{begin}system"\r\n\r\n{system}\r\n{begin}file"; filename="a"\r\n\r\n'.encode()
        tail = f"\r\n--{BOUNDARY}--\r\n".encode()
        connection = http.client.HTTPConnection("127.0.0.1", self._port)
        connection.putrequest("POST", "/api/predict")
        connection.putheader("Content-Type", f"multipart/form-data; boundary={BOUNDARY}")
        connection.putheader("Content-Length", str(len(head) + len(content) + len(tail)))
        connection.endheaders(head)
        connection.send(content)
        connection.send(tail)
        reply = connection.getresponse()
        if (said := reply.read()) and reply.status != 200:
            raise SystemExit(f"{system}: {reply.status} {said.decode()}")
        connection.close()


@contextmanager
def application(system: str) -> Iterator[Application]:
    """Start the application, and end it."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    line = [sys.executable, "-m", "pipeline.app", "--system", system, "--port", str(port)]
    process = subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                time.sleep(0.2)
        yield Application(process, port)
    finally:
        process.terminate()
        process.wait()


def parts(predictor: Predictor, path: Path, rate: int) -> None:
    """Decode a file, compute its features and ask the model, one after the other."""
    wave, size = load_mono(path, rate), round(WINDOW * rate)
    windows = [(wave[start : start + size], rate) for start in range(0, len(wave), size)]
    for batch in batched(windows, CLIPS):
        predictor.predict_prepared(predictor.prepare(batch))


def cost(work: Callable[[], None], app: Application) -> tuple[float, float]:
    """Return what some work took: seconds by the clock, and processor seconds here and in the application."""
    clock, used = time.perf_counter(), time.process_time() + app.processor_seconds()
    work()
    return time.perf_counter() - clock, time.process_time() + app.processor_seconds() - used


def compare(app: Application, system: str, path: Path, repeats: int) -> None:
    """Print the line of one system and one kind of file."""
    predictor, content = load(system), path.read_bytes()
    (feature_set,) = predictor.trained.feature_sets.values()
    rate = feature_set.settings["sample_rate"]
    ways = (lambda: app.ask(system, content), lambda: parts(predictor, path, rate))
    for way in ways:  # what is loaded and built once
        way()
    costs = np.array([[cost(way, app) for way in ways] for _ in range(repeats)])
    (clock, used), (parts_clock, parts_used) = costs.min(axis=0)
    clock_ratio, used_ratio = np.median(costs[:, 0] / costs[:, 1], axis=0)
    print(
        f"{system:<26}{path.suffix[1:]:<4}{clock:>9.2f}{parts_clock:>7.2f}{clock_ratio:>7.2f}"
        f"{used:>12.2f}{parts_used:>7.2f}{used_ratio:>7.2f}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("systems", nargs="*", help="trained systems; five families if none is given")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--repeats", type=int, default=5)
    given = parser.parse_args()
    systems = given.systems or SYSTEMS
    print(f"{'':<30}{'clock, s':>23}{'processors, s':>26}")
    print(f"{'':<30}{'request':>9}{'parts':>7}{'ratio':>7}{'request':>12}{'parts':>7}{'ratio':>7}")
    with tempfile.TemporaryDirectory(prefix="ser") as folder, application(systems[0]) as app:
        wav, mp3 = Path(folder) / "recording.wav", Path(folder) / "recording.mp3"
        synthesise(wav, 60 * given.minutes)
        with (
            soundfile.SoundFile(wav) as source,
            soundfile.SoundFile(mp3, "w", source.samplerate, 1) as target,
        ):
            for block in source.blocks(1 << 16):
                target.write(block)
        for system in systems:
            for path in (wav, mp3):
                compare(app, system, path, given.repeats)


if __name__ == "__main__":
    main()
