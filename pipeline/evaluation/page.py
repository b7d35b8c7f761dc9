"""The report as one HTML file that loads nothing: style, script and figures are in it."""

import base64
import struct
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from pipeline.evaluation import drawing, formats
from pipeline.evaluation.collect import Detail, Picture, Report
from pipeline.evaluation.results_table import SYNTHETIC_WARNING

TEMPLATES = Path(__file__).parent / "templates"


def render_page(report: Report) -> str:
    """Return the HTML of the report."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for formatter in (formats.percent, formats.points, formats.count, formats.duration, formats.yes_no):
        environment.filters[formatter.__name__] = formatter
    return environment.get_template("report.html.j2").render(
        report=report,
        warning=SYNTHETIC_WARNING,
        charts=_charts,
        embed=_embed,
        speakers=_speaker_range,
        score_names=formats.SCORE_NAMES,
        chart_size=(drawing.WIDTH, drawing.HEIGHT),
        style=_verbatim("report.css"),
        script=_verbatim("report.js"),
    )


def _verbatim(name: str) -> Markup:
    """Return a file of our own that must not be escaped."""
    return Markup((TEMPLATES / name).read_text("utf-8"))


def _charts(detail: Detail) -> list[tuple[str, drawing.Chart]]:
    """Lay out the learning curves of a system; none where it has no epochs."""
    if detail.curves.empty:
        return []
    return [
        ("Loss", drawing.line_chart(detail.curves, ["train_loss", "val_loss"], shares=False)),
        ("Validation score", drawing.line_chart(detail.curves, ["val_accuracy", "val_uar"], shares=True)),
    ]


def _embed(picture: Picture) -> dict[str, Any]:
    """Return the attributes of an image that is part of the page: address, width and height in pixels."""
    width, height = struct.unpack(">II", picture.png[16:24])  # of a PNG's first chunk
    encoded = base64.b64encode(picture.png).decode("ascii")
    return {"src": f"data:image/png;base64,{encoded}", "width": width, "height": height}


def _speaker_range(detail: Detail) -> dict[str, Any] | None:
    """Summarise the accuracies of the single speakers; None with fewer than two."""
    accuracy = detail.groups.query("kind == 'speaker'")["accuracy"]
    if len(accuracy) < 2:
        return None
    return {"n": len(accuracy), "low": accuracy.min(), "median": accuracy.median(), "high": accuracy.max()}
