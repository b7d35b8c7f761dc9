"""What a file imports, directly and through others."""

from pathlib import Path

import pytest

from pipeline.core.code import closure, direct_imports, fingerprint_code

FILES = {
    "pipeline/stages/cook.py": "import json\nfrom pipeline.core.pots import a\nfrom pipeline.core import spoons\n",
    "pipeline/core/pots.py": "def fill():\n    from pipeline.core.water import Water\n",
    "pipeline/core/spoons.py": "",
    "pipeline/core/water.py": "import pipeline.core.pots\n",
    "pipeline/core/knives.py": "from pipeline.core import water\n",
}


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    direct_imports.cache_clear()
    for path, text in FILES.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    yield
    direct_imports.cache_clear()


COOK = Path("pipeline/stages/cook.py")


def test_through_others_late_imports_and_circles():
    assert [file.stem for file in closure(COOK)] == ["pots", "spoons", "water", "cook"]


def test_a_change_in_what_is_imported_late_is_seen():
    before = fingerprint_code(COOK)
    Path("pipeline/core/water.py").write_text("import pipeline.core.pots\nCOLD = True\n")
    after = fingerprint_code(COOK)
    assert {path for path in before if before[path] != after[path]} == {"pipeline/core/water.py"}


def test_a_change_elsewhere_is_not():
    before = fingerprint_code(COOK)
    Path("pipeline/core/knives.py").write_text("SHARP = True\n")
    assert fingerprint_code(COOK) == before
