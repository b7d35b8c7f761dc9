"""The split stage: a table and its counts for every variant of every study."""

import pytest

from pipeline.config.plans import SplitPlan, write_plan
from pipeline.core.errors import PipelineError
from pipeline.core.paths import curated_path, split_counts_path, split_path
from pipeline.core.schemas import CURATED
from pipeline.core.tables import read_table, write_table
from pipeline.stages import split
from tests.splits.splitting import dialogues, resampling, settings

STUDIES = {
    "one": {
        "main": settings(),
        "augmented": settings(resampling=resampling("augment", noise=(0.005, 0.01))),
        "by_speaker": settings("leave_one_speaker_out"),
    },
    "empty": {"main": settings()},
}


@pytest.fixture(autouse=True)
def working(tmp_path, monkeypatch):
    """A folder with the plan and the utterances of two studies, of which one has none."""
    monkeypatch.chdir(tmp_path)
    write_plan(SplitPlan(code="1", studies=STUDIES), "split")
    write_table(curated_path("one"), dialogues(n=5), CURATED)
    write_table(curated_path("empty"), dialogues().iloc[:0], CURATED)


def test_every_variant_of_every_study_has_its_table_and_its_counts(caplog):
    caplog.set_level("INFO")
    split.main()
    places = [(study, variant) for study, variants in STUDIES.items() for variant in variants]
    assert [len(read_table(split_path(*place))) for place in places] == [100, 170, 1000, 0]
    assert all(split_counts_path(*place).exists() for place in places)
    assert [message.split(":")[1].strip() for message in caplog.messages] == [
        f"{study}/{variant}" for study, variant in places
    ]


def test_the_same_input_gives_the_same_bytes():
    split.main()
    first = split_path("one", "augmented").read_bytes()
    split.main()
    assert split_path("one", "augmented").read_bytes() == first


def test_a_study_that_is_not_curated_says_what_to_run():
    curated_path("empty").unlink()
    with pytest.raises(PipelineError, match=r"data/curated/empty\.parquet is not there; `dvc repro"):
        split.main()


def test_a_promise_of_new_speakers_that_the_corpora_do_not_keep_is_said(caplog):
    parts = ["train", "train", "val", "test"]
    rows = dialogues(n=4).assign(official_split=lambda table: [parts[i % 4] for i in range(len(table))])
    write_table(curated_path("one"), rows, CURATED)
    write_plan(SplitPlan(code="1", studies={"one": {"main": settings("official")}}), "split")
    split.main()
    assert (
        "split: one/main: 20 of 20 tested clips are of 10 speakers who are trained on, such as" in caplog.text
    )


def test_new_speakers_are_not_warned_of(caplog):
    split.main()
    assert "trained on" not in caplog.text


def test_copies_with_noise_need_a_folder_of_it(tmp_path, monkeypatch, caplog):
    monkeypatch.setenv("SER_CACHE", str(tmp_path / "cache"))
    noisy = settings(resampling=resampling("augment", recorded_noise=(0.0, 20.0)))
    studies = {"one": {"main": settings(), "noisy": noisy}}
    write_plan(SplitPlan(code="1", studies=studies, noise="synthetic"), "split")
    split.main()
    table = read_table(split_path("one", "noisy"))
    assert set(table[table["transform"].notna()]["split"]) == {"train"}
    assert table["transform"].notna().sum() == 70
    write_plan(SplitPlan(code="1", studies=studies), "split")
    with pytest.raises(PipelineError, match=r"one/noisy: .*name a folder of recordings"):
        split.main()
    studies["one"]["noisy"] = noisy.model_copy(update={"optional": True})
    write_plan(SplitPlan(code="1", studies=studies), "split")
    split.main()
    assert "one/noisy: skipped: copies with recorded_noise need noise" in caplog.text
    assert len(read_table(split_path("one", "noisy"))) == 0
    write_plan(SplitPlan(code="1", studies=studies, noise=str(tmp_path / "gone")), "split")
    with pytest.raises(PipelineError, match="gone is not there"):
        split.main()
