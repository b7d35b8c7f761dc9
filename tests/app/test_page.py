"""The page in a real browser. Needs Chromium and requirements-browser.txt: `make test-browser` runs it."""

import json
import re
import shutil

import pytest

from pipeline.picture import BROWSERS
from tests.app import sounds
from tests.app.conftest import RATE, Server, make_app, tones, write

playwright = pytest.importorskip("playwright.sync_api", reason="needs requirements-browser.txt")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs requirements-browser.txt")
expect = playwright.expect

CHROMIUM = next(filter(None, map(shutil.which, BROWSERS)), None)
pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")]
MICROPHONE = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=CHROMIUM, args=MICROPHONE)
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser, server):
    """Opens the page; at the end nothing may have failed on it, and nothing been asked of any other server."""
    contexts, wrong = [], []

    def open_page(url=server.url, width=1400, scheme="light", **settings):
        context = browser.new_context(
            viewport={"width": width, "height": 844}, color_scheme=scheme, **settings
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda said: "Security Policy" in said.text and wrong.append(said.text))
        page.on("request", lambda one: one.url.startswith((url, "blob:", "data:")) or wrong.append(one.url))
        page.goto(url)
        expect(page.locator("#facts dt")).to_have_count(5)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert wrong == []


@pytest.fixture(scope="module")
def recordings(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sounds")
    samples = tones("happy", "sad", None)
    write(folder / "two.wav", samples)
    write(folder / "two.mp3", samples[: -RATE // 2])  # MP3 fills its last frame
    write(folder / "loud.flac", tones("angry", "fearful", mix=0.7))
    (folder / "text.wav").write_text("This is no sound.\n" * 20)
    return folder


def barriers(page):
    """Return what axe finds in the way of people who see, hear or point otherwise."""
    return axe.Axe().run(page).generate_report().strip()


def upload(page, path):
    page.set_input_files("#file", path)
    expect(page.locator("#result")).to_be_visible()


@pytest.mark.parametrize("name", ["two.wav", "two.mp3"])
def test_a_file_is_answered_segment_by_segment(open_page, recordings, name):
    page = open_page()
    upload(page, recordings / name)
    segments = page.locator("#segments button")
    expect(segments).to_have_count(3)
    expect(segments.nth(0)).to_contain_text("happy")
    expect(segments.nth(0)).to_contain_text("sure")
    expect(segments.nth(1)).to_contain_text("sad")
    expect(segments.nth(2)).to_contain_text("no speech")
    expect(page.locator("#now li")).to_have_count(3)


@pytest.mark.parametrize("name", ["two.wav", "two.mp3"])
def test_the_live_top_three_changes_at_five_seconds(open_page, recordings, name):
    page = open_page()
    upload(page, recordings / name)
    page.locator("#wave").focus()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    first = page.locator("#now li").first
    expect(first).to_contain_text("happy")
    page.keyboard.press("Space")
    expect(page.locator("#play")).to_have_attribute("aria-label", "Pause")
    expect(first).to_contain_text("sad")
    assert 5 <= float(page.locator("#wave").get_attribute("aria-valuenow")) < 7
    page.keyboard.press("Space")
    expect(page.locator("#play")).to_have_attribute("aria-label", "Play")


def test_keys_and_clicks_seek(open_page, recordings):
    page = open_page()
    upload(page, recordings / "two.wav")
    wave = page.locator("#wave")
    wave.focus()
    for key, seconds in [
        *(("PageDown", "5.0"), ("ArrowLeft", "4.0"), ("End", "15.0"), ("PageUp", "5.0"), ("Home", "0.0")),
    ]:
        page.keyboard.press(key)
        expect(wave).to_have_attribute("aria-valuenow", seconds)
    page.locator("#segments button").nth(1).click()
    expect(wave).to_have_attribute("aria-valuetext", re.compile("^0:05 of 0:15, sad 100 %, sure$"))
    expect(page.locator("#segments button").nth(1)).to_have_attribute("aria-current", "true")
    box = wave.bounding_box()
    wave.click(position={"x": box["width"] / 2, "y": 20})
    assert float(wave.get_attribute("aria-valuenow")) == pytest.approx(7.5, abs=0.1)


def test_the_answer_is_downloaded_as_json_and_csv(open_page, recordings, tmp_path):
    page = open_page()
    upload(page, recordings / "two.wav")
    texts = {}
    for button in ("#save-json", "#save-csv"):
        with page.expect_download() as download:
            page.locator(button).click()
        download.value.save_as(tmp_path / "file")
        texts[download.value.suggested_filename] = (tmp_path / "file").read_text()
    answer = json.loads(texts["two.emotions.json"])
    assert [one["speech"] for one in answer["segments"]] == [True, True, False]
    rows = texts["two.emotions.csv"].splitlines()
    assert rows[0] == "start,end,speech,top,neutral,happy,sad,angry,fearful"
    assert rows[2].startswith("5,10,true,sad,")
    assert rows[3] == "10,15,false,,,,,,"


def test_a_text_file_gets_a_clear_message(open_page, recordings):
    page = open_page()
    page.set_input_files("#file", recordings / "text.wav")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("The file cannot be read as audio: not audio: text.")
    expect(alert).to_contain_text("Send a recording as WAV, MP3")
    page.locator("#dismiss").click()
    expect(alert).to_be_hidden()
    upload(page, recordings / "two.wav")


def test_work_can_be_cancelled(open_page, server, tmp_path):
    page = open_page()
    page.select_option("#system", "slow")
    page.set_input_files("#file", write(tmp_path / "long.wav", tones(*["sad"] * 20)))
    expect(page.locator("#step")).to_have_text("Listening")
    page.locator("#cancel").click()
    expect(page.locator("#choose")).to_be_visible()
    expect(page.get_by_role("alert")).to_be_hidden()
    assert server.settles()


def test_another_system_can_be_asked_about_the_same_recording(open_page, recordings):
    page = open_page()
    upload(page, recordings / "two.wav")
    expect(page.locator("#synthetic")).to_be_visible()
    page.select_option("#system", "slow")
    expect(page.locator("#synthetic")).to_be_hidden()
    expect(page.locator("#facts")).to_contain_text("known speakers")
    page.locator("#again").click()
    expect(page.locator("#summary")).to_contain_text("slow")
    expect(page.locator("#again")).to_be_hidden()
    page.select_option("#speech", "silero")
    page.locator("#again").click()
    expect(page.locator("#notes")).to_contain_text("speech by silero")


def test_dimensions_are_shown_as_values(open_page, recordings):
    page = open_page()
    page.select_option("#system", "rating")
    upload(page, recordings / "two.wav")
    expect(page.locator("#answer")).to_have_text("0.21arousal−0.50valence")
    expect(page.locator("#now li").nth(1)).to_contain_text("−0.50")
    expect(page.locator("#segments button").nth(2)).to_contain_text("no speech")
    expect(page.locator("#legend")).to_be_hidden()


def test_where_the_server_is_busy_the_page_waits(open_page, recordings):
    with Server(make_app(at_once=1, retry_seconds=1)) as server:
        page, other = open_page(server.url), open_page(server.url)
        other.select_option("#system", "slow")
        other.set_input_files("#file", recordings / "two.wav")
        expect(other.locator("#step")).to_have_text("Listening")
        page.set_input_files("#file", recordings / "two.wav")
        expect(page.locator("#step")).to_contain_text("trying again")
        expect(page.locator("#result")).to_be_visible()


def test_the_microphone_is_recorded_and_answered(open_page):
    page = open_page(permissions=["microphone"])
    page.locator("#record").click()
    expect(page.locator("#recorded")).to_have_text("0:02")
    page.locator("#stop").click()
    expect(page.locator("#result")).to_be_visible()
    expect(page.locator("#total")).to_have_text(re.compile("0:0[12]"))


def test_a_recording_can_be_dropped_on_the_page(open_page):
    page = open_page()
    content = [*sounds.audio(sounds.tone(1))]
    page.evaluate(
        """content => {
            const data = new DataTransfer();
            data.items.add(new File([new Uint8Array(content)], "dropped.wav"));
            document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true }));
        }""",
        content,
    )
    expect(page.locator("#segments button")).to_have_count(1)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1400])
def test_nobody_is_kept_out(open_page, recordings, width, scheme, tmp_path):
    page = open_page(width=width, scheme=scheme)
    assert barriers(page) == NO_BARRIER
    page.set_input_files("#file", recordings / "text.wav")
    expect(page.get_by_role("alert")).to_be_visible()
    upload(page, recordings / "loud.flac")
    page.wait_for_timeout(400)  # until the bars have moved
    assert barriers(page) == NO_BARRIER
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_page_of_the_api_lists_it(open_page):
    page = open_page()
    page.get_by_role("link", name="API").click()
    expect(page.get_by_role("heading", name="POST /api/predict")).to_be_visible()
    expect(page.locator("body")).to_contain_text("Length of a segment in seconds. Default 5.")
    assert barriers(page) == NO_BARRIER


NO_BARRIER = "Found 0 accessibility violations:"


def test_a_theme_is_kept(open_page):
    page = open_page()
    page.locator("#theme").click()
    page.locator("#theme").click()
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
