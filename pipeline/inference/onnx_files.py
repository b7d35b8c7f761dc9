"""Models as ONNX, from features as they are stored to probabilities or values; none is left that was not checked.

A checked file gives what the original gives, within `CLOSE`, for other numbers of clips and other lengths than the
ones it was made with: exporters that trace a network leave out, without a word, what hangs on either.
"""

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.config.systems import TorchSystem
from pipeline.core.errors import PipelineError
from pipeline.inference.trained import Model, Trained
from pipeline.training.model_files import file_stem, networks_of

log = logging.getLogger(__name__)

CLOSE = 1e-4
Batch = Mapping[str, np.ndarray]  # by input


class NotExported(PipelineError):
    """A model that has no faithful ONNX, or none that this way of exporting makes."""


def write_onnx(trained: Trained, models: Path, folder: Path) -> None:
    """Write each model of a system as ONNX; of a mean of two systems there is none.

    Args:
        trained: The system.
        models: Folder of its models.
        folder: Where to.

    Raises:
        NotExported: A model cannot be written so that it gives the same.
        PipelineError: The libraries are not there.
    """
    settings = trained.model_settings
    if settings is None:
        return
    require_libraries()
    folder.mkdir(parents=True)
    for seed, fold in trained.models:
        if isinstance(settings, TorchSystem):
            from pipeline.inference.onnx_networks import write_network

            for network, targets in networks_of(settings).items():
                path = folder / f"{file_stem(seed, fold, network)}.onnx"
                difference = write_network(models, seed, fold, network, path)
                outputs = targets if settings.regression else trained.classes
                _finish(path, trained, (seed, fold), outputs, difference)
        else:
            from pipeline.inference.onnx_estimators import write_estimator

            path = folder / f"{file_stem(seed, fold)}.onnx"
            classes, difference = write_estimator(models, seed, fold, path)
            _finish(path, trained, (seed, fold), classes, difference)


def require_libraries() -> None:
    """Raise where what --onnx needs is not installed."""
    try:
        import onnx
        import onnxruntime
        import onnxscript
        import skl2onnx

        _ = onnx, onnxruntime, onnxscript, skl2onnx
    except ImportError as error:
        raise PipelineError(
            f"ONNX needs the library {error.name}, which is not here: `pip install onnx onnxruntime onnxscript "
            "skl2onnx`, in the versions that requirements-dev.txt names"
        ) from error


def largest_difference(
    path: Path, original: Callable[[Batch], np.ndarray], batches: Sequence[Batch]
) -> float:
    """Return how far a file's outputs are from the original's at most, over some batches of inputs."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    read = {one.name for one in session.get_inputs()}  # what hangs on nothing is left out of the file
    differences = []
    for batch in batches:
        (given,) = session.run(None, {name: values for name, values in batch.items() if name in read})
        expected = original(batch)
        if given.shape != expected.shape:
            raise NotExported(f"it gives the shape {given.shape}, expected {expected.shape}")
        differences.append(np.abs(given - expected).max())
    return float(np.max(differences))


def _finish(path: Path, trained: Trained, model_of: Model, outputs: Sequence[str], difference: float) -> None:
    """Write into a file what its outputs and inputs are, and the temperature of what it says, if it has one."""
    import onnx

    model = onnx.load(path)
    sets: dict[str, Any] = {slot: one.model_dump() for slot, one in trained.feature_sets.items()}
    about: dict[str, Any] = {
        "system": trained.name,
        "kind": trained.kind,
        "outputs": list(outputs),
        "feature_sets": sets,
    }
    if trained.calibration and model_of in trained.calibration.temperatures:
        about["temperature"] = trained.calibration.temperatures[model_of]
    onnx.helper.set_model_props(
        model, {key: value if isinstance(value, str) else json.dumps(value) for key, value in about.items()}
    )
    onnx.save(model, path)
    log.info("%s: within %.1e of the original", path.name, difference)
