"""The report: every system, the published numbers, the banner, and nothing loaded from elsewhere."""

import base64
import io
import re
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image

from pipeline.core.errors import PipelineError
from pipeline.core.params import Params
from pipeline.core.paths import DATA, account_path, manifest_path, model_dir
from pipeline.core.settings import Published
from pipeline.core.tables import write_json
from pipeline.evaluation.collect import Step, collect, curation_steps, study_accounts
from pipeline.evaluation.page import render_page
from pipeline.evaluation.results_table import SYNTHETIC_WARNING
from pipeline.exploration.files import CORPUS_FIGURES, STUDY_FIGURES, figure_path, table_path
from pipeline.stages import evaluate, plan, report
from tests.evaluation import made_up
from tests.stages.test_evaluate import ratings, write_training

PAGE = DATA / "report" / "index.html"
ACCOUNT = pd.DataFrame(
    [
        ("study", "combined", "a", "joy", 60),
        ("study", "combined", "b", "joy", 1250),
        ("study", "readable", "a", "joy", 50),
        ("study", "kept", "a", "joy", 30),
        ("study", "kept", "a", "(no class)", 4),
        ("study", "kept", "b", "joy", 7),
    ],
    columns=["study", "step", "corpus", "class", "n"],
)


def write_inputs(corpus: str, *, verified_by: str) -> None:
    """Write what the stages above the report leave, and evaluate all systems."""
    empty = made_up.random_predictions(60, accuracy=0.7)[:0]
    write_training("net", made_up.random_predictions(60, accuracy=0.7), made_up.history(3))
    write_training("forest", made_up.random_predictions(60, accuracy=0.6), made_up.history(1)[:0])
    write_training("left_out", empty, made_up.history(1)[:0])
    write_training("ratings", ratings(), made_up.dimension_history(3))
    for system in ("net", "forest", "left_out", "ratings"):
        write_json(model_dir(system) / "run.json", {"seconds": 75.0})
        evaluate.main(system)
    write_json(account_path("study"), {"n_combined": 110, "n_readable": 107, "n_left": 100})
    archives = [{"name": "a.zip", "sha256": "0", "n_bytes": 10, "verified_by": verified_by}]
    manifest = {
        "corpus": corpus,
        "source": "archive",
        "mirror": verified_by == "mirror",
        "archives": archives,
    }
    write_json(manifest_path(corpus), {**manifest, "n_files": 110, "n_bytes": 2_000_000})


def write_exploration() -> None:
    """Write what `explore` leaves: figures of one shade each, and the account."""
    paths = [*map(figure_path, CORPUS_FIGURES), *(figure_path(name, "study") for name in STUDY_FIGURES)]
    for shade, path in enumerate(paths):
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (30, 20), shade).save(path)
    table_path("account").parent.mkdir(parents=True, exist_ok=True)
    ACCOUNT.to_csv(table_path("account"), index=False)


def build(folder: Path, params: Params, *, verified_by: str = "publisher") -> str:
    """Run the stages evaluate and report in a folder; return the page."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        plan.write_evaluations(params)
        patch.setattr(report, "load_params", lambda: params)
        write_inputs(next(iter(params.corpora)), verified_by=verified_by)
        write_exploration()
        report.main()
        return PAGE.read_text("utf-8")


class Page(HTMLParser):
    """The tags of a page, its ids, and the addresses it refers to."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.addresses: list[str] = []
        self.images: list[dict[str, str | None]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.tags.append(tag)
        self.images += [values] if tag == "img" else []
        self.ids += [values["id"]] if values.get("id") else []
        self.addresses += [value for name, value in attrs if name in ("src", "href", "xlink:href") and value]


def text_of(html: str) -> str:
    """Return what a reader sees: no tags, style or script, single spaces."""
    return " ".join(re.sub(r"(?s)<(style|script)>.*?</\1>|<[^>]+>", " ", html).split())


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("report")


@pytest.fixture(scope="module")
def html(folder) -> str:
    return build(folder, made_up.params())


@pytest.fixture(scope="module")
def demo_html(tmp_path_factory) -> str:
    """The page of a synthetic corpus from a mirror, with markup in a note."""
    params = made_up.params(synthetic=True)
    params.published["net"] = Published(accuracy=0.7777, note="<script>alert(1)</script>")
    return build(tmp_path_factory.mktemp("demo"), params, verified_by="mirror")


@pytest.mark.parametrize("system", ["net", "forest", "left_out", "ratings"])
def test_every_system_is_on_the_leaderboard(html, system):
    assert f'data-value="{system}"' in html


def test_published_numbers_are_shown(html):
    text = text_of(html)
    assert "77.8" in text
    assert "66.7 weighted F1" in text
    assert "Five runs." in text


def test_a_skipped_system_has_no_section(html):
    assert {"system-net", "system-forest"} <= set(Page(html).ids)
    assert "system-left_out" not in Page(html).ids


def test_dimensions_have_a_leaderboard_of_their_own(html):
    assert {"board", "board-dimensions"} <= set(Page(html).ids)
    assert html.index('id="board"') < html.index('data-value="net"') < html.index('id="board-dimensions"')
    assert html.index('id="board-dimensions"') < html.index('data-value="ratings"')


def test_dimensions_have_their_published_values_and_residuals(html):
    text = text_of(html)
    assert re.search(r"arousal 0\.\d{3} 0\.610 0\.\d{3} – −?\d\.\d{3} 0\.456", text)
    assert re.search(r"8 speakers: mean CCC from 0\.\d{3} to 0\.\d{3}", text)
    (residuals,) = [image for image in Page(html).images if "residuals" in image["alt"]]
    assert residuals["alt"] == "Predictions and residuals of ratings over the truth"


def test_without_dimensions_there_is_one_leaderboard(html, folder, monkeypatch):
    monkeypatch.chdir(folder)
    params = made_up.params()
    systems = {name: params.systems[name] for name in ("net", "forest", "left_out")}
    page = render_page(collect(params.model_copy(update={"systems": systems})))
    assert 'id="board"' in page
    assert 'id="board-dimensions"' not in page
    assert "Concordance correlation" in html
    assert "Concordance correlation" not in page


def test_nothing_is_loaded_from_elsewhere(html):
    page = Page(html)
    assert all(address.startswith(("#", "data:")) for address in page.addresses)
    assert not {"iframe", "object", "embed"} & set(page.tags)
    assert not re.search(r"https?:|@import|url\(", html)


def test_links_lead_to_what_is_there(html):
    page = Page(html)
    assert {address[1:] for address in page.addresses if address.startswith("#")} <= set(page.ids)
    assert len(page.ids) == len(set(page.ids))


def test_real_speech_has_no_banner(html):
    assert SYNTHETIC_WARNING not in html


def test_synthetic_speech_has_a_banner_and_no_comparison(demo_html):
    assert SYNTHETIC_WARNING in text_of(demo_html)
    assert "– synthetic speech" in text_of(demo_html)


def test_what_the_bytes_were_checked_against_is_said(html, demo_html):
    assert "a.zip: publisher" in html
    assert "a.zip: mirror" in demo_html


def test_bytes_that_only_a_mirror_states_are_warned_of(html, demo_html):
    assert "does not have the publisher's bytes" not in text_of(html)
    assert "does not have the publisher's bytes" in text_of(demo_html)


def test_curation_is_accounted_for(html):
    assert "readable 107 3" in text_of(html)


def test_the_figures_of_explore_are_in_the_page(html):
    images = [image for image in Page(html).images if "residuals" not in image["alt"]]
    assert [image["alt"] for image in images] == [*CORPUS_FIGURES.values(), *STUDY_FIGURES.values()]
    pictures = [Image.open(io.BytesIO(base64.b64decode(image["src"].split(",")[1]))) for image in images]
    assert [picture.getpixel((0, 0)) for picture in pictures] == list(range(len(images)))
    assert {(image["width"], image["height"]) for image in images} == {("30", "20")}


def test_the_account_is_told_by_corpus(html):
    assert "study 41 of 1,310 files kept" in text_of(html)
    table = "after a b all combined 60 1,250 1,310 readable 50 0 50 kept 34 7 41"
    assert table in text_of(html)


def test_without_studies_there_is_no_account():
    assert study_accounts(ACCOUNT, []) == {}


def test_a_missing_figure_is_named(folder, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PipelineError, match=r"durations_study\.png is not there"):
        study_accounts(ACCOUNT, ["study"])


def test_training_time_comes_from_the_run_record(html):
    assert "1 min 15 s" in html


def test_readme_table_is_written(html, folder):
    text = (folder / DATA / "report" / "results.md").read_text("utf-8")
    assert "| `net` |" in text
    assert "| `ratings` |" in text
    assert "skipped: `left_out`" in text


def test_names_are_escaped(demo_html):
    assert "&lt;script&gt;alert(1)" in demo_html


def test_metrics_of_another_profile_are_not_mixed_in(html, folder, monkeypatch):
    monkeypatch.chdir(folder)
    stale = made_up.params().model_copy(update={"profile": "demo"})
    monkeypatch.setattr(report, "load_params", lambda: stale)
    with pytest.raises(PipelineError, match=r"metrics/net.json was made in profile 'open'"):
        report.main()


def test_steps_of_an_account():
    steps = curation_steps({"study": "s", "n_combined": 10, "n_readable": 8, "n_kept": 8})
    assert steps == [Step("combined", 10, 0), Step("readable", 8, 2), Step("kept", 8, 0)]
