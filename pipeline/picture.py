"""Take the README's picture of the report with a headless Chromium: `make picture` runs it."""

import argparse
import shutil
import subprocess
import tempfile
from pathlib import Path

from PIL import Image

from pipeline.core.errors import PipelineError
from pipeline.core.paths import DATA

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
WIDTH, HEIGHT = 1200, 900  # pixels
N_COLOURS = 64  # of text on plain grounds; takes half of the bytes of full colour
MOST_BYTES = 200_000
SECONDS = 120


def take(page: Path, picture: Path) -> None:
    """Write what a window shows of the top of a page as a PNG file.

    Args:
        page: HTML file.
        picture: PNG file; its folder is made.

    Raises:
        PipelineError: There is no page or no Chromium, it takes no picture, or the picture is too large.
    """
    if not page.exists():
        raise PipelineError(f"{page} is not there; `make repro` writes it")
    picture.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        raw = Path(folder) / "raw.png"
        _run_browser(f"--screenshot={raw}", f"--user-data-dir={folder}/profile", page.resolve().as_uri())
        if not raw.exists():
            raise PipelineError(
                f"Chromium took no picture of {page}: run `{find_browser()} --version` to see why"
            )
        reduce(raw, picture)


def reduce(raw: Path, picture: Path) -> None:
    """Write a screenshot with few colours.

    Raises:
        PipelineError: It is too large all the same.
    """
    with Image.open(raw) as image:
        colours = image.convert("RGB").quantize(N_COLOURS, dither=Image.Dither.NONE)
    colours.save(picture, optimize=True)
    n_bytes = picture.stat().st_size
    if n_bytes > MOST_BYTES:
        raise PipelineError(
            f"{picture} has {n_bytes:,} bytes, expected at most {MOST_BYTES:,}: lower N_COLOURS or HEIGHT"
        )


def _run_browser(*arguments: str) -> None:
    window = f"--window-size={WIDTH},{HEIGHT}"
    # root has no sandbox; the page is the project's own and loads nothing
    command = [find_browser(), "--headless", "--disable-gpu", "--hide-scrollbars", "--no-sandbox", window]
    subprocess.run([*command, *arguments], stderr=subprocess.DEVNULL, timeout=SECONDS, check=False)


def find_browser() -> str:
    """Return the path of a Chromium."""
    for name in BROWSERS:
        if path := shutil.which(name):
            return path
    raise PipelineError(
        f"found none of {', '.join(BROWSERS)}: install Chromium, such as by `apt install chromium`"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--page", type=Path, default=DATA / "report" / "index.html")
    parser.add_argument("--picture", type=Path, default=Path("docs/report.png"))
    arguments = parser.parse_args()
    try:
        take(arguments.page, arguments.picture)
    except PipelineError as error:
        parser.error(str(error))


if __name__ == "__main__":
    main()
