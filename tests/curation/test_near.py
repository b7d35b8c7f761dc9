"""Copies are found, other renditions are not; the search agrees with comparing every pair."""

import io
import tempfile

import numpy as np
import pytest
import soundfile

from pipeline.audio.wave import resample
from pipeline.curation import library, near, votes
from pipeline.curation.fingerprint import PAUSE, fingerprint
from pipeline.curation.near import error_limit, near_pairs
from tests.curation.signals import RATE, speech


def coded(wave, container, subtype, rate=RATE):
    """Write and read samples at 16 kHz, and return their fingerprint."""
    file = io.BytesIO()
    soundfile.write(file, resample(wave, RATE, rate), rate, format=container, subtype=subtype)
    file.seek(0)
    return fingerprint(*soundfile.read(file, dtype="float32"))


COPIES = {
    "itself": lambda wave: fingerprint(wave, RATE),
    "half as loud": lambda wave: fingerprint(0.5 * wave, RATE),
    "24,414 Hz": lambda wave: fingerprint(resample(wave, RATE, 24414), 24414),
    "u-law at 8 kHz": lambda wave: coded(wave, "WAV", "ULAW", 8000),
    "ADPCM": lambda wave: coded(wave, "WAV", "IMA_ADPCM"),
    "MP3": lambda wave: coded(wave, "MP3", "MPEG_LAYER_III"),
    "Opus": lambda wave: coded(wave, "OGG", "OPUS"),
    "trimmed": lambda wave: fingerprint(wave[1000:-3000], RATE),
    "trimmed, MP3 at 22.05 kHz": lambda wave: coded(wave[2500:-1234], "MP3", "MPEG_LAYER_III", 22050),
    "with pauses before and after": lambda wave: fingerprint(np.pad(wave, 9999), RATE),
}


@pytest.fixture(scope="module")
def renditions():
    """Five sentences, each said three times."""
    return [fingerprint(speech(i, 10 * i + j), RATE) for i in range(5) for j in range(3)]


def test_another_rendition_is_no_copy(renditions):
    pairs, errors = near_pairs(renditions)
    assert len(pairs) == len(errors) == 0


@pytest.mark.parametrize("kind", list(COPIES))
def test_a_copy_is_found(renditions, kind):
    pairs, errors = near_pairs([*renditions, COPIES[kind](speech(3, 31))])
    assert pairs.tolist() == [[10, 15]]
    assert errors[0] < 0.17


def test_nothing_to_compare():
    nothing = np.zeros(0, np.uint32)
    assert near_pairs([])[0].shape == (0, 2)
    assert near_pairs([nothing, nothing])[0].shape == (0, 2)
    assert near_pairs([np.full(50, PAUSE, np.uint32)] * 2)[0].shape == (0, 2)


def random_fingerprint(rng, n_frames):
    return rng.integers(1, 1 << 32, size=n_frames, dtype=np.uint32)


def with_wrong_bits(rng, values, share):
    wrong = np.packbits(rng.random((len(values), 32)) < share, axis=1).view("<u4")[:, 0]
    return np.where(values == PAUSE, PAUSE, np.maximum(values ^ wrong, 1)).astype(np.uint32)


def test_the_bit_error_rate_is_counted_exactly():
    values = random_fingerprint(np.random.default_rng(0), 100)
    other = values.copy()
    other[:50] ^= 0b111  # 3 of 32 bits in half of the frames
    _, errors = near_pairs([values, other])
    assert errors.tolist() == [50 * 3 / (100 * 32)]


def test_pauses_do_not_count():
    values = random_fingerprint(np.random.default_rng(0), 100)
    one, other = values.copy(), values.copy()
    one[20:25], other[40:45] = PAUSE, PAUSE
    assert near_pairs([one, other])[1].tolist() == [0.0]


@pytest.mark.parametrize(("n_kept", "found"), [(100, 1), (60, 1), (49, 0)])
def test_an_excerpt_is_no_copy(n_kept, found):
    values = random_fingerprint(np.random.default_rng(0), 100)
    assert len(near_pairs([values, values[:n_kept]])[0]) == found


def test_what_agrees_in_a_part_only_is_no_copy():
    rng = np.random.default_rng(0)
    values = random_fingerprint(rng, 100)
    mixed = np.concatenate([values[:85], random_fingerprint(rng, 15)])
    shifted = np.concatenate([random_fingerprint(rng, 15), values[:85]])
    assert len(near_pairs([values, mixed])[0]) == 1  # 7 % of the bits are wrong
    assert len(near_pairs([values, shifted])[0]) == 0  # only 85 % of the frames can be compared


@pytest.mark.parametrize(
    ("n_speech", "limit"), [(0, -1), (23, -1), (24, 0.12), (44, 0.16), (64, 0.20), (1000, 0.20)]
)
def test_short_clips_have_to_agree_better(n_speech, limit):
    assert error_limit(np.array([n_speech]))[0] == pytest.approx(limit)


def some_copies(n, seed=0):
    """Return fingerprints of which some are copies with wrong bits, and the pairs that should be found."""
    rng = np.random.default_rng(seed)
    clips = [random_fingerprint(rng, rng.integers(60, 200)) for _ in range(n)]
    sources = rng.choice(n, n // 10, replace=False)
    copies = [with_wrong_bits(rng, clips[i][3:-2], 0.08) for i in sources]
    return clips + copies, sorted([int(i), n + j] for j, i in enumerate(sources))


def test_all_copies_among_many():
    clips, expected = some_copies(3000)
    assert near_pairs(clips)[0].tolist() == expected


@pytest.fixture(scope="module")
def alike():
    """Clips of which very many share keys, and what the search finds among them in one piece."""
    rng = np.random.default_rng(0)
    phrases = [np.repeat(random_fingerprint(rng, 15), 3) for _ in range(12)]
    said = [np.concatenate([phrases[i] for i in rng.integers(12, size=3)]) for _ in range(50)]
    clips = [with_wrong_bits(rng, clip[rng.integers(9) :], 0.02) for clip in said]
    return clips, *near_pairs(clips)


@pytest.mark.parametrize(
    ("module", "name", "value"),
    [(library, "BLOCK_FRAMES", n) for n in (200, 700, 1500)]
    + [(votes, "RUN_VOTES", n) for n in (1, 50, 1000)]
    + [(near, "RUN_FRAMES", n) for n in (1, 300, 5000)],
)
def test_the_size_of_the_pieces_changes_nothing(monkeypatch, alike, module, name, value):
    clips, pairs, errors = alike
    monkeypatch.setattr(module, name, value)
    found, their_errors = near_pairs(clips)
    assert found.tolist() == pairs.tolist()
    assert their_errors.tolist() == errors.tolist()
    assert len(pairs) > 10


def test_fingerprints_are_read_once():
    clips, expected = some_copies(30)
    assert near_pairs(iter(clips))[0].tolist() == expected


def test_nothing_stays_on_disk(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    near_pairs(some_copies(30)[0])
    assert list(tmp_path.iterdir()) == []


def test_the_order_of_clips_changes_nothing():
    clips, expected = some_copies(300)
    order = np.random.default_rng(1).permutation(len(clips))
    pairs = near_pairs([clips[i] for i in order])[0]
    assert sorted(sorted(pair) for pair in order[pairs].tolist()) == expected


def test_a_group_of_copies_is_found_as_a_whole():
    rng = np.random.default_rng(0)
    values = random_fingerprint(rng, 120)
    copies = [with_wrong_bits(rng, values, 0.04) for _ in range(6)]
    assert len(near_pairs(copies)[0]) == 15


def test_common_values_are_skipped():
    """A hum that many clips share makes neither copies of them nor pairs without end."""
    rng = np.random.default_rng(0)
    hum = np.full(30, 0xABCDEF01, np.uint32)
    clips = [np.concatenate([random_fingerprint(rng, 70), hum]) for _ in range(100)]
    assert len(near_pairs(clips)[0]) == 0
