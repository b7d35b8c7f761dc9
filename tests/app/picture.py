"""Take README's picture of the application with a real browser: `make picture` runs it.

A trained system is asked about one actor of the demo corpus, emotion after emotion.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np
import soundfile
from playwright.sync_api import Page, sync_playwright

from pipeline.app.cards import read_cards
from pipeline.app.limits import Limits
from pipeline.app.server import create_app
from pipeline.app.systems import Catalogue
from pipeline.audio.reading import load_mono
from pipeline.core.errors import PipelineError
from pipeline.core.paths import audio_root
from pipeline.inference.predictor import load
from pipeline.picture import find_browser, reduce
from tests.app.conftest import Server

PICTURE = Path("docs/app.png")
SYSTEM = "annamalai_svm"  # of those that `make tour` trains
RATE, SECONDS = 48_000, 5
CLIPS = "Actor_{actor:02}/03-01-{emotion:02}-01-{statement:02}-01-{actor:02}.wav"
ACTOR, EMOTIONS = 3, (3, 5, 4, 6, 1, 8, 7)  # happy, angry, sad, fearful, neutral, surprised, disgust
SIZE = {"width": 1180, "height": 1120}


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as running:
        recording = write_recording(Path(folder, "one actor, seven emotions.wav"))
        app = create_app(Catalogue(read_cards(), load, SYSTEM), Limits())
        with Server(app) as server:
            browser = running.chromium.launch(executable_path=find_browser())
            raw = Path(folder, "raw.png")
            photograph(browser.new_page(viewport=SIZE), server.url, recording, raw)
            browser.close()
        reduce(raw, PICTURE)


def write_recording(path: Path) -> Path:
    """Write two sentences a segment, an emotion after the other, and a pause after the fifth."""
    root, half = audio_root("demo_ravdess"), SECONDS * RATE // 2
    parts = []
    for place, emotion in enumerate(EMOTIONS):
        for statement in (1, 2):
            clip = load_mono(root / CLIPS.format(actor=ACTOR, emotion=emotion, statement=statement), RATE)
            clip = clip[RATE // 4 :][:half]
            parts.append(np.pad(clip, (0, half - len(clip))))
        if place == 4:
            parts.append(np.zeros(2 * half, np.float32))
    soundfile.write(path, np.concatenate(parts), RATE, subtype="PCM_16")
    return path


def photograph(page: Page, url: str, recording: Path, picture: Path) -> None:
    """Upload a recording, and take a picture of the answer in its second segment."""
    page.goto(url)
    page.set_input_files("#file", recording)
    page.locator("#segments button").nth(1).click()
    for _ in range(2):
        page.locator("#wave").press("ArrowRight")
    page.locator("#theme").focus()
    page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
    page.wait_for_timeout(1000)  # until bars and page have stopped moving
    page.screenshot(path=picture)


if __name__ == "__main__":
    try:
        main()
    except PipelineError as error:
        sys.exit(f"error: {error}")
