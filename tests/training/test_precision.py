"""bfloat16 on processors that have it and that lack it: what is computed how, and what the run record says."""

import logging
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence

from pipeline.training import precision
from pipeline.training.precision import MIXED, autocast, cpu_has_bfloat16_lstm, precision_of
from tests.training import toy
from tests.training.test_torch_runner import every_system, train

CPU = torch.device("cpu")
BF16 = toy.torch_system(precision="bf16")


@pytest.fixture
def lacking(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this CPU be one without an LSTM in bfloat16, whether it has one or not."""
    monkeypatch.setattr(precision, "cpu_has_bfloat16_lstm", lambda: False)


class Recurrent(nn.Module):
    """A linear layer and an LSTM; keeps the type that the linear layer gave."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(3, 4)
        self.lstm = nn.LSTM(4, 5, num_layers=2, bidirectional=True, batch_first=True)

    def forward(self, frames: Tensor, packed: bool = False) -> Tensor:
        steps = self.linear(frames)
        self.dtype = steps.dtype
        if not packed:
            return self.lstm(steps)[0]
        lengths = torch.tensor([frames.shape[1]] * len(frames))
        out = self.lstm(pack_padded_sequence(steps, lengths, batch_first=True))[0]
        assert isinstance(out, PackedSequence)
        return out.data


def seeded_network() -> tuple[Recurrent, Tensor]:
    torch.manual_seed(0)
    return Recurrent(), torch.randn(2, 6, 3)


@pytest.mark.usefixtures("lacking")
@pytest.mark.parametrize("packed", [False, True])
def test_an_lstm_stays_in_float32_and_all_else_goes_into_bfloat16(packed: bool) -> None:
    network, frames = seeded_network()
    with autocast(CPU, BF16):
        steps = network(frames, packed)
    assert network.dtype == torch.bfloat16
    assert steps.dtype == torch.float32
    # The very numbers of an LSTM in float32 that reads what the linear layer gave.
    with torch.autocast("cpu", torch.bfloat16):
        read = network.linear(frames)
    expected = network.lstm(read.float())[0]
    torch.testing.assert_close(
        steps.reshape(-1),
        (expected.transpose(0, 1) if packed else expected).reshape(-1),
        rtol=1e-4,
        atol=1e-6,
    )
    steps.sum().backward()
    assert all(p.grad is not None and p.grad.dtype == torch.float32 for p in network.parameters())


def test_a_cpu_that_has_it_runs_the_lstm_under_autocast_like_all_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(precision, "cpu_has_bfloat16_lstm", lambda: True)
    seen = []
    monkeypatch.setattr(precision, "_FullLstm", lambda: seen.append("used"))
    with autocast(CPU, BF16):
        assert torch.is_autocast_enabled("cpu")
        assert nn.Linear(3, 4)(torch.zeros(1, 3)).dtype == torch.bfloat16
    assert seen == []
    assert precision_of(Recurrent(), CPU, BF16) == "bf16"


def test_float32_casts_nothing() -> None:
    network, frames = seeded_network()
    with autocast(CPU, toy.torch_system()):
        steps = network(frames)
    assert (network.dtype, steps.dtype) == (torch.float32, torch.float32)
    assert not torch.is_autocast_enabled("cpu")


@pytest.mark.usefixtures("lacking")
def test_what_is_recorded_names_the_lstm_only_where_there_is_one() -> None:
    assert precision_of(Recurrent(), CPU, BF16) == MIXED
    assert precision_of(nn.Linear(3, 4), CPU, BF16) == "bf16"
    assert precision_of(Recurrent(), torch.device("cuda"), BF16) == "bf16"
    assert precision_of(Recurrent(), CPU, toy.torch_system()) == "float32"


def test_the_question_to_the_cpu_draws_no_random_numbers() -> None:
    torch.manual_seed(0)
    before = torch.get_rng_state()
    with torch.inference_mode():  # as representations are computed
        cpu_has_bfloat16_lstm.__wrapped__()
    assert torch.equal(torch.get_rng_state(), before)


def test_the_answer_of_the_cpu_holds_for_an_lstm_of_a_network() -> None:
    network, frames = seeded_network()
    lstm = network.lstm
    with torch.autocast("cpu", torch.bfloat16):
        if cpu_has_bfloat16_lstm():
            assert torch.isfinite(lstm(network.linear(frames).float())[0]).all()
        else:
            with pytest.raises(RuntimeError, match="LSTM"):
                lstm(network.linear(frames).float())


@every_system
@pytest.mark.usefixtures("lacking")
def test_every_system_trains_where_the_cpu_lacks_it_and_the_record_says_how(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, inputs: tuple[str, ...], settings: dict
) -> None:
    with caplog.at_level(logging.WARNING, "pipeline.training"):
        outcome = train(tmp_path, inputs, **settings, epochs=1, precision="bf16")
    mixed = inputs != ("images",)
    assert outcome.record["precision"] == (MIXED if mixed else "bf16")
    warnings = [text for text in caplog.messages if "no LSTM in bfloat16" in text]
    assert len(warnings) == mixed
