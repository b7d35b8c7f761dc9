"""The report as one HTML file that loads nothing: style, script and figures are in it."""

import base64
import struct
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from pipeline.core.settings import DIMENSIONS
from pipeline.evaluation import drawing, formats
from pipeline.evaluation.collect import Detail, Picture, Report
from pipeline.evaluation.history import LOSSES
from pipeline.evaluation.results_table import SYNTHETIC_WARNING

TEMPLATES = Path(__file__).parent / "templates"
FORMATTERS = (
    formats.percent,
    formats.points,
    formats.coefficient,
    formats.step,
    formats.count,
    formats.duration,
    formats.yes_no,
)


def render_page(report: Report) -> str:
    """Return the HTML of the report."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for formatter in FORMATTERS:
        environment.filters[formatter.__name__] = formatter
    return environment.get_template("report.html.j2").render(
        report=report,
        warning=SYNTHETIC_WARNING,
        charts=_charts,
        embed=_embed,
        speakers=_speaker_range,
        score_names=formats.SCORE_NAMES,
        dimensions=DIMENSIONS,
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
    scores = ["val_ccc"] if detail.row.targets else ["val_accuracy", "val_uar"]
    return [
        ("Loss", drawing.line_chart(detail.curves, [*LOSSES], shares=False)),
        ("Validation score", drawing.line_chart(detail.curves, scores, shares=not detail.row.targets)),
    ]


def _embed(picture: Picture) -> dict[str, Any]:
    """Return the attributes of an image that is part of the page: address, width and height in pixels."""
    width, height = struct.unpack(">II", picture.png[16:24])  # of a PNG's first chunk
    encoded = base64.b64encode(picture.png).decode("ascii")
    return {"src": f"data:image/png;base64,{encoded}", "width": width, "height": height}


def _speaker_range(detail: Detail) -> dict[str, Any] | None:
    """Summarise the main scores of the single speakers, where they have one; None with fewer than two."""
    scores = detail.groups.query("kind == 'speaker'")[detail.row.main_score].dropna()
    if len(scores) < 2:
        return None
    return {"n": len(scores), "low": scores.min(), "median": scores.median(), "high": scores.max()}
