"""The results of a run as Markdown."""

from pipeline.report.leaderboard import Row
from pipeline.report.results_table import SYNTHETIC_WARNING, results_markdown

METRICS = {
    "status": "trained",
    "synthetic": False,
    "study": "ravdess_methods",
    "corpora": "ravdess,tess",
    "targets": "emotion",
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
    text = results_markdown([Row("cnn4", METRICS, {"accuracy": 0.7788}, {"seconds": 12.5})], "ravdess")
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


def test_a_published_deviation_stands_beside_its_score():
    text = results_markdown([Row("bert", METRICS, {"uar": 0.711, "sd": {"uar": 0.002}})], "published")
    assert "| 71.1 ± 0.2 (UAR) | −0.1 |" in text


def test_corpora_tested_besides_have_columns():
    cross = {**METRICS, "cross_corpora": "msp_podcast", "cross_uar": 0.312}
    rows = [Row("cnn14", cross, {"uar": 0.558, "cross_uar": 0.315}), Row("bert", METRICS)]
    text = results_markdown(rows, "published")
    assert "**ravdess_methods** (ravdess, tess; cross-corpus: msp_podcast)" in text
    assert "| difference | cross-corpus UAR, % | published, % | protocol |" in text
    assert "| +15.2 | 31.2 | 31.5 | stratified" in text
    assert "| – | – | – | stratified" in text


DIMENSIONS = {
    **{key: METRICS[key] for key in METRICS if "accuracy" not in key and key not in ("uar", "weighted_f1")},
    "targets": "arousal,valence",
    "ccc": 0.412,
    "ccc_low": 0.3,
    "ccc_high": 0.5,
    "ccc_arousal": 0.6,
    "ccc_valence": 0.224,
}


def test_a_line_a_system_of_dimensions():
    text = results_markdown([Row("net", DIMENSIONS, {"ccc_arousal": 0.664, "ccc_valence": 0.216})], "open")
    assert (
        "| system | mean CCC (95 % interval) | CCC arousal | CCC valence | CCC dominance | published" in text
    )
    assert (
        "| `net` | 0.412 (0.300–0.500) | 0.600 | 0.224 | – | 0.664 / 0.216 / – | −0.028 | stratified" in text
    )


def test_dimensions_on_corpora_tested_besides():
    cross = {"cross_corpora": "iemocap", "cross_pcc_arousal": 0.5, "cross_pcc_valence": None}
    text = results_markdown([Row("net", {**DIMENSIONS, **cross}, {"cross_pcc_arousal": 0.593})], "open")
    assert "| cross-corpus PCC, in that order | published | protocol |" in text
    assert "| – | – | 0.500 / – / – | 0.593 / – / – | stratified" in text


def test_classes_and_dimensions_and_other_corpora_have_tables_of_their_own():
    rows = [
        Row("a", METRICS),
        Row("b", {**METRICS, "corpora": "tess"}),
        Row("c", METRICS),
        Row("d", DIMENSIONS),
    ]
    text = results_markdown(rows, "open")
    titles = [line for line in text.splitlines() if line.startswith("**")]
    assert titles == [f"**ravdess_methods** ({of})" for of in ("ravdess, tess", "tess", "ravdess, tess")]
    assert text.index("`c`") < text.index("`b`") < text.index("`d`")


def test_seconds_are_not_in_it():
    rows = [[Row("cnn4", METRICS, {}, {"seconds": seconds})] for seconds in (1.0, 2.0)]
    assert results_markdown(rows[0], "open") == results_markdown(rows[1], "open")


def test_skipped_systems_are_listed():
    about = {
        "status": "skipped",
        "reason": "it has no clips",
        "study": "mfcnn14",
        "synthetic": False,
        "targets": "emotion",
    }
    skipped = Row("mfcnn14", about)
    text = results_markdown([skipped], "open")
    assert "**mfcnn14**: skipped, since it has no clips: `mfcnn14`." in text
