"""Greedy pretraining: the error falls, earlier blocks stay, the fully connected layers stay."""

import copy
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from pipeline.core.errors import PipelineError
from pipeline.models.check import pretrained_blocks
from pipeline.models.mel_cnn import MelCnn, Settings
from pipeline.training import pretrain
from pipeline.training.pretrain import Pretraining, pretrain_blocks

SETTINGS = Pretraining(epochs=6, lr=0.01, batch_size=8)


@pytest.fixture
def images() -> Tensor:
    """Smooth pictures of 15 x 16 pixels: an odd number of bands, which pooling cuts."""
    generator = torch.Generator().manual_seed(0)
    coarse = torch.randn(21, 1, 4, 4, generator=generator)
    return nn.functional.interpolate(coarse, (15, 16), mode="bilinear")[:, 0]


def network() -> MelCnn:
    torch.manual_seed(0)
    return MelCnn((15, 16), Settings(channels=[4, 8], hidden=[6], dropout=0.0), 3)


def same(state: dict[str, Tensor], other: dict[str, Tensor]) -> list[bool]:
    return [torch.equal(value, other[name]) for name, value in state.items()]


def test_every_block_learns_to_be_reconstructed(images: Tensor) -> None:
    errors = pretrain_blocks(list(network().blocks), images, SETTINGS, seed=0)
    assert [len(block) for block in errors] == [6, 6]
    assert all(block[-1] < 0.6 * block[0] for block in errors)


def test_earlier_blocks_stay_while_a_later_one_trains(
    images: Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = network()
    states = []
    train_block: Callable = pretrain._train_block

    def watched(*arguments: object) -> list[float]:
        errors = train_block(*arguments)
        states.append(copy.deepcopy(model.blocks.state_dict()))
        return errors

    monkeypatch.setattr(pretrain, "_train_block", watched)
    pretrain_blocks(list(model.blocks), images, SETTINGS, seed=0)
    after_first, after_second = states
    first = {name: value for name, value in after_first.items() if name.startswith("0.")}
    second = {name: value for name, value in after_first.items() if name.startswith("1.")}
    assert all(same(first, after_second))
    assert not any(same(second, after_second))


def test_the_fully_connected_layers_stay_as_they_were_drawn(images: Tensor) -> None:
    model = network()
    drawn = copy.deepcopy(model.head.state_dict())
    pretrain_blocks(list(model.blocks), images, SETTINGS, seed=0)
    assert all(same(drawn, model.head.state_dict()))


def test_the_same_seed_gives_the_same_weights_and_disturbs_no_other_draw(images: Tensor) -> None:
    first, second = network(), network()
    torch.manual_seed(5)
    undisturbed = torch.rand(3)
    torch.manual_seed(5)
    pretrain_blocks(list(first.blocks), images, SETTINGS, seed=1)
    assert torch.equal(torch.rand(3), undisturbed)
    pretrain_blocks(list(second.blocks), images, SETTINGS, seed=1)
    assert all(same(first.state_dict(), second.state_dict()))


def test_a_family_without_blocks_is_refused() -> None:
    with pytest.raises(PipelineError, match="blocks of convolutions over images, which model 'mlp' has not"):
        pretrained_blocks("mlp")


def test_an_architecture_without_blocks_is_refused(images: Tensor) -> None:
    with pytest.raises(PipelineError, match="of which this architecture has none: give it `channels`"):
        pretrain_blocks([], images, SETTINGS, seed=0)
