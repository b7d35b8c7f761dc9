"""The inner representations of a study's clips: as in prediction, in evaluation mode and without augmentation."""

from pathlib import Path

import numpy as np
import torch

from pipeline.config.systems import TorchSystem
from pipeline.representation.layers import check_names, recorded
from pipeline.training.batches import Examples, by_length
from pipeline.training.data import StudyData
from pipeline.training.model_files import networks_of
from pipeline.training.network import Design, Network
from pipeline.training.network_files import load_network
from pipeline.training.precision import autocast
from pipeline.training.predict import inputs_of, prediction_device


def representations_of(
    data: StudyData,
    rows: np.ndarray,
    settings: TorchSystem,
    fold: int,
    folder: Path,
    names: list[str],
    where: str,
) -> dict[str, dict[str, np.ndarray]]:
    """Return the representations of some clips in the networks of a system's first seed.

    Args:
        data: The study.
        rows: Indices of one clip or more.
        settings: The system's.
        fold: Whose networks.
        folder: Of the system's trained networks.
        names: Representations.
        where: The key in params.yaml that lists the names.

    Returns:
        By network, as `networks_of` calls it, and name: shape (clips, values), float32, in the order of the rows.

    Raises:
        PipelineError: A network has no representation of some name, or its files are not there.
    """
    device = prediction_device()
    found = {}
    for network_name in networks_of(settings):
        network, design = load_network(folder, settings.seeds[0], fold, network_name)
        check_names(names, network.model, where)
        examples = examples_of(data, rows, design, device)
        found[network_name] = extract(network.to(device), examples, names, settings)
    return found


def examples_of(data: StudyData, rows: np.ndarray, design: Design, device: torch.device) -> Examples:
    """Return some clips of a study as a network of a certain design reads them.

    Args:
        data: The study.
        rows: Indices of the clips.
        design: Of the network.
        device: To move them to.
    """
    features = {
        slot: values[rows] if isinstance(values, np.ndarray) else [values[row] for row in rows]
        for slot, values in data.features.items()
    }
    texts = None if data.texts is None else [data.texts[row] for row in rows]
    inputs = inputs_of(features, texts, design, device)
    return Examples(inputs, torch.from_numpy(data.targets[rows]).to(device))


@torch.inference_mode()
def extract(
    network: Network, examples: Examples, names: list[str], settings: TorchSystem
) -> dict[str, np.ndarray]:
    """Return each representation of all examples, shape (clips, values), float32, in the examples' order.

    Args:
        network: On the examples' device.
        examples: One clip or more.
        names: Representations that the network has.
        settings: The system's: precision and size of batches.
    """
    network.eval()
    device = examples.targets.device
    order = by_length(torch.arange(len(examples.targets), device=device), examples.lengths)
    parts: dict[str, list[torch.Tensor]] = {name: [] for name in names}
    with recorded(network.model, names) as kept:
        for batch in order.split(settings.batch_size):
            inputs, _ = examples.take(batch)
            with autocast(device, settings):
                network(**inputs)
            for name in names:
                parts[name].append(kept[name])
    back = order.argsort()
    return {name: torch.cat(several)[back].cpu().numpy() for name, several in parts.items()}
