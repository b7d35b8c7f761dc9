"""The shape of the project: which packages import which, how long files may be, and what stands where.

A rule that is in the way is changed here, in the same commit, with its reason.
"""

import ast
import subprocess
from pathlib import Path

import pytest

from pipeline.core.code import closure, direct_imports

PACKAGE = Path("pipeline")
MODULES = [path for path in sorted(PACKAGE.rglob("*.py")) if path.name != "__init__.py"]
STAGES = sorted(Path("pipeline/stages").glob("[!_]*.py"))
TOP = [path for path in MODULES if path.parent == PACKAGE]

# Each package may import those that stand before it, and no other. What is run as
# `python -m pipeline.<name>` stands directly below pipeline/, or is the `__main__` of a package.
ORDER = (
    "core",
    "audio",
    "config",
    "demo",
    "corpora",
    "download",
    "curation",
    "pretrained",
    "transcription",
    "splits",
    "features",
    "models",
    "training",
    "inference",
    "evaluation",
    "representation",
    "stress",
    "exploration",
    "report",
    "app",
    "planning",
    "stages",
    "orchestration",
)
VERB_LINES = 90
TRACKED = 900  # files that git tracks are fewer
STAGE_LINES = 60

# Modules without a test file of their own name that no test imports, by what tests them.
TESTED_BY = {
    "app/__main__.py": "core/test_machine.py",
    "app/cards.py": "app/test_systems.py",
    "app/work.py": "app/test_server.py",
    "config/app.py": "config/test_params.py",
    "corpora/planned.py": "stages/test_index_table.py",
    "corpora/tables/audformat_header.py": "corpora/tables/test_readers.py",
    "corpora/tables/columns.py": "corpora/test_table.py",
    "corpora/tables/cutting.py": "corpora/test_table.py",
    "corpora/tables/emobox.py": "corpora/tables/test_readers.py",
    "corpora/tables/files.py": "corpora/tables/test_readers.py",
    "corpora/tables/folders.py": "corpora/tables/test_readers.py",
    "corpora/tables/hugging_face.py": "corpora/tables/test_readers.py",
    "corpora/tables/propose.py": "corpora/tables/test_describe.py",
    "corpora/tables/words.py": "corpora/test_table.py",
    "audio/decoders.py": "audio/test_hostile.py",
    "config/base.py": "config/test_params.py",
    "config/checks.py": "config/test_params.py",
    "config/expand.py": "config/test_params.py",
    "config/exports.py": "config/test_params.py",
    "config/feature_sets.py": "config/test_params.py",
    "config/mistakes.py": "config/test_params.py",
    "demo/noise.py": "splits/test_noise.py",
    "demo/render.py": "demo/test_synthesise.py",
    "demo/spoil.py": "demo/test_defects.py",
    "download/transfer.py": "download/test_fetch.py",
    "evaluation/analysis.py": "stages/test_analyse.py",
    "evaluation/external.py": "stages/test_external.py",
    "evaluation/system.py": "stages/test_evaluate.py",
    "exploration/explore.py": "stages/test_explore.py",
    "exploration/study_table.py": "stages/test_index_table.py",
    "features/audio_sets.py": "stages/test_features.py",
    "features/speech_encoder_frames.py": "features/test_speech_encoder.py",
    "features/spectrum.py": "features/test_mfcc.py",
    "features/stores.py": "stages/test_store.py",
    "features/text_sets.py": "stages/test_embed.py",
    "inference/notes.py": "inference/test_predictor.py",
    "inference/card.py": "inference/test_export.py",
    "inference/models.py": "inference/test_predictor.py",
    "models/planes.py": "models/test_mel_cnn.py",
    "orchestration/client.py": "orchestration/test_warm.py",
    "planning/planners.py": "dvc/test_stage_dependencies.py",
    "pretrained/find.py": "training/test_frozen.py",
    "pretrained/wav2vec2.py": "models/test_speech_transformer.py",
    "representation/system.py": "stages/test_represent.py",
    "splits/shares.py": "splits/test_one_fold.py",
    "splits/study.py": "stages/test_split.py",
    "stress/__main__.py": "core/test_machine.py",
    "stress/codecs.py": "stress/test_conditions.py",
    "stages/store_text.py": "stages/test_embed.py",
    "training/average.py": "stages/test_combine.py",
    "training/combine.py": "stages/test_combine.py",
    "training/cuts.py": "training/test_data.py",
    "training/model_files.py": "training/test_torch_runner.py",
    "training/predict.py": "training/test_torch_runner.py",
    "training/run_record.py": "stages/test_train.py",
    "training/study.py": "stages/test_train.py",
    "training/train.py": "stages/test_train.py",
    "training/validation.py": "stages/test_train.py",
    "transcription/given_texts.py": "stages/test_transcribe.py",
    "transcription/transcripts.py": "stages/test_transcribe.py",
    "warm.py": "orchestration/test_session.py",
}


def room(path: Path) -> str:
    """Return the package that a module is in; of one directly below pipeline/, its own name."""
    return path.parts[1] if len(path.parts) > 2 else path.stem


def n_lines(path: Path) -> int:
    return len(path.read_text("utf-8").splitlines())


def runs_by_name(path: Path) -> bool:
    return '__name__ == "__main__"' in path.read_text("utf-8")


def names_in(path: Path) -> set[str]:
    tree = ast.walk(ast.parse(path.read_text("utf-8")))
    return {node.id for node in tree if isinstance(node, ast.Name)}


VERBS = {path.stem for path in TOP if runs_by_name(path)}


def test_every_package_has_its_place_in_the_order():
    assert {room(path) for path in MODULES} <= {*ORDER, *VERBS}


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_imports_run_one_way(path):
    own = room(path)
    allowed = {*ORDER} if own in VERBS else {*ORDER[: ORDER.index(own) + 1]}
    wrong = [str(other) for other in direct_imports(path) if room(other) not in allowed]
    assert not wrong, f"{own} stands before what it imports"


def test_models_know_nothing_of_training_or_of_features():
    assert {room(other) for path in Path("pipeline/models").glob("*.py") for other in closure(path)} <= {
        *("models", "pretrained", "config", "core", "download", "corpora", "demo"),
    }


def test_nothing_imports_a_stage_or_what_is_run_by_name():
    imported = {other for path in MODULES for other in direct_imports(path)}
    assert imported.isdisjoint({*STAGES, *(path for path in MODULES if runs_by_name(path))})


@pytest.mark.parametrize("path", STAGES, ids=str)
def test_a_stage_is_thin(path):
    assert n_lines(path) <= STAGE_LINES


@pytest.mark.parametrize("path", STAGES, ids=str)
def test_a_stage_reads_its_plan(path):
    assert ("load_plan" in names_in(path)) == (path.stem not in ("code", "plan"))


def test_params_are_read_by_the_plan_alone():
    readers = {path for path in MODULES if "load_params" in names_in(path)}
    assert {path for path in readers if room(path) != "config"} == {Path("pipeline/stages/plan.py")}
    assert {room(path) for path in MODULES if '"params.yaml"' in path.read_text("utf-8")} == {"config"}


@pytest.mark.parametrize("path", [path for path in TOP if path.stem in VERBS], ids=str)
def test_what_is_run_by_name_is_short(path):
    assert n_lines(path) < VERB_LINES


def test_what_is_run_by_name_lies_directly_below_pipeline():
    assert [
        path for path in MODULES if runs_by_name(path) and path not in TOP and path.stem != "__main__"
    ] == []
    assert {path.stem for path in TOP} <= VERBS


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("__init__.py")), ids=str)
def test_a_package_holds_a_docstring_only(path):
    tree = ast.parse(path.read_text("utf-8"))
    assert ast.get_docstring(tree)
    assert len(tree.body) == 1


@pytest.mark.parametrize(("file", "limit"), [("params.yaml", 1300), ("dvc.yaml", 310)])
def test_files_that_are_read_from_top_to_bottom_stay_short(file, limit):
    assert n_lines(Path(file)) < limit


def test_files_that_git_tracks_stay_few():
    if not Path(".git").exists():
        pytest.skip("no repository, such as a tarball")
    listed = subprocess.run(["git", "ls-files"], check=True, capture_output=True, text=True).stdout
    assert len(listed.splitlines()) < TRACKED


def test_core_is_no_grab_bag():
    assert len([path for path in MODULES if room(path) == "core"]) < 14


@pytest.fixture(scope="module")
def imported_by_tests() -> set[Path]:
    return {other for path in Path("tests").rglob("*.py") for other in direct_imports(path)}


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_every_module_is_tested(path, imported_by_tests):
    """By a test file of its name in the same place below tests/, by one that imports it, or by a named one."""
    below = path.relative_to(PACKAGE)
    own = Path("tests", below.parent, f"test_{below.name}")
    named = TESTED_BY.get(below.as_posix())
    assert own.exists() or path in imported_by_tests or (named and Path("tests", named).exists())


def test_exceptions_are_of_modules_that_there_are():
    assert [name for name in TESTED_BY if not (PACKAGE / name).exists()] == []
