"""What a trained network says of clips: from features and texts to probabilities, in training and ever after."""

import os
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from pipeline.config.systems import TorchSystem
from pipeline.core.machine import count_of
from pipeline.training.batches import Examples
from pipeline.training.loop import predict_logits
from pipeline.training.network import Design
from pipeline.training.ragged import Ragged, ragged
from pipeline.training.seeding import prepare_torch
from pipeline.training.text import encode


def prediction_device() -> torch.device:
    """Return the device, chosen as for training.

    On a CPU, passes forward are repeatable by themselves; what `prepare_torch` does for that on other devices takes
    torch seconds to load.
    """
    if torch.cuda.is_available() or "SER_DEVICE" in os.environ:
        return prepare_torch()
    if threads := count_of("SER_THREADS"):
        torch.set_num_threads(threads)
    return torch.device("cpu")


def on_device(
    features: Mapping[str, np.ndarray | Sequence[np.ndarray]], device: torch.device
) -> dict[str, Tensor | Ragged]:
    """Move the features of clips to the device.

    Args:
        features: By slot: shape (clips, ...), or a list of one array a clip where their shapes differ.
        device: To move them to.
    """
    return {
        slot: (torch.from_numpy(values) if isinstance(values, np.ndarray) else ragged(values)).to(device)
        for slot, values in features.items()
    }


def inputs_of(
    features: Mapping[str, np.ndarray | Sequence[np.ndarray]],
    texts: Sequence[str | None] | None,
    design: Design,
    device: torch.device,
) -> dict[str, Tensor | Ragged]:
    """Return clips as a network of a certain design reads them.

    Args:
        features: As of `on_device`.
        texts: What is said in each clip; None where the network reads none.
        design: Of the network.
        device: To move them to.
    """
    inputs = on_device(features, device)
    if texts is not None and design.vocabulary is not None:
        (max_tokens,) = design.shapes["tokens"]
        ids = encode(texts, design.vocabulary, max_tokens, design.tokeniser)
        inputs["tokens"] = torch.from_numpy(ids).to(device)
    return inputs


def network_outputs(
    network: nn.Module, examples: Examples, rows: Tensor, settings: TorchSystem
) -> np.ndarray:
    """Return probabilities of classes, or values of dimensions, shape (rows, outputs), float64."""
    outputs = predict_logits(network, examples, rows, settings).double()
    return (outputs if settings.regression else outputs.softmax(dim=1)).cpu().numpy()
