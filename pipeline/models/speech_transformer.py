"""wav2vec 2.0 and WavLM over raw audio, with a head for emotions.

Sources: the RAVDESS study, sections 3.5.1 (`wav2vec2_large`, frozen) and 3.5.2 (`wav2vec2_base`, its last two
layers trained), and the Annamalai study, section 6.3 (`wav2vec2_base` and `wavlm_base`, trained as a whole). The
networks are those of transformers, counted in pipeline/pretrained/wav2vec2.py. The heads have, of width h:

    projection to 9 classes   256 h + 256 + 256 x 9 + 9      199,177 for h = 768
    hidden, 8 classes         256 h + 256 + 256 x 8 + 8      198,920 for h = 768
    a layer of wav2vec2_base  4 (h h + h) + 2 x 4 h h + 5 h + 4 h = 7,087,872; two of them are trained in 3.5.2

Input: samples as they are stored, -32768..32767, shape (clips, samples), and where clips differ in length their
`lengths`; `normalise` is of kind none. Each clip is brought to full scale 1 and, with `standardise`, to mean 0 and
variance 1 over its own samples, as wav2vec 2.0 wants it and WavLM base does not (`do_normalize` in their
preprocessor_config.json). Seven convolutions make a frame of every 20 ms.

With `lengths`, padding takes no part in anything: not in the statistics of the group norm behind the first
convolution of a base network (where transformers lets it in), not in attention, not in pooling. A feature set that
pads its own clips, as in the Annamalai study, comes without lengths, and its zeros are part of the clip, as there.

`train_layers` is the number of last transformer layers that are trained, with the head; null trains all. What lies
before them is frozen. With `frozen_mode: evaluation` that is so in every way: no gradients, no dropout, no masks,
no skipped layers; `split_frozen` can take it off, so that it is computed once a clip. With `frozen_mode: training`
it only has no gradients, as where somebody sets `requires_grad` and leaves the network in training mode: dropout,
masks and skipped layers are drawn anew in each step, so that nothing can be kept, and every epoch computes all.
The convolutions can be frozen by themselves (`train_convolutions: false`). The RAVDESS study freezes them with the
rest; the Annamalai study speaks of the whole model, so there they are trained (open).

Behind the last layer the frames of a clip are pooled, then comes the head:

    projection   Linear to `head_size`, Linear to the classes: that of transformers' ...ForSequenceClassification.
                 It projects the frames and takes their mean; the mean of what is linear is the same. Its weights
                 begin as there: deviation .02, no bias.
    hidden       the same with a ReLU in between, as in section 3.5.2 of the RAVDESS study.

Dropout comes ahead of both linear layers (`head_dropouts`). The head is never taken from published weights. The
classification model that the RAVDESS study starts from has one under other names, which the class of transformers
leaves aside as well: the document reports that, and trains it anew.

In training, spans of frames are masked (`mask_time_prob`; SpecAugment, as transformers does for these networks by
itself) and whole layers skipped (`layerdrop`). The documents mention neither (open): params.yaml has the values of
the published config.json, which are in force unless somebody switches them off. A span is drawn with numpy's
generator, which the seed of a system sets and a checkpoint keeps.

`sizes` changes single sizes of the published network, by the names that config.json has for them; published weights
fit none of that, and loading them checks every one against their config.json.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal, Self

import torch
from pydantic import NonNegativeInt, PositiveInt, model_validator
from torch import Tensor, nn

from pipeline.core.errors import PipelineError
from pipeline.models.padding import inside, largest_over, masked_group_norm, mean_over, standardise
from pipeline.models.registry import Architecture, Inputs, Networks, Probability
from pipeline.pretrained.take import Loaded
from pipeline.pretrained.wav2vec2 import NETWORKS, build_backbone, load_backbone

FULL_SCALE = 32768  # of samples of 16 bits
HEAD_DEVIATION = 0.02  # transformers' `initializer_range`


class Settings(Architecture):
    """The network, its head, and what is trained of them."""

    network: Literal[tuple(NETWORKS)]  # type: ignore[valid-type]
    standardise: bool  # bring each clip to mean 0 and variance 1
    train_layers: (
        NonNegativeInt | None
    )  # last layers that are trained with the head; null for the whole network
    train_convolutions: bool  # where the whole network is trained
    pooling: Literal["mean", "max"]  # over the frames of a clip
    head: Literal["projection", "hidden"]
    head_size: PositiveInt  # width between its two layers
    head_dropouts: list[Probability]  # ahead of the two
    dropout: Probability  # behind attention weights, attention, feed-forward and the embedding
    activation_dropout: Probability  # within the feed-forward part
    projection_dropout: Probability  # behind the projection of the convolutions' frames
    layerdrop: Probability  # that a layer is skipped, in training
    mask_time_prob: Probability  # share of the frames that spans of ten mask, in training
    frozen_mode: Literal["evaluation", "training"] = (
        "evaluation"  # that frozen layers are in while others train
    )
    sizes: dict[str, Any] | None = None  # single sizes that differ from the published network's

    @model_validator(mode="after")
    def _dropouts_are_two(self) -> Self:
        if len(self.head_dropouts) != 2:
            raise ValueError(f"head_dropouts is {self.head_dropouts}: expected two probabilities")
        return self

    @model_validator(mode="after")
    def _masks_reach_what_is_trained(self) -> Self:
        frozen = self.train_layers is not None
        if frozen and self.mask_time_prob > 0 and self.frozen_mode == "evaluation":
            raise ValueError(
                "mask_time_prob masks frames ahead of the layers, which are frozen with train_layers "
                f"{self.train_layers}: set it to 0, or frozen_mode to training"
            )
        if not frozen and self.frozen_mode == "training":
            raise ValueError("frozen_mode is training, but train_layers is null, so that no layer is frozen")
        return self


@dataclass(frozen=True)
class Stage:
    """One of the things that clips go through in order.

    Attributes:
        run: Takes samples or frames, shape (clips, time, ...), and how many each clip has of its own, None where
            all have as many; returns the same of what comes out.
        modules: All that it holds of the network.
    """

    run: Callable[[Tensor, Tensor | None], tuple[Tensor, Tensor | None]]
    modules: Sequence[nn.Module] = ()


class SpeechTransformer(nn.Module):
    """A backbone of transformers', the first stages of which may be frozen, and a head.

    Args:
        backbone: A Wav2Vec2Model or WavLMModel.
        head: From the pooled frames to the logits.
        settings: What is frozen, and how clips are scaled and pooled.
    """

    def __init__(self, backbone: nn.Module, head: nn.Module, settings: Settings) -> None:
        super().__init__()
        self.backbone: Any = backbone
        self.head = head
        self.standardise = settings.standardise
        self.pooling = settings.pooling
        self.frozen_mode = settings.frozen_mode
        n_layers = len(self.backbone.encoder.layers)
        if settings.train_layers is None:
            self.n_frozen_layers, self.n_frozen = 0, 0 if settings.train_convolutions else 1
        else:
            # The convolutions, the embedding, and layers; the pooling too where no layer is left.
            self.n_frozen_layers = n_layers - settings.train_layers
            self.n_frozen = 2 + (self.n_frozen_layers > 0) + (settings.train_layers == 0)
        for module in self._frozen_modules:
            module.requires_grad_(False)
        if self.n_frozen > 1 and hasattr(self.backbone, "masked_spec_embed"):
            self.backbone.masked_spec_embed.requires_grad_(False)  # what masked frames hold
        self.train()

    @property
    def _frozen_modules(self) -> list[nn.Module]:
        return [module for stage in self.stages[: self.n_frozen] for module in stage.modules]

    @property
    def stages(self) -> list[Stage]:
        """What clips go through ahead of the head; the first `n_frozen` of them are not trained."""
        encoder, cut = self.backbone.encoder, self.n_frozen_layers
        embedding = [
            self.backbone.feature_projection,
            encoder.pos_conv_embed,
            encoder.layer_norm,
            encoder.dropout,
        ]
        layers = [
            Stage(partial(self._transform, first=first, last=last), encoder.layers[first:last])
            for first, last in ((0, cut), (cut, len(encoder.layers)))
            if first < last
        ]
        return [
            Stage(self._convolve, [self.backbone.feature_extractor]),
            Stage(self._embed, embedding),
            *layers,
            Stage(self._pool),
        ]

    def forward(self, features: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return logits, shape (clips, classes).

        Args:
            features: Samples, -32768..32767, shape (clips, samples); zero behind a clip's end.
            lengths: Samples of each clip, shape (clips,); None where all are of one length.
        """
        pooled, _ = run(self.stages, features, lengths)
        return self.head(pooled)

    def train(self, mode: bool = True) -> "SpeechTransformer":
        """Switch between training and evaluation; what is frozen stays in evaluation, or goes along: its mode."""
        super().train(mode)
        if self.frozen_mode == "evaluation":
            for module in self._frozen_modules:
                module.eval()
        return self

    def enable_checkpointing(self) -> None:
        """Forget the activations of layers in training, and compute them again when they are needed."""
        self.backbone.activation_checkpointing_enable()

    def _convolve(self, features: Tensor, lengths: Tensor | None) -> tuple[Tensor, Tensor | None]:
        """Return frames, shape (clips, frames, channels), of samples, and how many are each clip's own."""
        x = features.float() / FULL_SCALE
        if self.standardise:
            x = standardise(x, lengths)
        layers = self.backbone.feature_extractor.conv_layers
        config = self.backbone.config
        # A clip shorter than one frame is padded with zeros to that.
        shortest = field_of(config.conv_kernel, config.conv_stride)
        x = nn.functional.pad(x, (0, max(0, shortest - x.shape[1]))).unsqueeze(1)  # (B, 1, samples)
        n = None if lengths is None else lengths.clamp(min=shortest)
        for layer, kernel, stride in zip(layers, config.conv_kernel, config.conv_stride, strict=True):
            n = None if n is None else (n - kernel) // stride + 1
            norm = getattr(layer, "layer_norm", None)
            if n is not None and isinstance(norm, nn.GroupNorm):
                x = layer.activation(masked_group_norm(layer.conv(x), n, norm))
            else:
                x = layer(x)  # (B, C, frames)
        return x.transpose(1, 2), n  # (B, frames, C)

    def _embed(self, frames: Tensor, n: Tensor | None) -> tuple[Tensor, Tensor | None]:
        """Return frames as wide as the transformer, with what tells their place; in training, some are masked."""
        encoder, config = self.backbone.encoder, self.backbone.config
        x, _ = self.backbone.feature_projection(frames)  # (B, T, H)
        own = None if n is None else inside(n, x.shape[1])
        if config.mask_time_prob > 0 and self.training and x.shape[1] >= config.mask_time_length:
            x = self.backbone._mask_hidden_states(x, attention_mask=own)
        if own is not None:
            x = x.masked_fill(~own.unsqueeze(2), 0.0)  # what the convolution below finds beyond a clip's end
        x = x + encoder.pos_conv_embed(x)
        if not config.do_stable_layer_norm:
            x = encoder.layer_norm(x)
        return encoder.dropout(x), n

    def _transform(
        self, x: Tensor, n: Tensor | None, *, first: int, last: int
    ) -> tuple[Tensor, Tensor | None]:
        """Take frames through the layers from `first` up to `last`, and the norm behind the very last, if any."""
        encoder, config = self.backbone.encoder, self.backbone.config
        own = None if n is None else inside(n, x.shape[1])
        wavlm = config.model_type == "wavlm"
        given = self._wavlm_context(x, own) if wavlm else self._wav2vec2_context(x, own)
        for i, layer in enumerate(encoder.layers[first:last], start=first):
            droppable = layer.training and config.layerdrop > 0 and not (wavlm and i == 0)
            if droppable and float(torch.rand(())) < config.layerdrop:
                continue
            x = layer(x, **given)
            x = x[0] if wavlm else x
        if config.do_stable_layer_norm and last == len(encoder.layers):
            x = encoder.layer_norm(x)
        return x, n

    def _wav2vec2_context(self, x: Tensor, own: Tensor | None) -> dict[str, Any]:
        from transformers.masking_utils import create_bidirectional_mask

        mask = create_bidirectional_mask(self.backbone.config, inputs_embeds=x, attention_mask=own)
        return {"attention_mask": mask}

    def _wavlm_context(self, x: Tensor, own: Tensor | None) -> dict[str, Any]:
        """All layers share the bias of relative positions that the first one learns."""
        n_frames = x.shape[1]
        bias = self.backbone.encoder.layers[0].attention.compute_bias(n_frames, n_frames)  # (heads, T, T)
        return {"attention_mask": own, "position_bias": bias.repeat(len(x), 1, 1)}

    def _pool(self, x: Tensor, n: Tensor | None) -> tuple[Tensor, None]:
        """Return one vector a clip, shape (clips, width), of its own frames, shape (clips, frames, width)."""
        return (mean_over if self.pooling == "mean" else largest_over)(x.float(), n), None


def run(stages: Sequence[Stage], x: Tensor, n: Tensor | None) -> tuple[Tensor, Tensor | None]:
    """Take clips through stages, one after the other."""
    for stage in stages:
        x, n = stage.run(x, n)
    return x, n


class Trunk(nn.Module):
    """The stages that are frozen, from the samples on.

    Args:
        stages: Their modules are the model's own.
    """

    def __init__(self, stages: Sequence[Stage]) -> None:
        super().__init__()
        self.stages = stages
        self.held = nn.ModuleList(module for stage in stages for module in stage.modules)

    def forward(self, features: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        """Return frames and how many each clip has; vectors and None where the pooling is frozen too."""
        return run(self.stages, features, lengths)


class Rest(nn.Module):
    """The stages that are trained, and the head.

    Args:
        stages: Their modules are the model's own.
        head: The model's own.
    """

    def __init__(self, stages: Sequence[Stage], head: nn.Module) -> None:
        super().__init__()
        self.stages = stages
        self.held = nn.ModuleList(module for stage in stages for module in stage.modules)
        self.head = head

    def forward(self, features: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return logits, shape (clips, classes), of what the frozen stages gave."""
        pooled, _ = run(self.stages, features, lengths)
        return self.head(pooled)


def split_frozen(model: SpeechTransformer) -> tuple[Trunk, Rest]:
    """Return what is frozen and the rest: the model's own modules, and one after the other they are the model.

    Where frozen layers are in training mode, nothing of them can be kept: all is the rest.
    """
    stages, cut = model.stages, model.n_frozen if model.frozen_mode == "evaluation" else 0
    return Trunk(stages[:cut]).eval(), Rest(stages[cut:], model.head)


def build(settings: Settings, inputs: Inputs, n_outputs: int) -> SpeechTransformer:
    """Build a network for samples, with random weights."""
    shapes, train_layers = inputs.shapes, settings.train_layers
    if shapes.keys() - {"lengths"} != {"features"} or len(shapes["features"]) != 1:
        raise PipelineError(
            f"speech_transformer: came inputs of shapes {shapes}, expected samples alone: a feature set of kind "
            "waveform"
        )
    chances = {
        "hidden_dropout": settings.dropout,
        "attention_dropout": settings.dropout,
        "activation_dropout": settings.activation_dropout,
        "feat_proj_dropout": settings.projection_dropout,
        "layerdrop": settings.layerdrop,
        "mask_time_prob": settings.mask_time_prob,
    }
    backbone = build_backbone(settings.network, settings.sizes or {}, chances)
    n_layers = len(backbone.encoder.layers)
    if train_layers is not None and train_layers > n_layers:
        raise PipelineError(
            f"speech_transformer: `architecture.train_layers` is {train_layers}, but {settings.network} has "
            f"{n_layers} layers: expected 0 to {n_layers}, or null for the whole network"
        )
    return SpeechTransformer(backbone, _head(settings, backbone.config.hidden_size, n_outputs), settings)


def load_pretrained(model: SpeechTransformer, weights: Path) -> Loaded:
    """Take the weights of the backbone from the folder of a model of the hub; the head stays as it is.

    Raises:
        PipelineError: It is another network: its config.json says so, or its tensors do.
    """
    loaded = load_backbone(model.backbone, weights, model.standardise)
    head = [f"head.{name}" for name in model.head.state_dict()]
    return Loaded(loaded.taken, loaded.left, [*loaded.fresh, *head])


def field_of(kernels: list[int], strides: list[int]) -> int:
    """Return how many samples one frame is made of."""
    field = 1
    for kernel, stride in zip(reversed(kernels), reversed(strides), strict=True):
        field = (field - 1) * stride + kernel
    return field


def _head(settings: Settings, n_in: int, n_outputs: int) -> nn.Sequential:
    first, second = nn.Linear(n_in, settings.head_size), nn.Linear(settings.head_size, n_outputs)
    if settings.head == "projection":
        for layer in (first, second):
            nn.init.normal_(layer.weight, std=HEAD_DEVIATION)
            nn.init.zeros_(layer.bias)
    between = [nn.ReLU()] if settings.head == "hidden" else []
    ahead, behind = (nn.Dropout(chance) for chance in settings.head_dropouts)
    return nn.Sequential(ahead, first, *between, behind, second)


FAMILY = Networks(
    settings=Settings,
    build=build,
    reads=("samples",),
    reads_lengths=True,
    load_pretrained=load_pretrained,
    split_frozen=split_frozen,
    enable_checkpointing=SpeechTransformer.enable_checkpointing,
)
