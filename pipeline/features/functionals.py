"""openSMILE functionals: statistics of low-level descriptors over a whole clip.

`ComParE_2016` (6,373) is the set of the paralinguistics challenges since 2016, `IS13` the set of 2013 that the
study annamalai names: same names, 1,984 values differ. `eGeMAPSv02` (88) and `GeMAPSv01b` (62) are the small sets
of Eyben et al. 2016, DOI 10.1109/TAFFC.2015.2457417; `emobase` (988) is older. Eyben, Woellmer & Schuller, "openSMILE", 2010,
doi:10.1145/1873951.1874246; Weninger et al., "On the acoustics of emotion in audio", 2013,
doi:10.3389/fpsyg.2013.00292.
"""

import functools
import math
import threading
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import PositiveInt

from pipeline.features.waves import ClipSettings, at_least, prepare_wave

if TYPE_CHECKING:
    import opensmile

VERSION = "1"
LIBRARIES = ("numpy", "opensmile")
BACKEND: Literal["processes", "threads"] = "threads"  # the library releases the GIL
DTYPE = np.dtype(np.float32)
FORM = "vector"

SHORTEST = 0.06  # seconds; the longest analysis window, below which openSMILE has no frame and answers NaN
HIGHEST = 32767 / 32768  # full scale of 16 bits; openSMILE's wrapper turns +1.0 into -32768

_building = threading.Lock()


class Settings(ClipSettings):
    """Which functionals, at which rate."""

    sample_rate: PositiveInt  # Hz
    feature_set: Literal["ComParE_2016", "IS13", "eGeMAPSv02", "GeMAPSv01b", "emobase"]


def extract(wave: np.ndarray, *, settings: Settings) -> np.ndarray:
    """Compute the functionals of a clip.

    Args:
        wave: Samples, shape (n_samples,), float32, at `settings.sample_rate`; what lies beyond full scale is
            clipped. A clip shorter than 60 ms is padded with zeros to that.
        settings: See `Settings`.

    Returns:
        Shape (functionals,), float32, finite.

    Raises:
        PipelineError: The clip is empty, not mono, or has NaN in it.
    """
    shortest = math.ceil(SHORTEST * settings.sample_rate)
    samples = at_least(np.clip(prepare_wave(wave, settings), -1, HIGHEST), shortest)
    return _smile(settings.feature_set)(samples, settings.sample_rate)[0, :, 0]


def feature_names(settings: Settings) -> list[str]:
    """Return openSMILE's names, such as "F0final_sma_amean"."""
    return list(_smile(settings.feature_set).feature_names)


def _smile(feature_set: str) -> "opensmile.Smile":
    """Return the extractor that all threads share: it makes an engine of its own for every call."""
    with _building:
        return _build_smile(feature_set)


@functools.cache
def _build_smile(feature_set: str) -> "opensmile.Smile":
    import opensmile

    return opensmile.Smile(opensmile.FeatureSet[feature_set], opensmile.FeatureLevel.Functionals)
