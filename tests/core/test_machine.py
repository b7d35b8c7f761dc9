"""What the environment says of this machine, and what it must not say."""

import os
import platform
import subprocess
import sys

import pytest
import torch

from pipeline.core.errors import PipelineError
from pipeline.core.machine import (
    AVX2,
    LIBRARY_CACHES,
    count_of,
    device_name,
    pin_instructions,
    place_library_caches,
)


@pytest.mark.parametrize(("named", "expected"), [(None, None), ("", None), ("1", 1), ("12", 12)])
def test_counts(monkeypatch, named, expected):
    monkeypatch.delenv("SER_THREADS", raising=False)
    if named is not None:
        monkeypatch.setenv("SER_THREADS", named)
    assert count_of("SER_THREADS") == expected


@pytest.mark.parametrize("named", ["0", "-5", "two", "1.5"])
def test_what_is_no_count(monkeypatch, named):
    monkeypatch.setenv("SER_WORKERS", named)
    with pytest.raises(PipelineError, match=f"SER_WORKERS is '{named}'; expected a count of 1 or more"):
        count_of("SER_WORKERS")


@pytest.fixture
def gpus(monkeypatch):
    """Let torch find some GPUs, and SER_DEVICE name one."""

    def find(n_gpus, named):
        monkeypatch.setattr(torch.cuda, "is_available", lambda: n_gpus > 0)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: n_gpus)
        monkeypatch.setenv("SER_DEVICE", named)

    return find


@pytest.mark.parametrize(
    ("n_gpus", "named", "expected"),
    [(0, "", "cpu"), (0, "cpu", "cpu"), (2, "", "cuda"), (2, "cpu", "cpu"), (2, "cuda:1", "cuda:1")],
)
def test_devices(gpus, n_gpus, named, expected):
    gpus(n_gpus, named)
    assert device_name() == expected


@pytest.mark.parametrize(
    ("n_gpus", "named", "complaint"),
    [
        (1, "gpu", "is 'gpu'; expected cpu, cuda, or cuda:1"),
        (0, "mps", "is 'mps'; expected cpu, cuda, or cuda:1"),
        (0, "cuda", "is 'cuda', but torch finds no GPU"),
        (1, "cuda:1", r"is 'cuda:1', but torch finds 1 GPU\(s\)"),
    ],
)
def test_what_is_no_device(gpus, n_gpus, named, complaint):
    gpus(n_gpus, named)
    with pytest.raises(PipelineError, match=complaint):
        device_name()


@pytest.fixture
def no_home(tmp_path, monkeypatch):
    """An environment in which nothing can be written but the cache folder."""
    monkeypatch.setenv("HOME", "/dev/null")
    monkeypatch.setenv("SER_CACHE", str(tmp_path / "cache"))
    for variable in LIBRARY_CACHES:
        monkeypatch.setenv(variable, "")
        monkeypatch.delenv(variable)
    return tmp_path


def placed():
    return {variable: os.environ.get(variable) for variable in LIBRARY_CACHES}


def test_without_a_home_libraries_keep_their_caches_below_ours(no_home):
    place_library_caches()
    assert placed() == {
        variable: str(no_home / "cache" / "libraries" / name) for variable, name in LIBRARY_CACHES.items()
    }


def test_a_home_that_can_be_written_is_used(no_home, monkeypatch):
    monkeypatch.setenv("HOME", str(no_home))
    place_library_caches()
    assert set(placed().values()) == {None}


def test_a_cache_that_the_environment_names_is_used_in_the_place_of_a_home(no_home, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(no_home / "mine"))
    place_library_caches()
    assert {value for value in placed().values() if value} == {str(no_home / "mine")}


def test_what_the_environment_names_stays(no_home, monkeypatch):
    monkeypatch.setenv("HF_HOME", "/models")
    monkeypatch.setenv("XDG_CACHE_HOME", "/dev/null/cache")  # which can hold nothing
    place_library_caches()
    assert placed()["HF_HOME"] == "/models"
    assert placed()["XDG_CACHE_HOME"] == str(no_home / "cache" / "libraries" / "others")


def test_a_cache_folder_that_cannot_be_made_is_named(no_home, monkeypatch):
    monkeypatch.setenv("SER_CACHE", "/dev/null/cache")
    with pytest.raises(
        PipelineError, match=r"cache folder /dev/null/cache cannot be made \(Not a directory\)"
    ):
        place_library_caches()


COMPILED = """
import sys
from pipeline.core.machine import place_library_caches
if sys.argv[1] == "placed":
    place_library_caches()
import compiled
print(compiled.twice(21))
"""


@pytest.mark.slow
@pytest.mark.parametrize(("how", "status"), [("as it is", 1), ("placed", 0)])
def test_numba_finds_a_place_in_an_environment_where_it_had_none(no_home, root, how, status):
    folder = no_home / "library"
    folder.mkdir()
    (folder / "__pycache__").touch()  # where numba would rather be
    (folder / "compiled.py").write_text(
        "import numba\n\n@numba.njit(cache=True)\ndef twice(n):\n    return 2 * n\n"
    )
    environment = {**os.environ, "PYTHONPATH": f"{root}{os.pathsep}{folder}"}
    command = [sys.executable, "-c", COMPILED, how]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stderr
    assert ("42" in done.stdout) == (status == 0)
    assert ("cannot cache function 'twice'" in done.stderr) == (status == 1)
    assert any((no_home / "cache").rglob("*.nbi")) == (status == 0)


@pytest.fixture
def environment(monkeypatch):
    """An environment that names nothing yet, and is put back afterwards."""
    monkeypatch.setattr(os, "environ", {})
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    return os.environ


def named(environment):
    return {name: value for name, value in environment.items() if name in AVX2}


def test_libraries_compute_with_what_every_machine_has(environment):
    pin_instructions()
    assert named(environment) == AVX2


def test_what_the_environment_names_itself_stays(environment):
    environment["ONEDNN_MAX_CPU_ISA"] = "SSE41"
    pin_instructions()
    assert named(environment) == {**AVX2, "ONEDNN_MAX_CPU_ISA": "SSE41"}


def test_nothing_is_pinned_where_that_is_wanted_or_makes_no_sense(environment, monkeypatch):
    environment["SER_SIMD"] = "native"
    pin_instructions()
    assert named(environment) == {}
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    del environment["SER_SIMD"]
    pin_instructions()
    assert named(environment) == {}


SEEN_BY_NUMPY = """
import os, runpy, sys

def see(event, arguments):
    if event == "import" and arguments[0] == "numpy":
        print(os.environ.get("ATEN_CPU_CAPABILITY"), os.environ.get("NPY_DISABLE_CPU_FEATURES") is not None)
        os._exit(0)

sys.addaudithook(see)
sys.argv = sys.argv[1:]
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
"""


@pytest.mark.parametrize(
    "command",
    [
        "pipeline.stage train x",
        "pipeline.predict --list",
        "pipeline.export x y",
        "pipeline.app --system x",
        "pipeline.stress x",
    ],
)
def test_whatever_computes_is_pinned_before_a_library_is_loaded(root, command):
    """A system answers by the arithmetic that trained it: with other kernels a vote of a forest may turn."""
    clean = {name: value for name, value in os.environ.items() if name not in AVX2}
    run = [sys.executable, "-c", SEEN_BY_NUMPY, *command.split()]
    done = subprocess.run(run, capture_output=True, text=True, cwd=root, env=clean)
    expected = "avx2 True" if platform.machine() in ("x86_64", "AMD64") else "None False"
    assert done.stdout.strip() == expected, done.stderr


def test_another_word_is_an_error(environment):
    environment["SER_SIMD"] = "avx9"
    with pytest.raises(PipelineError, match="SER_SIMD is 'avx9'; expected avx2 or native"):
        pin_instructions()


def test_libraries_heed_it():
    """Of those that say what they use; where the processor has no AVX2 they use less."""
    code = (
        "from pipeline.core.machine import pin_instructions; pin_instructions()\n"
        "import numpy, torch; from threadpoolctl import threadpool_info\n"
        "print(torch.backends.cpu.get_cpu_capability())\n"
        "print(*[pool.get('architecture') for pool in threadpool_info() if pool['internal_api'] == 'openblas'])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    torch_uses, *openblas_uses = run.stdout.split()
    assert torch_uses in ("AVX2", "DEFAULT")
    assert set(openblas_uses) <= {"Haswell", "Nehalem", "Prescott", "ARMV8", "armv8"}
