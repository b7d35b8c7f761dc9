"""Word errors counted by hand, and the facts about each corpus's transcripts."""

import pandas as pd
import pytest

from pipeline.transcription.quality import describe_transcripts, word_error_rate, word_errors


@pytest.mark.parametrize(
    ("said", "heard", "errors"),
    [
        ("say the word back", "say the word back", 0),
        ("say the word back", "say the world back", 1),
        ("say the word back", "say word back", 1),
        ("say the word back", "say the word back again", 1),
        ("say the word back", "", 4),
        ("", "you", 1),
        ("a b c d", "b c d e", 2),
    ],
)
def test_word_errors(said, heard, errors):
    assert word_errors(said.split(), heard.split()) == errors


def test_both_sides_are_normalised():
    assert word_error_rate(["Mr. Brown can't colour it."], ["mister brown can not color it"], "en") == 0


def test_other_languages_lose_case_and_punctuation_alone():
    assert word_error_rate(["Ich kann's nicht, Mr. Braun!"], ["ich kann s nicht mr braun"], "de") == 0


def test_the_rate_is_over_all_words():
    assert (
        word_error_rate(
            ["one word", "six words that are all right"], ["", "six words that are all right"], "en"
        )
        == 0.25
    )


def test_facts_are_told_by_corpus():
    loop = "Thank you. " * 20
    clips = pd.DataFrame(
        [
            ("tess/a", "tess", "Say the word back."),
            ("tess/b", "tess", "Say the word bar."),
            ("tess/c", "tess", None),
            ("tess/d", "tess", None),
            ("mlend/a", "mlend", None),
            ("iemocap/a", "iemocap", "Who?"),
        ],
        columns=["utterance_id", "corpus", "text"],
    )
    transcripts = pd.DataFrame(
        [
            ("iemocap/a", "Who?", None, "gold", False),
            ("mlend/a", "", "en", "whisper:base", False),
            ("tess/a", "Say the word, back!", "en", "whisper:base", False),
            ("tess/b", "Say the war bar.", "en", "whisper:base", False),
            ("tess/c", loop, "en", "whisper:base", True),
            ("tess/d", "", "cy", "whisper:base", False),
        ],
        columns=["utterance_id", "text", "language", "source", "truncated"],
    )
    assert describe_transcripts(transcripts, clips) == {
        "iemocap": {"source": "gold", "clips": 1, "empty": 0.0},
        "mlend": {
            "source": "whisper:base", "clips": 1, "empty": 1.0, "repeated": 0.0, "truncated": 0.0,
            "other_language": 0.0,
        },
        "tess": {
            "source": "whisper:base", "clips": 4, "empty": 0.25, "repeated": 0.25, "truncated": 0.25,
            "other_language": 0.25, "reference_clips": 2, "word_error_rate": 1 / 8,
        },
    }  # fmt: skip


def test_without_clips_there_are_no_facts():
    clips = pd.DataFrame(columns=["utterance_id", "corpus", "text"], dtype=str)
    transcripts = pd.DataFrame(columns=["utterance_id", "text", "language", "source", "truncated"], dtype=str)
    assert describe_transcripts(transcripts, clips) == {}
