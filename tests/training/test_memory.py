"""Whether features fit, and what a run took."""

import platform
import resource
import subprocess
import sys

import numpy as np
import pytest
import torch

from pipeline.core.errors import PipelineError
from pipeline.training.memory import check_room, describe_peak, peak_memory

GPU = torch.device("cuda:0")
MIB = 2**20


def with_free(monkeypatch: pytest.MonkeyPatch, mib: int) -> None:
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (mib * MIB, 2 * mib * MIB))


def features() -> list[np.ndarray | list[np.ndarray]]:
    """Two slots: 10 MiB of bytes, and 2 + 4 MiB of clips that differ in length."""
    return [np.zeros((10, MIB), np.uint8), [np.zeros(MIB // 2, np.float32), np.zeros(2 * MIB, np.int16)]]


def test_features_that_do_not_fit_are_refused_with_their_size(monkeypatch: pytest.MonkeyPatch) -> None:
    with_free(monkeypatch, 271)
    message = "systems.net: its features take 16 MiB, and training some 256 more, but cuda:0 has 271 MiB free"
    with pytest.raises(PipelineError, match=message):
        check_room(features(), GPU, "net")


def test_features_that_fit_go_through(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with_free(monkeypatch, 272)
    with caplog.at_level("INFO"):
        check_room(features(), GPU, "net")
    assert caplog.messages == ["net: features take 16 MiB on cuda:0"]


def test_a_cpu_is_not_asked_for_room(monkeypatch: pytest.MonkeyPatch) -> None:
    with_free(monkeypatch, 0)
    check_room(features(), torch.device("cpu"), "net")


FRESH_PAGES = """
import resource
import subprocess
import sys
import torch
from pipeline.training.memory import keep_memory

def fresh_pages():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    torch.ones(2**24)  # 64 MiB
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

assert keep_memory()
torch.ones(2**26)  # leaves room that small blocks cannot fill
print(min(fresh_pages() for _ in range(5)))
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another allocator")
def test_what_was_freed_is_used_again() -> None:
    # In a process of its own: what other tests left in the memory of this one may lie in the way.
    done = subprocess.run([sys.executable, "-c", FRESH_PAGES], capture_output=True, text=True, check=True)
    # Of glibc's own, each of these blocks is new: 64 MiB of pages.
    assert int(done.stdout) < 64 * MIB // resource.getpagesize() // 100


def test_the_peak_holds_what_is_held() -> None:
    held = np.ones(64 * MIB // 8)
    assert peak_memory(torch.device("cpu"))["peak_memory_mb"] > held.nbytes / MIB


@pytest.mark.parametrize(
    ("peaks", "text"),
    [
        ({"peak_memory_mb": 300}, "300 MiB"),
        ({"peak_memory_mb": 300, "peak_device_memory_mb": 7}, "300 MiB, 7 MiB of the GPU"),
    ],
)
def test_the_log_says_both_peaks(peaks: dict[str, int], text: str) -> None:
    assert describe_peak(peaks) == text
