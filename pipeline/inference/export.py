"""Writing a trained system into a folder of its own: see `pipeline.inference.exported` for what lies there."""

import importlib.metadata
import json
import shutil
from pathlib import Path

from pipeline.config.plans import ExportPlan
from pipeline.config.systems import TorchSystem
from pipeline.core.errors import PipelineError
from pipeline.core.paths import trained_dir
from pipeline.core.tables import read_json
from pipeline.features.extractor import build_extractor
from pipeline.features.registry import has_network, kind_libraries, kind_version
from pipeline.inference.card import write_card
from pipeline.inference.exported import CARD, DESCRIPTION, ENCODERS, FORMAT, MODELS, ONNX, Export
from pipeline.inference.trained import NO_CLIPS, Trained, describe_trained
from pipeline.training.model_files import file_stem, networks_of
from pipeline.training.run_record import git_commit


def write_planned(system: str, plan: ExportPlan, folder: Path) -> Export | None:
    """Write a trained system as it is planned, in the place of what is there.

    Args:
        system: Its name.
        plan: What is told to the stage `export`.
        folder: Where to.

    Returns:
        What export.json says; None where the profile has no clips of its study, which README.md then says alone.

    Raises:
        PipelineError: It was trained by another plan, or a model cannot be written as ONNX.
    """
    shutil.rmtree(folder, ignore_errors=True)
    about = read_json(trained_dir(system) / "model.json")
    if about["plan"] != plan.plans.plan.digest:
        raise PipelineError(
            f"{system} was trained by other settings or code than are planned: `dvc repro export@{system}`"
        )
    if about.get("status") == "skipped":
        folder.mkdir(parents=True)
        (folder / CARD).write_text(f"# {system}\n\n{NO_CLIPS.format(system)}.\n", "utf-8")
        return None
    return write_export(describe_trained(system, plan.plans), folder, onnx=plan.onnx)


def write_export(trained: Trained, folder: Path, *, onnx: bool = False) -> Export:
    """Write a trained system to a new or empty folder, all or nothing; return what export.json says.

    Args:
        trained: The system.
        folder: Where to.
        onnx: Write its models as ONNX too.

    Raises:
        PipelineError: The folder holds something, or a model cannot be written as ONNX.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise PipelineError(f"{folder} is there and not empty: name a new folder")
    sets = [one for part in trained.parts for one in part.feature_sets.values()]
    export = Export(
        format=FORMAT,
        commit=git_commit(),
        libraries=_libraries(trained),
        feature_versions={one.kind: kind_version(one.kind) for one in sets},
        trained=trained,
    )
    partial = folder.with_name(f"{folder.name}.tmp")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        _write(export, partial, onnx)
        if folder.exists():
            folder.rmdir()
        partial.replace(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return export


def _write(export: Export, folder: Path, onnx: bool) -> None:
    trained = export.trained
    for one in (trained, *trained.members):
        _copy_models(one, folder / MODELS / one.name)
    _write_encoders(trained, folder / ENCODERS)
    text = json.dumps(export.model_dump(mode="json"), indent=2, ensure_ascii=False)
    (folder / DESCRIPTION).write_text(text + "\n", "utf-8")
    if onnx:
        from pipeline.inference.onnx_files import write_onnx

        for one in (trained, *trained.members):
            write_onnx(one, folder / MODELS / one.name, folder / ONNX / one.name)
    write_card(folder / CARD, export, onnx=onnx)


def _copy_models(trained: Trained, target: Path) -> None:
    """Copy the models of a system, and nothing else that training left."""
    target.mkdir(parents=True)
    source = trained_dir(trained.name)
    settings = trained.model_settings
    if settings is None:
        return
    networks = list(networks_of(settings)) if isinstance(settings, TorchSystem) else [""]
    for seed, fold in trained.models:
        for network in networks:
            description = source / f"{file_stem(seed, fold, network)}.json"
            for path in (description, source / read_json(description)["weights"]):
                shutil.copyfile(path, target / path.name)


def _write_encoders(trained: Trained, folder: Path) -> None:
    """Write the networks that compute features of samples: their weights are not to be had everywhere."""
    sets = {one.name: one for part in trained.parts for one in part.feature_sets.values()}
    for one in sets.values():
        if has_network(one.kind):
            where = f"feature_sets.{one.name}"
            extractor = build_extractor(one.kind, one.settings, one.weights, where)
            if extractor.network is not None:
                extractor.network.save(folder / one.name)


def _libraries(trained: Trained) -> dict[str, str]:
    """Return the versions of the libraries that features and models go through."""
    names = {"numpy", "soundfile", "soxr"}
    for part in trained.parts:
        names |= {"torch"} if isinstance(part.settings, TorchSystem) else {"scikit-learn", "skops"}
        for one in part.feature_sets.values():
            names |= {*kind_libraries(one.kind)}
    return {name: importlib.metadata.version(name).partition("+")[0] for name in sorted(names)}
