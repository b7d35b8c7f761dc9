"""README and docs: every link, path, module and function that they name is there, and the README is short."""

import ast
import importlib.util
import re
from pathlib import Path

import pytest

from pipeline.report.documents import documents

ROOT = Path(__file__).parents[1]
PAGES = [path.relative_to(ROOT).as_posix() for path in documents(ROOT)]
LINK = re.compile(r"\[(?P<text>[^\]]*)\]\((?P<target>[^)\s]+)\)")
NAMED_FILE = re.compile(r"`((?:pipeline|tests|benchmarks|docs|results)/[\w./]+|[\w]+\.(?:yaml|toml|lock))`")
MODULE = re.compile(r"python -m ((?:pipeline|benchmarks)[\w.]*)")
STAGE = re.compile(r"python -m pipeline\.stage (\w+)|\b(?:dvc repro|exp run)\b[^\n`]*? (\w+)@")
MAKE = re.compile(r"(?:^ +|`)make ([a-z-]+)", re.MULTILINE)
MOST_BYTES = 12_000
EXAMPLES = {"my_corpus.py", "my_kind.py", "my_family.py", "my_stage.py"}  # of docs/adding.md
EXAMPLES |= {f"test_{name}" for name in EXAMPLES}


def found(pattern):
    """Return what a pattern finds, as (page, match)."""
    return [(page, match) for page in PAGES for match in pattern.finditer((ROOT / page).read_text("utf-8"))]


LINKS = sorted({(page, match["target"]) for page, match in found(LINK) if "://" not in match["target"]})
FUNCTIONS = sorted(
    {
        (page, match["text"].strip("`"), match["target"])
        for page, match in found(LINK)
        if re.fullmatch(r"`\w+`", match["text"]) and match["target"].endswith(".py")
    }
)
FILES = sorted({match[1] for _, match in found(NAMED_FILE) if Path(match[1]).name not in EXAMPLES})


def anchors(page):
    """Return the anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize(("page", "target"), LINKS)
def test_a_link_leads_somewhere(page, target):
    name, _, anchor = target.partition("#")
    path = (ROOT / page).parent / name if name else ROOT / page
    assert path.exists()
    assert not anchor or anchor in anchors(path)


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_named_is_there(name):
    assert (ROOT / name).exists()


@pytest.mark.parametrize(("page", "name", "target"), FUNCTIONS)
def test_a_function_that_is_linked_is_in_its_file(page, name, target):
    tree = ast.parse(((ROOT / page).parent / target).read_text("utf-8"))
    defined = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    assigned = {node.target.id for node in tree.body if isinstance(node, ast.AnnAssign)}
    assert name in defined | assigned


@pytest.mark.parametrize("module", sorted({match[1].rstrip(".") for _, match in found(MODULE)}))
def test_a_command_is_a_module(module):
    assert importlib.util.find_spec(module) is not None


def test_stages_that_are_named_are_there():
    named = {name for _, match in found(STAGE) for name in match.groups() if name} - {"my_stage"}
    assert named >= {"train", "index"}
    assert named <= {path.stem for path in (ROOT / "pipeline" / "stages").glob("[!_]*.py")}


def test_targets_of_make_are_there():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert {match[1] for _, match in found(MAKE)} <= targets


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_bytes()) <= MOST_BYTES


def test_every_page_is_linked_from_the_readme():
    linked = {target for page, target in LINKS if page == "README.md"}
    assert {page for page in PAGES if page != "README.md"} <= linked
