"""params.yaml with one study alone."""

from pathlib import Path

import pytest

from pipeline.config.cut_down import write_cut_down
from pipeline.config.params import load_params
from pipeline.core.errors import PipelineError


def test_one_study_of_one_corpus_stays(tmp_path):
    write_cut_down(Path(), tmp_path, ["my_own", "ravdess", "tess"], "new_speakers", ["ravdess"])
    params = load_params(tmp_path / "params.yaml")
    assert params.profile == "ravdess"
    assert params.active_corpora() == ["ravdess"]
    assert [name for name in params.studies if params.study_corpora(name)] == ["new_speakers_ravdess"]
    assert params.active.weights == "published"


def test_without_params_it_says_where_to_run(tmp_path):
    with pytest.raises(PipelineError, match="run from the root"):
        write_cut_down(tmp_path / "elsewhere", tmp_path, ["ravdess"], "new_speakers", ["ravdess"])
