"""Results on real corpora that were kept in a file."""

import json

import pytest

from pipeline.config.params import check_params
from pipeline.core.errors import PipelineError
from pipeline.report.real_results import PATH, RealResult, read_real_results
from tests.settings import shipped_values

RECORD = {
    "system": "ravdess_cnn4",
    "study": "ravdess_methods",
    "train_corpus": "ravdess",
    "test_corpus": "ravdess",
    "audio": "transcoded",
    "protocol": "speaker_independent 70/15/15",
    "folds": 1,
    "condition": None,
    "new_speakers": True,
    "speaker_standardised": False,
    "seeds": [42, 43],
    "n_test": 432,
    "accuracy": 0.577,
    "uar": 0.551,
    "weighted_f1": None,
    "sd": 0.007,
    "low": 0.5,
    "high": 0.65,
    "seconds": 1440.0,
    "machine": "2 CPU cores, no GPU",
    "precision": "float32",
    "commit": "50a46bb",
    "date": "2026-11-21",
    "command": "dvc exp run -S profile=ravdess train@ravdess_cnn4",
    "note": None,
}


def record(**changes):
    return RealResult.model_validate({**RECORD, **changes})


def write(path, content):
    path.write_text(json.dumps(content), "utf-8")
    return path


def test_no_file_no_results(tmp_path):
    assert read_real_results(tmp_path / "real.json") == []


def test_a_record_is_read_as_it_stands(tmp_path):
    (result,) = read_real_results(write(tmp_path / "real.json", [RECORD]))
    assert result.model_dump(exclude_unset=True) == RECORD


@pytest.mark.parametrize("key", RECORD)
def test_a_record_that_lacks_a_key_is_an_error(tmp_path, key):
    lacking = {name: value for name, value in RECORD.items() if name != key}
    with pytest.raises(PipelineError, match=rf"real\.json: record 1.*\.{key}: missing"):
        read_real_results(write(tmp_path / "real.json", [lacking]))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"accuracy": 57.7}, r"record 1 \(ravdess_cnn4\)\.accuracy: .*less than or equal to 1.*57\.7"),
        ({"accuracy": None}, r"\.accuracy: .*valid number"),
        ({"uar": -0.1}, r"\.uar: .*greater than or equal to 0"),
        ({"test_corpus": "ravdes"}, "test_corpus: unknown corpus 'ravdes', did you mean 'ravdess'"),
        ({"train_corpus": "ravdess,tes"}, "train_corpus: unknown corpus 'tes', did you mean 'tess'"),
        ({"protocol": "startified 70/15/15"}, "unknown protocol 'startified', did you mean 'stratified'"),
        ({"new_speakers": False}, "new_speakers is False, which protocol speaker_independent contradicts"),
        ({"protocol": "stratified"}, "new_speakers is True, which protocol stratified contradicts"),
        ({"low": None}, "low is None and high is 0.65; expected both or neither"),
        ({"accuracy": 0.7}, "accuracy is 0.7, outside its interval 0.5 to 0.65"),
        ({"uar_low": 0.5, "uar_high": 0.55}, "uar is 0.551, outside its interval 0.5 to 0.55"),
        ({"uar_low": 0.5}, "uar_low is 0.5 and uar_high is None; expected both or neither"),
        ({"seeds": []}, r"\.seeds: .*at least 1 item"),
        ({"audio": "mp3"}, r"\.audio: .*'publisher' or 'transcoded'"),
        ({"date": "21.11.2026"}, r"\.date: .*pattern"),
        ({"commit": "main"}, r"\.commit: .*pattern"),
        ({"acuracy": 0.5}, r"\.acuracy: unknown key, did you mean 'accuracy'"),
    ],
)
def test_a_mistake_is_named(tmp_path, change, message):
    with pytest.raises(PipelineError, match=message):
        read_real_results(write(tmp_path / "real.json", [{**RECORD, **change}]))


def test_official_parts_may_have_speakers_of_either_kind():
    assert [record(protocol="official", new_speakers=new).new_speakers for new in (True, False)] == [
        True,
        False,
    ]


def test_the_same_measurement_twice_is_an_error(tmp_path):
    again = {**RECORD, "accuracy": 0.6, "date": "2026-11-22"}
    with pytest.raises(PipelineError, match=r"record 2 \(ravdess_cnn4\): there is one .* already"):
        read_real_results(write(tmp_path / "real.json", [RECORD, again]))


def test_another_condition_is_another_measurement(tmp_path):
    path = write(tmp_path / "real.json", [RECORD, {**RECORD, "condition": "learning rate 0.0005"}])
    assert len(read_real_results(path)) == 2


@pytest.mark.parametrize(
    ("content", "message"), [(RECORD, "expected a list of records, came dict"), (["x"], "record 1")]
)
def test_what_is_no_list_of_records_is_an_error(tmp_path, content, message):
    with pytest.raises(PipelineError, match=message):
        read_real_results(write(tmp_path / "real.json", content))


def test_kept_results_are_of_systems_and_studies_that_there_are():
    """In the profile that has all real corpora: each has its systems for speakers never heard there."""
    params = check_params(shipped_values() | {"profile": "published"})
    kept = {(result.system, result.study) for result in read_real_results(PATH)}
    assert kept <= {(name, params.scored(name).study) for name in params.evaluated()}
