"""The report: every system, the published numbers, the banner, and nothing loaded from elsewhere."""

import base64
import dataclasses
import io
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image

from pipeline.config.documents import FOLDER
from pipeline.config.plans import ReportPlan, load_plan
from pipeline.config.published import PUBLISHED, Published, Result
from pipeline.core.errors import PipelineError
from pipeline.core.paths import DATA, analysis_dir, evaluated_dir, representations_dir, stress_dir
from pipeline.exploration.files import CORPUS_FIGURES, STUDY_FIGURES
from pipeline.report import section
from pipeline.report.collect import Report, Step, asked_about, collect, curation_steps, study_accounts
from pipeline.report.cross_corpora import Matrix
from pipeline.report.page import render_page
from pipeline.report.results_table import SYNTHETIC_WARNING
from pipeline.stages import analyse, report
from tests.stages.report_inputs import ACCOUNT, PAGE, build, params, rebuild

DOCUMENTED = """
documents:
  paper:
    systems:
      net:
        results:
          - {source: table 1, scores: {accuracy: 0.7778}}
          - {source: table 1, class_name: angry, scores: {recall: 0.5}}
"""
LAID_OUT = """
title: A paper
about: Two systems.
items:
  - name: Table 1
    title: Accuracy
    columns: [{heading: Accuracy, of: {score: accuracy}}]
    rows:
      - {labels: [Net], of: {system: net}}
      - {labels: [Forest], of: {system: forest}}
  - name: Figure 1
    title: Recall of each class
    digits: 2
    columns: [{heading: Recall, of: {system: net, score: recall, source: table 1}}]
    rows: [{labels: [angry], of: {class_name: angry}}]
    figures: [{caption: curves, system: net, name: roc}]
  - name: Figure 2
    title: Blocks
    why: a drawing
"""
VOID = {"meta", "link", "input", "img", "br", "wbr"}
SHAPES = {"path", "line", "circle", "polyline"}  # of SVG: closed in their own tag
MOST_BYTES = 5_000_000
PROBE = """<!doctype html><body><script>
const frame = document.createElement("iframe");
frame.style.cssText = "width: WIDTHpx; height: 900px";
frame.src = "index.html";
frame.onload = () => {
  const page = frame.contentDocument;
  const pick = (id, value) => {
    const control = page.getElementById(id);
    control.value = value;
    control.dispatchEvent(new Event("input"));
    return page.getElementById("shown").textContent;
  };
  const sort = () => {
    const heading = page.querySelector('#board th[data-sort="number"]');
    heading.firstElementChild.click();
    return [heading.getAttribute("aria-sort"), page.querySelector("#board tbody th").dataset.value];
  };
  for (const details of page.querySelectorAll("details")) details.open = true;
  const root = page.documentElement;
  const seen = {overflow: root.scrollWidth - root.clientWidth, all: pick("search", "")};
  seen.sorted = sort();
  seen.again = sort();
  seen.found = pick("search", "forest");
  pick("search", "");
  seen.pretrained = pick("pretrained", "yes");
  pick("theme", "dark");
  seen.dark = root.dataset.theme;
  document.title = JSON.stringify(seen);
};
document.body.append(frame);
</script>"""


class Page(HTMLParser):
    """The tags of a page with their attributes, its ids, the addresses it refers to, and what is not closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.crossed: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.crossed.append(tag)

    def of(self, *tags: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.elements if tag in tags]

    @property
    def ids(self) -> list[str]:
        return [attributes["id"] for _, attributes in self.elements if attributes.get("id")]

    @property
    def addresses(self) -> list[str]:
        names = ("src", "href", "xlink:href", "action", "srcset")
        return [attributes[name] for _, attributes in self.elements for name in names if attributes.get(name)]


def text_of(html: str) -> str:
    """Return what a reader sees: no tags, style or script, single spaces."""
    html = re.sub(r"(?s)<(style|script)>.*?</\1>", " ", html.replace("<wbr>", ""))
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def section_of(html: str, name: str) -> str:
    """Return what a reader sees of a section, or of a system."""
    start = html.index(f'id="{name}"')
    end = re.compile(r'<details class="system"|</section>').search(html, start)
    return text_of("<" + html[start : end.start()])


def collect_again(**changes: object) -> Report:
    """Collect the report's material in the folder where the stages have run, with its plan changed."""
    return collect(load_plan(ReportPlan, "report").model_copy(update=changes), params().published)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("report")


@pytest.fixture(scope="module")
def html(folder) -> str:
    return build(folder, params())


@pytest.fixture(scope="module")
def page(html) -> Page:
    return Page(html)


@pytest.fixture(scope="module")
def collected(html, folder) -> Report:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        return collect_again()


@pytest.fixture
def render(folder, monkeypatch):
    """The page of a report, where the stages have run: sections are read, or taken from the cache, there."""
    monkeypatch.chdir(folder)
    return render_page


@pytest.fixture(scope="module")
def demo_html(html, folder, tmp_path_factory) -> str:
    """The page of a synthetic corpus from a mirror, with markup in a note, and kept results of real ones."""
    settings = params(synthetic=True)
    scores = [Result(scores={"accuracy": 0.7777})]
    settings.published["net"] = Published(results=scores, note="<script>alert(1)</script>")
    return rebuild(shutil.copytree(folder, tmp_path_factory.mktemp("demo") / "copy"), settings)


def test_it_is_well_formed(page):
    assert page.crossed == []
    assert page.open == []


@pytest.mark.parametrize("system", ["net", "forest", "left_out", "ratings"])
def test_every_system_is_on_the_leaderboard(html, system):
    assert f'data-value="{system}"' in html


def test_published_numbers_are_shown(html):
    text = text_of(html)
    assert "77.8" in text
    assert "66.7 weighted F1" in text
    assert "Five runs." in text


def test_a_skipped_system_has_no_section(page):
    assert {"system-net", "system-forest"} <= set(page.ids)
    assert "system-left_out" not in page.ids


def test_a_skipped_system_says_why(html):
    assert "left_out absent – skipped nobody is left to test" in section_of(html, "leaderboard")


def test_dimensions_have_a_leaderboard_of_their_own(html, page):
    assert {"board", "board-dimensions"} <= set(page.ids)
    assert html.index('id="board"') < html.index('data-value="net"') < html.index('id="board-dimensions"')
    assert html.index('id="board-dimensions"') < html.index('data-value="ratings"')


def test_without_dimensions_there_is_one_leaderboard(html, collected, render):
    classes = dataclasses.replace(
        collected,
        rows=[row for row in collected.rows if not row.targets],
        sections=[section for section in collected.sections if not section.row.targets],
        answers=[answer for answer in collected.answers if not answer.best.targets],
    )
    page = render(classes)
    assert 'id="board"' in page
    assert 'id="board-dimensions"' not in page
    assert "Concordance correlation" in html
    assert "Concordance correlation" not in page


def test_rows_say_what_they_are_filtered_by(page):
    rows = [attributes for attributes in page.of("tr") if "data-study" in attributes]
    assert [(row["data-study"], row["data-pretrained"], row["data-trust"]) for row in rows] == [
        ("study", "no", "no"),
        ("study", "no", "no"),
        ("absent", "–", "no"),
        ("study", "no", "no"),
    ]
    assert {"search", "study", "pretrained", "trust", "skipped"} <= set(page.ids)


def test_columns_that_can_be_sorted_hold_values(page):
    kinds = [attributes["data-sort"] for attributes in page.of("th") if "data-sort" in attributes]
    assert set(kinds) == {"text", "number"}
    numbers = [
        cell["data-value"]
        for cell in page.of("td")
        if cell.get("class") == "number" and cell.get("data-value")
    ]
    assert numbers
    assert all(re.fullmatch(r"-?\d+(\.\d+)?(e-?\d+)?", value) for value in numbers)


def test_controls_are_hidden_until_the_script_runs(page):
    by_id = {attributes.get("id"): attributes for _, attributes in page.elements}
    assert "hidden" in by_id["controls"]
    assert "hidden" in by_id["theme-control"]


def test_nothing_is_loaded_from_elsewhere(html, page):
    assert all(address.startswith(("#", "data:")) for address in page.addresses)
    assert not page.of("iframe", "object", "embed", "base")
    assert not re.search(r"https?:|@import|url\(", html)


def test_links_lead_to_what_is_there(page):
    assert {address[1:] for address in page.addresses if address.startswith("#")} <= set(page.ids)
    assert len(page.ids) == len(set(page.ids))


def test_it_can_be_read_without_sight(page):
    assert [len(page.of(tag)) for tag in ("main", "nav", "header", "footer", "h1")] == [1, 1, 1, 1, 1]
    assert page.of("html") == [{"lang": "en"}]
    assert page.of("a")[0] == {"class": "skip", "href": "#main"}
    assert all(image.get("aria-label") or image.get("aria-hidden") for image in page.of("svg"))
    assert all(image["alt"] for image in page.of("img"))
    labels = {
        attributes["aria-labelledby"]
        for attributes in page.of("section", "article")
        if "aria-labelledby" in attributes
    }
    assert labels <= set(page.ids)
    assert len(page.of("caption")) == len(page.of("table"))


def test_headings_leave_out_no_level(page):
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch(r"h\d", tag)]
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_real_speech_has_no_banner(html):
    assert SYNTHETIC_WARNING not in html


def test_synthetic_speech_has_a_banner_and_no_comparison(demo_html):
    assert SYNTHETIC_WARNING in text_of(demo_html)
    assert "– synthetic speech" in text_of(demo_html)


def test_the_summary_says_who_is_best_by_how_much_and_at_what_cost(html):
    text = section_of(html, "summary")
    assert re.search(r"net UAR \d\d\.\d % \d\d\.\d–\d\d\.\d same speakers in training and test", text)
    assert "2 systems; none is tested on new speakers" in text
    assert re.search(r"forest , \d\d\.\d points behind \(.* to .*\): significant", text)
    assert re.search(r"\w+ taken for \w+ \(\d+ % of \w+\)", text)
    assert re.search(r"accuracy 77\.8 %: ours is [+−]\d+\.\d points", text)
    assert "1 min 15 s, 1,204 parameters, 1,749 MB of memory, on cpu" in text
    assert re.search(r"ratings mean CCC 0\.\d{3}", text)
    assert "no other system was tested on the same clips" in text


def test_leaks_are_told(html):
    text = section_of(html, "audit")
    assert "Model <1>" in text.replace("&lt;", "<").replace("&gt;", ">")
    assert re.search(r"random split net stratified 70/15/15, deduplicated UAR \d\d\.\d", text)
    assert re.search(r"speakers never heard \(.*\): UAR", text)


def test_the_matrix_of_corpora_is_shown_where_there_is_one(html, collected, render):
    cells = {"system": "s", "uar": 0.72, "low": 0.61, "high": 0.8}
    matrix = Matrix(["a", "b"], [("a", [cells, None])], frozenset("b"), "It means <this>.", "data/analysis/m")
    page = render(dataclasses.replace(collected, matrix=matrix))
    text = section_of(page, "cross-corpora")
    assert "trained on a b (synthetic) a 72.0 61–80 –" in text
    assert "It means &lt;this&gt;." in text
    assert 'href="#cross-corpora"' in page
    assert "cross-corpora" not in html


def test_systems_not_run_yet_are_counted_and_left_out(html, collected, render):
    net = [row for row in collected.rows if row.system == "net"]
    sections = [section for section in collected.sections if section.row.system == "net"]
    partial = dataclasses.replace(collected, rows=net, sections=sections, answers=[], audit={})
    text = text_of(render(partial))
    assert "1 of 4 systems trained, 3 not run yet" in text
    assert "1 of 4 systems are trained. 3 have not been run yet and are left out of every table" in text
    assert "forest" not in section_of(render(partial), "leaderboard")
    assert "not run yet" not in text_of(html)
    assert "left out of every table" not in text_of(html)


def test_without_an_audit_it_says_so(collected, render):
    assert "Nothing is listed below audit" in text_of(render(dataclasses.replace(collected, audit={})))


def test_a_system_of_classes_shows_its_figures(html):
    text = section_of(html, "system-net")
    assert re.search(
        r"ROC first seed, .* data/evaluated/net/figures/roc\.png, \.csv angry AUC 0\.\d{3}", text
    )
    assert "data/evaluated/net/figures/pr.png, .csv" in text
    assert "data/evaluated/net/figures/reliability.png, .csv" in text
    assert "data/evaluated/net/figures/learning.png, .csv" in text
    assert "data/evaluated/net/figures/trials.png, .csv" in text
    assert "epoch training loss validation loss validation accuracy validation UAR" in text
    assert "weights kept, 1.0 2.000 3.000 0.010 0.005 last, 3.0 0.667 1.000 0.030 0.015" in text
    assert "made_up/7" in text
    assert re.search(r"8 speakers: UAR from \d+\.\d % to \d+\.\d %, median \d+\.\d %", text)


def test_a_forest_shows_its_importances(html):
    assert "mfcc_1 0.750 zcr 0.250" in section_of(html, "system-forest")
    assert "Most important features" not in section_of(html, "system-net")


def test_clips_to_listen_to_are_told_with_what_was_said(html):
    text = section_of(html, "system-net")
    assert re.search(r"Most confident failures 10 of \d+, among 60 test clips", text)
    assert re.search(
        r"made_up: a/\d{4}\.wav &lt;b&gt;Say&lt;/b&gt; the word &amp; go\. \w+ \w+ 80 \w+ 10", text
    )
    assert re.search(r"Least confident right predictions 10 of \d+", text)
    assert "data/analysis/unsure/net.csv" in text


def test_representations_have_silhouettes_and_a_plane(html):
    text = section_of(html, "system-net")
    assert "cosine 0.250, Euclidean 0.125, in the plane −0.500" in text
    assert "data/representations/net/fused_tsne.png, .csv angry happy sad" in text
    assert "Representations" not in section_of(html, "system-forest")


def test_calibration_and_abstention_are_told(html):
    text = section_of(html, "system-net")
    assert re.search(r"Calibrated yes: error \d+\.\d % \d+\.\d % before", text)
    assert "Reliability, calibrated" in text
    assert "data/evaluated/net/figures/coverage.png, .csv" in text
    forest = section_of(html, "system-forest")
    assert "Calibrated no it has no validation part that it was not trained on" in forest
    assert "Reliability, calibrated" not in forest
    assert "Abstention" not in section_of(html, "system-ratings")


def test_stress_and_families_stand_with_the_system(html):
    text = section_of(html, "system-net")
    assert "pitch 4 25.0 2.0 energy 1,200 −1.0 0.0" in text
    assert re.search(r"60 test clips once they are changed .* white noise, 0 dB \d+\.\d −\d+\.\d", text)
    assert "data/stress/net/stress.png, .csv, .json" in text
    assert "Stress" not in section_of(html, "system-forest")


def test_a_system_that_is_not_stressed_yet_has_no_such_table(html, folder, monkeypatch, tmp_path, render):
    monkeypatch.chdir(shutil.copytree(folder, tmp_path / "copy"))
    shutil.rmtree(stress_dir("net"))
    assert "Stress" not in section_of(render(collect_again()), "system-net")


def test_a_system_is_held_against_its_baseline(html):
    text = section_of(html, "system-net")
    assert re.search(r"forest a baseline \+\d+\.\d \+?−?\d+\.\d to \+\d+\.\d", text)
    assert "Change against forest" in text
    assert "data/analysis/change/net/forest.png, .csv" in text
    assert "Change against" not in section_of(html, "system-forest")


def test_dimensions_have_their_published_values_and_residuals(html):
    text = section_of(html, "system-ratings")
    assert re.search(r"arousal 0\.\d{3} 0\.610 0\.\d{3} – −?\d\.\d{3} 0\.456", text)
    assert re.search(r"8 speakers: mean CCC from 0\.\d{3} to 0\.\d{3}", text)
    assert "Residuals of valence" in text
    assert "data/evaluated/ratings/figures/residuals.png, .csv" in text
    assert re.search(r"Largest errors 10 of 120, among 60 test clips", text)


def test_real_results_are_shown_where_they_are_kept(html, demo_html):
    text = section_of(demo_html, "real")
    assert (
        "ravdess_cnn4 ravdess transcoded speaker_independent 70/15/15 2 1 yes no 432 57.7 ± 0.7 (50.0–65.0) 55.1"
        in text
    )
    assert "2 CPU cores, no GPU float32 50a46bb 2026-11-21 Real &lt;speech&gt;" in text
    assert "dvc exp run -S profile=ravdess train@&lt;system&gt;" in text
    assert 'id="real"' not in html


def test_what_the_systems_ran_on_is_told(html):
    text = section_of(html, "run")
    assert "training, all systems 3 min 45 s" in text
    assert "largest memory 1,749 MB" in text
    assert "commit 0123456789" in text
    assert "numpy 2.4.6" in text


def test_what_the_bytes_were_checked_against_is_said(html, demo_html):
    assert "a.zip: publisher" in html
    assert "a.zip: mirror" in demo_html


def test_the_health_of_each_corpus_is_said_and_what_deviates_is_marked(html):
    (table,) = re.findall(r'<table class="plain health">.*?</table>', html, re.DOTALL)
    assert re.findall(r"<mark>(.*?)</mark>", table) == ["95", "12", "no votes.csv (the &lt;votes&gt;)"]
    assert "110 95 107 12 2 1 0 12 no row in &lt;list&gt;" in text_of(table)


def test_bytes_that_only_a_mirror_states_are_warned_of(html, demo_html):
    assert "does not have the publisher's bytes" not in text_of(html)
    assert "does not have the publisher's bytes" in text_of(demo_html)


def test_curation_is_accounted_for(html):
    assert "readable 107 3" in text_of(html)
    assert "A given split is crossed: toy: 2 of 3 speakers that its own split tests are trained" in text_of(
        html
    )


def test_the_figures_of_explore_are_in_the_page(page):
    images = page.of("img")
    assert [image["alt"] for image in images] == [*CORPUS_FIGURES.values(), *STUDY_FIGURES.values()]
    pictures = [Image.open(io.BytesIO(base64.b64decode(image["src"].split(",")[1]))) for image in images]
    assert [picture.getpixel((0, 0)) for picture in pictures] == list(range(len(images)))
    assert {(image["width"], image["height"], image["loading"]) for image in images} == {("30", "20", "lazy")}


def test_the_account_is_told_by_corpus(html):
    assert "study 41 of 1,310 files kept" in text_of(html)
    table = "after a b all combined 60 1,250 1,310 readable 50 0 50 kept 34 7 41"
    assert table in text_of(html)


def test_without_studies_there_is_no_account():
    assert study_accounts(ACCOUNT, []) == {}


def test_files_that_the_page_names_are_there(html, folder):
    names = set(re.findall(r"(?:data|plots)/[\w/]+\.(?:csv|json|png)", text_of(html)))
    assert {"data/evaluated/net/figures/roc.png", "data/evaluated/forest/figures/importances.png"} <= names
    drawn_elsewhere = {"data/representations/net/fused_tsne.png"}  # by `represent`, which did not run
    assert {name for name in names if not (folder / name).exists()} == drawn_elsewhere


def test_a_missing_figure_is_named(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PipelineError, match=r"durations_study\.png is not there"):
        study_accounts(ACCOUNT, ["study"])


@pytest.fixture(scope="module")
def documented(html, folder, tmp_path_factory) -> Path:
    """The folder of a report with a page for one document."""
    copy = shutil.copytree(folder, tmp_path_factory.mktemp("documented") / "copy")
    (copy / "results" / "documents").mkdir(parents=True)
    (copy / PUBLISHED).write_text(DOCUMENTED)
    (copy / FOLDER / "paper.yaml").write_text(LAID_OUT)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(copy)
        report.main()
    return copy / PAGE.parent


def test_a_document_has_a_page_with_ours_beside_it(documented):
    html = (documented / "paper.html").read_text("utf-8")
    page, text = Page(html), text_of(html)
    assert (page.crossed, page.open) == ([], [])
    assert len(page.ids) == len(set(page.ids))
    assert len(page.of("caption")) == len(page.of("table"))
    assert all(image["alt"] for image in page.of("img"))
    assert not re.search(r"https?:|@import|url\(|<script", html)
    assert re.search(r"Net 0\.7778 here 0\.\d{4} Forest – here 0\.\d{4}", text)
    assert re.search(r"angry 0\.50 here 0\.\d\d", text)
    assert "Not here: a drawing." in text
    assert re.findall(r'data-item="(.*?)" data-state="(.*?)"', html) == [
        ("Table 1", "beside"),
        ("Figure 1", "beside"),
        ("Figure 2", "absent"),
    ]
    assert len(page.of("img")) == 1


def test_pages_lead_to_one_another(documented):
    for file, linked in (("index.html", "paper.html"), ("paper.html", "index.html")):
        page = Page((documented / file).read_text("utf-8"))
        local = {address for address in page.addresses if not address.startswith(("#", "data:"))}
        assert linked in local
        assert all((documented / address).exists() for address in local)
        assert {address[1:] for address in page.addresses if re.match("#.", address)} <= set(page.ids)


@pytest.mark.parametrize(
    "missing",
    [
        evaluated_dir("net") / "per_class.csv",
        analysis_dir() / "significance.csv",
        analysis_dir() / "audit.json",
        analysis_dir() / "failures" / "net.csv",
        analysis_dir() / "change" / "net" / "forest.csv",
        representations_dir("net") / "fused_tsne.csv",
    ],
    ids=str,
)
def test_what_is_missing_is_an_error(html, folder, monkeypatch, tmp_path, missing):
    monkeypatch.chdir(shutil.copytree(folder, tmp_path / "copy"))
    missing.unlink()
    with pytest.raises(PipelineError, match=rf"{re.escape(str(missing))} is not there"):
        render_page(collect_again())


def test_a_section_is_made_again_where_a_file_of_it_has_changed(html, folder, monkeypatch, tmp_path):
    monkeypatch.chdir(shutil.copytree(folder, tmp_path / "copy"))
    render_page(collect_again())
    read = []
    detail = section.read_detail
    monkeypatch.setattr(
        section, "read_detail", lambda row, *a, **b: read.append(row.system) or detail(row, *a, **b)
    )
    render_page(collect_again())
    assert read == []
    failures = analysis_dir() / "failures" / "net.csv"
    failures.write_text(failures.read_text().replace(".wav", ".flac"))
    assert ".flac" in section_of(render_page(collect_again()), "system-net")
    render_page(collect_again(code="of another version"))
    assert read == ["net", "net", "forest", "ratings"]


def test_what_is_not_evaluated_yet_is_left_out_and_counted(html, folder, monkeypatch, tmp_path):
    monkeypatch.chdir(shutil.copytree(folder, tmp_path / "copy"))
    shutil.rmtree(evaluated_dir("forest"))
    analyse.main()
    rest = collect_again()
    assert (rest.n_systems, rest.n_not_run) == (4, 1)
    assert {row.system for row in rest.rows} == {"net", "left_out", "ratings"}


def test_a_network_that_is_not_represented_yet_has_no_plane(html, folder, monkeypatch, tmp_path, render):
    monkeypatch.chdir(shutil.copytree(folder, tmp_path / "copy"))
    shutil.rmtree(representations_dir("net"))
    page = render(collect_again())
    assert 'id="system-net"' in page
    assert "Representations" not in section_of(page, "system-net")


def test_all_results_are_written_as_markdown(html, folder):
    text = (folder / DATA / "report" / "results.md").read_text("utf-8")
    assert "| `net` |" in text
    assert "| `ratings` |" in text
    assert "skipped, since nobody is left to test: `left_out`" in text


def test_speakers_never_heard_have_a_page_that_the_report_links(html, folder, monkeypatch, tmp_path):
    monkeypatch.chdir(shutil.copytree(folder, tmp_path / "copy"))
    page = Path(DATA / "report" / "new_speakers.html")
    assert not page.exists()
    monkeypatch.setattr(report, "render_new_speakers", lambda report: "the page")
    report.main()
    assert page.read_text("utf-8") == "the page"
    assert 'href="new_speakers.html"' in page.with_name("index.html").read_text("utf-8")
    monkeypatch.setattr(report, "render_new_speakers", lambda report: None)
    report.main()
    assert not page.exists()
    assert 'href="new_speakers.html"' not in page.with_name("index.html").read_text("utf-8")


def test_names_are_escaped(demo_html):
    assert "&lt;script&gt;alert(1)" in demo_html
    assert "<b>Say</b>" not in demo_html


def test_scores_of_another_profile_are_not_mixed_in(html, folder, monkeypatch):
    monkeypatch.chdir(folder)
    with pytest.raises(PipelineError, match=r"data/evaluated/net/scores.json was made in profile 'open'"):
        collect_again(profile="demo")


def test_the_same_files_make_the_same_page(html, collected, render):
    assert render(collected) == html


def test_a_study_of_the_audit_alone_is_no_question(collected, folder, monkeypatch):
    monkeypatch.chdir(folder)
    assert collected.answers
    assert collect_again(audit={"all": {"a": "net", "b": "forest", "c": "ratings"}}).answers == []


def test_the_matrix_of_corpora_is_no_question(collected):
    row = collected.rows[0]
    cell = dataclasses.replace(row, metrics={**row.metrics, "study": "cross_corpora"})
    assert asked_about([row, cell], {}) == [row]


def test_steps_of_an_account():
    steps = curation_steps({"study": "s", "n_combined": 10, "n_readable": 8, "n_kept": 8})
    assert steps == [Step("combined", 10, 0), Step("readable", 8, 2), Step("kept", 8, 0)]


@pytest.mark.slow
def test_a_hundred_large_systems_stay_below_five_megabytes(collected, render):
    (net,) = [section.read() for section in collected.sections if section.row.system == "net"]
    classes = [f"class_{number}" for number in range(9)]
    rate = [index / 199 for index in range(200)]
    heights = [x**0.5 for x in rate]
    each_class = [name for name in classes for _ in rate]
    roc = pd.DataFrame({"class": each_class, "fpr": rate * 9, "tpr": heights * 9})
    large = dataclasses.replace(
        net.predicted,
        confusion=pd.DataFrame(1234, index=classes, columns=classes).to_numpy(),
        per_class=pd.concat([net.predicted.per_class.head(1)] * 9).assign(**{"class": classes}),
        confusions=pd.concat([net.predicted.confusions.head(1)] * 50).assign(
            corpus=[f"c{n % 8}" for n in range(50)]
        ),
        roc=roc,
        pr=roc.rename(columns={"fpr": "recall", "tpr": "precision"}),
    )
    curves = pd.concat([net.curves] * 20, ignore_index=True).assign(epoch=range(1, 61))
    groups = pd.concat([net.groups] * 10, ignore_index=True)
    detail = dataclasses.replace(net, predicted=large, curves=curves, groups=groups)
    one = section.Section(net.row, "large", lambda: detail)
    many = dataclasses.replace(collected, rows=[net.row] * 100, sections=[one] * 100)
    n_bytes = len(render(many).encode())
    assert n_bytes < MOST_BYTES


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("chromium") is None, reason="needs chromium")
@pytest.mark.parametrize("width", [390, 1280])
def test_a_browser_shows_sorts_and_filters_it(html, folder, width):
    """Nothing but tables in frames of their own is wider than the window, with every section open."""
    probe = folder / PAGE.parent / "probe.html"
    probe.write_text(PROBE.replace("WIDTH", str(width)), "utf-8")
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--allow-file-access-from-files"]
    command = ["chromium", *options, "--virtual-time-budget=9000", "--dump-dom", probe.as_uri()]
    shown = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    assert json.loads(re.search(r"<title>(.*?)</title>", shown)[1]) == {
        "overflow": 0,
        "all": "4 of 4 systems",
        "sorted": ["descending", "net"],
        "again": ["ascending", "forest"],
        "found": "1 of 4 systems",
        "pretrained": "0 of 4 systems",
        "dark": "dark",
    }
