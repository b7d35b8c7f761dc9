"""Kinds by name, and the errors of their settings."""

import pytest

from pipeline.core.errors import PipelineError
from pipeline.features import mfcc
from pipeline.features.registry import kinds, load_kind, parse_settings
from tests.features.examples import SETTINGS


def test_a_kind_is_found_by_name():
    assert load_kind("mfcc") is mfcc


def test_helpers_are_no_kinds():
    assert not {"waves", "spectrum", "store", "compute", "registry"} & set(kinds())


@pytest.mark.parametrize("name", ["mfc", "waves", "no.such", ""])
def test_an_unknown_kind_is_an_error_that_lists_the_known(name):
    with pytest.raises(
        PipelineError, match=r"unknown kind of feature .*functionals, log_mel, mel_image, mfcc"
    ):
        load_kind(name)


def test_an_unknown_setting_names_the_nearest():
    values = {**SETTINGS["mfcc"], "n_mfccs": 13}
    with pytest.raises(PipelineError, match=r"mfcc\.x\.n_mfccs: unknown key, did you mean 'n_mfcc'\?"):
        parse_settings(mfcc, values, "feature_sets.mfcc.x")


def test_a_missing_setting_is_named():
    values = {name: value for name, value in SETTINGS["mfcc"].items() if name != "deltas"}
    with pytest.raises(PipelineError, match=r"feature_sets\.mfcc\.x\.deltas: missing"):
        parse_settings(mfcc, values, "feature_sets.mfcc.x")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n_mfcc": "40"}, r"x\.n_mfcc: .*integer"),
        ({"deltas": 3}, r"x\.deltas: .*less than or equal to 2"),
        ({"hop_length": 0}, r"x\.hop_length: .*greater than 0"),
        ({"f_max": 9000.0}, "below half the sample rate of 16000 Hz"),
        ({"n_mfcc": 129}, "129 coefficients cannot be taken of 128 bands"),
    ],
)
def test_a_setting_that_cannot_be_is_named(change, message):
    with pytest.raises(PipelineError, match=message):
        parse_settings(mfcc, {**SETTINGS["mfcc"], **change}, "x")


def test_more_single_coefficients_than_there_are_is_an_error():
    values = {**SETTINGS["spectral_scalars"], "n_mfcc_single": 41}
    with pytest.raises(PipelineError, match=r"n_mfcc_single \(41\) may not exceed n_mfcc \(40\)"):
        parse_settings(load_kind("spectral_scalars"), values, "x")
