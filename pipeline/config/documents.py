"""How the documents lay out their tables and figures: results/documents/<document>.yaml, for the report's pages.

A file lists every table and figure that its document prints, in its order and with its numbers. A table is rows
and columns; where a cell's value comes from is said by what the table, the column and the row say together (`of`).
Values of systems stand in results/published.yaml and are looked up there; all else that a table holds is text in
`cells`.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, ValidationError, model_validator
from ruamel.yaml import YAML, YAMLError

from pipeline.config.base import Settings
from pipeline.config.mistakes import describe
from pipeline.config.published import Part, Score
from pipeline.core.errors import PipelineError

FOLDER = Path("results/documents")


class Address(Settings):
    """Where a value comes from. What a row says goes before its column, and that before its table."""

    system: str | None = None
    suffix: str = ""  # behind the system's name, where a column is of another system than its neighbour
    # n: clips; n_train: clips that are trained on
    score: Score | Literal["n", "n_train", "parameters"] | None = None
    average: Literal["macro", "weighted"] | None = None  # put before the score
    part: Part = "test"
    class_name: str | None = None
    corpus: str | None = None
    source: str | None = (
        None  # where it stands in results/published.yaml; left out: below the table's own name
    )
    ours: Score | None = None  # what is shown beside it, where ours has another name
    hyper_parameter: str | None = None  # in place of a score: as the document names it
    setting: str | None = None  # the same, as our run names it; left out: alike
    study: str | None = None  # in place of a system, with
    step: str | None = None  # what a step of its curation leaves

    @property
    def whole(self) -> bool:
        """Whether something can be looked up by it."""
        of_system = self.system is not None and (self.score or self.hyper_parameter) is not None
        return of_system or (self.study is not None and self.step is not None)

    @property
    def name(self) -> str:
        """The system's name."""
        return f"{self.system}{self.suffix}"

    @property
    def score_name(self) -> str:
        """The score's name, with the kind of average."""
        return f"{self.average}_{self.score}" if self.average else str(self.score)


def merged(addresses: Iterable[Address]) -> Address:
    """Return an address of all that some say, the last before the first."""
    said: dict[str, Any] = {}
    for address in addresses:
        said |= address.model_dump(exclude_unset=True)
    return Address(**said)


class Column(Settings):
    """A column of a table."""

    heading: str
    of: Address = Address()
    percent: bool | None = None  # None: as its table
    digits: int | None = None


class Row(Settings):
    """A row of a table."""

    labels: list[str]  # as many as the table's `labels`
    of: Address = Address()
    cells: list[str | None] = Field(default=[])  # text in place of a value, by column
    only: list[str] | None = None  # headings of the columns in which it has a value at all
    note: str | None = None  # what explains a difference between theirs and ours


class Figure(Settings):
    """A figure of ours: of a system, of one of its representations, or of a study's clips."""

    caption: str
    system: str | None = None
    study: str | None = None
    name: str  # such as "confusion", or of the representation, such as "fused"
    representation: bool = False

    @model_validator(mode="after")
    def _of_one(self) -> Self:
        if (self.system is None) == (self.study is None):
            raise ValueError(f"figure {self.name}: expected `system` or `study`, one of them")
        return self


class Clips(Settings):
    """A list of ours: the most frequent confusions of each corpus, surest mistakes, or least sure hits."""

    caption: str
    system: str
    name: Literal["confusions", "failures", "unsure"]


class Item(Settings):
    """A table or figure of a document."""

    name: str  # as the document numbers it, such as "Table 5.3"
    title: str
    labels: list[str] = Field(default=[""])  # headings above the rows' labels
    columns: list[Column] = Field(default=[])
    rows: list[Row] = Field(default=[])
    of: Address = Address()
    marks: dict[str, str] = Field(default={})  # by mark: the system, without suffix, that t-tests are against
    percent: bool = False  # whether the document prints scores in percent
    digits: int = 4  # behind the point
    figures: list[Figure] = Field(default=[])
    layers: list[str] = Field(default=[])  # systems whose layers are listed
    clips: list[Clips] = Field(default=[])
    residuals: dict[str, str] = Field(
        default={}
    )  # by what they are called: systems whose residuals have lines
    why: str | None = None  # why something of it is not here

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if bool(self.rows) != bool(self.columns):
            raise ValueError(f"{self.name}: rows and columns go together")
        headings = [column.heading for column in self.columns]
        for row in self.rows:
            if len(row.labels) != len(self.labels):
                raise ValueError(
                    f"{self.name}: {row.labels} are {len(row.labels)} labels, not {len(self.labels)}"
                )
            if row.cells and len(row.cells) != len(headings):
                raise ValueError(f"{self.name}: {row.labels}: {len(row.cells)} cells, not {len(headings)}")
            if unknown := sorted(set(row.only or []) - set(headings)):
                raise ValueError(f"{self.name}: {row.labels}: only: no column is called {', '.join(unknown)}")
        if not (self.measured or self.why):
            raise ValueError(f"{self.name}: nothing of ours is beside it: say `why`")
        return self

    @property
    def measured(self) -> bool:
        """Whether something of ours belongs beside it."""
        looked_up = any(self.address(row, column).whole for row in self.rows for column in self.columns)
        return looked_up or bool(self.figures or self.layers or self.clips or self.residuals)

    @property
    def shown_of(self) -> list[str]:
        """The systems of which something else than single values is shown."""
        drawn = [figure.system for figure in self.figures if figure.system]
        return [*drawn, *self.layers, *(clips.system for clips in self.clips), *self.residuals.values()]

    def address(self, row: Row, column: Column) -> Address:
        """Return where a cell's value comes from."""
        return merged((Address(source=self.name.lower()), self.of, column.of, row.of))


class Layout(Settings):
    """A document's tables and figures, in its order."""

    title: str
    about: str  # what it compares, and on what
    items: list[Item] = Field(min_length=1)

    @model_validator(mode="after")
    def _named_once(self) -> Self:
        names = [item.name for item in self.items]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"items: {', '.join(twice)} stands there twice")
        return self


def load_layouts(names: Iterable[str], folder: Path = FOLDER) -> dict[str, Layout]:
    """Read how some documents are laid out: those that have a file <document>.yaml.

    Raises:
        PipelineError: A file is not YAML, or holds what is not allowed.
    """
    paths = {name: folder / f"{name}.yaml" for name in names}
    return {name: _load_layout(path) for name, path in paths.items() if path.exists()}


def _load_layout(path: Path) -> Layout:
    try:
        return Layout.model_validate(YAML(typ="safe").load(path.read_text("utf-8")))
    except YAMLError as error:
        raise PipelineError(f"{path} is not valid YAML: {error}") from error
    except ValidationError as error:
        raise PipelineError(f"{path}: {describe(error, '', Layout)}") from error
