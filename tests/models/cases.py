"""The systems' models with the documents' settings: what the tests of all models run over."""

from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from pipeline.training.build import build_model

BILSTM = {"hidden": 128, "layers": 2, "attention": 128, "classifier": 128, "dropout": 0.3}
WORDS = 363


@dataclass(frozen=True)
class Case:
    """A model, the shapes it reads in the document, and shapes small enough for a test.

    `parameters` is the document's own count where it prints one, `rounded` its figure where that is rounded.
    `narrow` is what the small one changes of the architecture.
    """

    model: str
    architecture: dict[str, Any]
    shapes: dict[str, tuple[int, ...]]
    parameters: int
    n_classes: int
    small_shapes: dict[str, tuple[int, ...]] = field(default_factory=dict)
    rounded: int | None = None
    narrow: dict[str, Any] = field(default_factory=dict)

    def build(self, shapes: dict[str, tuple[int, ...]]) -> nn.Module:
        """Build the model for inputs of some shapes, with seeded weights."""
        torch.manual_seed(0)
        narrow = self.narrow if shapes == self.small_shapes else {}
        vocabulary_size = WORDS if "tokens" in shapes else None
        return build_model(
            self.model,
            {**self.architecture, **narrow},
            n_classes=self.n_classes,
            input_shapes=shapes,
            vocabulary_size=vocabulary_size,
        )

    def inputs(self, n_clips: int) -> dict[str, Tensor]:
        """Draw inputs of the small shapes."""
        generator = torch.Generator().manual_seed(1)
        return {
            name: torch.randint(1, WORDS, (n_clips, *shape), generator=generator)
            if name == "tokens"
            else torch.randn(n_clips, *shape, generator=generator)
            for name, shape in self.small_shapes.items()
        }


def _cnn(channels: list[int], hidden: list[int], dropout: float, parameters: int, rounded: int) -> Case:
    architecture = {"channels": channels, "hidden": hidden, "dropout": dropout}
    shapes, small = {"features": (128, 128)}, {"features": (32, 32)}
    return Case("mel_cnn", architecture, shapes, parameters, 8, small, rounded)


def _mfcc(parameters: int, **changes: Any) -> Case:
    """Return a network over MFCC: as cnn_mfcc, with some settings changed."""
    architecture = {**CNN_MFCC, **changes}
    n_columns = 40 * (architecture["planes"] or 1)
    shapes, small = {"features": (172, n_columns)}, {"features": (17, n_columns)}
    return Case("mfcc_cnn", architecture, shapes, parameters, 9, small)


def _crnn(parameters: int, **changes: Any) -> Case:
    """Return a model of the UTBM study: as cnn_blstm_attention, with some settings changed."""
    shapes, small = {"features": (128, 128)}, {"features": (32, 48)}
    return Case("crnn", {**CNN_BLSTM_ATTENTION, **changes}, shapes, parameters, 7, small)


def _cnn14(parameters: int, conditioning: str) -> Case:
    text = conditioning != "none"
    shapes = {"features": (300, 64), **({"second": (768,)} if text else {})}
    small = {"features": (40, 32), **({"second": (5,)} if text else {})}
    architecture = {**CNN14, "conditioning": conditioning}
    return Case("cnn14", architecture, shapes, parameters, 4, small, narrow={"width": 2, "crop": None})


def _imagenet(parameters: int, n_classes: int, narrow: dict[str, Any], **changes: Any) -> Case:
    shapes, small = {"features": (224, 224)}, {"features": (64, 64)}
    return Case("imagenet_cnn", {**IMAGENET, **changes}, shapes, parameters, n_classes, small, narrow=narrow)


def _speech(parameters: int, n_classes: int, small_train_layers: int | None = None, **changes: Any) -> Case:
    shapes, small = {"features": (64_000,)}, {"features": (1600,)}
    narrow = {"sizes": SMALL_SIZES, "head_size": 16, "train_layers": small_train_layers}
    return Case(
        "speech_transformer", {**SPEECH, **changes}, shapes, parameters, n_classes, small, narrow=narrow
    )


CNN14: dict[str, Any] = {
    "width": 64,
    "pooling": "max",
    "dropout": 0.2,
    "head_dropout": 0.5,
    "crop": 250,
}
IMAGENET: dict[str, Any] = {
    "unfreeze": None,
    "head": [],
    "head_batch_norm": False,
    "head_l2": 0.0,
    "dropout": 0.2,
    "input_size": None,
}
UTBM_HEAD = {"head": [128, 64], "head_batch_norm": True, "head_l2": 0.01, "dropout": 0.6}
CNN_MFCC: dict[str, Any] = {
    "planes": None,
    "channels": [16, 32, 64, 128],
    "batch_norm": False,
    "pool": False,
    "average": False,
    "hidden": [128, 64],
    "activation": "relu",
    "dropout": 0.1,
}
CNN_MFCC2 = {
    "channels": [64, 128, 256, 512],
    "batch_norm": True,
    "pool": True,
    "average": True,
    "hidden": [128],
    "dropout": 0.3,
}
CNN_BLSTM_ATTENTION: dict[str, Any] = {
    "channels": [32, 64, 128, 256],
    "lstm": 128,
    "bidirectional": True,
    "attention": 128,
    "dense": 128,
    "dropout": 0.3,
    "l2": 0.01,
}
CNN_MLP: dict[str, Any] = {
    "channels": [64, 128],
    "scalar_hidden": [128, 64],
    "hidden": [128, 64],
    "dropout": 0.3,
}
MLP: dict[str, Any] = {"hidden": [256, 128, 64], "dropouts": [0.4, 0.4, 0.3], "batch_norm": True}
BERT: dict[str, Any] = {
    "hidden_size": 768,
    "layers": 12,
    "heads": 12,
    "intermediate": 3072,
    "positions": 512,
    "dropout": 0.1,
}
FFNN: dict[str, Any] = {"hidden": [512], "dropouts": [0.2], "batch_norm": False}
SPEECH: dict[str, Any] = {
    "standardise": True,
    "train_layers": None,
    "train_convolutions": True,
    "pooling": "mean",
    "head": "projection",
    "head_size": 256,
    "head_dropouts": [0.0, 0.0],
    "dropout": 0.1,
    "activation_dropout": 0.0,
    "projection_dropout": 0.1,
    "layerdrop": 0.0,
    "mask_time_prob": 0.0,
}
SMALL_SIZES: dict[str, Any] = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 48,
    "conv_dim": [8, 16],
    "conv_kernel": [10, 6],
    "conv_stride": [8, 4],
    "num_conv_pos_embeddings": 16,
    "num_conv_pos_embedding_groups": 4,
}
HEAD = {"clip": 5.0, "pca_variance": 0.95, "select_k": 129}

TORCH_CASES = {
    "mlp": Case("mlp", MLP, {"features": (388,)}, 142_152, 8, {"features": (12,)}),
    "ffnn": Case("mlp", FFNN, {"features": (600,)}, 312_329, 9, {"features": (12,)}),
    "cnn3": _cnn([16, 32, 64], [72], 0.0, 1_203_824, 1_200_000),
    "cnn4": _cnn([16, 32, 64, 128], [208], 0.0, 1_803_448, 1_800_000),
    "cnn5": _cnn([32, 64, 128, 256, 512], [896, 640], 0.2, 9_490_120, 9_500_000),
    "cnn_mlp": Case(
        "cnn_mlp",
        CNN_MLP,
        {"features": (128, 128), "second": (388,)},
        134_368_136,
        8,
        {"features": (8, 6), "second": (12,)},
    ),
    "cnn_mfcc": _mfcc(2_861_433),
    "cnn_mfcc2": _mfcc(593_481, **CNN_MFCC2),
    "cnn_mfcc3": _mfcc(593_481, **CNN_MFCC2, activation="silu"),
    "cnn_mfcc_delta": _mfcc(434_089, planes=3, pool=True),
    "cnn_mfcc_delta2": _mfcc(123_273, planes=3, pool=True, batch_norm=True, average=True, dropout=0.3),
    "cnn": _crnn(2_486_983, attention=None, lstm=None),
    "lstm": _crnn(149_511, attention=None, bidirectional=False, channels=[]),
    "cnn_lstm": _crnn(1_521_351, attention=None, bidirectional=False),
    "cnn_blstm": _crnn(2_652_871, attention=None),
    "cnn_blstm_attention": _crnn(2_685_896),
    "cnn_blstm_attention_no_regularisation": _crnn(2_685_896, l2=0.0),
    "cnn_blstm_attention_no_dropout": _crnn(2_685_896, dropout=0.0),
    "cnn_blstm_attention_no_cnn": _crnn(331_016, channels=[]),
    "cnn_blstm_attention_no_lstm": _crnn(914_376, lstm=None),
    "cnn14": _cnn14(79_681_988, "none"),
    "sfcnn14": _cnn14(81_256_900, "single"),
    "mfcnn14": _cnn14(82_782_596, "multi"),
    "vgg19": _imagenet(20_099_143, 7, {"width": 0.0625}, network="vgg19", **UTBM_HEAD),
    "efficientnet_b0": _imagenet(4_019_077, 9, {"width": 0.1, "depth": 0.1}, network="efficientnet_b0"),
    "wav2vec2": _speech(94_570_889, 9, network="wav2vec2_base", mask_time_prob=0.05),
    "wavlm": _speech(94_581_113, 9, network="wavlm_base", standardise=False, mask_time_prob=0.05),
    "wav2vec2_base_last2": _speech(
        14_374_664, 8, 1, network="wav2vec2_base", train_layers=2, head="hidden", head_dropouts=[0.1, 0.2]
    ),
    "wav2vec2_xlsr_frozen": _speech(264_456, 8, 0, network="wav2vec2_large", train_layers=0),
    "speech_bilstm_attention": Case(
        "bilstm_attention", BILSTM, {"features": (200, 120)}, 718_600, 7, {"features": (12, 120)}
    ),
    "text_bilstm_attention": Case(
        "bilstm_attention", {**BILSTM, "embedding": 64}, {"tokens": (20,)}, 684_488, 7, {"tokens": (6,)}
    ),
    "bert": Case(  # with the 363 words of this file in place of 30,522 word pieces: 30,159 x 768 fewer
        "bert",
        BERT,
        {"tokens": (128,)},
        109_482_240 - (30_522 - WORDS) * 768 + 4 * 768 + 4,
        4,
        {"tokens": (6,)},
        narrow={"hidden_size": 16, "layers": 2, "heads": 2, "intermediate": 32, "positions": 8},
    ),
    "fusion_bilstm_attention": Case(
        "bilstm_attention",
        {**BILSTM, "embedding": 64, "fused": 256},
        {"features": (200, 120), "tokens": (20,)},
        1_501_129,
        7,
        {"features": (12, 120), "tokens": (6,)},
    ),
}
SKLEARN_CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "random_forest": ("random_forest", {}),
    "random_forest_components": ("random_forest", {"head": HEAD}),
    "svm": ("svm", HEAD),
    "knn": ("knn", HEAD),
}


def gradient_arrived(name: str, parameter: nn.Parameter) -> bool:
    """Tell whether the gradient of a loss came as far as a tensor.

    Of a bias no more is asked than that autograd reached it: ahead of batch normalisation it is subtracted with the
    mean, in front of a softmax it cancels, and then its gradient is zero but for the rounding of this CPU.
    """
    gradient = parameter.grad
    return gradient is not None and (name.endswith("bias") or bool(gradient.any()))
