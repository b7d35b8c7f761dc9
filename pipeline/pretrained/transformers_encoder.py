"""Encoders of speech that read samples, as transformers has them: wav2vec 2.0 and its relatives.

    wav2vec2          Baevski et al. 2020, arXiv:2006.11477
    hubert            Hsu et al. 2021, DOI 10.1109/TASLP.2021.3122291
    wavlm             Chen et al. 2022, DOI 10.1109/JSTSP.2022.3188113
    data2vec-audio    Baevski et al. 2022, arXiv:2202.03555
    unispeech         Wang et al. 2021, arXiv:2101.07597
    unispeech-sat     Chen et al. 2022, DOI 10.1109/ICASSP43922.2022.9747077

Each clip is computed by itself and no frame is padding. Seven convolutions make a frame of every 20 ms; those of a
base network are normalised over the whole clip, and position is a convolution too, so that there is no window that
a clip would have to fill.
"""

import json
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from pipeline.core.errors import PipelineError
from pipeline.pretrained.take import read_state, take_weights, write_model
from pipeline.pretrained.torchaudio_cpu import prepare
from pipeline.pretrained.wav2vec2 import PREPROCESSOR, own_name

FAMILIES = {  # `model_type` in config.json, and what the names of tensors begin with where a head stands beside it
    "wav2vec2": "wav2vec2",
    "hubert": "hubert",
    "wavlm": "wavlm",
    "data2vec-audio": "data2vec_audio",
    "unispeech": "unispeech",
    "unispeech-sat": "unispeech_sat",
}
WINDOW = 30 * 16_000  # samples that are computed at once: attention costs the square of their number
EPSILON = 1e-7  # of the variance; that of transformers' Wav2Vec2FeatureExtractor


class TransformersEncoder:
    """A network of transformers' that is asked about the outputs of its blocks.

    Args:
        model: One of `FAMILIES`; put into evaluation mode.
        standardise: Whether a clip is brought to mean 0 and variance 1, `do_normalize` in preprocessor_config.json.
    """

    def __init__(self, model: Any, standardise: bool) -> None:
        self._model, self._standardise = model.eval(), standardise
        self._shortest = 1
        for kernel, stride in zip(
            reversed(model.config.conv_kernel), reversed(model.config.conv_stride), strict=True
        ):
            self._shortest = (self._shortest - 1) * stride + kernel
        self._seen = threading.local()  # several threads may ask one model
        layers = model.encoder.layers
        layers[0].register_forward_pre_hook(lambda _, given: self._note(0, given[0]))
        for number, layer in enumerate(layers, start=1):
            layer.register_forward_hook(lambda _, __, made, number=number: self._note(number, made))

    @property
    def n_blocks(self) -> int:
        return self._model.config.num_hidden_layers

    @property
    def width(self) -> int:
        """How many values a frame has."""
        return self._model.config.hidden_size

    def outputs(self, wave: np.ndarray, blocks: Sequence[int]) -> np.ndarray:
        """Return what chosen blocks make of a clip; see `pipeline.pretrained.speech_encoders.SpeechEncoder`.

        A clip, or the rest of one behind its last 30 s, that is shorter than the convolutions reach (25 ms) is
        followed by zeros up to that.
        """
        if self._standardise:
            centred = wave - wave.mean(dtype=np.float64)
            wave = (centred / np.sqrt(np.square(centred).mean() + EPSILON)).astype(np.float32)
        parts = [self._window(wave[start : start + WINDOW], blocks) for start in range(0, len(wave), WINDOW)]
        return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)

    def save(self, folder: Path) -> None:
        """Write the network as the hub lays one out."""
        write_model(folder, self._model, self._model.config.to_json_string())
        (folder / PREPROCESSOR).write_text(json.dumps({"do_normalize": self._standardise}) + "\n", "utf-8")

    def _window(self, wave: np.ndarray, blocks: Sequence[int]) -> np.ndarray:
        padded = np.pad(wave, (0, max(0, self._shortest - len(wave))))
        self._seen.outputs = {}
        try:
            with torch.inference_mode():
                self._model(torch.from_numpy(padded)[None].to(self._model.device))
                chosen = [self._seen.outputs[number][0] for number in blocks]
                return torch.stack(chosen).cpu().numpy()
        finally:
            del self._seen.outputs

    def _note(self, number: int, made: Any) -> None:
        self._seen.outputs[number] = made[0] if isinstance(made, tuple) else made


def load_transformers_encoder(folder: Path, device: str) -> TransformersEncoder:
    """Load the network in a folder of the hub's layout, whatever head it has.

    Raises:
        PipelineError: It is no such network, or does not say whether clips are standardised.
    """
    prepare()
    import transformers

    config = transformers.AutoConfig.from_pretrained(folder, local_files_only=True)
    family = FAMILIES[config.model_type]
    about = folder / PREPROCESSOR
    wanted = json.loads(about.read_text("utf-8")).get("do_normalize") if about.is_file() else None
    if not isinstance(wanted, bool):
        raise PipelineError(
            f"{about} does not say `do_normalize`, whether the network was trained on standardised samples: get "
            "the file from where the weights are from"
        )
    config.layerdrop, config.apply_spec_augment = 0.0, False
    model = transformers.AutoModel.from_config(config)
    state = {own_name(name, family): tensor.float() for name, tensor in read_state(folder).items()}
    take_weights(model, state, folder, fresh=("masked_spec_embed",))
    return TransformersEncoder(model.to(device), wanted)
