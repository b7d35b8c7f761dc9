"""English text to phonetic segments: a small lexicon and a table of ARPAbet phonemes.

Pronunciations (`lexicon.json`) are taken from the CMU Pronouncing Dictionary, Copyright (C) 1993-2015
Carnegie Mellon University, under the BSD-style licence in `lexicon.LICENSE`; its stress marks are left out.
Vowels are the men's averages of Peterson & Barney, J. Acoust. Soc. Am. 24, 175 (1952), doi:10.1121/1.1906875,
table II; diphthongs, loci and noise bands are round figures near those of Klatt, J. Acoust. Soc. Am. 67, 971
(1980), doi:10.1121/1.383940.
"""

import json
import re
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from pipeline.core.errors import PipelineError

Formants = tuple[float, float, float]  # F1, F2, F3 in Hz

VOWELS: dict[str, Formants] = {
    "IY": (270, 2290, 3010),
    "IH": (390, 1990, 2550),
    "EH": (530, 1840, 2480),
    "AE": (660, 1720, 2410),
    "AA": (730, 1090, 2440),
    "AO": (570, 840, 2410),
    "UH": (440, 1020, 2240),
    "UW": (300, 870, 2240),
    "AH": (640, 1190, 2390),
    "ER": (490, 1350, 1690),
}
DIPHTHONGS: dict[str, tuple[Formants, Formants]] = {
    "EY": ((500, 1850, 2550), (330, 2150, 2700)),
    "AY": ((720, 1200, 2450), (380, 2000, 2550)),
    "OW": ((540, 950, 2400), (350, 850, 2300)),
    "AW": ((720, 1250, 2450), (400, 950, 2300)),
    "OY": ((540, 850, 2400), (370, 1950, 2500)),
}
# Formants, voicing, nasal. After a vowel, R and L are the longer, vowel-like allophones of "door" and "doll".
SONORANTS: dict[str, tuple[Formants, float, bool]] = {
    "M": ((250, 1100, 2200), 0.45, True),
    "N": ((250, 1600, 2500), 0.45, True),
    "NG": ((250, 2100, 2600), 0.45, True),
    "L": ((350, 1050, 2800), 0.60, False),
    "R": ((340, 1100, 1500), 0.60, False),
    "W": ((300, 650, 2200), 0.55, False),
    "Y": ((270, 2200, 3000), 0.55, False),
}
CODA: dict[str, tuple[Formants, float, bool]] = {
    "R": ((470, 1280, 1600), 1.0, False),
    "L": ((450, 800, 2650), 0.85, False),
}
# Noise centre Hz, noise bandwidth Hz, noise level, voicing; levels are RMS relative to that of the vowels.
FRICATIVES: dict[str, tuple[float, float, float, float]] = {
    "S": (6000, 1500, 0.40, 0.0),
    "Z": (6000, 1500, 0.22, 0.30),
    "SH": (3200, 1200, 0.40, 0.0),
    "ZH": (3200, 1200, 0.22, 0.30),
    "F": (5000, 4000, 0.08, 0.0),
    "V": (5000, 4000, 0.04, 0.40),
    "TH": (6000, 3500, 0.06, 0.0),
    "DH": (6000, 3500, 0.03, 0.45),
}
# Burst centre Hz, burst bandwidth Hz, voiced, formant loci. The last two are affricates.
STOPS: dict[str, tuple[float, float, bool, Formants]] = {
    "P": (900, 1000, False, (250, 800, 2100)),
    "B": (900, 1000, True, (250, 800, 2100)),
    "T": (4500, 1500, False, (250, 1750, 2650)),
    "D": (4200, 1600, True, (250, 1750, 2650)),
    "K": (2000, 900, False, (250, 1950, 2350)),
    "G": (2000, 900, True, (250, 1950, 2350)),
    "CH": (3300, 1200, False, (250, 1800, 2600)),
    "JH": (3300, 1200, True, (250, 1800, 2600)),
}
# fmt: off
FUNCTION_WORDS = {
    "the", "a", "an", "to", "of", "in", "and", "is", "it", "my", "i", "you", "your", "we", "for", "on", "at",
    "that", "this", "so", "are", "was",
}
# fmt: on
WEAK_VOWELS = {"AH", "IH", "ER"}
LENGTHENED = 1.35  # before a pause


@dataclass(frozen=True)
class Segment:
    """A stretch of speech with one articulatory target."""

    phone: str
    ms: float
    formants: Formants | None = None  # None: those of the next segment that has some
    voicing: float = 0.0  # amplitude of the voice, 1 for a vowel
    aspiration: float = 0.0  # RMS of breath noise through the formants, relative to a vowel
    noise_hz: float = 0.0
    noise_width_hz: float = 0.0
    noise: float = 0.0  # RMS of frication, relative to a vowel
    stress: float = 0.0
    nasal: bool = False


PAUSE = Segment("SIL", 180)
EDGE = Segment("SIL", 30)


@lru_cache(1)
def lexicon() -> dict[str, list[str]]:
    """Return the phonemes of every known word (lower case)."""
    entries = json.loads((Path(__file__).parent / "lexicon.json").read_text(encoding="utf-8"))
    return {word: phones.split() for word, phones in entries.items()}


def words_of(text: str) -> list[str]:
    """Return the words of a text in lower case, with "." and "," as tokens of their own."""
    return re.findall(r"[a-z']+|[.,]", text.lower())


def segments(text: str) -> list[Segment]:
    """Turn a text into segments, with a short silence at both ends.

    Raises:
        PipelineError: A word is not in the lexicon.
    """
    tokens = words_of(text)
    spoken = [EDGE]
    for token, following in zip(tokens, [*tokens[1:], "."], strict=True):
        if token in ".,":
            spoken.append(PAUSE)
        else:
            spoken += _word(token, before_pause=following in ".,")
    while spoken[-1] is PAUSE:
        spoken.pop()
    return [*spoken, EDGE]


def _word(word: str, *, before_pause: bool) -> list[Segment]:
    if word not in lexicon():
        raise PipelineError(f"demo text: no {word!r} in pipeline/demo/lexicon.json; add its pronunciation")
    phones = lexicon()[word]
    stressed = None if word in FUNCTION_WORDS else _stressed_vowel(phones)
    vowel = [False, *map(_is_vowel, phones), False]  # shifted by one: vowel[i] tells of phones[i - 1]
    spoken: list[Segment] = []
    for i, phone in enumerate(phones):
        coda = vowel[i] and not vowel[i + 2]
        spoken += _phone(phone, stress=float(i == stressed), coda=coda)
    if not before_pause:
        return spoken
    return [replace(s, ms=s.ms * LENGTHENED) if s.voicing > 0.5 else s for s in spoken]


def _stressed_vowel(phones: list[str]) -> int:
    """Guess the stressed vowel: the first full one, else the first. A final IY ("filthy") counts as weak."""
    vowels = [i for i, phone in enumerate(phones) if _is_vowel(phone)]
    full = [i for i in vowels if phones[i] not in WEAK_VOWELS]
    if full and full[0] == len(phones) - 1 and phones[-1] == "IY":
        full = []
    return (full or vowels)[0]


def _is_vowel(phone: str) -> bool:
    return phone in VOWELS or phone in DIPHTHONGS


def _phone(phone: str, *, stress: float, coda: bool) -> list[Segment]:
    if _is_vowel(phone):
        return _vowel(phone, stress)
    if phone in SONORANTS:
        formants, voicing, nasal = (CODA if coda and phone in CODA else SONORANTS)[phone]
        return [Segment(phone, 90 if coda else 65, formants, voicing, nasal=nasal)]
    if phone in FRICATIVES:
        centre, width, level, voicing = FRICATIVES[phone]
        ms = 100 if phone in ("S", "SH") else 70
        return [Segment(phone, ms, None, voicing, noise_hz=centre, noise_width_hz=width, noise=level)]
    if phone == "HH":
        return [Segment(phone, 65, aspiration=0.25)]
    return _stop(phone)


def _vowel(phone: str, stress: float) -> list[Segment]:
    ms = 105.0 if stress else 75.0
    if phone in VOWELS:
        open_vowel = 1.2 if phone in ("AE", "AA", "AO") else 1.0
        return [Segment(phone, ms * open_vowel, VOWELS[phone], 1.0, stress=stress)]
    start, end = DIPHTHONGS[phone]
    return [
        Segment(phone + "1", ms * 0.75, start, 1.0, stress=stress),
        Segment(phone + "2", ms * 0.60, end, 0.9, stress=stress),
    ]


def _stop(phone: str) -> list[Segment]:
    centre, width, voiced, locus = STOPS[phone]
    closure = Segment(phone + "cl", 55, locus, 0.20 if voiced else 0.0)
    burst = Segment(
        phone + "b", 15, locus, 0.45 if voiced else 0.0, noise_hz=centre, noise_width_hz=width, noise=0.35
    )
    if phone in ("CH", "JH"):
        return [closure, replace(burst, ms=70, voicing=0.2 if voiced else 0.0)]
    return [closure, burst] if voiced else [closure, burst, Segment(phone + "h", 35, aspiration=0.18)]
