"""Seeds and devices."""

import numpy as np
import pytest
import torch

from pipeline.core.errors import PipelineError
from pipeline.training.seeding import prepare_torch, random_state, restore_random_state, seed_everything


def draw() -> list[float]:
    return [float(torch.rand(())), float(np.random.rand()), float(np.random.normal())]


def test_the_same_seed_draws_the_same() -> None:
    seed_everything(3)
    first = draw()
    seed_everything(3)
    assert draw() == first


def test_a_state_goes_on_where_it_was_taken() -> None:
    draw()
    state = random_state()
    first = draw()
    draw()
    restore_random_state(state)
    assert draw() == first


def test_threads_and_device_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    before = torch.get_num_threads()
    monkeypatch.setenv("SER_DEVICE", "cpu")
    monkeypatch.setenv("SER_THREADS", "1")
    assert prepare_torch().type == "cpu"
    assert torch.get_num_threads() == 1
    torch.set_num_threads(before)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SER_DEVICE", "cuda")
    with pytest.raises(PipelineError, match="SER_DEVICE is 'cuda', but torch finds no GPU"):
        prepare_torch()


def test_a_gpu_that_others_use_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: False)
    monkeypatch.setattr(torch.cuda, "get_rng_state", lambda: pytest.fail("asked the GPU"))
    assert random_state()["cuda"] == []
