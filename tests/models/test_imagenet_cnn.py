"""Networks of ImageNet: torchvision's own, what is frozen, what the head is, and published weights."""

import functools
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from pipeline.core.errors import PipelineError
from pipeline.models.build import build_model
from pipeline.models.imagenet_cnn import NETWORKS, ImagenetCnn, Picture, load_pretrained, split_frozen
from pipeline.models.registry import Inputs
from pipeline.pretrained.torchaudio_cpu import prepare
from tests.models.cases import PARAMS

SETTINGS = {
    "unfreeze": None,
    "head": [],
    "head_batch_norm": False,
    "head_l2": 0.0,
    "dropout": 0.2,
    "input_size": None,
}
UTBM_HEAD = {"head": [128, 64], "head_batch_norm": True, "dropout": 0.6, "head_l2": 0.01}
NARROW = {
    "vgg19": {"width": 0.0625},
    "resnet50": {"width": 0.125, "depth": 0.1},
    "mobilenetv3_large": {"width": 0.25},
    "efficientnet_b0": {"width": 0.1, "depth": 0.1},
}
CLASSIFIERS = {  # parameters of what torchvision's networks end with
    "vgg19": 4096 * (25088 + 1) + 4096 * (4096 + 1) + 1000 * (4096 + 1),
    "resnet50": 1000 * (2048 + 1),
    "mobilenetv3_large": 1280 * (960 + 1) + 1000 * (1280 + 1),
    "efficientnet_b0": 1000 * (1280 + 1),
    "efficientnet_b1": 1000 * (1280 + 1),
    "efficientnet_b2": 1000 * (1408 + 1),
    "efficientnet_b3": 1000 * (1536 + 1),
    "efficientnet_b4": 1000 * (1792 + 1),
    "efficientnet_b5": 1000 * (2048 + 1),
    "efficientnet_b6": 1000 * (2304 + 1),
    "efficientnet_b7": 1000 * (2560 + 1),
}

every_network = pytest.mark.parametrize("network", NETWORKS)
every_family = pytest.mark.parametrize("network", NARROW)


def make(network: str, *, narrow: bool = True, **settings: Any) -> ImagenetCnn:
    torch.manual_seed(0)
    width = NARROW[network] if narrow else {}
    architecture = {**SETTINGS, **width, "network": network, **settings}
    return build_model("imagenet_cnn", architecture, Inputs({"features": (32, 32)}), 7)


def outline(network: str, **settings: Any) -> ImagenetCnn:
    """Build a network of the published size without its weights."""
    with torch.device("meta"):
        return make(network, narrow=False, **settings)


@functools.cache
def backbone(network: str) -> nn.Module:
    return outline(network).backbone


@functools.cache
def torchvisions(network: str) -> nn.Module:
    """Build a network as torchvision does, without its weights."""
    prepare()
    from torchvision.models import get_model

    with torch.device("meta"):
        return get_model(torchvision_name(network))


def torchvision_name(network: str) -> str:
    return {"mobilenetv3_large": "mobilenet_v3_large"}.get(network, network)


def count(module: nn.Module, *, trained: bool = False) -> int:
    return sum(p.numel() for p in module.parameters() if p.requires_grad or not trained)


def shapes(module: nn.Module) -> dict[str, torch.Size]:
    return {name: tensor.shape for name, tensor in module.state_dict().items()}


def norms(module: nn.Module) -> list[tuple[float, float | None]]:
    return [(m.eps, m.momentum) for m in module.modules() if isinstance(m, nn.BatchNorm2d)]


@every_network
def test_parameters_are_torchvisions_published_count(network: str) -> None:
    prepare()
    from torchvision.models import get_model_weights

    total = get_model_weights(torchvision_name(network)).DEFAULT.meta["num_params"]
    assert count(backbone(network)) + CLASSIFIERS[network] == total


@every_network
def test_tensors_are_torchvisions_by_name_and_shape(network: str) -> None:
    own, expected = shapes(backbone(network)), shapes(torchvisions(network))
    assert own.items() <= expected.items()
    assert {name.split(".")[0] for name in expected.keys() - own.keys()} <= {"classifier", "fc"}


@every_network
def test_batch_normalisation_has_torchvisions_constants(network: str) -> None:
    assert norms(backbone(network)) == norms(torchvisions(network))


@every_family
def test_the_layers_are_the_backbone(network: str) -> None:
    model = make(network).eval()
    pictures = torch.rand(2, 32, 32)
    expected = model.head(model.backbone(model.picture(pictures)).mean(dim=(2, 3)))
    torch.testing.assert_close(model(pictures), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("network", "n_layers"),
    [("vgg19", 17), ("resnet50", 6), ("mobilenetv3_large", 18), ("efficientnet_b0", 10)],
)
def test_every_layer_but_the_head_can_be_frozen(network: str, n_layers: int) -> None:
    model = outline(network, unfreeze=n_layers)
    assert count(model, trained=True) == count(model)
    model = outline(network, unfreeze=1)
    assert count(model, trained=True) == count(model.head)


@pytest.mark.parametrize(
    ("network", "unfreeze", "expected"),
    [
        # the last of the fourth block's convolutions and the four of the fifth
        ("vgg19", 6, 5 * (9 * 512 * 512 + 512)),
        ("resnet50", 2, 14_964_736),  # layer4
        ("efficientnet_b0", 2, 320 * 1280 + 2 * 1280),  # the last convolution
        ("efficientnet_b0", 3, 320 * 1280 + 2 * 1280 + 717_232),  # and the seventh stage
    ],
)
def test_the_last_layers_are_trained(network: str, unfreeze: int, expected: int) -> None:
    assert count(outline(network, unfreeze=unfreeze).backbone, trained=True) == expected


def test_the_utbm_head() -> None:
    head = outline("vgg19", **UTBM_HEAD).head
    layers = [nn.Linear, nn.ReLU, nn.BatchNorm1d, nn.Dropout]
    assert [type(module) for module in head] == [*layers, *layers, nn.Linear]
    assert count(head) == (512 * 128 + 128) + 2 * 128 + (128 * 64 + 64) + 2 * 64 + (64 * 7 + 7)
    assert head[3].p == 0.6


def test_the_annamalai_head() -> None:
    head = outline("efficientnet_b0").head
    assert [type(module) for module in head] == [nn.Dropout, nn.Linear]
    assert count(head) == 1280 * 7 + 7


@pytest.mark.parametrize("network", ["vgg19", "resnet50", "mobilenetv3_large", "efficientnet_b0"])
def test_the_layers_follow_what_several_gpus_replace(network: str) -> None:
    model = outline(network, unfreeze=2)
    nn.SyncBatchNorm.convert_sync_batchnorm(model)
    used = [module for layer in (*model.frozen, *model.trained) for module in layer.modules()]
    assert not any(isinstance(module, nn.BatchNorm2d) for module in used)
    assert any(isinstance(module, nn.SyncBatchNorm) for module in used) == (network != "vgg19")


def test_the_penalty_is_of_the_weights_of_the_heads_hidden_layers() -> None:
    model = make("vgg19", **UTBM_HEAD)
    nn.init.constant_(model.head[0].weight, 0.5)
    nn.init.constant_(model.head[4].weight, 2.0)
    torch.testing.assert_close(model.penalty(), torch.tensor(0.01 * (32 * 128 * 0.25 + 128 * 64 * 4)))
    assert make("vgg19").penalty() == 0


def step(model: nn.Module, pictures: Tensor) -> None:
    """Train on one batch."""
    optimizer = torch.optim.SGD((p for p in model.parameters() if p.requires_grad), lr=0.1)
    nn.functional.cross_entropy(model(pictures), torch.arange(len(pictures))).backward()
    optimizer.step()


@every_family
def test_training_leaves_what_is_frozen_as_it_was(network: str) -> None:
    model = make(network, unfreeze=3).train()
    frozen = nn.ModuleList(model.frozen)
    before = {name: item.clone() for name, item in frozen.state_dict().items()}
    step(model, torch.rand(4, 32, 32))
    changed = [name for name, item in frozen.state_dict().items() if not torch.equal(item, before[name])]
    assert changed == []


@every_family
def test_training_changes_what_is_not_frozen(network: str) -> None:
    model = make(network, unfreeze=3, **UTBM_HEAD).train()
    trained = nn.ModuleList([*model.trained, model.head])
    step(model, torch.rand(4, 32, 32))
    assert all(p.grad is not None for p in trained.parameters())
    assert all(item == 1 for name, item in trained.state_dict().items() if name.endswith("tracked"))


@every_family
@pytest.mark.parametrize("unfreeze", [None, 3, 1])
def test_the_two_parts_are_the_model(network: str, unfreeze: int | None) -> None:
    model = make(network, unfreeze=unfreeze, input_size=32).eval()
    pictures = torch.rand(2, 40, 48)
    trunk, rest = split_frozen(model)
    features, _ = trunk(pictures)
    for _ in range(2):  # the second time: both are as they were
        torch.testing.assert_close(rest(features), model(pictures), rtol=1e-4, atol=1e-5)


@every_family
def test_the_first_part_is_the_same_in_training_and_holds_nothing_to_train(network: str) -> None:
    model = make(network, unfreeze=2).train()
    pictures = torch.rand(3, 32, 32)
    trunk, rest = split_frozen(model)
    expected, _ = trunk(pictures)
    model.train()
    torch.testing.assert_close(trunk(pictures[:1])[0], expected[:1], rtol=1e-4, atol=1e-5)
    assert count(trunk, trained=True) == 0
    assert {id(p) for p in rest.parameters()} == {id(p) for p in model.parameters() if p.requires_grad}


def test_a_picture_has_three_channels_of_imagenets_statistics() -> None:
    channels = Picture(None)(torch.full((1, 2, 2), 0.5))[0, :, 0, 0]
    torch.testing.assert_close(channels, torch.tensor([0.015 / 0.229, 0.044 / 0.224, 0.094 / 0.225]))


def test_bytes_are_fractions_of_255() -> None:
    pictures = torch.tensor([[[0, 51], [102, 255]]], dtype=torch.uint8)
    torch.testing.assert_close(Picture(None)(pictures), Picture(None)(pictures.float() / 255))


def test_a_picture_is_averaged_where_it_shrinks() -> None:
    lines = torch.zeros(1, 64, 64)
    lines[:, ::4] = 1.0
    middle = Picture(16)(lines)[:, :, 4:-4, 4:-4]
    torch.testing.assert_close(middle, Picture(None)(torch.full((1, 8, 8), 0.25)))


def test_pictures_of_the_networks_size_are_not_resized() -> None:
    pictures = torch.rand(1, 32, 32)
    assert torch.equal(Picture(32)(pictures), Picture(None)(pictures))


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """A file as torchvision publishes it, of a narrow MobileNet."""
    prepare()
    from torchvision.models import mobilenet_v3_large

    torch.manual_seed(3)
    torch.save(mobilenet_v3_large(width_mult=0.25).state_dict(), tmp_path / "mobilenet_v3_large-8738ca79.pth")
    return tmp_path / "mobilenet_v3_large-8738ca79.pth"


def test_published_weights_are_taken_without_the_classifier(weights: Path) -> None:
    model = make("mobilenetv3_large", unfreeze=2)
    loaded = load_pretrained(model, weights)
    state = torch.load(weights)
    assert loaded.left == [
        "classifier.0.weight",
        "classifier.0.bias",
        "classifier.3.weight",
        "classifier.3.bias",
    ]
    assert loaded.fresh == []
    assert all(torch.equal(item, state[name]) for name, item in model.backbone.state_dict().items())


def test_weights_of_another_width_are_an_error(weights: Path) -> None:
    with pytest.raises(PipelineError, match="tensors have another shape than the network's"):
        load_pretrained(make("mobilenetv3_large", width=0.4), weights)


def test_weights_of_another_network_are_an_error(weights: Path) -> None:
    with pytest.raises(PipelineError, match=r"lacks \d+ of the network's \d+ tensors, such as conv1.weight"):
        load_pretrained(make("resnet50"), weights)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"network": "efficientnet_b8"},
            "architecture.network: Input should be 'vgg19', .*'efficientnet_b8'",
        ),
        ({"network": "resnet50", "unfreeze": 0}, "architecture.unfreeze: Input should be greater than 0"),
        ({"network": "resnet50", "unfreeze": 7}, "expected 1 to 6, or null for all"),
        ({"network": "vgg19", "depth": 0.5}, "vgg19 has one depth, but depth is 0.5"),
    ],
)
def test_what_cannot_be_is_an_error(settings: dict, message: str) -> None:
    with pytest.raises(PipelineError, match=message):
        make(**settings, narrow=False)


def test_a_picture_in_colour_keeps_its_channels() -> None:
    colours = torch.tensor([0.485, 0.456 + 0.224, 0.406 - 0.225]).view(1, 3, 1, 1).expand(2, -1, 4, 4)
    seen = Picture(None)(colours)[:, :, 0, 0]
    torch.testing.assert_close(seen, torch.tensor([[0.0, 1.0, -1.0]]).expand(2, -1), atol=1e-6, rtol=0)


def test_no_network_of_the_documents_sees_a_picture_that_was_enlarged() -> None:
    sizes = {}
    for name, system in PARAMS.systems.items():
        if system.model == "imagenet_cnn":
            stored = PARAMS.feature_settings(system.features)
            seen = PARAMS.system(name).architecture["input_size"] or stored["height"]
            assert seen <= min(stored["height"], stored["width"]), name
            sizes[name] = seen
    assert [sizes[f"annamalai_efficientnet_b{number}"] for number in (5, 6, 7)] == [456, 528, 600]
