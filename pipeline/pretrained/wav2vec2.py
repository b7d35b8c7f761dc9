"""wav2vec 2.0 and WavLM of transformers: their sizes, and what of a published folder fits them.

    wav2vec2_base    Baevski et al. 2020, arXiv:2006.11477     94,371,712 parameters, as published
    wav2vec2_large   with layer norms, as XLSR-53 (Conneau     315,438,720
                     et al. 2020, arXiv:2006.13979) has them
    wavlm_base       Chen et al. 2022,                         94,381,936
                     DOI 10.1109/JSTSP.2022.3188113

One vector of them, as wide as the network (768 or 1024), is the embedding of the mask, which a network without
`mask_time_prob` does not have.
"""

import json
import warnings
from pathlib import Path
from typing import Any

from torch import Tensor

from pipeline.config.mistakes import one_of
from pipeline.core.errors import PipelineError
from pipeline.pretrained.find import CONFIG
from pipeline.pretrained.take import Loaded, read_state, take_weights
from pipeline.pretrained.torchaudio_cpu import prepare

PREPROCESSOR = "preprocessor_config.json"
BASE: dict[str, Any] = {
    "hidden_size": 768,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "intermediate_size": 3072,
    "conv_dim": [512] * 7,
    "conv_kernel": [10, 3, 3, 3, 3, 2, 2],
    "conv_stride": [5, 2, 2, 2, 2, 2, 2],
    "num_conv_pos_embeddings": 128,
    "num_conv_pos_embedding_groups": 16,
}
LARGE = {"hidden_size": 1024, "num_hidden_layers": 24, "num_attention_heads": 16, "intermediate_size": 4096}
LAYER_NORMS = {"feat_extract_norm": "layer", "conv_bias": True, "do_stable_layer_norm": True}
NETWORKS: dict[str, tuple[str, dict[str, Any]]] = {  # transformers' family, and its configuration
    "wav2vec2_base": ("wav2vec2", BASE),
    "wav2vec2_large": ("wav2vec2", {**BASE, **LARGE, **LAYER_NORMS}),
    "wavlm_base": ("wavlm", BASE),
}
DECISIVE = (  # keys of config.json that decide what a network computes, besides those of its sizes
    "hidden_act",
    "layer_norm_eps",
    "conv_bias",
    "feat_extract_norm",
    "feat_extract_activation",
    "do_stable_layer_norm",
    "add_adapter",
    "num_buckets",
    "max_bucket_distance",
)


def build_backbone(network: str, sizes: dict[str, Any], chances: dict[str, float]) -> Any:
    """Build a Wav2Vec2Model or WavLMModel with random weights.

    Args:
        network: One of `NETWORKS`.
        sizes: Single sizes that differ from the published network's, as config.json calls them.
        chances: Probabilities of dropout and masks, as config.json calls them.

    Raises:
        PipelineError: A size is unknown, or does not go with another.
    """
    prepare()
    import transformers

    # torch wants both masks of attention as numbers, and transformers' WavLM has one of them as True and False.
    warnings.filterwarnings("ignore", "Support for mismatched key_padding_mask and attn_mask")
    family, published = NETWORKS[network]
    for name in sizes:
        one_of(name, BASE, "size", "architecture.sizes")
    settings = {**published, **sizes}
    lists = [settings["conv_dim"], settings["conv_kernel"], settings["conv_stride"]]
    if len({len(values) for values in lists}) > 1:
        raise PipelineError(
            f"`architecture.sizes`: conv_dim, conv_kernel and conv_stride are {lists}: expected "
            "as many of each"
        )
    for key in ("num_attention_heads", "num_conv_pos_embedding_groups"):
        if settings["hidden_size"] % settings[key]:
            raise PipelineError(
                f"`architecture.sizes`: hidden_size {settings['hidden_size']} cannot be shared "
                f"by {key} {settings[key]}"
            )
    config, model = {
        "wav2vec2": (transformers.Wav2Vec2Config, transformers.Wav2Vec2Model),
        "wavlm": (transformers.WavLMConfig, transformers.WavLMModel),
    }[family]
    return model(config(**settings, **chances))


def load_backbone(backbone: Any, folder: Path, do_normalize: bool) -> Loaded:
    """Take the weights of a backbone from the folder of a model of the hub, whatever head it has.

    Args:
        backbone: Filled in place.
        folder: Holds config.json and the weights, perhaps preprocessor_config.json.
        do_normalize: Whether clips are standardised: the preprocessor's setting has to agree.

    Raises:
        PipelineError: It is another network: its config.json says so, or its tensors do.
    """
    if not folder.is_dir():
        raise PipelineError(
            f"{folder} is a file, expected the folder of a model of the hub, with {CONFIG} and its weights"
        )
    _check_config(backbone.config, folder)
    _check_preprocessor(folder / PREPROCESSOR, do_normalize)
    family = backbone.config.model_type
    state: dict[str, Tensor] = {own_name(name, family): item for name, item in read_state(folder).items()}
    return take_weights(backbone, state, folder, fresh=("masked_spec_embed",))


def _check_config(config: Any, folder: Path) -> None:
    """Raise where published weights belong to another network than the settings describe."""
    published = json.loads((folder / CONFIG).read_text("utf-8"))
    defaults = type(config)()  # config.json may leave out what is as transformers has it
    keys = [key for key in ("model_type", *BASE, *DECISIVE) if hasattr(config, key)]
    pairs = {
        key: (_plain(published.get(key, getattr(defaults, key))), _plain(getattr(config, key)))
        for key in keys
    }
    wrong = [f"{key} {theirs} instead of {ours}" for key, (theirs, ours) in pairs.items() if theirs != ours]
    if wrong:
        raise PipelineError(
            f"{folder / CONFIG} describes another network than `architecture`: {'; '.join(wrong)}: choose the "
            "network of these weights, and no `sizes`"
        )


def _check_preprocessor(path: Path, do_normalize: bool) -> None:
    wanted = json.loads(path.read_text("utf-8")).get("do_normalize") if path.is_file() else None
    if wanted is not None and wanted != do_normalize:
        raise PipelineError(
            f"{path}: do_normalize is {wanted}, but `architecture.standardise` is {do_normalize}: the network was "
            "trained on samples of the other kind"
        )


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, (list, tuple)) else value


def own_name(name: str, family: str) -> str:
    """Return how the backbone calls a published tensor: no model around it, and torch's names of weight norm."""
    name = name.removeprefix(f"{family}.")
    name = name.replace("conv.weight_g", "conv.parametrizations.weight.original0")
    return name.replace("conv.weight_v", "conv.parametrizations.weight.original1")
