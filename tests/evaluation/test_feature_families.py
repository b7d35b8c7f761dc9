"""Families by names of openSMILE, of an encoder, and of librosa."""

import pytest

from pipeline.config.base import Settings
from pipeline.evaluation.feature_families import OTHER, columns_by_family, family_of
from pipeline.features import functionals


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("F0final_sma_amean", "pitch"),
        ("F0semitoneFrom27.5Hz_sma3nz_amean", "pitch"),
        ("jitterLocal_sma_de_range", "voice quality"),
        ("voicingFinalUnclipped_sma_amean", "voice quality"),
        ("logHNR_sma_iqr1-2", "voice quality"),
        ("logRelF0-H1-H2_sma3nz_amean", "voice quality"),
        ("pcm_RMSenergy_sma_range", "energy"),
        ("audspec_lengthL1norm_sma_range", "energy"),
        ("audspecRasta_lengthL1norm_sma_range", "energy"),
        ("loudness_sma3_amean", "energy"),
        ("audSpec_Rfilt_sma[3]_range", "spectral"),
        ("pcm_fftMag_psySharpness_sma_range", "spectral"),
        ("mfcc_sma[1]_range", "spectral"),
        ("F1frequency_sma3nz_amean", "spectral"),
        ("loudnessPeaksPerSec", "timing"),
        ("VoicedSegmentsPerSec", "timing"),
        ("block_3.mean.17", "block 3"),
        ("block_12.sd.0", "block 12"),
        ("whatever", OTHER),
    ],
)
def test_a_name_has_its_family(name, family):
    assert family_of(name) == family


def test_blocks_are_in_the_order_of_their_numbers():
    found = columns_by_family(["block_10.mean.0", "block_9.mean.0", "block_10.sd.0"])
    assert {family: columns.tolist() for family, columns in found.items()} == {
        "block 9": [1],
        "block 10": [0, 2],
    }


def test_every_functional_of_compare_has_a_family():
    settings: Settings = functionals.Settings(
        sample_rate=16_000, peak_normalise=False, trim_top_db=None, feature_set="ComParE_2016"
    )
    found = columns_by_family(functionals.feature_names(settings))
    assert [*found] == ["energy", "pitch", "spectral", "voice quality"]
    # 4, 1, 55 and 5 descriptors and their deltas, each with its functionals, as the paper's table 1 counts them
    assert sum(map(len, found.values())) == 6373
    assert len(found["spectral"]) == 5500
