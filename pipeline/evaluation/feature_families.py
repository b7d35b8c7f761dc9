"""Families of features by their names: of pitch, energy, spectrum or voice quality, or of one block of an encoder.

openSMILE's names begin with the descriptor. Which descriptor is of what: Weninger et al., On the acoustics of
emotion in audio, 2013, doi:10.3389/fpsyg.2013.00292, table 1, whose voicing related ones are parted here into pitch
and voice quality; Eyben et al., The Geneva minimalistic acoustic parameter set, 2016,
doi:10.1109/TAFFC.2015.2457417.
"""

import re
from collections.abc import Sequence

import numpy as np

# The first that matches the beginning of a name counts.
_FAMILIES = (
    (r"block_(\d+)\.", r"block \1"),  # of an encoder
    (r"(jitter|shimmer|logHNR|HNR|voicing|voiceProb|logRelF0)", "voice quality"),
    (r"F0", "pitch"),
    (r"(loudnessPeaksPerSec|Voiced|MeanVoiced|MeanUnvoiced|StddevVoiced|StddevUnvoiced|tempo)", "timing"),
    (
        r"(pcm_RMSenergy|audspec|pcm_zcr|pcm_intensity|pcm_loudness|loudness|equivalentSoundLevel|rms|snr|zcr)",
        "energy",
    ),
    (
        r"(audSpec|pcm_fftMag|pcm_Mag|mfcc|lspFreq|spectral|alphaRatio|hammarbergIndex|slope|F\d|mel|chroma|contrast"
        r"|tonnetz|centroid|rolloff|bandwidth)",
        "spectral",
    ),
)
OTHER = "other"


def family_of(name: str) -> str:
    """Return the family of a feature: by its name, "block N" of an encoder's; "other" where nothing is known."""
    for pattern, family in _FAMILIES:
        if found := re.match(pattern, name):
            return found.expand(family)
    return OTHER


def columns_by_family(names: Sequence[str]) -> dict[str, np.ndarray]:
    """Return the columns of each family, in the order of the families' names, blocks by their number."""
    families = np.asarray([family_of(name) for name in names], dtype=object)
    order = sorted({*families}, key=_in_order)
    return {family: np.flatnonzero(families == family) for family in order}


def _in_order(family: str) -> list[tuple[int, str]]:
    """Return what sorts "block 10" behind "block 9"."""
    return [(int(part) if part.isdigit() else 0, part) for part in family.split()]
