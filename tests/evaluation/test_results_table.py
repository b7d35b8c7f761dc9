"""The README's tables."""

from pipeline.evaluation.leaderboard import Row
from pipeline.evaluation.results_table import SYNTHETIC_WARNING, results_markdown

METRICS = {
    "status": "trained",
    "synthetic": False,
    "study": "ravdess_methods",
    "corpora": "ravdess,tess",
    "protocol": "stratified 70/15/15, deduplicated",
    "accuracy": 0.7278,
    "accuracy_low": 0.65,
    "accuracy_high": 0.79,
    "uar": 0.71,
    "weighted_f1": 0.72,
    "n_test": 1216,
    "parameters": 1803448,
    "pretrained": False,
}


def test_a_line_a_system():
    text = results_markdown([Row("cnn4", METRICS, {"accuracy": 0.7788}, 12.5)], "ravdess")
    assert "**ravdess_methods** (ravdess, tess)" in text
    assert (
        "| `cnn4` | 72.8 (65.0–79.0) | 71.0 | 77.9 | −5.1 | stratified 70/15/15, deduplicated | 1,216 "
        "| 1,803,448 | no |\n" in text
    )
    assert SYNTHETIC_WARNING not in text


def test_another_score_than_accuracy_is_named():
    text = results_markdown([Row("b0", METRICS, {"weighted_f1": 0.7498})], "ravdess")
    assert "| 75.0 (weighted F1) | −3.0 |" in text


def test_synthetic_speech_is_not_compared():
    text = results_markdown([Row("cnn4", {**METRICS, "synthetic": True}, {"accuracy": 0.7788})], "demo")
    assert f"> **{SYNTHETIC_WARNING}**" in text
    assert "| 77.9 | – (synthetic speech) |" in text


def test_seconds_are_not_in_it():
    rows = [[Row("cnn4", METRICS, {}, seconds)] for seconds in (1.0, 2.0)]
    assert results_markdown(rows[0], "open") == results_markdown(rows[1], "open")


def test_skipped_systems_are_listed():
    skipped = Row("mfcnn14", {"status": "skipped", "study": "mfcnn14", "synthetic": False})
    text = results_markdown([skipped], "open")
    assert "**mfcnn14**: no clips in this profile, so skipped: `mfcnn14`." in text
