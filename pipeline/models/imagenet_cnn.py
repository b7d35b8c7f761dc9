"""VGG19, ResNet50, MobileNetV3-large and EfficientNet-B0 to B7 over pictures of spectrograms.

Sources: the Annamalai study, section 6.2 (ResNet50 and EfficientNet: the last layers trained, one linear layer
for a head), and the UTBM study, section 3.4 (VGG19, compared with ResNet50 and MobileNetV3-large: the first
layers frozen, a head of two hidden layers). The networks are torchvision's, with its weights of ImageNet and
without its classifiers:

    vgg19               Simonyan and Zisserman 2015, arXiv:1409.1556           20,024,384 parameters
    resnet50            He et al. 2016, DOI 10.1109/CVPR.2016.90               23,508,032
    mobilenetv3_large   Howard et al. 2019, DOI 10.1109/ICCV.2019.00140         2,971,952
    efficientnet_b0-b7  Tan and Le 2019, arXiv:1905.11946      4,007,548   6,513,184   7,700,994  10,696,232
                                                              17,548,616  28,340,784  40,735,704  63,786,960

Input: grey pictures, bytes or fractions of 255, shape (clips, rows, columns), resized with antialiasing to
`input_size`; the same in three channels, or in colour (open: UTBM's pictures are, by a map that it does not name),
standardised with ImageNet's mean and deviation. The pictures have to come as they are stored: `normalise` is of
kind none, or of kind colours with `standardise: false`. Behind the last layer: the mean over all positions
(open in both documents), and the head.

`unfreeze` is the number of last layers that are trained; null trains all. A layer (open in both documents) is an
entry of torchvision's own sequence that has weights:

    vgg19               a convolution with its ReLU and pooling                     16, and the head: 17
    resnet50            the stem, or one of the four stages                          5, and the head: 6
    mobilenetv3_large   the stem, a bottleneck, or the last convolution             17, and the head: 18
    efficientnet        the stem, one of the seven stages, or the last convolution   9, and the head: 10

"The first 15 layers" of VGG19, counted as Keras does (with the input and the poolings), end behind the third
convolution of the fourth block, the eleventh of 16: `unfreeze: 6`.

A frozen layer stays as it is in every way: no gradients, batch normalisation with the statistics it came with,
no stochastic depth. What it computes is the same in training and evaluation, so `split_frozen` can take it off.

`width` and `depth` scale the channels and the blocks by torchvision's own settings, for a network small enough
for a demonstration; 1 is the published network, and the only one that published weights fit.
"""

import math
from collections import OrderedDict
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Literal, Self

import torch
from pydantic import NonNegativeFloat, PositiveFloat, PositiveInt, model_validator
from torch import Tensor, nn
from torch.nn.functional import interpolate

from pipeline.core.errors import PipelineError
from pipeline.models.planes import with_planes
from pipeline.models.registry import Architecture, Inputs, Networks, Probability
from pipeline.pretrained.take import Loaded, read_state, take_weights
from pipeline.pretrained.torchaudio_cpu import prepare

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_DEVIATION = (0.229, 0.224, 0.225)
EFFICIENTNETS = {  # width and depth of each, relative to B0: section 3 of the paper and its published code
    "efficientnet_b0": (1.0, 1.0),
    "efficientnet_b1": (1.0, 1.1),
    "efficientnet_b2": (1.1, 1.2),
    "efficientnet_b3": (1.2, 1.4),
    "efficientnet_b4": (1.4, 1.8),
    "efficientnet_b5": (1.6, 2.2),
    "efficientnet_b6": (1.8, 2.6),
    "efficientnet_b7": (2.0, 3.1),
}
EFFICIENTNET_STAGES = (  # table 1: expansion, kernel, stride, channels in, channels out, blocks
    (1, 3, 1, 32, 16, 1),
    (6, 3, 2, 16, 24, 2),
    (6, 5, 2, 24, 40, 2),
    (6, 3, 2, 40, 80, 3),
    (6, 5, 1, 80, 112, 3),
    (6, 5, 2, 112, 192, 4),
    (6, 3, 1, 192, 320, 1),
)
NETWORKS = ("vgg19", "resnet50", "mobilenetv3_large", *EFFICIENTNETS)


class Settings(Architecture):
    """The network, its head, and what is trained of them."""

    network: Literal[NETWORKS]  # type: ignore[valid-type]
    unfreeze: PositiveInt | None  # number of last layers that are trained, the head among them; null for all
    head: list[PositiveInt]  # widths of the hidden layers
    head_batch_norm: bool  # behind each of them
    head_l2: NonNegativeFloat  # what `penalty` multiplies the squares of their weights with, as Keras's L2
    dropout: Probability  # behind each of them; without any, ahead of the output
    input_size: PositiveInt | None  # rows and columns of what the network sees; null for the pictures' own
    width: PositiveFloat = 1.0  # factor of the published channels
    depth: PositiveFloat = 1.0  # factor of the published blocks; of ResNet and EfficientNet only

    @model_validator(mode="after")
    def _depth_can_be_scaled(self) -> Self:
        if self.depth != 1.0 and self.network in ("vgg19", "mobilenetv3_large"):
            raise ValueError(f"{self.network} has one depth, but depth is {self.depth}: leave it out")
        return self


class Picture(nn.Module):
    """Grey pictures as the networks know theirs: of one size, in three channels, with ImageNet's statistics.

    Args:
        size: Rows and columns; None leaves the pictures as large as they come.
    """

    def __init__(self, size: int | None) -> None:
        super().__init__()
        self.size = (size, size) if size else None
        for name, values in (("mean", IMAGENET_MEAN), ("deviation", IMAGENET_DEVIATION)):
            self.register_buffer(name, torch.tensor(values).view(3, 1, 1), persistent=False)

    def forward(self, features: Tensor) -> Tensor:
        """Return shape (clips, 3, rows, columns) of pictures, shape (clips, rows, columns): bytes, or in 0..1.

        Pictures in colour come as (clips, 3, rows, columns), in 0..1.
        """
        x = with_planes(features)  # (B, 1 or 3, H, W)
        x = x if x.is_floating_point() else x / 255
        if self.size and x.shape[-2:] != self.size:
            x = interpolate(x, self.size, mode="bilinear", antialias=True)
        return (x - self.mean) / self.deviation  # (B, 3, H, W)


class ImagenetCnn(nn.Module):
    """A backbone, some of whose first layers may be frozen, and a head.

    Args:
        backbone: Its parameters have torchvision's names.
        layers: Its layers in order: names of modules of the backbone, one after the other.
        head: From the backbone's channels to the logits.
        input_size: Rows and columns of what the backbone sees; None for the pictures' own.
        n_frozen: Number of first layers that are not trained.
        head_l2: L2 of the head's hidden layers.
    """

    def __init__(
        self,
        backbone: nn.Sequential,
        layers: list[list[str]],
        head: nn.Sequential,
        input_size: int | None,
        n_frozen: int,
        head_l2: float,
    ) -> None:
        super().__init__()
        self.picture = Picture(input_size)
        self.backbone = backbone.to(memory_format=torch.channels_last)
        self.pool = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.head = head
        self.head_l2 = head_l2
        self.layers, self.n_frozen = layers, n_frozen
        for layer in self.frozen:
            layer.requires_grad_(False).eval()

    @property
    def frozen(self) -> list[nn.Module]:
        """The layers that are not trained."""
        return [self._layer(names) for names in self.layers[: self.n_frozen]]

    @property
    def trained(self) -> list[nn.Module]:
        """The layers that are."""
        return [self._layer(names) for names in self.layers[self.n_frozen :]]

    def _layer(self, names: list[str]) -> nn.Module:
        """Look a layer up: batch normalisation is replaced where several processes train."""
        modules = [self.backbone.get_submodule(name) for name in names]
        return modules[0] if len(modules) == 1 else nn.Sequential(*modules)

    def forward(self, features: Tensor) -> Tensor:
        """Return logits, shape (clips, classes), of pictures, shape (clips, rows, columns)."""
        x = self.picture(features)  # (B, 3, H, W)
        for layer in (*self.frozen, *self.trained):
            x = layer(x)  # (B, C, h, w)
        return self.head(self.pool(x))  # (B, n_outputs)

    def penalty(self) -> Tensor:
        """Return what L2 regularisation adds to the loss: `head_l2` times the squares of the hidden weights."""
        *hidden, _ = (module for module in self.head if isinstance(module, nn.Linear))
        return self.head_l2 * sum((layer.weight.square().sum() for layer in hidden), torch.zeros(()))

    def train(self, mode: bool = True) -> "ImagenetCnn":
        """Switch between training and evaluation; what is frozen stays in evaluation."""
        super().train(mode)
        for layer in self.frozen:
            layer.eval()
        return self


class Trunk(nn.Sequential):
    """What is frozen, from the pictures on."""

    def forward(self, features: Tensor, lengths: None = None) -> tuple[Tensor, None]:
        """Return maps, shape (clips, channels, rows, columns), of pictures, which have no lengths."""
        return super().forward(features), None


def split_frozen(model: ImagenetCnn) -> tuple[Trunk, nn.Sequential]:
    """Return what is frozen, from the pictures on, and the rest; one after the other they are the model.

    Both hold the model's own modules: training the rest trains the model. Without frozen layers the first part only
    prepares the pictures.
    """
    trunk = Trunk(model.picture, *model.frozen)
    return trunk.eval(), nn.Sequential(*model.trained, model.pool, model.head)


def build(settings: Settings, inputs: Inputs, n_outputs: int) -> ImagenetCnn:
    """Build a network for pictures; their size is of no consequence."""
    prepare()
    backbone, layers, channels = _backbone(settings)
    n_layers, unfreeze = len(layers) + 1, settings.unfreeze
    if unfreeze is not None and unfreeze > n_layers:
        raise PipelineError(
            f"imagenet_cnn: `architecture.unfreeze` is {unfreeze}, but {settings.network} has {n_layers} layers, "
            f"its head included: expected 1 to {n_layers}, or null for all"
        )
    n_frozen = n_layers - unfreeze if unfreeze is not None else 0
    head = _head(channels, settings, n_outputs)
    return ImagenetCnn(backbone, layers, head, settings.input_size, n_frozen, settings.head_l2)


def load_pretrained(model: ImagenetCnn, weights: Path) -> Loaded:
    """Take the weights of a network, all but its classifier's, from a file that torchvision publishes.

    Raises:
        PipelineError: The file is no state dict, or another network's.
    """
    return take_weights(model.backbone, read_state(weights), weights)


def _head(n_in: int, settings: Settings, n_outputs: int) -> nn.Sequential:
    layers: list[nn.Module] = [] if settings.head else [nn.Dropout(settings.dropout)]
    for n_out in settings.head:
        layers += [nn.Linear(n_in, n_out), nn.ReLU()]
        layers += [nn.BatchNorm1d(n_out)] if settings.head_batch_norm else []
        layers += [nn.Dropout(settings.dropout)]
        n_in = n_out
    return nn.Sequential(*layers, nn.Linear(n_in, n_outputs))


def _backbone(settings: Settings) -> tuple[nn.Sequential, list[list[str]], int]:
    """Return a network without its classifier, the names of its layers, and the channels that come out."""
    if settings.network == "vgg19":
        return _vgg19(settings.width)
    if settings.network == "resnet50":
        return _resnet50(settings.width, settings.depth)
    if settings.network == "mobilenetv3_large":
        return _mobilenetv3_large(settings.width)
    return _efficientnet(settings.network, settings.width, settings.depth)


def _vgg19(width: float) -> tuple[nn.Sequential, list[list[str]], int]:
    from torchvision.models.vgg import cfgs, make_layers

    channels = [item if isinstance(item, str) else round(item * width) for item in cfgs["E"]]
    features = make_layers(channels)
    # As torchvision's constructor, which would build 120 million weights of a classifier.
    for module in features:
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
            nn.init.zeros_(module.bias)
    starts = [i for i, module in enumerate(features) if isinstance(module, nn.Conv2d)]
    ends = [*starts[1:], len(features)]
    layers = [_features(range(start, end)) for start, end in zip(starts, ends, strict=True)]
    return nn.Sequential(OrderedDict(features=features)), layers, features[starts[-1]].out_channels


def _resnet50(width: float, depth: float) -> tuple[nn.Sequential, list[list[str]], int]:
    from torchvision.models.resnet import Bottleneck, ResNet

    blocks = [math.ceil(n * depth) for n in (3, 4, 6, 3)]
    net = ResNet(Bottleneck, blocks, num_classes=1, width_per_group=round(64 * width))
    layers = [["conv1", "bn1", "relu", "maxpool"], ["layer1"], ["layer2"], ["layer3"], ["layer4"]]
    modules = OrderedDict(
        (name, module) for name, module in net.named_children() if name not in ("avgpool", "fc")
    )
    return nn.Sequential(modules), layers, net.fc.in_features


def _mobilenetv3_large(width: float) -> tuple[nn.Sequential, list[list[str]], int]:
    from torchvision.models import mobilenet_v3_large

    net = mobilenet_v3_large(num_classes=1, width_mult=width)
    layers = [_features([i]) for i in range(len(net.features))]
    return nn.Sequential(OrderedDict(features=net.features)), layers, net.classifier[0].in_features


def _efficientnet(network: str, width: float, depth: float) -> tuple[nn.Sequential, list[list[str]], int]:
    from torchvision.models.efficientnet import EfficientNet, MBConvConfig

    own_width, own_depth = EFFICIENTNETS[network]
    stages = [
        MBConvConfig(*stage, width_mult=own_width * width, depth_mult=own_depth * depth)
        for stage in EFFICIENTNET_STAGES
    ]
    # B5 to B7 were converted from another framework, with its constants of batch normalisation.
    norm = partial(nn.BatchNorm2d, eps=1e-3, momentum=0.01) if own_width > 1.4 else None
    net = EfficientNet(stages, dropout=0.0, num_classes=1, norm_layer=norm)
    layers = [_features([i]) for i in range(len(net.features))]
    return nn.Sequential(OrderedDict(features=net.features)), layers, net.classifier[1].in_features


def _features(numbers: Iterable[int]) -> list[str]:
    return [f"features.{number}" for number in numbers]


FAMILY = Networks(
    settings=Settings,
    build=build,
    reads=("frames",),
    load_pretrained=load_pretrained,
    split_frozen=split_frozen,
    penalty=ImagenetCnn.penalty,
)
