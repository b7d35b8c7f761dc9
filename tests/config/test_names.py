"""Names of params.yaml: what a shell, a disk or a template of DVC would misread is refused."""

import re
from typing import Any

import pytest

from pipeline.config.params import check_params
from pipeline.core.errors import PipelineError
from tests.settings import shipped_values

EXTERNAL = {"file": "theirs.parquet", "study": "utbm", "variant": "main"}
BAD_NAMES = [
    "my model",
    "it's",
    "x;touch y",
    "a@b",
    "-rf",
    "v1.2",
    "",
    "größe",
    "a/b",
    "..",
    "$(id)",
    "a\nb",
    "a,b",
    "n" * 101,
    "tab\t",
    "émile",  # letters of Unicode are letters of no command line
    "１２",
]


def renamed(block: str, name: Any) -> dict[str, Any]:
    """Return params.yaml's values with an entry more of a block, under a name."""
    data = shipped_values()
    entries = data
    for part in block.split("."):
        entries = entries.setdefault(part, {})
    entries[name] = next(iter(entries.values()), EXTERNAL)
    return data


@pytest.mark.parametrize("name", BAD_NAMES)
@pytest.mark.parametrize(
    "block",
    [
        "systems",
        "studies",
        "studies.utbm.variants",
        "feature_sets.audio",
        "feature_sets.text",
        "ensembles",
        "external",
        "corpora",
        "profiles",
    ],
)
def test_a_name_that_a_shell_or_a_disk_would_misread_is_refused(block, name):
    message = rf"params\.yaml: {re.escape(block)}: .* cannot be a name.*expected at most 60 letters"
    with pytest.raises(PipelineError, match=message):
        check_params(renamed(block, name))


@pytest.mark.parametrize(("name", "likely"), [("my model", "my_model"), ("v1.2", "v1_2"), ("-rf", "rf")])
def test_a_likely_name_is_proposed(name, likely):
    with pytest.raises(PipelineError, match=rf"such as {likely}$"):
        check_params(renamed("systems", name))


@pytest.mark.parametrize(
    ("block", "name", "other"),
    [
        ("systems", "Ravdess_CNN4", "systems.ravdess_cnn4"),
        ("external", "Ravdess_CNN4", "systems.ravdess_cnn4"),
        ("studies.utbm.variants", "Main", "studies.utbm.split"),
        ("studies.utbm.variants", "Oversampled", "studies.utbm.variants.oversampled"),
        ("corpora", "TESS", "corpora.tess"),
        ("feature_sets.text", "MFCC_delta_16k", "feature_sets.audio.mfcc_delta_16k"),
    ],
)
def test_names_that_differ_by_case_alone_are_refused(block, name, other):
    with pytest.raises(PipelineError, match=rf"{other} and {block}\.{name} differ by case alone"):
        check_params(renamed(block, name))


@pytest.mark.parametrize("name", ["none", "transcripts"])
def test_a_feature_set_takes_no_name_that_means_something_else(name):
    with pytest.raises(PipelineError, match=rf"feature_sets\.audio\.{name}: the name stands for"):
        check_params(renamed("feature_sets.audio", name))


@pytest.mark.parametrize(
    ("name", "kind"), [(2024, "int"), (None, "NoneType"), (True, "bool"), (1.5, "float")]
)
@pytest.mark.parametrize("block", ["systems", "studies", "studies.utbm.variants", "feature_sets.text"])
def test_a_name_that_yaml_reads_as_something_else_is_to_be_quoted(block, name, kind):
    with pytest.raises(PipelineError, match=rf"YAML reads this one as {kind}: put it in quotes"):
        check_params(renamed(block, name))


@pytest.mark.parametrize("name", ["a", "7", "CNN-14_v2", "n" * 60])
def test_a_plain_name_is_taken(name):
    assert name in check_params(renamed("systems", name)).systems
