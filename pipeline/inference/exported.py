"""Reading an exported system back, or saying which version of the project can.

export.json        what is known of the system, and which code and libraries computed its features
models/<system>/   weights and designs; of an ensemble, those of its members too
encoders/<set>/    of a feature set that a pretrained network computes: that network, without its decoder or head
onnx/<system>/     the same as ONNX, where it was asked for
README.md          the model card
"""

import json
from pathlib import Path

from pydantic import ValidationError

from pipeline.config.base import Settings
from pipeline.config.mistakes import describe
from pipeline.core.errors import PipelineError
from pipeline.core.tables import read_json
from pipeline.features.registry import kind_version
from pipeline.inference.trained import Trained

FORMAT = 3  # raised with every change that makes export.json, or what lies beside it, mean something else
DESCRIPTION, MODELS, ENCODERS, ONNX, CARD = "export.json", "models", "encoders", "onnx", "README.md"


class Export(Settings):
    """What export.json says."""

    format: int
    commit: str | None  # of this project, when it was written
    libraries: dict[str, str]  # versions of those that features and models went through
    feature_versions: dict[str, str]  # by kind of feature: of its code
    trained: Trained


def is_export(path: Path) -> bool:
    """Tell whether a path is the folder of an export."""
    return (path / DESCRIPTION).is_file()


def names_export(system: str) -> bool:
    """Tell whether what somebody calls a system is the folder of an export, and not the name of a trained one.

    Raises:
        PipelineError: It is a path, and no export lies there.
    """
    folder = Path(system)
    if is_export(folder):
        return True
    if len(folder.parts) > 1 or system.endswith("/"):
        wrong = f"has no {DESCRIPTION}" if folder.is_dir() else "does not exist"
        raise PipelineError(
            f"the folder {folder} {wrong}: name one that `python -m pipeline.export SYSTEM {folder}` wrote, or a "
            "system that is trained here"
        )
    return False


def read_export(folder: Path) -> Trained:
    """Return what is known of an exported system, whose models lie below the folder.

    Raises:
        PipelineError: Another version of the project wrote it, and this one would compute something else.
    """
    values = read_json(folder / DESCRIPTION)
    commit, written = values.get("commit"), values.get("format")
    by = f"take the version that wrote it, commit {commit}" if commit else "take the version that wrote it"
    if written != FORMAT:
        raise PipelineError(f"{folder} has format {written}, but this version reads format {FORMAT}: {by}")
    try:
        export = Export.model_validate_json(json.dumps(values))
    except ValidationError as error:
        raise PipelineError(f"{folder / DESCRIPTION}: {describe(error, '', Export)}: {by}") from error
    for kind, version in export.feature_versions.items():
        if (now := kind_version(kind)) != version:
            raise PipelineError(
                f"{folder} was trained on {kind} as version {version} of its code computes it, but this is version "
                f"{now}: {by}"
            )
    return export.trained
