"""The README's picture of the report."""

import shutil

import pytest
from PIL import Image

from pipeline import picture
from pipeline.core.errors import PipelineError

PAGE = '<!doctype html><body style="margin:0"><div style="height:2000px;background:#ff0000"></div>'


@pytest.fixture
def page(tmp_path):
    path = tmp_path / "index.html"
    path.write_text(PAGE, "utf-8")
    return path


def browser_that_draws(monkeypatch, image):
    """Stand in for Chromium: write this image where the screenshot belongs."""

    def draw(screenshot, *_):
        image.save(screenshot.removeprefix("--screenshot="))

    monkeypatch.setattr(picture, "_run_browser", draw)


def test_a_missing_page_is_named(tmp_path):
    with pytest.raises(PipelineError, match=r"index\.html is not there; `make repro` writes it"):
        picture.take(tmp_path / "index.html", tmp_path / "report.png")


def test_without_a_browser_it_says_what_to_install(page, tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(PipelineError, match="install Chromium"):
        picture.take(page, tmp_path / "report.png")


def test_the_picture_has_few_colours(page, tmp_path, monkeypatch):
    browser_that_draws(monkeypatch, Image.linear_gradient("L"))
    picture.take(page, tmp_path / "docs" / "report.png")
    with Image.open(tmp_path / "docs" / "report.png") as image:
        assert image.size == (256, 256)
        assert len(image.getcolors()) <= 64


def test_a_picture_that_is_too_large_is_refused(page, tmp_path, monkeypatch):
    browser_that_draws(monkeypatch, Image.effect_noise((1200, 900), 80))
    with pytest.raises(PipelineError, match=r"report\.png has \d+,\d+ bytes, expected at most 200,000"):
        picture.take(page, tmp_path / "report.png")


@pytest.mark.slow
@pytest.mark.skipif(not any(map(shutil.which, picture.BROWSERS)), reason="needs Chromium")
def test_a_browser_takes_the_top_of_the_page(page, tmp_path):
    picture.take(page, tmp_path / "report.png")
    with Image.open(tmp_path / "report.png") as image:
        assert image.size == (1200, 900)
        assert image.convert("RGB").getcolors() == [(1200 * 900, (255, 0, 0))]
