"""What the environment says of this machine, and what it must not say."""

import pytest
import torch

from pipeline.core.errors import PipelineError
from pipeline.core.machine import count_of, device_name


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
