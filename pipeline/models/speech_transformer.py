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
before them is frozen in every way: no gradients, no dropout, no skipped layers; `split_frozen` can take it off.
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

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from pipeline.config.mistakes import one_of
from pipeline.core.errors import PipelineError
from pipeline.models.padding import inside, largest_over, masked_group_norm, mean_over, standardise
from pipeline.pretrained.take import Loaded
from pipeline.pretrained.wav2vec2 import NETWORKS, build_backbone, load_backbone

FULL_SCALE = 32768  # of samples of 16 bits
HEAD_DEVIATION = 0.02  # transformers' `initializer_range`


class SpeechTransformer(nn.Module):
    """A backbone of transformers', the last layers of which may be trained alone, pooling and a head.

    Args:
        backbone: A Wav2Vec2Model or WavLMModel.
        head: From the pooled frames to the logits.
        standardise: Bring each clip to mean 0 and variance 1.
        pooling: mean or max, over the frames of a clip.
        train_layers: Number of last transformer layers that are trained; None for all, and what is before them.
        train_convolutions: Whether the convolutions are trained, where all layers are.
    """

    def __init__(
        self,
        backbone: nn.Module,
        head: nn.Module,
        standardise: bool,
        pooling: str,
        train_layers: int | None,
        train_convolutions: bool,
    ) -> None:
        super().__init__()
        self.backbone: Any = backbone
        self.head = head
        self.standardise = standardise
        self.pooling = pooling
        n_layers = len(self.backbone.encoder.layers)
        self.n_frozen = 0 if train_layers is None else n_layers - train_layers
        encoder = self.backbone.encoder
        frozen: list[nn.Module] = []
        if train_layers is not None or not train_convolutions:
            frozen.append(self.backbone.feature_extractor)
        if train_layers is not None:
            others = [encoder.pos_conv_embed, encoder.layer_norm, encoder.dropout]
            frozen += [self.backbone.feature_projection, *others, *encoder.layers[: self.n_frozen]]
        self.frozen = tuple(frozen)  # not registered: the backbone holds them
        self.embedding_frozen, self.all_frozen = train_layers is not None, train_layers == 0
        for module in self.frozen:
            module.requires_grad_(False).eval()

    def forward(self, features: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return logits, shape (clips, classes).

        Args:
            features: Samples, -32768..32767, shape (clips, samples); zero behind a clip's end.
            lengths: Samples of each clip, shape (clips,); None where all are of one length.
        """
        return self.trained_part(*self.frozen_part(features, lengths))

    def frozen_part(self, features: Tensor, lengths: Tensor | None) -> tuple[Tensor, Tensor | None]:
        """Take clips as far as nothing is trained: as they are, frames, or vectors; and how many a clip has.

        Vectors have no number: the second value is None, as it is where `lengths` is.
        """
        if not self.frozen:
            return features, lengths
        x, n = self._convolve(features, lengths)
        if not self.embedding_frozen:
            return x, n
        x = self._transform(self._embed(x, n), n, 0, self.n_frozen)
        return (self._pool(x, n), None) if self.all_frozen else (x, n)

    def trained_part(self, x: Tensor, n: Tensor | None) -> Tensor:
        """Take what `frozen_part` gave to the logits, shape (clips, classes)."""
        if not self.frozen:
            x, n = self._convolve(x, n)
        if not self.embedding_frozen:
            x = self._embed(x, n)
        if not self.all_frozen:
            x = self._pool(self._transform(x, n, self.n_frozen, None), n)
        return self.head(x)

    def train(self, mode: bool = True) -> "SpeechTransformer":
        """Switch between training and evaluation; what is frozen stays in evaluation."""
        super().train(mode)
        for module in self.frozen:
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

    def _embed(self, frames: Tensor, n: Tensor | None) -> Tensor:
        """Return frames as wide as the transformer, with what tells their place; in training, some are masked."""
        encoder, config = self.backbone.encoder, self.backbone.config
        x, _ = self.backbone.feature_projection(frames)  # (B, T, H)
        own = None if n is None else inside(n, x.shape[1])
        if config.mask_time_prob > 0 and self.training and x.shape[1] >= config.mask_time_length:
            x = self.backbone._mask_hidden_states(x, attention_mask=own)
        if own is not None:
            x = x.masked_fill(
                ~own.unsqueeze(2), 0.0
            )  # what the positional convolution finds beyond a clip's end
        x = x + encoder.pos_conv_embed(x)
        if not config.do_stable_layer_norm:
            x = encoder.layer_norm(x)
        return encoder.dropout(x)

    def _transform(self, x: Tensor, n: Tensor | None, first: int, last: int | None) -> Tensor:
        """Take frames through the layers first..last, and through the norm behind the very last, if it has one."""
        encoder, config = self.backbone.encoder, self.backbone.config
        layers = list(encoder.layers)
        chosen = layers[first:last]
        own = None if n is None else inside(n, x.shape[1])
        wavlm = config.model_type == "wavlm"
        given = self._wavlm_context(x, own) if wavlm else self._wav2vec2_context(x, own)
        for i, layer in enumerate(chosen, start=first):
            droppable = layer.training and config.layerdrop > 0 and not (wavlm and i == 0)
            if droppable and float(torch.rand(())) < config.layerdrop:
                continue
            x = layer(x, **given)
            x = x[0] if wavlm else x
        if config.do_stable_layer_norm and first + len(chosen) == len(layers):
            x = encoder.layer_norm(x)
        return x

    def _wav2vec2_context(self, x: Tensor, own: Tensor | None) -> dict[str, Any]:
        from transformers.masking_utils import create_bidirectional_mask

        mask = create_bidirectional_mask(self.backbone.config, inputs_embeds=x, attention_mask=own)
        return {"attention_mask": mask}

    def _wavlm_context(self, x: Tensor, own: Tensor | None) -> dict[str, Any]:
        """All layers share the bias of relative positions that the first one learns."""
        n_frames = x.shape[1]
        bias = self.backbone.encoder.layers[0].attention.compute_bias(n_frames, n_frames)  # (heads, T, T)
        return {"attention_mask": own, "position_bias": bias.repeat(len(x), 1, 1)}

    def _pool(self, x: Tensor, n: Tensor | None) -> Tensor:
        """Return one vector a clip, shape (clips, width), of its own frames, shape (clips, frames, width)."""
        return (mean_over if self.pooling == "mean" else largest_over)(x.float(), n)


class Trunk(nn.Module):
    """What is frozen, from the samples on.

    Args:
        model: Whose modules these are.
    """

    def __init__(self, model: SpeechTransformer) -> None:
        super().__init__()
        self.frozen = nn.ModuleList(model.frozen)
        self._model = (model,)

    def forward(
        self, features: Tensor, lengths: Tensor | None = None
    ) -> Tensor | tuple[Tensor, Tensor | None]:
        """Return what `frozen_part` of the model does; without lengths, the first of it alone."""
        x, n = self._model[0].frozen_part(features, lengths)
        return x if lengths is None else (x, n)


class Rest(nn.Module):
    """What follows the frozen part.

    Args:
        model: Whose modules these are.
    """

    def __init__(self, model: SpeechTransformer) -> None:
        super().__init__()
        self.model = model

    def forward(self, features: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return logits, shape (clips, classes), of what the frozen part gave."""
        return self.model.trained_part(features, lengths)


def split_frozen(model: SpeechTransformer) -> tuple[Trunk, Rest]:
    """Return what is frozen and the rest: the model's own modules, and one after the other they are the model."""
    return Trunk(model).eval(), Rest(model)


def build(
    *,
    n_classes: int,
    input_shapes: dict[str, tuple[int, ...]],
    vocabulary_size: int | None,
    network: str,
    standardise: bool,
    train_layers: int | None,
    train_convolutions: bool,
    pooling: str,
    head: str,
    head_size: int,
    head_dropouts: list[float],
    dropout: float,
    activation_dropout: float,
    projection_dropout: float,
    layerdrop: float,
    mask_time_prob: float,
    sizes: dict[str, Any] | None = None,
) -> SpeechTransformer:
    """Build a network for samples, with random weights.

    Args:
        n_classes: Number of logits.
        input_shapes: `features`: samples.
        vocabulary_size: Unused: this family reads no text.
        network: One of `NETWORKS`.
        standardise: Bring each clip to mean 0 and variance 1.
        train_layers: Number of last transformer layers that are trained with the head, 0 for the head alone; None
            trains the whole network.
        train_convolutions: Whether the convolutions are trained too, where `train_layers` is None.
        pooling: mean or max.
        head: projection or hidden.
        head_size: Width between its two layers.
        head_dropouts: Probabilities ahead of the two.
        dropout: Behind attention weights, attention, feed-forward and the embedding.
        activation_dropout: Within the feed-forward part.
        projection_dropout: Behind the projection of the convolutions' frames.
        layerdrop: Probability that a layer is skipped, in training.
        mask_time_prob: Share of the frames that spans of ten mask, in training; 0 for none.
        sizes: Single sizes that differ from the published network's.
    """
    one_of(network, NETWORKS, "network", "architecture.network")
    one_of(pooling, ("mean", "max"), "pooling", "architecture.pooling")
    one_of(head, ("projection", "hidden"), "head", "architecture.head")
    if input_shapes.keys() - {"lengths"} != {"features"} or len(input_shapes["features"]) != 1:
        raise PipelineError(
            f"speech_transformer: came inputs of shapes {input_shapes}, expected samples alone: a feature set of "
            "kind waveform"
        )
    if len(head_dropouts) != 2:
        raise PipelineError(
            f"speech_transformer: `architecture.head_dropouts` is {head_dropouts}: expected two probabilities"
        )
    chances = {
        "hidden_dropout": dropout,
        "attention_dropout": dropout,
        "activation_dropout": activation_dropout,
        "feat_proj_dropout": projection_dropout,
        "layerdrop": layerdrop,
        "mask_time_prob": mask_time_prob,
    }
    backbone = build_backbone(network, sizes or {}, chances)
    n_layers = len(backbone.encoder.layers)
    if train_layers is not None and not 0 <= train_layers <= n_layers:
        raise PipelineError(
            f"speech_transformer: `architecture.train_layers` is {train_layers}, but {network} has {n_layers} "
            f"layers: expected 0 to {n_layers}, or null for the whole network"
        )
    if train_layers is not None and mask_time_prob > 0:
        raise PipelineError(
            "speech_transformer: `architecture.mask_time_prob` masks frames ahead of the layers, which are frozen "
            f"with train_layers {train_layers}: set it to 0"
        )
    top = _head(head, backbone.config.hidden_size, head_size, head_dropouts, n_classes)
    return SpeechTransformer(backbone, top, standardise, pooling, train_layers, train_convolutions)


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


def _head(kind: str, n_in: int, n_hidden: int, dropouts: list[float], n_classes: int) -> nn.Sequential:
    first, second = nn.Linear(n_in, n_hidden), nn.Linear(n_hidden, n_classes)
    if kind == "projection":
        for layer in (first, second):
            nn.init.normal_(layer.weight, std=HEAD_DEVIATION)
            nn.init.zeros_(layer.bias)
    between = [nn.ReLU()] if kind == "hidden" else []
    return nn.Sequential(nn.Dropout(dropouts[0]), first, *between, nn.Dropout(dropouts[1]), second)
