"""The stage `explore` on a study of six files: what it writes, and that it is the same each time."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from pipeline.config.plans import ExploredStudy, ExplorePlan, PictureSettings, write_plan
from pipeline.config.studies import Curation
from pipeline.core.errors import PipelineError
from pipeline.core.paths import account_table_path, curated_path, dropped_path, index_path, manifest_path
from pipeline.core.schemas import CURATED, INDEX
from pipeline.core.tables import write_json, write_table
from pipeline.exploration.files import (
    CLIP_FIGURES,
    CORPUS_FIGURES,
    FIGURES,
    STUDY_FIGURES,
    figure_path,
    table_path,
)
from pipeline.stages import explore
from tests.exploration.examples import BROKEN, STRAY, index
from tests.scale.clips import hash_of

TABLES = ("durations", "labels", "speakers", "levels", "account")
STUDY = ExploredStudy(
    corpora=["a"],
    labels={"a": {"happy": "joy", "angry": "anger"}},
    curation=Curation(deduplicate=True, min_seconds=1.0, max_seconds=4.0, min_per_class=1),
)
ROWS = index({}, {"label": "angry"}, {"seconds": 0.5}, BROKEN, STRAY, {"label": "calm", "speaker": "a/2"})
DROPPED = {"a/2": "within_duration", "a/3": "readable", "a/4": "utterances", "a/5": "labelled"}
LEFT = {
    "combined": 6,
    "utterances": 5,
    "readable": 4,
    "after_deduplication": 4,
    "within_duration": 3,
    "kept": 2,
}


def write_plan_of(corpora: list[str]) -> None:
    """Write the plan of a profile with these corpora, all of them of one study."""
    studies = {"study": STUDY.model_copy(update={"corpora": corpora})} if corpora else {}
    write_plan(ExplorePlan(code="1", corpora=corpora, studies=studies), "explore")


def complete(table: pd.DataFrame, schema) -> pd.DataFrame:
    """Add the columns that nobody reads."""
    return (
        table.reindex(columns=schema.names)
        .astype(object)
        .where(table.reindex(columns=schema.names).notna(), None)
    )


def write_inputs() -> None:
    """Write what `index` and `filter` leave."""
    write_table(index_path("a"), complete(ROWS, INDEX), INDEX)
    kept = pd.DataFrame({"utterance_id": ["a/0", "a/1"], "corpus": "a", "label": ["joy", "anger"]})
    write_table(curated_path("study"), complete(kept, CURATED), CURATED)
    dropped = pd.DataFrame(
        {"utterance_id": list(DROPPED), "corpus": "a", "path": "x", "step": DROPPED.values()}
    )
    dropped.assign(reason="made up").to_csv(dropped_path("study"), index=False)
    account = pd.DataFrame({"step": list(LEFT), "corpus": "a", "class": "none", "n": LEFT.values()})
    account.to_csv(account_table_path("study"), index=False)


@pytest.fixture(scope="module")
def explored(tmp_path_factory):
    """A folder in which the stage has run."""
    folder = tmp_path_factory.mktemp("explored")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        write_plan_of(["a"])
        write_inputs()
        explore.main()
    return folder


@pytest.fixture
def inputs(tmp_path, monkeypatch):
    """An empty folder to work in, with what the stage reads."""
    monkeypatch.chdir(tmp_path)
    write_plan_of(["a"])
    write_inputs()


def outputs(folder: Path) -> dict[Path, bytes]:
    """Return what the stage has written, by path."""
    paths = [*map(table_path, TABLES), *(path.relative_to(folder) for path in (folder / FIGURES).iterdir())]
    return {path: (folder / path).read_bytes() for path in paths}


def test_tables_and_figures_are_written_and_a_study_without_corpora_has_none(explored):
    figures = {*map(figure_path, CORPUS_FIGURES), *(figure_path(name, "study") for name in STUDY_FIGURES)}
    assert set(outputs(explored)) == figures | set(map(table_path, TABLES))


def test_clips_are_measured(explored):
    durations = pd.read_csv(explored / table_path("durations")).iloc[0]
    assert (durations["n_clips"], durations["seconds"], durations["min"]) == (4, 6.5, 0.5)


def test_the_account_keeps_its_steps_and_a_class_named_none(explored):
    account = pd.read_csv(explored / table_path("account"), keep_default_na=False)
    assert dict(zip(account["step"], account["n"], strict=True)) == LEFT
    assert account.drop(columns=["step", "n"]).drop_duplicates().values.tolist() == [["study", "a", "none"]]


def test_the_same_input_gives_the_same_bytes_and_nothing_old_stays(explored, inputs):
    FIGURES.mkdir(parents=True)
    figure_path("labels", "gone").write_bytes(b"of another profile")
    explore.main()
    assert outputs(Path.cwd()) == outputs(explored)


def test_a_profile_without_corpora_has_empty_tables_and_no_figure(inputs):
    write_plan_of([])
    explore.main()
    assert set(outputs(Path.cwd())) == set(map(table_path, TABLES))
    assert [len(pd.read_csv(table_path(name))) for name in TABLES] == [0] * len(TABLES)


def test_an_index_of_another_run_is_an_error(inputs):
    write_table(index_path("a"), complete(ROWS[:5], INDEX), INDEX)
    with pytest.raises(
        PipelineError, match=r"data/curated/study: 5 files .* such as a/5: expected every file once"
    ):
        explore.main()


def test_a_missing_account_is_named(inputs):
    account_table_path("study").unlink()
    with pytest.raises(
        PipelineError, match=r"study_account\.csv is not there; `dvc repro .*study_account\.csv` makes it"
    ):
        explore.main()


PICTURE = PictureSettings(
    sample_rate=8000, peak_normalise=True, trim_top_db=25.0, seconds=0.5, padding="zero", align="center"
)


def test_a_clip_of_each_class_is_drawn_where_its_audio_is_at_hand(inputs, tmp_path, monkeypatch, caplog):
    monkeypatch.setenv("SER_CORPORA", str(tmp_path / "corpora"))
    study = STUDY.model_copy(update={"examples": PICTURE})
    write_plan(ExplorePlan(code="1", corpora=["a"], studies={"study": study}), "explore")
    write_json(manifest_path("a"), {"source": "disk"})
    drawn = {figure_path(name, "study") for name in CLIP_FIGURES}
    explore.main()
    assert "explore: study: no clip is drawn: " in caplog.text
    assert not drawn & {*FIGURES.iterdir()}

    folder = tmp_path / "corpora" / "a"
    folder.mkdir(parents=True)
    clips = ROWS.astype(object)
    for row in (0, 1):
        file = folder / f"{row}.wav"
        soundfile.write(file, 0.3 * np.random.default_rng(row).normal(size=16000), 16000)
        clips.loc[row, ["path", "audio_hash"]] = [file.name, hash_of(file)]
    write_table(index_path("a"), complete(clips, INDEX), INDEX)
    explore.main()
    assert drawn <= {*FIGURES.iterdir()}
    first = {path: path.read_bytes() for path in drawn}
    explore.main()
    assert {path: path.read_bytes() for path in drawn} == first
