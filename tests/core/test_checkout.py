"""What tells two processes apart that would compute different rows."""

import importlib.metadata

import pytest

from pipeline.core.checkout import Checkout, code_digest, library_versions, this_checkout


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "a.py").write_text("A = 1\n")
    (tmp_path / "notes.txt").write_text("hello")
    return tmp_path


def test_changed_code_changes_the_digest(folder):
    before = code_digest(folder)
    (folder / "notes.txt").write_text("bye")
    assert code_digest(folder) == before
    (folder / "package" / "a.py").write_text("A = 2\n")
    assert code_digest(folder) != before


def test_a_moved_file_changes_the_digest(folder):
    before = code_digest(folder)
    (folder / "package" / "a.py").rename(folder / "a.py")
    assert code_digest(folder) != before


def test_versions_are_of_the_pinned_libraries(tmp_path):
    (tmp_path / "requirements.txt").write_text(
        "# pinned\nnumpy==1.0\ndask[distributed]==1.0 # why\nno-such-library==1.0\n"
    )
    (_, python), *libraries = library_versions(tmp_path / "requirements.txt")
    assert python.startswith("3.")
    assert libraries == [
        ("numpy", importlib.metadata.version("numpy")),
        ("dask", importlib.metadata.version("dask")),
        ("no-such-library", "absent"),
    ]


def test_this_checkout_pins_what_it_computes_with():
    assert {"python", "numpy", "torch", "openai-whisper", "opensmile"} <= dict(
        this_checkout().versions
    ).keys()


def test_differences_are_named():
    ours = Checkout("a", (("numpy", "2.0"), ("torch", "2.13.0")))
    theirs = Checkout("b", (("numpy", "1.9"), ("torch", "2.13.0")))
    assert ours.differences(theirs) == ["numpy 1.9, not 2.0", "other code of pipeline/"]
    assert ours.differences(ours) == []
