"""A stage that a warm process runs ends as one of its own process does: the same files, streams and exit status.

The stages here are those of a small project in a temporary folder, which is not that of the warm process.
"""

import os
import shutil
import signal
import socket as sockets
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline.core.machine import AVX2

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="a warm process forks")

SECONDS = 20  # that anything here may take

STAGE = '''"""Do what the argument says."""

import logging
import os
import sys
import time
from pathlib import Path

from pipeline.core.errors import PipelineError

log = logging.getLogger(__name__)


def main(what: str) -> None:
    Path("pid").write_text(str(os.getpid()))
    if what == "write":
        Path("written").write_text(f"{os.environ['WHO']} in {Path.cwd()}")
        print("to stdout")
        log.info("to stderr")
    elif what == "read":
        print(sys.stdin.read())
    elif what == "refuse":
        raise PipelineError("what came is not what was expected")
    elif what == "fail":
        raise ZeroDivisionError("of the stage")
    elif what == "environment":
        print(*os.environ)
    elif what == "wait":
        time.sleep(60)
    elif what == "workers":
        from joblib import Parallel, delayed

        print(Parallel(n_jobs=2)(delayed(abs)(number) for number in (-1, -2)))
'''


def hear_interrupts() -> None:
    """Let a process be interrupted, though these tests were started in the background, where nobody is."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@dataclass
class Project:
    """A folder with a stage `do`, and the socket of the warm process."""

    folder: Path
    socket: Path

    def start(self, *arguments: str, warm: bool = True, **environment: str) -> subprocess.Popen:
        own = {"PATH": "/usr/bin:/bin", "WHO": "caller", **environment}
        if warm:
            own["SER_WARM"] = str(self.socket)
        return subprocess.Popen(
            [sys.executable, "-m", "pipeline.stage", *arguments],
            cwd=self.folder,
            env=own,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=hear_interrupts,
        )

    def run(self, *arguments: str, text: str = "", **options) -> tuple[int, str, str]:
        """Run a stage; return its exit status and what it wrote to stdout and stderr."""
        process = self.start(*arguments, **options)
        out, err = process.communicate(text, timeout=SECONDS)
        return process.returncode, out, err

    def pid(self) -> int:
        """Wait until the stage runs; return its process."""
        file = self.folder / "pid"
        wait_until(lambda: file.exists() and file.read_text())
        return int(file.read_text())


def wait_until(condition) -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.02)


def runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def answers(address: Path) -> bool:
    with sockets.socket(sockets.AF_UNIX) as connection:
        return connection.connect_ex(str(address)) == 0


def test_it_ends_with_the_process_that_started_it(tmp_path, root):
    """A run that was killed leaves no process of a gigabyte behind."""
    address = tmp_path / "socket"
    command = f"{sys.executable} -m tests.orchestration.warm_server {address} & wait"
    run = subprocess.Popen(["/bin/sh", "-c", command], cwd=root)
    wait_until(lambda: address.exists() and answers(address))
    run.kill()
    run.wait(SECONDS)
    wait_until(lambda: not answers(address))


@pytest.fixture(scope="module")
def socket(tmp_path_factory, root) -> Iterator[Path]:
    """The socket of a warm process, started as a run starts it, but with few libraries."""
    address = tmp_path_factory.mktemp("warm") / "socket"
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.orchestration.warm_server", str(address)], cwd=root
    )
    wait_until(address.exists)
    yield address
    assert process.poll() is None, "the warm process ended with one of its stages"
    process.terminate()
    process.wait(SECONDS)


@pytest.fixture
def project(tmp_path, socket, root) -> Project:
    for path in (
        "stage.py",
        "__init__.py",
        "core/__init__.py",
        "core/stage.py",
        "core/errors.py",
        "core/machine.py",
        "core/paths.py",
        "orchestration",
    ):
        copy = shutil.copytree if (root / "pipeline" / path).is_dir() else shutil.copy
        (tmp_path / "pipeline" / path).parent.mkdir(parents=True, exist_ok=True)
        copy(root / "pipeline" / path, tmp_path / "pipeline" / path)
    (tmp_path / "pipeline/stages").mkdir()
    (tmp_path / "pipeline/stages/__init__.py").write_text('"""Of a test."""\n')
    (tmp_path / "pipeline/stages/do.py").write_text(STAGE)
    return Project(tmp_path, socket)


@pytest.mark.parametrize(
    "arguments",
    [("do", "write"), ("do", "refuse"), ("do",), ("do", "a", "b"), ("undo",), (), ("do", "--help")],
    ids=" ".join,
)
def test_it_ends_as_a_process_of_its_own(project, arguments):
    direct = project.run(*arguments, warm=False)
    files = {path: path.read_text() for path in project.folder.glob("written")}
    for path in files:
        path.unlink()
    assert project.run(*arguments) == direct
    assert {path: path.read_text() for path in project.folder.glob("written")} == files
    assert bool(files) == ("write" in arguments)


def test_folder_environment_and_streams_are_the_callers(project):
    status, out, err = project.run("do", "write", WHO="somebody")
    assert (status, out, err) == (0, "to stdout\n", "to stderr\n")
    assert (project.folder / "written").read_text() == f"somebody in {project.folder}"
    assert project.run("do", "read", text="to stdin") == (0, "to stdin\n", "")
    status, out, _ = project.run("do", "environment", EXTRA="1")
    assert (
        {"EXTRA", "WHO", "PATH"}
        <= set(out.split())
        <= {"EXTRA", "WHO", "PATH", "LC_CTYPE", "SER_STAGE", *AVX2}
    )


def test_an_error_of_the_pipeline_is_one_line_and_status_2(project):
    assert project.run("do", "refuse") == (2, "", "error: what came is not what was expected\n")


def test_arguments_that_are_wrong_are_status_2(project):
    status, _, err = project.run("do")
    assert status == 2
    assert "the following arguments are required: what" in err


def test_any_other_error_is_a_traceback_and_status_1(project):
    status, out, err = project.run("do", "fail")
    assert (status, out) == (1, "")
    assert err.startswith("Traceback")
    assert err.endswith("ZeroDivisionError: of the stage\n")


def test_code_that_was_changed_is_run_as_it_is_now(project):
    project.run("do", "write")
    stage = project.folder / "pipeline/stages/do.py"
    stage.write_text(STAGE.replace("to stdout", "changed"))
    runner = project.folder / "pipeline/core/stage.py"
    runner.write_text(runner.read_text() + "\nprint('runner, changed')\n")
    assert project.run("do", "write")[1] == "runner, changed\nchanged\n"


def test_a_killed_stage_is_an_error(project):
    process = project.start("do", "wait")
    os.kill(project.pid(), signal.SIGKILL)
    _, err = process.communicate(timeout=SECONDS)
    assert (process.returncode, err) == (1, "error: the process that ran the stage was killed\n")


@pytest.mark.parametrize("signal_", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_stage_ends_with_its_caller(project, signal_):
    process = project.start("do", "wait")
    stage = project.pid()
    assert stage != process.pid
    process.send_signal(signal_)
    process.communicate(timeout=SECONDS)
    wait_until(lambda: not runs(stage))


def test_stages_run_side_by_side(project):
    waiting = project.start("do", "wait")
    project.pid()
    assert project.run("do", "write")[0] == 0
    assert waiting.poll() is None
    waiting.kill()
    waiting.communicate(timeout=SECONDS)


def test_a_socket_that_nobody_serves_is_named(project, tmp_path):
    project.socket = tmp_path / "nobody"
    status, out, err = project.run("do", "write")
    assert (status, out) == (2, "")
    reason = "where no process answers (No such file or directory): unset it"
    assert err == f"error: SER_WARM names {tmp_path / 'nobody'}, {reason}\n"
    assert not (project.folder / "written").exists()


def test_so_is_the_socket_of_a_process_that_has_ended(project, tmp_path):
    with sockets.socket(sockets.AF_UNIX) as server:
        server.bind(str(tmp_path / "left"))
    project.socket = tmp_path / "left"
    status, _, err = project.run("do", "write")
    assert status == 2
    assert "(Connection refused): unset it" in err


def test_workers_of_a_stage_end_with_it(project):
    """Those of joblib wait for minutes for more work, and hold the streams of the stage's caller."""
    stage = project.start("do", "workers")
    out, err = stage.communicate(timeout=SECONDS)  # until nobody holds a stream any more
    assert (stage.returncode, out.strip()) == (0, "[1, 2]"), err
