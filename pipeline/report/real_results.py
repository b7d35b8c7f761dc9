"""Results on real corpora that were measured elsewhere and kept: what a run of the demo shows beside its own.

results/real.json is a list of tables, written by hand from the outputs of the commands that stand in it.
"""

from pathlib import Path

from pydantic import ValidationError, model_validator

from pipeline.config.mistakes import describe
from pipeline.config.settings import Settings
from pipeline.core.errors import PipelineError
from pipeline.core.tables import read_json

PATH = Path("results/real.json")


class RealResults(Settings):
    """A table, and how it came about."""

    title: str
    date: str
    commands: list[str]
    note: str = ""
    columns: list[str]
    rows: list[list[str | int | float | bool | None]]

    @model_validator(mode="after")
    def _rows_fit_the_columns(self) -> "RealResults":
        for number, row in enumerate(self.rows, start=1):
            if len(row) != len(self.columns):
                raise ValueError(f"row {number} has {len(row)} cells, expected {len(self.columns)}")
        return self

    def is_text(self, column: int) -> bool:
        """Whether a column is set to the left: its cells are words that do not begin with a digit."""
        cells = [row[column] for row in self.rows if row[column] not in (None, "")]
        return any(
            isinstance(cell, str) and not cell.lstrip("−-–+")[:1].isdigit() and cell != "–" for cell in cells
        )


def read_real_results(path: Path = PATH) -> list[RealResults]:
    """Return the tables; none where there is no such file.

    Raises:
        PipelineError: The file is not a list of such tables.
    """
    if not path.exists():
        return []
    blocks = read_json(path)
    if not isinstance(blocks, list):
        raise PipelineError(f"{path}: expected a list of tables, came {type(blocks).__name__}")
    found = []
    for number, block in enumerate(blocks):
        try:
            found.append(RealResults.model_validate(block))
        except ValidationError as error:
            raise PipelineError(f"{path}: {describe(error, f'table {number}', RealResults)}") from error
    return found
