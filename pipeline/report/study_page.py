"""One page for each document: its tables and figures in its order and numbering, ours beside the published values.

What a document has stands in results/documents/<document>.yaml (`pipeline.config.documents`); this module looks up
the published value and ours of each cell, and says why ours is missing or not to be compared.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.config.documents import Address, Column, Figure, Item, Layout
from pipeline.config.documents import Row as LayoutRow
from pipeline.config.published import Document, Published, Result
from pipeline.core.paths import figures_dir, representations_dir
from pipeline.evaluation.formats import MISSING
from pipeline.exploration.files import CLIP_FIGURES, figure_path
from pipeline.report.layers import Layers, read_layers
from pipeline.report.leaderboard import Row
from pipeline.report.measured import Measured, our_name, written
from pipeline.report.real_results import RealResult
from pipeline.report.study_extras import Listing, Panel, read_listing, residual_panels

COUNTS = ("n", "n_train", "parameters", "best_epoch")
NEVER_PERCENT = ("loss", "ccc", "pcc", "mse")  # within a score's name
REAL = ("accuracy", "uar", "weighted_f1")  # that kept results have
INCOMPARABLE = {  # that of synthetic speech stands above the whole page
    "other corpora": "Ours is of other corpora than the document's",
    "other protocol": "Ours is split in another way than the document's",
}


@dataclass(frozen=True)
class Cell:
    """What a document prints, and ours: of this run, and of a run on real corpora that was kept; None: nothing."""

    published: str | None
    ours: str | None = None
    real: str | None = None


@dataclass(frozen=True)
class Line:
    """A row of a table."""

    labels: list[str]
    cells: list[Cell]
    note: str | None


@dataclass(frozen=True)
class Drawing:
    """A figure of ours: its caption and file; without a file, why."""

    caption: str
    path: Path | None
    why: str | None


@dataclass(frozen=True)
class Block:
    """A table or figure of a document, filled.

    Attributes:
        item: As it is laid out.
        lines: Of its table.
        drawings: Figures of ours.
        layers: Of networks of ours.
        listings: Lists of clips and confusions of ours.
        panels: Lines over residuals of ours.
        notes: Why ours is missing or not to be compared.
    """

    item: Item
    lines: list[Line]
    drawings: list[Drawing]
    layers: list[Layers]
    listings: list[Listing]
    panels: list[Panel]
    notes: list[str]

    @property
    def anchor(self) -> str:
        return self.item.name.lower().replace(" ", "-").replace(".", "-")

    @property
    def beside(self) -> bool:
        """Whether something of ours stands beside it."""
        measured = any(cell.ours or cell.real for line in self.lines for cell in line.cells)
        listed = self.layers or self.listings or self.panels
        return measured or bool(listed) or any(drawing.path for drawing in self.drawings)

    @property
    def n_published(self) -> int:
        """How many cells hold what the document prints."""
        return sum(cell.published is not None for line in self.lines for cell in line.cells)

    @property
    def noted(self) -> bool:
        return any(line.note for line in self.lines)

    @property
    def kinds(self) -> list[str]:
        """What each column is set as: "number", or "words" where a cell holds some."""
        columns = zip(*(line.cells for line in self.lines), strict=True)
        return ["words" if any(_is_words(cell) for cell in column) else "number" for column in columns]


@dataclass(frozen=True)
class StudyPage:
    """A document's page."""

    name: str
    layout: Layout
    synthetic: bool
    blocks: list[Block]

    @property
    def n_beside(self) -> int:
        return sum(block.beside for block in self.blocks)


def study_page(
    name: str, layout: Layout, document: Document, measured: Measured, real: Iterable[RealResult]
) -> StudyPage:
    """Fill a document's tables and figures."""
    systems = document.reported
    rows = [row for system, row in measured.rows.items() if system in systems]
    filler = _Filler(document, measured, list(real))
    blocks = [filler.block(item) for item in layout.items]
    return StudyPage(name, layout, any(row.synthetic for row in rows), blocks)


class _Filler:
    """Fills the items of one document."""

    def __init__(self, document: Document, measured: Measured, real: list[RealResult]) -> None:
        self.document = document
        self.measured = measured
        self.real = real

    def block(self, item: Item) -> Block:
        lines = [
            Line(row.labels, [self._cell(item, row, number) for number in range(len(item.columns))], row.note)
            for row in item.rows
        ]
        drawings = [self._drawing(figure) for figure in item.figures]
        layers = [found for system in item.layers if (found := self._layers(system))]
        there = [clips for clips in item.clips if self._missing(clips.system) is None]
        listings = [listing for clips in there if (listing := read_listing(clips))]
        panels = residual_panels(item.residuals, self.measured.rows)
        return Block(item, lines, drawings, layers, listings, panels, self._notes(item))

    def _cell(self, item: Item, row: LayoutRow, number: int) -> Cell:
        column, address = item.columns[number], item.address(row, item.columns[number])
        printed = row.cells[number] if row.cells else None
        if not address.whole or (row.only is not None and column.heading not in row.only):
            return Cell(printed)
        published = self._published(item, column, address) if printed is None else printed
        return Cell(published, self._ours(item, column, address), self._real(item, column, address))

    def _published(self, item: Item, column: Column, address: Address) -> str | None:
        system = self.document.reported.get(address.name)
        if system is None:
            return None
        if address.hyper_parameter is not None:
            values = system.hyper_parameters
            return written(values[address.hyper_parameter]) if address.hyper_parameter in values else None
        if address.score == "parameters":
            return None if system.parameters is None else f"{system.parameters:,}"
        if address.score == "n":
            n = next((result.n for result in _results(system, address) if result.n), None)
            return None if n is None else f"{n:,}"
        name: Any = address.score_name
        for result in _results(system, address):
            if name in result.scores:
                text = _write(result.scores[name], item, column, address)
                sd = f" ({_write(result.sd[name], item, column, address)})" if name in result.sd else ""
                return text + sd + result.marks.get(name, "")
        return None

    def _ours(self, item: Item, column: Column, address: Address) -> str | None:
        value, sd = self.measured.value(address), self.measured.sd(address)
        if value is None:
            return None
        if isinstance(value, str):
            return value
        marks = "".join(mark for mark, base in item.marks.items() if self.measured.differs(address, base))
        spread = f" ({_write(sd, item, column, address)})" if sd is not None else ""
        return _write(value, item, column, address) + spread + marks

    def _real(self, item: Item, column: Column, address: Address) -> str | None:
        """Return what was measured on the document's own corpora, split its way, and kept."""
        system, name = self.document.reported.get(address.name), our_name(address)
        if (
            system is None
            or name not in REAL
            or address.part != "test"
            or address.class_name
            or address.corpus
        ):
            return None
        corpora = set(system.corpora or self.document.corpora or [])
        protocol = system.protocol or self.document.protocol
        shares = "/".join(f"{100 * share:g}" for share in ((protocol and protocol.shares) or {}).values())
        for result in self.real:
            same = result.system == address.name and result.condition is None
            where = corpora == set(result.train_corpus.split(",")) == set(result.test_corpus.split(","))
            if same and where and protocol and result.protocol == f"{protocol.name} {shares}".strip():
                value = {"accuracy": result.accuracy, "uar": result.uar, "weighted_f1": result.weighted_f1}[
                    name
                ]
                sd = result.sd if name == "accuracy" else None
                spread = f" ({_write(sd, item, column, address)})" if sd is not None else ""
                return None if value is None else _write(value, item, column, address) + spread
        return None

    def _drawing(self, figure: Figure) -> Drawing:
        if figure.study is not None:
            path = figure_path(figure.name, figure.study)
        elif figure.representation:
            path = representations_dir(str(figure.system)) / f"{figure.name}_tsne.png"
        else:
            path = figures_dir(str(figure.system)) / f"{figure.name}.png"
        why = self._missing(figure.system) if figure.system else None
        if why is None and path.exists():
            return Drawing(figure.caption, path, None)
        no_audio = ", or the audio is not at hand" if figure.name in CLIP_FIGURES else ""
        return Drawing(figure.caption, None, why or f"there is nothing to draw in this profile{no_audio}")

    def _layers(self, system: str) -> Layers | None:
        row = self.measured.rows.get(system)
        return read_layers(system) if row is not None and row.trained else None

    def _missing(self, system: str) -> str | None:
        """Return why a system has no scores; None where it has."""
        row = self.measured.rows.get(system)
        if row is None:
            not_built = system in self.document.not_built
            return "it is not among the systems here" if not_built else "it has not been run yet"
        return None if row.trained else row.metrics["reason"]

    def _notes(self, item: Item) -> list[str]:
        """Return why ours is missing or not to be compared: each reason once, of which systems if not of all."""
        named = [item.address(row, column) for row in item.rows for column in item.columns]
        systems = [address.name for address in named if address.system is not None and address.whole]
        systems = list(dict.fromkeys(systems + item.shown_of))
        reasons: dict[str, list[str]] = {}
        for system in systems:
            for reason in self._reasons(system, self.measured.rows.get(system)):
                reasons.setdefault(reason, []).append(system)
        notes = [
            reason if len(concerned) == len(systems) else f"{reason}: {', '.join(concerned)}"
            for reason, concerned in reasons.items()
        ]
        return notes + self._clips_missing(named)

    def _clips_missing(self, named: list[Address]) -> list[str]:
        """Return which corpora, or whole studies, have no clips in this profile."""
        absent = [address for address in named if address.whole and self.measured.value(address) is None]
        corpora = dict.fromkeys(address.corpus for address in absent if address.corpus)
        studies = dict.fromkeys(address.study for address in absent if _of_study(address))
        missing = [*filter(None, corpora), *(f"the study {study}" for study in studies)]
        notes = [f"Ours has no clips of {', '.join(missing)} in this profile"] if missing else []
        if any(address.part == "cross" and self.measured.row(address) for address in absent):
            notes.append("Ours is tested on no other corpus in this profile")
        return notes

    def _reasons(self, system: str, row: Row | None) -> list[str]:
        if row is None:
            return ["Not among the systems here" if system in self.document.not_built else "Not run yet"]
        if not row.trained:
            return [f"Skipped: {row.metrics['reason']}"]
        found = [INCOMPARABLE[row.incomparable]] if row.incomparable in INCOMPARABLE else []
        if row.metrics.get("random_weights"):
            found.append("Ours starts from random weights where the document starts from pretrained ones")
        return found


def _of_study(address: Address) -> bool:
    """Tell whether an address is of all clips of a study."""
    return address.study is not None and address.corpus is None and address.class_name is None


def _is_words(cell: Cell) -> bool:
    """Tell whether a cell is no number, nor a few of them."""
    return cell.published is not None and sum(letter.isalpha() for letter in cell.published) > 5


def _results(system: Published, address: Address) -> list[Result]:
    """Return what a document reports of a system at an address, in its order."""
    wanted = (address.part, address.class_name, address.corpus)
    return [
        result
        for result in system.results
        if (result.part, result.class_name, result.corpus) == wanted
        and (result.source or "").lower() == address.source
    ]


def _write(value: float, item: Item, column: Column, address: Address) -> str:
    """Write a value as the document writes that table."""
    if address.score in COUNTS or address.score is None:
        return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"
    digits = item.digits if column.digits is None else column.digits
    percent = item.percent if column.percent is None else column.percent
    if percent and not any(part in address.score_name for part in NEVER_PERCENT):
        value *= 100
    return f"{round(value, digits) + 0.0:.{digits}f}".replace("-", "−")  # -0.0 + 0.0 is 0.0


def columns_of(item: Item) -> list[str]:
    """Return the headings of a table, those in percent with its sign."""
    return [
        f"{column.heading}, %" if _in_percent(item, column) else column.heading for column in item.columns
    ]


def _in_percent(item: Item, column: Column) -> bool:
    percent = item.percent if column.percent is None else column.percent
    counted = column.of.score in COUNTS
    return percent and not counted and "%" not in item.title + column.heading


def shown(text: str | None) -> str:
    """Return a cell's text, a dash where there is none."""
    return MISSING if text is None else text


def by_system(rows: Iterable[Row]) -> Mapping[str, Row]:
    """Return the leaderboard by system."""
    return {row.system: row for row in rows}
