"""What is wrong with the real CREMA-D, made small: each defect ends where a person can see it."""

from types import SimpleNamespace

import numpy as np
import pytest
import soundfile

from pipeline.corpora import crema_d
from pipeline.curation.duplicates import find_duplicates
from pipeline.curation.filter import STEPS
from pipeline.curation.index import build_index
from tests.curation.signals import RATE, speech

PAIR = ["crema_d/1006_TIE_HAP_XX", "crema_d/1006_TIE_NEU_XX"]


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    """The index of a pair of equal clips, a silent one, one that does not play, a pointer and two good ones."""
    folder = tmp_path_factory.mktemp("crema_d")
    audio = folder / "corpus/AudioWAV"
    audio.mkdir(parents=True)

    def write(name, wave):
        soundfile.write(audio / f"{name}.wav", wave, RATE, subtype="PCM_16")

    write("1006_TIE_HAP_XX", speech(1, n_syllables=6))
    write("1006_TIE_SAD_XX", speech(1, 2, n_syllables=6))
    write("1017_IWW_ANG_XX", speech(3, n_syllables=6))
    write("1076_MTI_SAD_XX", np.zeros(RATE, np.float32))
    (audio / "1006_TIE_NEU_XX.wav").write_bytes((audio / "1006_TIE_HAP_XX.wav").read_bytes())
    (audio / "1076_MTI_NEU_XX.wav").write_bytes(b"RIFF\x24\0\0\0WAVEfmt ")
    (audio / "1091_WSI_FEA_XX.wav").write_text(
        f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 72862\n"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SER_CACHE", str(folder / "cache"))
        patch.setenv("SER_WORKERS", "1")
        yield build_index(crema_d, folder / "corpus").assign(corpus="crema_d")


def reason(index, name):
    return index.set_index("utterance_id").loc[f"crema_d/{name}", "reason"]


def test_equal_clips_under_two_emotions_are_in_conflict(index):
    found = find_duplicates(index)
    assert found.loc[found["conflict"], "utterance_id"].tolist() == PAIR
    assert found.loc[found["kind"] == "exact", "utterance_id"].tolist() == PAIR


def test_both_of_them_are_dropped(index):
    rows = index.merge(find_duplicates(index), on="utterance_id")
    study = SimpleNamespace(curation=SimpleNamespace(deduplicate=True))
    dropped = STEPS["after_deduplication"](rows[rows["status"] == "ok"], study)
    assert rows.loc[dropped.index, "utterance_id"].tolist() == PAIR
    assert (dropped["code"] == "conflict").all()


def test_a_silent_clip_is_quarantined(index):
    assert reason(index, "1076_MTI_SAD_XX") == "silent: -200 dBFS"


def test_an_unplayable_clip_is_quarantined(index):
    assert reason(index, "1076_MTI_NEU_XX").startswith("WAV, cannot be decoded")


def test_a_pointer_is_quarantined_with_what_to_do(index):
    assert "Git LFS pointer" in reason(index, "1091_WSI_FEA_XX")
    assert "git lfs pull" in reason(index, "1091_WSI_FEA_XX")


def test_the_others_stay(index):
    assert index.loc[index["status"] == "ok", "utterance_id"].tolist() == [
        *PAIR,
        "crema_d/1006_TIE_SAD_XX",
        "crema_d/1017_IWW_ANG_XX",
    ]
