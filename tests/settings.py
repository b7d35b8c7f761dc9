"""params.yaml in tests: the shipped one, parsed once, and changed copies of it."""

import json
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

SHIPPED = Path(__file__).resolve().parent.parent / "params.yaml"


def shipped_values() -> dict[str, Any]:
    """Return what the shipped params.yaml holds, for a test to change."""
    return deepcopy(_parsed())


@cache
def _parsed() -> dict[str, Any]:
    return YAML(typ="safe").load(SHIPPED.read_text("utf-8"))


def read_values(path: Path) -> dict[str, Any]:
    """Read what `write_values` wrote."""
    return json.loads(path.read_text("utf-8"))


def write_values(values: dict[str, Any], path: Path = Path("params.yaml")) -> None:
    """Write a params.yaml as JSON, which is YAML too and a tenth of the work."""
    path.write_text(json.dumps(values), "utf-8")
