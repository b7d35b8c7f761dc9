"""The fitted models of a system: networks, pipelines of scikit-learn, or an ensemble of two systems."""

import copy
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from pipeline.config.systems import SklearnSystem, TorchSystem
from pipeline.core.errors import PipelineError
from pipeline.inference.clips import Prepared
from pipeline.inference.trained import Model, Trained
from pipeline.training.model_files import networks_of
from pipeline.training.outcome import as_written
from pipeline.training.train import wait_passively

if TYPE_CHECKING:
    from pipeline.training.network import Design, Network

Features = Mapping[str, np.ndarray | list[np.ndarray]]


class Models(Protocol):
    """All models of a system, loaded."""

    def predict(self, clips: Prepared, model: Model) -> np.ndarray:
        """Return what the model of one seed and fold says, shape (clips, outputs), float64."""


def load_models(trained: Trained, place: Callable[[str], Path]) -> Models:
    """Load the models of a system.

    Args:
        trained: The system.
        place: Gives the folder of a system's models by its name.

    Raises:
        PipelineError: Files are missing, or not what was trained.
    """
    if trained.ensemble is not None:
        return StackedModels(trained, place) if trained.ensemble.stacking else MeanOfMembers(trained, place)
    if isinstance(trained.settings, TorchSystem):
        return NetworkModels(trained, trained.settings, place)
    if isinstance(trained.settings, SklearnSystem):
        return EstimatorModels(trained, trained.settings, place)
    raise PipelineError(f"{trained.name} is neither a system nor an ensemble")


class Networks:
    """Networks on their device, by seed, fold and name.

    Args:
        folder: Of their files.
        settings: That they were trained with.
        models: Which seeds and folds.
    """

    def __init__(self, folder: Path, settings: TorchSystem, models: Sequence[Model]) -> None:
        wait_passively()
        from pipeline.training.network_files import load_network
        from pipeline.training.predict import prediction_device

        self._settings, self._device = settings, prediction_device()
        self._loaded: dict[tuple[int, int, str], tuple[Network, Design]] = {}
        for seed, fold in models:
            for name in networks_of(settings):
                network, design = load_network(folder, seed, fold, name)
                self._loaded[seed, fold, name] = (network.to(self._device), design)

    def design(self, model: Model) -> "Design":
        """Return the design of a seed and fold's networks: they differ in what comes out alone."""
        return self._loaded[*model, next(iter(networks_of(self._settings)))][1]

    def ask(self, model: Model, features: Features, texts: Sequence[str] | None, n_clips: int) -> np.ndarray:
        """Return what the networks of one seed and fold say, targets side by side."""
        import torch

        from pipeline.training.batches import Examples
        from pipeline.training.predict import inputs_of, network_outputs

        inputs = inputs_of(features, texts, self.design(model), self._device)
        rows = torch.arange(n_clips, device=self._device)
        examples = Examples(inputs, torch.zeros_like(rows))
        networks = [self._loaded[*model, name][0] for name in networks_of(self._settings)]
        parts = [network_outputs(network, examples, rows, self._settings) for network in networks]
        return np.concatenate(parts, axis=1)


class NetworkModels:
    """A network for each seed and fold, or one for each target of these.

    Args:
        trained: Their system.
        settings: Its settings.
        place: Gives the folder of a system's models by its name.
    """

    def __init__(self, trained: Trained, settings: TorchSystem, place: Callable[[str], Path]) -> None:
        self._trained = trained
        self._networks = Networks(place(trained.name), settings, trained.models)

    def predict(self, clips: Prepared, model: Model) -> np.ndarray:
        """Return what the networks of one seed and fold say."""
        design = self._networks.design(model)
        features = {slot: self._features(clips, slot, design) for slot in self._trained.feature_sets}
        texts = clips.texts if self._trained.reads_words else None
        return self._networks.ask(model, features, texts, clips.n_clips)

    def _features(self, clips: Prepared, slot: str, design: "Design") -> np.ndarray | list[np.ndarray]:
        """Return the clips' features in one array, or apart where the network reads clips of any length."""
        feature_set = self._trained.feature_sets[slot].name
        arrays, shape = clips.features[feature_set], tuple(design.shapes[slot])
        if "lengths" in design.shapes and slot == "features":
            return arrays
        if strange := [array.shape for array in arrays if array.shape != shape]:
            raise PipelineError(
                f"{self._trained.name}: {feature_set} of a clip has the shape {strange[0]}, but the system was "
                f"trained on clips of one length, {shape}: give it clips of that length"
            )
        return np.stack(arrays)


class EstimatorModels:
    """A pipeline of scikit-learn for each seed and fold.

    Args:
        trained: Their system.
        place: Gives the folder of a system's models by its name.
    """

    def __init__(self, trained: Trained, settings: SklearnSystem, place: Callable[[str], Path]) -> None:
        from pipeline.training.estimator_files import load_estimator

        self._classes, self._by_speaker = trained.classes, trained.by_speaker
        self._feature_sets = [feature_set.name for feature_set in trained.feature_sets.values()]
        own = place(trained.name)
        self._as_trained = {model: load_estimator(own, *model)[0] for model in trained.models}
        self._estimators = self._as_trained

    def predict(self, clips: Prepared, model: Model) -> np.ndarray:
        """Return the probabilities that one seed and fold gives."""
        from pipeline.training.sklearn_runner import class_probabilities

        return class_probabilities(self._estimators[model], self.vectors(clips), self._classes)

    def vectors(self, clips: Prepared) -> np.ndarray:
        """Return what the pipelines read of clips, shape (clips, features)."""
        joined = np.hstack([np.stack(clips.features[name]) for name in self._feature_sets])
        # A speaker's mean may be large beside the deviation: in float32 their difference would lose digits.
        return joined.astype(np.float64) if self._by_speaker else joined

    def of_speaker(self, clips: Sequence[Prepared]) -> "EstimatorModels":
        """Return the models with the statistics of a speaker's clips; of fewer than eight, as they were trained."""
        from sklearn.pipeline import Pipeline

        from pipeline.training.by_speaker import FEWEST, STEP, statistics_of

        theirs = copy.copy(self)
        theirs._estimators = self._as_trained
        if sum(some.n_clips for some in clips) >= FEWEST:
            step = statistics_of(np.concatenate([self.vectors(some) for some in clips])).as_step()
            theirs._estimators = {
                model: Pipeline([(STEP, step), *estimator.steps[1:]])
                for model, estimator in self._as_trained.items()
            }
        return theirs


class MeanOfMembers:
    """The mean of what two systems say.

    Args:
        trained: The ensemble.
        place: Gives the folder of a system's models by its name.
    """

    def __init__(self, trained: Trained, place: Callable[[str], Path]) -> None:
        self._members = [load_models(member, place) for member in trained.members]

    def predict(self, clips: Prepared, model: Model) -> np.ndarray:
        """Return the mean of what the members of one seed and fold say."""
        return np.mean([member.predict(clips, model) for member in self._members], axis=0)


class StackedModels:
    """A network that reads what two systems say, for each of their seeds and folds.

    Args:
        trained: The ensemble.
        place: Gives the folder of a system's models by its name.
    """

    def __init__(self, trained: Trained, place: Callable[[str], Path]) -> None:
        if trained.ensemble is None:
            raise PipelineError(f"{trained.name} is no ensemble")
        self._members = [load_models(member, place) for member in trained.members]
        self._networks = Networks(place(trained.name), trained.ensemble.meta_learner, trained.models)

    def predict(self, clips: Prepared, model: Model) -> np.ndarray:
        """Return what the network says of the members' logits, as it was trained on them: of six decimals."""
        from pipeline.training.stacking import joined_logits

        said = [as_written(member.predict(clips, model)) for member in self._members]
        return self._networks.ask(model, {"features": joined_logits(said)}, None, clips.n_clips)
