"""torchaudio and torchvision beside a CPU-only torch."""

import importlib.util
import subprocess
import sys

import pytest

from pipeline.pretrained import torchaudio_cpu


def run(code: str) -> str:
    """Run code in a fresh interpreter, in which neither package has been imported; return what it prints."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_torchaudio_computes_after_prepare_and_what_was_stepped_over_says_so():
    code = """
from pipeline.pretrained.torchaudio_cpu import prepare
prepare()
prepare()
import torch, torchaudio
print(tuple(torchaudio.transforms.MFCC(16000, 40)(torch.zeros(16000)).shape))
if torchaudio._extension._IS_TORCHAUDIO_EXT_AVAILABLE:
    raise SystemExit
try:
    torchaudio.functional.forced_align(torch.zeros(1, 5, 3), torch.ones(1, 2, dtype=torch.int32))
except AttributeError as error:
    print(error)
"""
    shape, *refusal = run(code).splitlines()
    assert shape == "(40, 81)"
    assert not refusal or "has no attribute 'forced_align'" in refusal[0]


@pytest.mark.skipif(importlib.util.find_spec("torchvision") is None, reason="torchvision is not installed")
def test_torchvision_computes_after_prepare():
    code = """
from pipeline.pretrained.torchaudio_cpu import prepare
prepare()
import torch
from torchvision.models import mobilenet_v3_small
print(tuple(mobilenet_v3_small().eval()(torch.zeros(1, 3, 64, 64)).shape))
"""
    assert run(code) == "(1, 1000)"


def test_nothing_is_replaced_where_torch_has_cuda(monkeypatch):
    monkeypatch.setattr("torch.version.cuda", "13.0")
    monkeypatch.delitem(sys.modules, "torchaudio", raising=False)
    monkeypatch.delitem(sys.modules, "torchaudio._extension", raising=False)
    torchaudio_cpu.prepare.__wrapped__()
    assert "torchaudio._extension" not in sys.modules


def test_a_package_that_is_not_there_is_left_to_its_own_error():
    assert torchaudio_cpu._extension_loads("no_such_package", "*.so")
