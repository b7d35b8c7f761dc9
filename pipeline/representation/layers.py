"""Which inner representations a network has by name, and how they are read while clips pass through it.

Source of the names: the MultiModal-ER study, section C.4. Its temporal representation is what its speech network's
encoder gives, the contextual one what its text network's encoder gives, the fused one what its fusion network gives
to the classifier; the branches are the two encoders within the fusion network. Every network has an `embedding`
besides: what its last linear layer reads, with nothing but a linear map between it and the outputs.

A map, shape (clips, channels, positions ...), is represented by the means of its channels over all positions: the
image branch of the RAVDESS study's cnn_mlp has a million values a clip, in 128 channels.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from torch import Tensor, nn

from pipeline.config.mistakes import nearest
from pipeline.core.errors import PipelineError

EMBEDDING = "embedding"
LAYERS: dict[str, dict[str, str]] = {  # by class of a model: which module's output a name stands for
    "SpeechClassifier": {"temporal": "speech"},
    "TextClassifier": {"contextual": "text"},
    "FusionClassifier": {"fused": "fusion", "speech_branch": "speech", "text_branch": "text"},
    "CnnMlp": {"image_branch": "image", "scalar_branch": "scalars"},
}


def layers_of(model: nn.Module) -> dict[str, str]:
    """Return the representations that a model has besides its embedding: names, and whose output they are."""
    return LAYERS.get(type(model).__name__, {})


def check_names(names: list[str], model: nn.Module, where: str) -> None:
    """Raise a `PipelineError` where a model has no representation of some name.

    Args:
        names: Representations.
        model: Without its normalisers.
        where: The key in params.yaml that lists the names.
    """
    allowed = [*layers_of(model), EMBEDDING]
    for name in names:
        if name not in allowed:
            raise PipelineError(
                f"params.yaml: {where}: unknown representation {name!r}{nearest(name, allowed)}; a "
                f"{type(model).__name__} has: {', '.join(allowed)}"
            )


@contextmanager
def recorded(model: nn.Module, names: list[str]) -> Iterator[dict[str, Tensor]]:
    """Give a mapping that, after each call of the model, has the representations of that call's clips by name.

    Args:
        model: Without its normalisers.
        names: Representations that it has.
    """
    kept: dict[str, Tensor] = {}
    layers = layers_of(model)
    with ExitStack() as hooks:
        for name in names:
            if name == EMBEDDING:
                _record_embedding(model, kept, hooks)
            else:
                _record_output(model.get_submodule(layers[name]), name, kept, hooks)
        yield kept


def _record_output(module: nn.Module, name: str, kept: dict[str, Tensor], hooks: ExitStack) -> None:
    def keep(_module: nn.Module, _given: tuple[Tensor, ...], output: Tensor) -> None:
        kept[name] = vectors(output)

    hooks.callback(module.register_forward_hook(keep).remove)


def _record_embedding(model: nn.Module, kept: dict[str, Tensor], hooks: ExitStack) -> None:
    """Record what the last linear layer reads, and make sure that it is the one that makes the outputs."""
    linear = [module for module in model.modules() if isinstance(module, nn.Linear)]
    made: list[Tensor] = []

    def keep(_module: nn.Module, given: tuple[Tensor, ...], output: Tensor) -> None:
        kept[EMBEDDING] = vectors(given[0])
        made[:] = [output]

    def check(_module: nn.Module, _given: tuple[Tensor, ...], output: Tensor) -> None:
        if not made or made[0] is not output:
            raise PipelineError(
                f"{type(model).__name__}: the last nn.Linear in the order of modules does not make its outputs, "
                f"and what it reads is no {EMBEDDING}: register the output layer last, or name another "
                "representation in LAYERS of pipeline/representation/layers.py"
            )

    if linear:
        hooks.callback(linear[-1].register_forward_hook(keep).remove)
    hooks.callback(model.register_forward_hook(check).remove)


def vectors(output: Tensor) -> Tensor:
    """Return one vector a clip, float32, of shape (clips, values), or of maps, shape (clips, channels, ...)."""
    return output.flatten(2).mean(dim=2).float() if output.ndim > 2 else output.float()
