"""Pipelines of scikit-learn as ONNX: from features, float32, to probabilities."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

from pipeline.inference.onnx_files import CLOSE, NotExported, largest_difference
from pipeline.models.blocks import Blocks
from pipeline.models.row_span import RowSpan
from pipeline.models.views import Views
from pipeline.training.estimator_files import load_estimator
from pipeline.training.sklearn_runner import class_probabilities

SEED = 1  # of the inputs that are tried
N_TRIED = (1, 3, 64)  # clips of a batch
OPSET = 17


def write_estimator(folder: Path, seed: int, fold: int, path: Path) -> tuple[list[str], float]:
    """Write one pipeline; return its classes in the order of its outputs, and their distance from the original's.

    Args:
        folder: Of the trained pipelines.
        seed: The model's.
        fold: The model's.
        path: The file.

    Raises:
        NotExported: The converter has no faithful form of it.
    """
    estimator, _ = load_estimator(folder, seed, fold)
    classifier = estimator[-1]
    classes = [str(name) for name in classifier.classes_]
    if isinstance(classifier, KNeighborsClassifier) and classifier.weights != "uniform":
        raise NotExported(
            f"{path.stem}: skl2onnx makes uniform votes of neighbours whose votes are weighted by distance: take "
            "weights: [uniform] into the grid, or use the export without --onnx"
        )
    model = _convert(estimator)
    path.write_bytes(model.SerializeToString())

    def original(batch: Mapping[str, np.ndarray]) -> np.ndarray:
        return class_probabilities(estimator, batch["features"], classes)

    difference = largest_difference(path, original, [{"features": _draw(estimator, n)} for n in N_TRIED])
    if difference > CLOSE:
        path.unlink()
        raise NotExported(f"{path.stem}: as ONNX it is {difference:.1e} from the original")
    return classes, difference


def _convert(estimator: Pipeline) -> Any:
    """Return a model with one input, `features`, and one output, the probabilities."""
    from skl2onnx import to_onnx
    from skl2onnx.common.data_types import FloatTensorType

    if isinstance(estimator[-1], Views):
        raise NotExported(
            "a system that averages over views of a clip has no form in ONNX: use the export without --onnx"
        )
    _register()
    types = [("features", FloatTensorType([None, estimator.n_features_in_]))]
    options = {id(estimator): {"zipmap": False}}
    model = to_onnx(estimator, initial_types=types, options=options, target_opset=OPSET)
    _keep_probabilities(
        model, n_classes=len(estimator.classes_), decisions=not hasattr(estimator, "predict_proba")
    )
    return model


def _register() -> None:
    """Tell skl2onnx of the steps that are numpy's or our own."""
    from skl2onnx import update_registered_converter

    update_registered_converter(Blocks, "PipelineBlocks", _blocks_shape, _blocks_converter, overwrite=True)
    update_registered_converter(
        FunctionTransformer, "PipelineClip", _clip_shape, _clip_converter, overwrite=True
    )
    update_registered_converter(
        RowSpan, "PipelineRowSpan", _row_span_shape, _row_span_converter, overwrite=True
    )


def _keep_probabilities(model: Any, *, n_classes: int, decisions: bool) -> None:
    """Leave one output, the probabilities: of decision values their softmax, as `class_probabilities` has it."""
    from onnx import TensorProto, helper

    given = model.graph.output[1].name
    name = "outputs"
    if decisions:
        # Of two classes skl2onnx gives the decision value and its negative, the second class's first.
        factor = helper.make_tensor("factor", TensorProto.FLOAT, [], [-0.5 if n_classes == 2 else 1.0])
        model.graph.initializer.append(factor)
        model.graph.node.append(helper.make_node("Mul", [given, "factor"], ["scaled"]))
        model.graph.node.append(helper.make_node("Softmax", ["scaled"], [name], axis=1))
    else:
        model.graph.node.append(helper.make_node("Identity", [given], [name]))
    del model.graph.output[:]
    model.graph.output.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, ["clips", n_classes]))


def _clip_shape(operator: Any) -> None:
    operator.outputs[0].type = operator.inputs[0].type.__class__([None, operator.inputs[0].type.shape[1]])


def _clip_converter(scope: Any, operator: Any, container: Any) -> None:
    """Write the step `clip` of `pipeline.models.reduction_head`, which is numpy's and not scikit-learn's."""
    from skl2onnx.common._apply_operation import apply_clip

    bounds = operator.raw_operator.kw_args
    apply_clip(
        scope,
        operator.inputs[0].full_name,
        operator.outputs[0].full_name,
        container,
        min=np.float32(bounds["a_min"]),
        max=np.float32(bounds["a_max"]),
    )


def _blocks_shape(operator: Any) -> None:
    n_kept = len(operator.raw_operator.columns_)
    operator.outputs[0].type = operator.inputs[0].type.__class__([None, n_kept])


def _blocks_converter(scope: Any, operator: Any, container: Any) -> None:
    """Write the choice of `pipeline.models.blocks`: the columns of the blocks that stay."""
    from skl2onnx.proto import onnx_proto

    name = scope.get_unique_variable_name("columns")
    columns = operator.raw_operator.columns_.astype(np.int64)
    container.add_initializer(name, onnx_proto.TensorProto.INT64, columns.shape, columns)
    container.add_node("Gather", [operator.inputs[0].full_name, name], operator.outputs[0].full_name, axis=1)


def _row_span_shape(operator: Any) -> None:
    basis = operator.raw_operator.basis_
    n_columns = operator.inputs[0].type.shape[1] if basis is None else basis.shape[1]
    operator.outputs[0].type = operator.inputs[0].type.__class__([None, n_columns])


def _row_span_converter(scope: Any, operator: Any, container: Any) -> None:
    """Write the rotation of `pipeline.models.row_span`: a product with its basis, or nothing."""
    from skl2onnx.common._apply_operation import apply_identity
    from skl2onnx.proto import onnx_proto

    given, rotated = operator.inputs[0].full_name, operator.outputs[0].full_name
    basis = operator.raw_operator.basis_
    if basis is None:
        apply_identity(scope, given, rotated, container)
        return
    name = scope.get_unique_variable_name("basis")
    values = basis.astype(np.float32)
    container.add_initializer(name, onnx_proto.TensorProto.FLOAT, values.shape, values.ravel())
    container.add_node("MatMul", [given, name], rotated)


def _draw(estimator: Pipeline, n_clips: int) -> np.ndarray:
    """Draw features where the scaler, if there is one, saw those of the training clips."""
    generator = np.random.default_rng(SEED)
    values = generator.normal(size=(n_clips, estimator.n_features_in_))
    if (scaler := estimator.named_steps.get("scale")) is not None:
        blocks = estimator.named_steps.get("blocks")
        read = slice(None) if blocks is None else blocks.columns_
        values[:, read] = scaler.inverse_transform(values[:, read])
    return values.astype(np.float32)
