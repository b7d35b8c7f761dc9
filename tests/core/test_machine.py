"""What the environment says of this machine, and what it must not say."""

import os
import platform
import subprocess
import sys

import pytest
import torch

from pipeline.core.errors import PipelineError
from pipeline.core.machine import AVX2, count_of, device_name, pin_instructions


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
def environment(monkeypatch):
    """An environment that names nothing yet, and is put back afterwards."""
    monkeypatch.setattr(os, "environ", {})
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    return os.environ


def test_libraries_compute_with_what_every_machine_has(environment):
    pin_instructions()
    assert environment == AVX2


def test_what_the_environment_names_itself_stays(environment):
    environment["ONEDNN_MAX_CPU_ISA"] = "SSE41"
    pin_instructions()
    assert environment == {**AVX2, "ONEDNN_MAX_CPU_ISA": "SSE41"}


def test_nothing_is_pinned_where_that_is_wanted_or_makes_no_sense(environment, monkeypatch):
    environment["SER_SIMD"] = "native"
    pin_instructions()
    assert environment == {"SER_SIMD": "native"}
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    del environment["SER_SIMD"]
    pin_instructions()
    assert environment == {}


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
