"""Trained networks on disk: safetensors, and a JSON file with the design they are rebuilt from."""

from pathlib import Path
from typing import Any

from safetensors.torch import load_file, save_file

from pipeline.training.model_files import file_stem, read_description, write_description
from pipeline.training.network import Design, Network, build_network


def save_network(
    folder: Path,
    seed: int,
    fold: int,
    network: Network,
    design: Design,
    facts: dict[str, Any],
    name: str = "",
) -> None:
    """Write a network's weights and its design.

    Args:
        folder: The system's; made if absent.
        seed: The model's.
        fold: The model's.
        network: Trained.
        design: Of that network.
        facts: Further entries of the JSON file.
        name: Of the network, where each target has its own: see `networks_of`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    weights = folder / f"{file_stem(seed, fold, name)}.safetensors"
    save_file({name: item.contiguous() for name, item in network.state_dict().items()}, weights)
    write_description(weights, seed, fold, {**facts, "design": design.as_dict()})


def load_network(folder: Path, seed: int, fold: int, name: str = "") -> tuple[Network, Design]:
    """Read a network back, on the CPU and in evaluation mode; its design says what its outputs are.

    Raises:
        PipelineError: A file is missing, or the weights are not the ones that were saved.
    """
    weights, about = read_description(folder, seed, fold, name)
    design = Design(**about["design"])
    network = build_network(design)
    network.load_state_dict(load_file(weights))
    return network.eval(), design
