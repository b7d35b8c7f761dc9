"""Measure what features of Whisper's encoder cost, and what the clip's own length changes.

    python -m benchmarks.encoder [FOLDER] [--clips 64] [--model base] [--uar]

Clips are WAV files below a folder; without one, those of the demo. The model is a Whisper checkpoint, named as
`asr.model` names one; `--model random` is a micro encoder, which shows that it runs and says nothing of speed. Three
ways to the outputs of all blocks, pooled to mean and deviation, take turns on the same samples, on one thread:

    own length     ours: the clip and 0.2 s
    30 seconds     ours, with the clip padded to Whisper's window
    transformers   its WhisperModel's encoder behind its WhisperFeatureExtractor, which pads to 30 s

Then, block by block: how far the pooled features are from ours at 30 s (of which the clip's own frames are pooled),
as a share of each value's deviation over the clips; the median over values and clips.

`--uar` leaves transformers out and adds the UAR of a logistic regression on each block, trained on two thirds of
the speakers and tested on the others, at own length and at 30 s. Class and speaker are read from RAVDESS's names.
"""

import argparse
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import torch

from pipeline.audio.reading import AudioError, load_mono
from pipeline.core.machine import pin_instructions
from pipeline.pretrained.speech_encoders import LoadedWhisper, find_encoder, random_encoder
from pipeline.pretrained.torchaudio_cpu import prepare
from pipeline.pretrained.whisper_encoder import RATE, STRIDE, Sizes, block_outputs, log_mel

DEMO = Path("data/corpora/demo_ravdess")
MICRO = Sizes(80, 1500, 32, 2, 6)

Way = Callable[[np.ndarray], np.ndarray]  # from samples to (blocks, frames, width)


def at_own_length(loaded: LoadedWhisper) -> Way:
    """Return the way that the features go."""
    blocks = range(loaded.n_blocks + 1)
    return lambda wave: block_outputs(loaded.network, wave, blocks)


def at_30_seconds(loaded: LoadedWhisper) -> Way:
    """Return the same network on a full window, of which the clip's own frames are kept."""
    sizes = loaded.network.sizes

    def outputs(wave: np.ndarray) -> np.ndarray:
        padded = np.zeros(sizes.n_audio_ctx * STRIDE, np.float32)
        padded[: len(wave)] = wave[: len(padded)]
        with torch.inference_mode():
            mel = log_mel(torch.from_numpy(padded), sizes.n_mels)
            frames = torch.cat(list(loaded.network(mel[None])))
        return frames[:, : -(-len(wave) // STRIDE)].numpy()

    return outputs


def by_transformers(loaded: LoadedWhisper) -> Way:
    """Return the usual way: the encoder of transformers' WhisperModel, with the same weights."""
    prepare()
    from transformers import WhisperConfig, WhisperFeatureExtractor, WhisperModel

    sizes = loaded.network.sizes
    layers, heads, width = sizes.n_audio_layer, sizes.n_audio_head, sizes.n_audio_state
    config = WhisperConfig(
        num_mel_bins=sizes.n_mels, d_model=width, encoder_layers=layers, encoder_attention_heads=heads,
        encoder_ffn_dim=4 * width, decoder_layers=1, decoder_attention_heads=heads, decoder_ffn_dim=4 * width,
        max_source_positions=sizes.n_audio_ctx,
    )  # fmt: skip
    model = WhisperModel(config).eval()
    state = {_name_of_transformers(name): item for name, item in loaded.network.state_dict().items()}
    lacking = model.encoder.load_state_dict(state, strict=False)
    if lacking.unexpected_keys or {name.split(".")[0] for name in lacking.missing_keys} != {"layer_norm"}:
        raise SystemExit(f"transformers' encoder has other names: {lacking}")
    extractor = WhisperFeatureExtractor(feature_size=sizes.n_mels)
    last: list[torch.Tensor] = []
    model.encoder.layer_norm.register_forward_pre_hook(lambda _, given: last.append(given[0]))

    def outputs(wave: np.ndarray) -> np.ndarray:
        given = extractor(wave, sampling_rate=RATE, return_tensors="pt").input_features
        with torch.inference_mode():
            made = list(model.encoder(given, output_hidden_states=True).hidden_states)
        made[-1] = last.pop()  # there it has gone through the last norm
        return torch.cat(made)[:, : -(-len(wave) // STRIDE)].numpy()

    return outputs


def _name_of_transformers(name: str) -> str:
    pairs = {
        "positional_embedding": "embed_positions.weight", "blocks.": "layers.", "attn_ln": "self_attn_layer_norm",
        "attn.query": "self_attn.q_proj", "attn.key": "self_attn.k_proj", "attn.value": "self_attn.v_proj",
        "attn.out": "self_attn.out_proj", "mlp_ln": "final_layer_norm", "mlp.0": "fc1", "mlp.2": "fc2",
    }  # fmt: skip
    for own, theirs in pairs.items():
        name = name.replace(own, theirs)
    return name


def pooled(frames: np.ndarray) -> np.ndarray:
    """Return mean and deviation of each block, shape (blocks, 2 width)."""
    return np.concatenate([frames.mean(axis=1), frames.std(axis=1)], axis=1)


def measure(ways: Mapping[str, Way], waves: list[np.ndarray]) -> dict[str, np.ndarray]:
    """Print clips a second of each way, and return what each makes of the clips, shape (clips, blocks, values)."""
    seconds = dict.fromkeys(ways, 0.0)
    made: dict[str, list[np.ndarray]] = {name: [] for name in ways}
    for way in ways.values():
        way(waves[0])
    for wave in waves:  # in turns, so that what else the machine does hits all alike
        for name, way in ways.items():
            started = time.process_time()
            made[name].append(pooled(way(wave)))
            seconds[name] += time.process_time() - started
    slowest = max(seconds.values())
    print(f"{'':<14}{'clips per CPU second':>22}{'times as fast':>15}")
    for name, spent in seconds.items():
        print(f"{name:<14}{len(waves) / spent:>22.2f}{slowest / spent:>15.2f}")
    return {name: np.stack(rows) for name, rows in made.items()}


def compare(made: dict[str, np.ndarray]) -> None:
    """Print how far the ways are from 30 seconds, block by block, as shares of the deviation over the clips."""
    full = made["30 seconds"]
    others = {name: values for name, values in made.items() if values is not full}
    print(f"\n{'block':<14}{''.join(f'{name:>22}' for name in others)}")
    for block in range(full.shape[1]):
        deviation = full[:, block].std(axis=0) + 1e-9
        shares = [np.median(np.abs(one[:, block] - full[:, block]) / deviation) for one in others.values()]
        print(f"{block:<14}{''.join(f'{share:>22.4%}' for share in shares)}")


def score(values: np.ndarray, files: list[Path]) -> list[float]:
    """Return the UAR of each block on a third of the speakers, trained on the others; labels by RAVDESS's names."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import recall_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    parts = [path.stem.split("-") for path in files]
    labels, speakers = (np.array([part[place] for part in parts]) for place in (2, 6))
    tested = np.isin(speakers, np.unique(speakers)[::3])
    scores = []
    for block in range(values.shape[1]):
        model = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=1000))
        said = model.fit(values[~tested, block], labels[~tested]).predict(values[tested, block])
        scores.append(float(recall_score(labels[tested], said, average="macro", zero_division=0)))
    return scores


def read(folder: Path, n_clips: int) -> tuple[list[Path], list[np.ndarray]]:
    """Return some of the clips below a folder, the same every time, at 16 kHz."""
    files = sorted(folder.rglob("*.wav"))
    if not files:
        raise SystemExit(f"no .wav file below {folder}")
    chosen = np.random.default_rng(0).choice(len(files), min(n_clips, len(files)), replace=False)
    paths, waves = [], []
    for number in sorted(chosen):
        with suppress(AudioError):  # the demo has files that are spoiled on purpose
            wave = load_mono(files[number], RATE)
            if 0 < len(wave) <= 30 * RATE and np.isfinite(wave).all():
                paths.append(files[number])
                waves.append(wave)
    return paths, waves


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, nargs="?", default=DEMO)
    parser.add_argument("--clips", type=int, default=64)
    parser.add_argument("--model", default="base")
    parser.add_argument("--uar", action="store_true")
    given = parser.parse_args()
    torch.set_num_threads(1)
    source = random_encoder(MICRO) if given.model == "random" else find_encoder(given.model, "--model")
    loaded: Any = source.load()
    if not isinstance(loaded, LoadedWhisper):
        raise SystemExit(f"{given.model} is no Whisper: the others have no window to compare with")
    files, waves = read(given.folder, given.clips)
    print(
        f"{len(waves)} clips, {sum(map(len, waves)) / RATE / len(waves):.1f} s each, {given.model}, one thread"
    )
    ways = {"own length": at_own_length(loaded), "30 seconds": at_30_seconds(loaded)}
    if not given.uar:
        ways["transformers"] = by_transformers(loaded)
    made = measure(ways, waves)
    compare(made)
    if given.uar:
        titles = [f"UAR, {name}" for name in made]
        print(f"\n{'block':<14}{''.join(f'{title:>22}' for title in titles)}")
        for block, scores in enumerate(zip(*(score(one, files) for one in made.values()), strict=True)):
            print(f"{block:<14}{''.join(f'{value:>22.3f}' for value in scores)}")


if __name__ == "__main__":
    pin_instructions()
    main()
