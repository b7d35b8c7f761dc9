"""Writing a trained system into a folder of its own: see `pipeline.inference.exported` for what lies there."""

import importlib.metadata
import json
import shutil
from pathlib import Path

from pipeline.config.plans import EnsemblePlan, ExportPlan
from pipeline.config.systems import TorchSystem
from pipeline.core.errors import PipelineError
from pipeline.core.paths import trained_dir
from pipeline.core.tables import read_json
from pipeline.features.extractor import build_extractor
from pipeline.features.registry import has_network, kind_libraries, kind_version
from pipeline.inference.card import write_card
from pipeline.inference.exported import CARD, DESCRIPTION, ENCODERS, FORMAT, MODELS, ONNX, Export
from pipeline.inference.plans import read_plans
from pipeline.inference.trained import NO_CLIPS, Everyone, Trained, describe_trained
from pipeline.inference.training_audio import training_audio
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


def write_export(trained: Trained, folder: Path, *, onnx: bool = False, everyone: bool = False) -> Export:
    """Write a trained system to a new or empty folder, all or nothing; return what export.json says.

    Args:
        trained: The system.
        folder: Where to.
        onnx: Write its models as ONNX too.
        everyone: In place of the models of its folds, train one on all clips (see `pipeline.training.everyone`).

    Raises:
        PipelineError: The folder holds something, a model cannot be written as ONNX, or be trained on all clips.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise PipelineError(f"{folder} is there and not empty: name a new folder")
    partial = folder.with_name(f"{folder.name}.tmp")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        if everyone:
            trained = _of_everyone(trained, partial / MODELS / trained.name)
        else:
            for one in (trained, *trained.members):
                _copy_models(one, partial / MODELS / one.name)
        export = _describe(trained)
        _write(export, partial, onnx)
        if folder.exists():
            folder.rmdir()
        partial.replace(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return export


def _describe(trained: Trained) -> Export:
    sets = [one for part in trained.parts for one in part.feature_sets.values()]
    return Export(
        format=FORMAT,
        commit=git_commit(),
        libraries=_libraries(trained),
        feature_versions={one.kind: kind_version(one.kind) for one in sets},
        trained=trained,
    )


def _of_everyone(trained: Trained, folder: Path) -> Trained:
    """Train a system on all clips of its study, and say so in what is known of it."""
    plan = read_plans(trained.name).plan
    if isinstance(plan, EnsemblePlan):
        raise PipelineError(
            f"{trained.name} cannot be trained on everyone: it is an ensemble, export its members"
        )
    from pipeline.training.everyone import TESTED, train_on_everyone

    models, clips, speakers = train_on_everyone(trained.name, plan, folder)
    known = {
        "models": models,
        "everyone": Everyone(clips=clips, speakers=speakers),
        "audio": training_audio(plan.system.study, plan.system.variant, TESTED),
        "calibration": trained.calibration and trained.calibration.of_everyone(models),
    }
    return trained.model_copy(update=known)


def _write(export: Export, folder: Path, onnx: bool) -> None:
    trained = export.trained
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
