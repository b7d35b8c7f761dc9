"""The curation is held to the key of the defects that are planted in the demo corpus."""

import csv
from pathlib import Path

import pandas as pd
import pytest

from pipeline.config.params import load_params
from pipeline.corpora.contract import load_adapter
from pipeline.curation.duplicates import find_duplicates
from pipeline.curation.filter import curate
from pipeline.curation.index import build_index
from pipeline.curation.status import OK, STRAY
from pipeline.demo.synthesise import synthesise

SIZES = {
    "demo_tess": {"n_words": 2},
    "demo_ravdess": {"n_speakers": 1},
    "demo_dialogue": {"n_speakers": 2, "n_utterances": 14},
}
STUDIES = {"demo_tess": "multimodal_er", "demo_ravdess": "ravdess_methods", "demo_dialogue": "multimodal_er"}


class Part:
    """A part of the demo corpus, tiny, with its key and what the curation makes of it."""

    def __init__(self, corpus: str, root: Path) -> None:
        synthesise(corpus, root, seed=3, n_workers=1, **SIZES[corpus])
        with (root / "defects.csv").open(newline="") as file:
            self.key = list(csv.DictReader(file))
        self.index = build_index(load_adapter(corpus), root).assign(corpus=corpus)
        self.duplicates = find_duplicates(self.index).merge(self.index[["utterance_id", "path"]])
        study = load_params().studies[STUDIES[corpus]]
        study = study.model_copy(update={"curation": study.curation.model_copy(update={"min_per_class": 1})})
        self.dropped = curate(self.index.merge(self.duplicates), study).dropped

    def planted(self, *expected: str) -> set[str]:
        """Return the paths of which the key expects this."""
        return {row["path"] for row in self.key if row["expected"] in expected}

    def paths(self, chosen: pd.Series) -> set[str]:
        """Return the paths of some rows of the index."""
        return set(self.index.loc[chosen, "path"])


@pytest.fixture(scope="module", params=list(SIZES))
def part(request, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SER_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("SER_WORKERS", "1")
        return Part(request.param, tmp_path_factory.mktemp(request.param) / "root")


def test_just_what_is_broken_is_quarantined(part):
    stray = part.index["status"] == STRAY
    assert part.paths((part.index["status"] != OK) & ~stray) == part.planted("quarantine")
    assert part.paths(stray) == part.planted("ignore")


def test_just_what_is_unusual_is_noted(part):
    unusual = part.index["notes"].notna() | (part.index["rate"] != part.index["rate"].mode()[0])
    readable = part.index["status"] == OK
    assert part.paths(unusual & readable) - part.planted("duplicate", "filter") == part.planted("repair")


def test_just_the_copies_are_grouped_with_their_sources(part):
    groups = part.duplicates[part.duplicates["kind"] != "none"].groupby("group")["path"].apply(frozenset)
    pairs = {frozenset([row["path"], row["source"]]) for row in part.key if row["source"]}
    assert set(groups) == pairs


def test_just_contradicting_copies_are_in_conflict(part):
    sources = {row["source"] for row in part.key if row["expected"] == "conflict"}
    found = set(part.duplicates.loc[part.duplicates["conflict"], "path"])
    assert found == part.planted("conflict") | sources


def test_the_original_is_what_is_kept(part):
    copies = part.duplicates.loc[part.duplicates["kind"].eq("near") & ~part.duplicates["keep"], "path"]
    assert set(copies) <= part.planted("duplicate")


def test_what_no_study_wants_is_dropped_and_listed(part):
    by_step = part.dropped.groupby("step")["path"].apply(set)
    gone = set().union(*by_step.reindex(["within_duration", "labelled"]).dropna())
    assert part.planted("filter") <= gone
    assert part.planted("quarantine") == by_step["readable"]
