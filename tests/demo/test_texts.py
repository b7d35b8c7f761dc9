"""Words and phonemes: everything can be said, and nothing is shipped that is not."""

import pytest

from pipeline.core.errors import PipelineError
from pipeline.demo.phonemes import (
    DIPHTHONGS,
    FRICATIVES,
    SONORANTS,
    STOPS,
    VOWELS,
    lexicon,
    segments,
    words_of,
)
from pipeline.demo.texts import OPENERS, SENTENCES, all_texts, carrier

PHONEMES = {"HH", *VOWELS, *DIPHTHONGS, *SONORANTS, *FRICATIVES, *STOPS}


def test_the_lexicon_holds_the_words_used_and_no_others():
    said = {word for text in all_texts() for word in words_of(text) if word not in ".,"}
    assert said == set(lexicon())


def test_every_pronunciation_is_made_of_known_phonemes():
    assert {phone for phones in lexicon().values() for phone in phones} <= PHONEMES


@pytest.mark.parametrize("text", all_texts())
def test_every_text_can_be_segmented(text):
    spoken = segments(text)
    assert all(segment.ms > 0 for segment in spoken)
    assert spoken[0].phone == spoken[-1].phone == "SIL"


def test_openers_and_sentences_know_the_same_emotions():
    assert OPENERS.keys() == SENTENCES.keys()


def test_an_unknown_word_is_named():
    with pytest.raises(PipelineError, match=r"no 'xylophone' in .*add its pronunciation"):
        segments(carrier("xylophone"))


def test_door():
    spoken = segments("door.")
    assert [segment.phone for segment in spoken] == ["SIL", "Dcl", "Db", "AO", "R", "SIL"]
    assert spoken[3].stress == 1
    assert spoken[4].voicing == 1  # after a vowel, R is as loud as the vowel


def test_the_stressed_vowel():
    stressed = [segment.phone for segment in segments("machine, happy, another") if segment.stress]
    assert stressed == ["IY", "AE", "AH"]


def test_a_comma_is_a_pause_and_the_final_stop_is_not():
    assert [segment.phone for segment in segments("Oh, no.") if segment.ms == 180] == ["SIL"]
