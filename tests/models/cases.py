"""Systems of params.yaml as the documents have them: what the tests of all models run over."""

from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from pipeline.config.params import load_params
from pipeline.models.build import build_model
from pipeline.models.registry import Inputs

PARAMS = load_params().model_copy(update={"profile": "published"})


def architecture_of(system: str) -> dict[str, Any]:
    """Return the architecture of a system of params.yaml in its full size."""
    return PARAMS.system(system).architecture


@dataclass(frozen=True)
class Case:
    """A system of params.yaml, the shapes it reads in the document, and shapes small enough for a test.

    `parameters` is the document's own count where it prints one, else worked out in the family's docstring;
    `rounded` is the document's figure where that is rounded. `narrow` is what the small one changes of the
    architecture.
    """

    system: str
    shapes: dict[str, tuple[int, ...]]
    parameters: int
    small_shapes: dict[str, tuple[int, ...]]
    rounded: int | None = None
    narrow: dict[str, Any] = field(default_factory=dict)
    n_words: int = 363

    @property
    def model(self) -> str:
        """Family of the system's model."""
        return PARAMS.system(self.system).model

    @property
    def n_classes(self) -> int:
        """Number of classes of the system's study."""
        return len(PARAMS.studies[PARAMS.system(self.system).study].classes)

    def build(self, shapes: dict[str, tuple[int, ...]]) -> nn.Module:
        """Build the model for inputs of some shapes, with seeded weights."""
        torch.manual_seed(0)
        narrow = self.narrow if shapes == self.small_shapes else {}
        inputs = Inputs(shapes, self.n_words if "tokens" in shapes else None)
        return build_model(self.model, {**architecture_of(self.system), **narrow}, inputs, self.n_classes)

    def inputs(self, n_clips: int) -> dict[str, Tensor]:
        """Draw inputs of the small shapes."""
        generator = torch.Generator().manual_seed(1)
        return {
            name: torch.randint(1, self.n_words, (n_clips, *shape), generator=generator)
            if name == "tokens"
            else torch.randn(n_clips, *shape, generator=generator)
            for name, shape in self.small_shapes.items()
        }


def _images(system: str, parameters: int, rounded: int | None = None) -> Case:
    return Case(system, {"features": (128, 128)}, parameters, {"features": (32, 48)}, rounded)


def _mfcc(system: str, parameters: int, n_columns: int = 40) -> Case:
    return Case(system, {"features": (172, n_columns)}, parameters, {"features": (17, n_columns)})


def _cnn14(system: str, parameters: int, **second: tuple[int, ...]) -> Case:
    small = {"features": (40, 32), **dict.fromkeys(second, (5,))}
    return Case(
        system, {"features": (300, 64), **second}, parameters, small, narrow={"width": 2, "crop": None}
    )


def _pictures(system: str, parameters: int, **narrow: float) -> Case:
    shapes, small = {"features": (224, 224)}, {"features": (64, 64)}
    return Case(system, shapes, parameters, small, narrow={"unfreeze": None, **narrow})


def _speech(system: str, parameters: int, train_layers: int | None = None) -> Case:
    narrow = {"sizes": SMALL_SIZES, "head_size": 16, "train_layers": train_layers, "layerdrop": 0.0}
    return Case(system, {"features": (64_000,)}, parameters, {"features": (1600,)}, narrow=narrow)


def _encoder(system: str, parameters: int) -> Case:
    """Frames of two blocks of Whisper base."""
    return Case(system, {"features": (185, 1024)}, parameters, {"features": (9, 12)})


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
SMALL_BERT = {"hidden_size": 16, "layers": 2, "heads": 2, "intermediate": 32, "positions": 8}
FRAMES, WORDS = {"features": (200, 120)}, {"tokens": (20,)}
SMALL_FRAMES, SMALL_WORDS = {"features": (12, 120)}, {"tokens": (6,)}

_CASES = [
    Case("ravdess_mlp", {"features": (388,)}, 142_152, {"features": (12,)}),
    Case("annamalai_ffnn", {"features": (600,)}, 312_329, {"features": (12,)}),
    _images("ravdess_cnn3", 1_203_824, 1_200_000),
    _images("ravdess_cnn4", 1_803_448, 1_800_000),
    _images("ravdess_cnn5", 9_490_120, 9_500_000),
    Case(
        "ravdess_cnn_mlp",
        {"features": (128, 128), "second": (388,)},
        134_368_136,
        {"features": (8, 6), "second": (12,)},
    ),
    _mfcc("annamalai_cnn_mfcc", 2_861_433),
    _mfcc("annamalai_cnn_mfcc2", 593_481),
    _mfcc("annamalai_cnn_mfcc3", 593_481),
    _mfcc("annamalai_cnn_mfcc_delta", 434_089, 120),
    _mfcc("annamalai_cnn_mfcc_delta2", 123_273, 120),
    _images("utbm_cnn", 2_486_983),
    _images("utbm_lstm", 149_511),
    _images("utbm_cnn_lstm", 1_521_351),
    _images("utbm_cnn_blstm", 2_652_871),
    _images("utbm_cnn_blstm_attention", 2_685_896),
    _images("utbm_cnn_blstm_attention_unregularised", 2_685_896),
    _images("utbm_cnn_blstm_attention_no_dropout", 2_685_896),
    _images("utbm_cnn_blstm_attention_no_cnn", 331_016),
    _images("utbm_cnn_blstm_attention_no_lstm", 914_376),
    _cnn14("mfcnn14_cnn14", 79_681_988),
    _cnn14("mfcnn14_sfcnn14", 81_256_900, second=(768,)),
    _cnn14("mfcnn14_mfcnn14", 82_782_596, second=(768,)),
    # The fourth block's last convolution and the fifth block, with a head of 74,759.
    _pictures("utbm_vgg19", 5 * (9 * 512 * 512 + 512) + 74_759, width=0.0625),
    # The seventh stage and the last convolution, with a head of 1281 x 9.
    _pictures("annamalai_efficientnet_b0_zero_224", 717_232 + 412_160 + 1281 * 9, width=0.1, depth=0.1),
    _speech("annamalai_wav2vec2", 94_570_889),
    _speech("annamalai_wavlm", 94_581_113),
    _speech("ravdess_wav2vec2_base_last2", 14_374_664, 1),
    _speech("ravdess_wav2vec2_xlsr_frozen", 264_456, 0),
    Case("speech_bilstm_attention", FRAMES, 718_600, SMALL_FRAMES),
    Case("text_bilstm_attention", WORDS, 684_488, SMALL_WORDS),
    Case("fusion_bilstm_attention", {**FRAMES, **WORDS}, 1_501_129, {**SMALL_FRAMES, **SMALL_WORDS}),
    Case(
        "new_speakers_demo_ravdess_encoder_mixture", {"features": (7 * 1024,)}, 132_239, {"features": (14,)}
    ),
    _encoder("new_speakers_demo_ravdess_encoder_attentive", 198_027),
    _encoder("new_speakers_demo_ravdess_encoder_queries", 265_354),
    Case(
        "new_speakers_demo_ravdess_encoder_top",
        {"features": (180, 512), "lengths": ()},
        3_160_072,  # a block, 1,024 x 8 + 8
        {"features": (9, 16)},
    ),
    Case("mfcnn14_bert", {"tokens": (128,)}, 109_485_316, SMALL_WORDS, narrow=SMALL_BERT, n_words=30_522),
]
TORCH_CASES = {case.system: case for case in _CASES}
ESTIMATORS = [
    "ravdess_random_forest",
    "annamalai_random_forest",
    "annamalai_svm",
    "annamalai_knn",
    "new_speakers_demo_ravdess_encoder_logistic",
    "new_speakers_demo_ravdess_egemaps_trees",
]


def gradient_arrived(name: str, parameter: nn.Parameter) -> bool:
    """Tell whether the gradient of a loss came as far as a tensor.

    Of a bias no more is asked than that autograd reached it: ahead of batch normalisation it is subtracted with the
    mean, in front of a softmax it cancels, and then its gradient is zero but for the rounding of this CPU.
    """
    gradient = parameter.grad
    return gradient is not None and (name.endswith("bias") or bool(gradient.any()))
