"""A process that has imported the libraries once, and forks a child for each stage.

Importing torch, its optimisers, pandas and scikit-learn takes six seconds of a plain core, and a training of the
demo corpus not much more. A forked child starts in a few hundredths of a second. It imports the project's own code
afresh from the caller's folder, so that a stage runs what its files say, in an experiment's temporary copy too.
It has the caller's streams and environment; the results are those of a process of its own.
"""

import importlib
import json
import os
import resource
import signal
import socket
import sys
import threading
import time
import traceback
from contextlib import suppress
from pathlib import Path

from pipeline.core.code import PACKAGE
from pipeline.core.machine import place_library_caches
from pipeline.pretrained import torchaudio_cpu

LIBRARIES = (
    "pandas",
    "pyarrow.parquet",
    "pydantic",
    "torch",
    "torch._dynamo",
    "torchaudio",
    "torchvision.models",
    "transformers",
    "sklearn.ensemble",
    "sklearn.feature_selection",
    "sklearn.metrics",
    "sklearn.model_selection",
    "sklearn.neighbors",
    "sklearn.pipeline",
    "sklearn.svm",
    "skops.io",
    "matplotlib.figure",
    "matplotlib.backends.backend_agg",
    "optuna",
    "distributed",
)
FOR_FEW = (
    "pandas",
    "pyarrow.parquet",
    "pydantic",
    "sklearn.metrics",
    "sklearn.pipeline",
    "matplotlib.figure",
    "matplotlib.backends.backend_agg",
)

LOOK_SECONDS = 2.0  # between two looks whether the process that started this one is still there


def serve(address: Path, *, few: bool = False) -> None:
    """Wait for stages at a socket and run each in a child, until this process or the one that started it ends.

    Args:
        address: Of the socket.
        few: Import only what nearly all stages need: few stages do not make up for the rest.
    """
    starter = os.getppid()
    os.environ.setdefault(
        "OMP_WAIT_POLICY", "passive"
    )  # read when torch is loaded: see pipeline.training.train
    place_library_caches()
    if not few:
        torchaudio_cpu.prepare()
    for name in FOR_FEW if few else LIBRARIES:
        importlib.import_module(name)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the stages; who started this process ends it
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(address))
        server.listen()
        server.settimeout(LOOK_SECONDS)
        while os.getppid() == starter:
            _reap()
            try:
                connection, _ = server.accept()
            except TimeoutError:
                continue
            if not os.fork():
                server.close()
                _be_the_stage(connection)
            connection.close()


def _reap() -> None:
    """Take note of children that have ended, whose processor time then counts as this process's."""
    with suppress(ChildProcessError):  # there is none
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _be_the_stage(connection: socket.socket) -> None:
    """Run the stage that is asked for, tell its exit status, and end."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    status, told, started = 1, threading.Event(), time.monotonic()
    try:
        status = _run(connection, told)
    except SystemExit as error:  # of the argument parser
        status = error.code if isinstance(error.code, int) else 1
    except Exception:  # noqa: BLE001 -- whatever it is, the caller has to hear of it
        traceback.print_exc()
    finally:
        told.set()
        _note_times(time.monotonic() - started)
        for tell in (sys.stdout.flush, sys.stderr.flush, lambda: connection.sendall(bytes([status]))):
            with suppress(OSError):  # nobody listens any more
                tell()
    # An ordinary end, which ends what the stage has started, too: workers would hold the caller's streams.
    sys.exit(status)


def _note_times(seconds: float) -> None:
    """Add what the stage took to the file that `$SER_TIMES` names, for `benchmarks.repro`."""
    if file := os.environ.get("SER_TIMES"):
        used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        cpu_seconds = sum(one.ru_utime + one.ru_stime for one in used)
        row = {"stage": os.environ["SER_STAGE"], "cpu_seconds": cpu_seconds, "seconds": seconds}
        with open(file, "a", encoding="utf-8") as times:
            times.write(json.dumps(row) + "\n")


def _run(connection: socket.socket, told: threading.Event) -> int:
    length, streams, _, _ = socket.recv_fds(connection, 8, 3)
    request = json.loads(_receive(connection, int.from_bytes(length, "big")))
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    del os.environ["SER_WARM"]  # processes that the stage starts are their own
    os.environ["SER_STAGE"] = request["arguments"][0] if request["arguments"] else ""
    threading.Thread(target=_end_with, args=(connection, told), daemon=True).start()
    _forget_the_project()
    sys.path.insert(0, request["folder"])
    from pipeline.core.stage import run_stage

    return run_stage(request["arguments"])


def _forget_the_project() -> None:
    """Have all modules of the project imported anew: this process knows some, and of its own folder."""
    for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
        del sys.modules[name]
    importlib.invalidate_caches()


def _receive(connection: socket.socket, n_bytes: int) -> bytes:
    parts = bytearray()
    while len(parts) < n_bytes:
        part = connection.recv(n_bytes - len(parts))
        if not part:
            raise ConnectionError("the caller went away")
        parts += part
    return bytes(parts)


def _end_with(connection: socket.socket, told: threading.Event) -> None:
    """End this process when its caller ends: a stage must not go on after DVC was stopped."""
    if not connection.recv(1) and not told.is_set():
        os.kill(os.getpid(), signal.SIGTERM)
