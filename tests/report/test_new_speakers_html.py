"""The page of speakers never heard."""

from types import SimpleNamespace

import pandas as pd
import pytest

from pipeline.core.tables import write_csv
from pipeline.report.leaderboard import Row
from pipeline.report.new_speakers_html import render_new_speakers
from tests.report import test_real_boards as kept
from tests.report.test_new_speakers import pairs, row, skipped
from tests.stages.test_report import Page, text_of

KNOWN = row("known", 0.7, split="new_speakers_known_sentences")
BOTH = row("both", 0.55, split="new_speakers_and_sentences")
ROWS = [row("a", 0.72, seconds=9.0), row("b", 0.68), row("spk", 0.81, standardised=True), KNOWN, BOTH]
TESTS = pairs(("b", "a", -0.04, 0.21), ("known", "both", 0.15, 0.01))


@pytest.fixture
def render(tmp_path, monkeypatch):
    """Renders rows of the leaderboard, with kept results."""
    monkeypatch.chdir(tmp_path)
    write_csv(tmp_path / "data/analysis/significance.csv", TESTS)
    for name in ("listed.csv", "change/scores.csv"):
        write_csv(tmp_path / "data/analysis" / name, pd.DataFrame({"system": []}))

    def page(rows, real=(), matrix=None, crossings=None):
        report = {
            "rows": rows,
            "real": real,
            "matrix": matrix,
            "profile": "open",
            "crossings": crossings or {},
        }
        return render_new_speakers(SimpleNamespace(**report))

    return page


def test_a_given_split_is_named_with_who_crosses_it(render):
    text = text_of(render([row("b", 0.68, split="official")], crossings={"new_speakers_toy": "toy: 1 of 2"}))
    assert (
        "as the corpus gives it; no speaker is known to be on both sides. A given split is crossed: toy: 1 of 2."
        in text
    )


def test_without_such_systems_there_is_no_page(render):
    other = Row("net", {**ROWS[0].metrics, "study": "other"})
    assert render([other]) is None


def test_it_is_well_formed_and_loads_nothing(render):
    page = Page(
        render([*ROWS, skipped("net", "nobody validates")], [*kept.PLAIN, *kept.OTHERS, kept.CROSSED])
    )
    assert (page.crossed, page.open) == ([], [])
    assert len(page.ids) == len(set(page.ids))
    inner = [address for address in page.addresses if address.startswith("#")]
    assert {address.removeprefix("#") for address in inner} <= set(page.ids)
    assert all(address.startswith(("#", "index.html", "data:")) for address in page.addresses)


def test_it_answers_which_how_sure_and_what_it_rests_on(render):
    text = text_of(render(ROWS))
    assert "a UAR 72.0 % 67.0–77.0; chance 25.0" in text
    assert "quickest to train: b , UAR 68.0 %, 1.0 s" in text
    assert "between 67.0 and 77.0 (95 %); over 6 folds its deviation is 3.1 points" in text
    assert "1 of 1 other systems is not told apart from it" in text
    assert "with each tested speaker's own unlabelled clips UAR 81.0 % (spk)" in text.replace("&#39;", "'")
    assert "15.0 points of UAR are the sentence (95 %: +5.0 to +25.0)" in text


def test_what_is_not_known_is_said(render):
    text = text_of(render([row("b", 0.68), skipped("net", "nobody <validates>")]))
    assert "not measured here: python -m pipeline.stress new_speakers_toy_b" in text
    assert "no system with the speaker" in text
    assert "the corpus does not tell its sentences" in text
    assert "net: nobody &lt;validates&gt;" in text


def test_corpora_stand_side_by_side(render):
    text = text_of(render([row("a", 0.72), row("a", 0.41, corpus="other")]))
    assert "The same systems on each corpus" in text
    assert "a 72.0 41.0" in text


def test_synthetic_speech_is_marked(render):
    made = Row(ROWS[0].system, {**ROWS[0].metrics, "synthetic": True}, run=ROWS[0].run, split="new_speakers")
    assert "synthetic speech, profile open Synthetic corpus" in text_of(render([made]))
    assert "Synthetic corpus" not in text_of(render(ROWS))


def test_the_matrix_is_linked_where_the_report_has_it(render):
    link = 'href="index.html#cross-corpora"'
    assert link in render(ROWS, matrix=object())
    assert link not in render(ROWS)


def test_random_weights_are_told(render):
    made = Row(ROWS[0].system, {**ROWS[0].metrics, "random_weights": True}, split="new_speakers")
    assert "random weights" in text_of(render([made]))
    assert "random weights" not in text_of(render(ROWS))


def test_real_speech_has_the_same_answers(render):
    records = [*kept.PLAIN, kept.STANDARDISED, *kept.SENTENCES, *kept.OTHERS]
    text = text_of(render([], records))
    assert "compare UAR 77.0 (72.0–80.0) %" in text
    assert "95 % interval of the UAR 72.0–80.0; from one fold of speakers to another it varies by 4.1" in text
    assert "8.0 points of UAR are the sentence: UAR 70.0 % on sentences that were trained on, 62.0 %" in text
    assert "white noise at 10 dB UAR 50.0 %; ravdess → tess UAR 35.0 %" in text
    assert "From one corpus to another" not in text
    assert "cross on ravdess ravdess tess 31.0" in text_of(render([], [*records, kept.CROSSED]))
