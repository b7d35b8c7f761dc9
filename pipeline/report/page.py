"""The report as one HTML file that loads nothing: style, script and figures are in it."""

import base64
import struct
from collections.abc import Sequence
from functools import cache, partial
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from pipeline.config.systems import DIMENSIONS
from pipeline.evaluation import formats
from pipeline.evaluation.metrics import METRICS, class_metrics
from pipeline.evaluation.remembered import remembered
from pipeline.report import drawing, geometry, panels
from pipeline.report.collect import Picture, Report
from pipeline.report.real_tables import real_tables
from pipeline.report.results_table import SYNTHETIC_WARNING
from pipeline.report.section import TEMPLATES, Section
from pipeline.report.training_summary import epoch_curves

FORMATTERS = (
    formats.percent,
    formats.points,
    formats.coefficient,
    formats.step,
    formats.count,
    formats.short_count,
    formats.seconds,
    formats.p_value,
    formats.number,
    formats.written,
    formats.duration,
    formats.yes_no,
)
PANELS = (
    panels.learning_charts,
    panels.curve_sets,
    panels.frequent_confusions,
    panels.residual_charts,
    panels.trial_chart,
    panels.important_features,
    panels.plane_chart,
    panels.group_tables,
    panels.speaker_range,
    panels.change_rows,
    drawing.reliability_chart,
    drawing.coverage_chart,
    epoch_curves,
    real_tables,
)


@cache
def make_environment() -> Environment:
    """Return what fills the templates, each read once: its filters write numbers, a name not given is an error."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for formatter in FORMATTERS:
        environment.filters[formatter.__name__] = formatter
    environment.filters["breakable"] = _breakable
    return environment


def render_page(report: Report, documents: Sequence[str] = ()) -> str:
    """Return the HTML of the report, with links to the pages of some documents."""
    environment = make_environment()
    for panel in PANELS:
        environment.globals[panel.__name__] = panel
    environment.globals |= {
        "geometry": geometry,
        "section_html": partial(section_html, environment),
        "warning": SYNTHETIC_WARNING,
        "score_names": {name: metric.title for name, metric in METRICS.items()},
        "class_metrics": class_metrics(),
        "dimensions": DIMENSIONS,
    }
    return environment.get_template("report.html.j2").render(
        report=report,
        documents=documents,
        embed=embed,
        style=verbatim("report.css"),
        script=verbatim("report.js"),
    )


def section_html(environment: Environment, section: Section) -> Markup:
    """Return the HTML of a system's section, from the cache where it was written before."""

    def write() -> str:
        return environment.get_template("system.html.j2").render(detail=section.read())

    return Markup(remembered("sections", section.key, write))


def verbatim(name: str) -> Markup:
    """Return a file of the project's own, which must not be escaped."""
    return Markup((TEMPLATES / name).read_text("utf-8"))


def _breakable(name: str) -> Markup:
    """Let a name be broken after its underscores."""
    return Markup("_<wbr>").join(escape(part) for part in name.split("_"))


def embed(picture: Picture) -> dict[str, Any]:
    """Return the attributes of an image that is part of the page: address, width and height in pixels."""
    width, height = struct.unpack(">II", picture.png[16:24])  # of a PNG's first chunk
    encoded = base64.b64encode(picture.png).decode("ascii")
    return {"src": f"data:image/png;base64,{encoded}", "width": width, "height": height}
