"""Row work on a Dask cluster: the results of a serial run, whatever dies; and what is said when it cannot be."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import cloudpickle
import numpy as np
import pandas as pd
import pytest
from distributed import LocalCluster

from pipeline.config.asr import Asr
from pipeline.core import cluster as module
from pipeline.core.code import this_checkout
from pipeline.core.errors import PipelineError
from pipeline.core.parallel import parallel_batches, parallel_map
from pipeline.corpora.contract import Entry
from pipeline.curation.index import build_index
from pipeline.features.compute import Clip, clip_key, compute_features
from tests.curation.test_index import CORPUS
from tests.features.examples import extractor
from tests.scale.clips import make_clips
from tests.scale.jobs import die, refuse, run_into_a_timeout, square, square_slowly

pytestmark = [pytest.mark.xdist_group("dask"), pytest.mark.slow]  # a scheduler and its workers take seconds


@pytest.fixture(scope="module")
def dask(tmp_path_factory):
    """Two workers of one thread each."""
    with LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        dashboard_address=":0",
        silence_logs=50,
        local_directory=str(tmp_path_factory.mktemp("dask")),
    ) as cluster:
        yield cluster


@pytest.fixture
def on_dask(dask, tmp_path, monkeypatch):
    """Row work goes to the cluster, and caches are empty."""
    monkeypatch.setenv("SER_CACHE", str(tmp_path / "on_dask"))
    monkeypatch.setenv("SER_DASK", dask.scheduler_address)
    return dask


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Take the work back to this process, with caches of their own."""

    def switch():
        monkeypatch.delenv("SER_DASK")
        monkeypatch.setenv("SER_CACHE", str(tmp_path / "here"))
        monkeypatch.setenv("SER_WORKERS", "1")

    return switch


def test_results_come_in_order(on_dask):
    results = parallel_map(square, range(200), description="", batch_size=3)
    assert list(results) == [n * n for n in range(200)]


def test_results_come_before_all_is_submitted(on_dask):
    batches = [range(n, n + 1) for n in range(10_000)]
    assert next(parallel_batches(sum, batches, description="")) == 0


def test_what_must_stay_here_stays(on_dask):
    (result,) = parallel_map(square_slowly, [3], description="", where="here", workers=1)
    assert result == (9, os.getpid())


def test_an_error_reaches_the_caller(on_dask):
    with pytest.raises(PipelineError, match=r"^no 0$"):
        list(parallel_map(refuse, [0, 1], description=""))


def test_a_timeout_of_the_function_is_not_one_of_the_cluster(on_dask):
    with pytest.raises(TimeoutError, match="0 took too long"):
        list(parallel_map(run_into_a_timeout, [0], description=""))


def test_features_are_those_of_this_machine(on_dask, here, tmp_path):
    table = make_clips(tmp_path / "clips", 3, seconds=0.3)
    transforms = [None, "noise=0.0050@42", "pitch_shift=1.2700@42"]
    clips = {
        clip_key(key, transform): Clip(Path(path), transform)
        for key, path, transform in zip(table["audio_hash"], table["path"], transforms, strict=True)
    }
    there, n_computed = compute_features(extractor("functionals"), clips, description="")
    here()
    own, _ = compute_features(extractor("functionals"), clips, description="")
    assert n_computed == 3
    assert [there[key].tobytes() for key in clips] == [own[key].tobytes() for key in clips]


def test_the_index_is_that_of_this_machine(on_dask, here, tmp_path):
    table = make_clips(tmp_path / "clips", 5, seconds=0.3)
    entries = [Entry(Path(path).name, Path(path).stem) for path in table["path"]]
    adapter = SimpleNamespace(CORPUS=CORPUS, scan=lambda root: iter(entries))
    there = build_index(adapter, tmp_path / "clips")
    here()
    pd.testing.assert_frame_equal(there, build_index(adapter, tmp_path / "clips"))


@pytest.mark.slow
def test_transcripts_are_those_of_this_machine(on_dask, here, tmp_path, micro_whisper):
    from pipeline.transcription.corpus import whisper_transcripts

    clips = make_clips(tmp_path / "clips", 3, seconds=0.3)
    asr = Asr(
        source="whisper", gold=[], studies=[], model=str(micro_whisper), language="en", beam_size=None,
        max_tokens=4, window=15, no_speech=0.6, batch_size=2,
    )  # fmt: skip
    there, n_computed = whisper_transcripts(clips.assign(file=clips["path"].map(Path)), asr)
    here()
    own, _ = whisper_transcripts(clips.assign(file=clips["path"].map(Path)), asr)
    assert n_computed == 3
    pd.testing.assert_frame_equal(there, own)


def test_a_killed_worker_costs_no_result(on_dask):
    results = parallel_map(square_slowly, range(200), description="", batch_size=2)
    first, victim = next(results)
    os.kill(victim, signal.SIGKILL)
    squares, processes = zip(*results, strict=True)
    assert [first, *squares] == [n * n for n in range(200)]
    assert victim not in processes[-20:]


def test_a_batch_that_kills_its_workers_ends_with_an_error(on_dask, monkeypatch):
    monkeypatch.setattr(on_dask.scheduler, "allowed_failures", 0)
    with pytest.raises(PipelineError, match=r"a batch ended 1 Dask workers.*run out of memory"):
        list(parallel_map(die, [0], description=""))


def test_a_worker_with_other_libraries_is_refused(on_dask, monkeypatch):
    ours = this_checkout()
    newer = type(ours)("other", (("numpy", "99.0"), *ours.versions))
    monkeypatch.setattr(module, "this_checkout", lambda: newer)
    message = rf"has numpy {np.__version__}, not 99\.0; other code of pipeline/: .* Restart the workers"
    with pytest.raises(PipelineError, match=message):
        list(parallel_map(square, [1], description=""))


def test_a_worker_without_the_audio_is_refused(on_dask, monkeypatch, tmp_path):
    monkeypatch.setenv("SER_CORPORA", str(tmp_path / "unmounted"))
    with pytest.raises(PipelineError, match=r"does not see .*unmounted: .*same path"):
        list(parallel_map(square, [1], description=""))


def test_a_scheduler_without_workers_says_how_to_start_some(tmp_path, monkeypatch):
    monkeypatch.setenv("SER_CACHE", str(tmp_path))
    monkeypatch.setattr(module, "WORKER_SECONDS", 0.1)
    with LocalCluster(n_workers=0, dashboard_address=":0") as empty:
        monkeypatch.setenv("SER_DASK", empty.scheduler_address)
        with pytest.raises(PipelineError, match=r"no worker for 0\.1 s; start some .* `dask worker tcp://"):
            list(parallel_map(square, [1], description=""))


@pytest.mark.parametrize(("listens", "reason"), [(False, "refused"), (True, "timed out")])
def test_a_scheduler_that_does_not_answer_is_named(listens, reason, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "ANSWER_SECONDS", 0.2)
    monkeypatch.setenv("SER_CACHE", str(tmp_path))
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen() if listens else None
        address = f"tcp://127.0.0.1:{mute.getsockname()[1]}"
        monkeypatch.setenv("SER_DASK", address)
        with pytest.raises(PipelineError, match=rf"answers at {address} \(.*{reason}\)\. .*unset SER_DASK"):
            list(parallel_map(square, [1], description=""))


@pytest.mark.parametrize("address", ["banana", "http://127.0.0.1:80", "tcp://127.0.0.1", "tcp://host:port"])
def test_what_is_no_address_is_refused(address, tmp_path, monkeypatch):
    monkeypatch.setenv("SER_CACHE", str(tmp_path))
    monkeypatch.setenv("SER_DASK", address)
    with pytest.raises(PipelineError, match=f"SER_DASK is '{address}'; expected .* tcp://10"):
        list(parallel_map(square, [1], description=""))


def run_start(folder: Path, work: tuple[bytes, bytes]) -> str:
    """Run what is sent to a worker in a process that was started in a folder and knows nothing yet."""
    script = "import pickle, sys; start, work = pickle.load(sys.stdin.buffer); print(repr(start(*work)))"
    command = [sys.executable, "-P", "-c", script]
    sent = cloudpickle.dumps((module._travelling_start(), work))
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(command, input=sent, cwd=folder, env=environment, capture_output=True, check=True)
    return done.stdout.decode()


def test_a_worker_finds_the_project_in_the_folder_where_it_was_started(root):
    sender = cloudpickle.dumps(module.Sender(this_checkout(), ()))
    assert run_start(root, (sender, cloudpickle.dumps((sum, [1, 2])))) == "3\n"


def test_a_worker_started_elsewhere_says_so(tmp_path):
    assert "No module named 'pipeline'" in run_start(tmp_path, (b"", b""))
    with pytest.raises(PipelineError, match=r"cannot import this project .*: start the workers in the repo"):
        module._unpack(ImportError("No module named 'pipeline'"), "tcp://127.0.0.1:8786")


@pytest.fixture
def started(root, tmp_path, monkeypatch):
    """The processes of a scheduler and two workers, started as README says, that work is sent to."""
    file = tmp_path / "scheduler.json"
    dask = [str(Path(sys.executable).with_name("dask"))]
    common = {"cwd": root, "stderr": subprocess.DEVNULL, "start_new_session": True}
    scheduler = ["scheduler", "--port", "0", "--dashboard-address", ":0", "--scheduler-file", str(file)]
    processes = [subprocess.Popen(dask + scheduler, **common)]
    while not file.exists():
        time.sleep(0.05)
    address = json.loads(file.read_text())["address"]
    worker = [
        "worker",
        address,
        "--nthreads",
        "1",
        "--dashboard-address",
        ":0",
        "--local-directory",
        str(tmp_path),
    ]
    processes += [subprocess.Popen(dask + worker, **common) for _ in range(2)]
    monkeypatch.setenv("SER_CACHE", str(tmp_path))
    monkeypatch.setenv("SER_DASK", address)
    yield processes
    for process in processes:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.mark.slow
def test_the_commands_in_the_readme_make_a_cluster(started):
    results = parallel_map(square_slowly, range(300), description="", batch_size=2)
    first = next(results)
    os.killpg(started[1].pid, signal.SIGKILL)
    assert [value for value, _ in (first, *results)] == [n * n for n in range(300)]


@pytest.mark.slow
def test_a_scheduler_that_goes_away_is_named(started):
    results = parallel_map(square_slowly, range(300), description="", batch_size=2)
    next(results)
    os.killpg(started[0].pid, signal.SIGKILL)
    with pytest.raises(PipelineError, match=r"the scheduler at tcp://.* went away.*repeat the command"):
        list(results)


@pytest.mark.slow
def test_work_does_not_wait_forever_for_workers_that_went_away(started, monkeypatch):
    results = parallel_map(square_slowly, range(300), description="", batch_size=2)
    next(results)
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.2)
    monkeypatch.setattr(module, "WORKER_SECONDS", 0.4)
    for worker in started[1:]:
        os.killpg(worker.pid, signal.SIGKILL)
    with pytest.raises(PipelineError, match=r"has had no worker for 0\.4 s"):
        list(results)
