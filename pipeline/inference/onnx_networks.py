"""Networks as ONNX, by whichever of torch's two exporters gives a faithful file.

The tracing exporter keeps an LSTM whole and is fast; the other reads the program, and is needed for WavLM and for
pictures that the network resizes. Sizes that Python reads are constants in a trace: so texts are traced at full
width, which cuts no padding away, and clips long enough to be padded by none.
"""

import os
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from pipeline.inference.onnx_files import CLOSE, Batch, NotExported, largest_difference
from pipeline.training.network import Design, Network
from pipeline.training.network_files import load_network

SEED = 1  # of the inputs that are tried
FEWEST_FRAMES, FEWEST_SAMPLES = 32, 400  # CNN14 and wav2vec 2.0 pad, or refuse, what is shorter
OPSET_TRACED, OPSET_READ = 17, 20


class Whole(nn.Module):
    """A network from its inputs, in an order, to probabilities or values.

    Args:
        network: Takes inputs by name.
        design: Of the network.
    """

    def __init__(self, network: Network, design: Design) -> None:
        super().__init__()
        self.network, self.names = network, list(design.shapes)
        self.classes = design.n_outputs == len(design.classes) and design.targets == ["emotion"]

    def forward(self, *inputs: Tensor) -> Tensor:
        """Return probabilities of classes or values of dimensions, shape (clips, outputs)."""
        outputs = self.network(**dict(zip(self.names, inputs, strict=True)))
        return outputs.softmax(dim=1) if self.classes else outputs


def write_network(folder: Path, seed: int, fold: int, name: str, path: Path) -> float:
    """Write one network; return how far its outputs are from the original's at most.

    Args:
        folder: Of the trained networks.
        seed: The model's.
        fold: The model's.
        name: Of the network, where each target has its own.
        path: The file.

    Raises:
        NotExported: Neither exporter gives a faithful file.
    """
    network, design = load_network(folder, seed, fold, name)
    whole = Whole(network, design).eval()
    steps = design.shapes["features"][0] if "lengths" in design.shapes else 0
    least = FEWEST_SAMPLES if len(design.shapes.get("features", ())) == 1 else FEWEST_FRAMES
    steps = max(steps, 2 * least)
    traced = draw(network, design, 2, steps, full=True)
    others = [(1, steps), (3, steps + 17), (5, max(least, steps * 2 // 3))]
    batches: list[Batch] = [draw(network, design, n, m, full=False) for n, m in others]
    reasons = []
    for export in (_by_tracing, _by_reading):
        try:
            difference = _try(export, whole, design, traced, path, batches)
        except NotExported as error:
            reasons.append(str(error))
            continue
        if difference <= CLOSE:
            return difference
        reasons.append(f"{export.__name__[1:]}: {difference:.1e} from the original")
    path.unlink(missing_ok=True)
    raise NotExported(f"{path.stem}: {design.model} cannot be written as ONNX: {'; '.join(reasons)}")


def draw(
    network: Network, design: Design, n_clips: int, n_steps: int, *, full: bool
) -> dict[str, np.ndarray]:
    """Draw inputs of a network as they are stored, in the order of its design.

    Args:
        network: Whose normalisers say where the inputs lie.
        design: Of the network.
        n_clips: How many.
        n_steps: Of the longest, where clips may differ in length.
        full: Texts without padding, and clips of one length; else the last text is empty.
    """
    generator = np.random.default_rng(SEED)
    ragged = "lengths" in design.shapes
    lengths = np.full(n_clips, n_steps, np.int64)
    if not full and n_clips > 1:
        lengths[1:] = generator.integers(n_steps // 2, n_steps, n_clips - 1)
    inputs: dict[str, np.ndarray] = {}
    for name, shape in design.shapes.items():
        if name == "lengths":
            inputs[name] = lengths
        elif name == "tokens":
            inputs[name] = _draw_tokens(generator, n_clips, shape[0], len(design.vocabulary or ()), full)
        else:
            own = (n_clips, n_steps, *shape[1:]) if ragged and name == "features" else (n_clips, *shape)
            values = _draw_values(generator, network.normalisers[name], design.dtypes[name], own)
            if ragged and name == "features":
                values[np.arange(n_steps) >= lengths[:, None]] = 0
            inputs[name] = values
    return inputs


def _draw_tokens(
    generator: np.random.Generator, n_clips: int, width: int, n_words: int, full: bool
) -> np.ndarray:
    tokens = generator.integers(1, n_words, (n_clips, width), dtype=np.int64)
    if not full:
        lengths = generator.integers(1, width + 1, n_clips)
        lengths[-1] = 0 if n_clips > 1 else lengths[-1]
        tokens[np.arange(width) >= lengths[:, None]] = 0
    return tokens


def _draw_values(
    generator: np.random.Generator, normaliser: nn.Module, dtype: str, shape: tuple[int, ...]
) -> np.ndarray:
    """Draw values of a type, where the normaliser saw the training clips."""
    if dtype == "uint8":
        return generator.integers(0, 256, shape, dtype=np.uint8)
    buffers = dict(normaliser.named_buffers())
    offset = buffers.get("mean", buffers.get("low", torch.zeros(()))).double().numpy()
    scale = buffers.get("deviation", buffers.get("span", torch.ones(()))).double().numpy()
    if dtype == "int16":
        offset, scale = np.zeros(()), np.full((), 3000.0)
    return (offset + scale * generator.normal(size=shape)).astype(dtype)


def _try(
    export: Callable[..., None], whole: Whole, design: Design, traced: Batch, path: Path, batches: list[Batch]
) -> float:
    """Export one way and compare.

    Raises:
        NotExported: It fails.
    """

    def original(batch: Mapping[str, np.ndarray]) -> np.ndarray:
        with torch.inference_mode():
            return whole(*(torch.from_numpy(values) for values in batch.values())).numpy()

    try:
        with warnings.catch_warnings(), _silent():
            warnings.simplefilter("ignore")
            export(whole, design, tuple(torch.from_numpy(values) for values in traced.values()), path)
            return largest_difference(path, original, [traced, *batches])
    except Exception as error:
        why = str(error).strip().splitlines()[0] if str(error).strip() else ""
        raise NotExported(f"{export.__name__[1:]}: {type(error).__name__}: {why[:200]}") from error


@contextmanager
def _silent() -> Iterator[None]:
    """Keep what torch's C++ prints to itself: of a trace that fails, the whole graph."""
    sys.stdout.flush()
    screen = os.dup(1)
    try:
        with open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), 1)
            yield
    finally:
        sys.stdout.flush()
        os.dup2(screen, 1)
        os.close(screen)


def _by_tracing(whole: Whole, design: Design, inputs: tuple[Tensor, ...], path: Path) -> None:
    axes = {name: _free(name, design) for name in whole.names}
    torch.onnx.export(
        whole,
        inputs,
        str(path),
        dynamo=False,
        opset_version=OPSET_TRACED,
        input_names=whole.names,
        output_names=["outputs"],
        dynamic_axes={**axes, "outputs": {0: "clips"}},
    )


def _by_reading(whole: Whole, design: Design, inputs: tuple[Tensor, ...], path: Path) -> None:
    free = tuple(dict.fromkeys(_free(name, design), torch.export.Dim.DYNAMIC) for name in whole.names)
    torch.onnx.export(
        whole,
        inputs,
        str(path),
        dynamo=True,
        opset_version=OPSET_READ,
        input_names=whole.names,
        output_names=["outputs"],
        dynamic_shapes=(free,),
        external_data=False,
        verbose=False,
    )


def _free(name: str, design: Design) -> dict[int, str]:
    """Return the axes of an input whose size may differ, with their names."""
    ragged = "lengths" in design.shapes and name == "features"
    return {0: "clips", 1: "steps"} if ragged else {0: "clips"}
