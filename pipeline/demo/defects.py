"""The defects planted in each part, and the key (`defects.csv`) that tests hold the curation to.

Every clip is used by one defect at most: a clip that is altered is nobody's source, and a copy's source stays
as it was. What should become of a defect (the column `expected`):

quarantine  the index marks it quarantined, with a reason: unreadable, or nobody can say what its label is
repair      the index reads it fine; its notes or columns say what is unusual
duplicate   deduplication groups it with `source`
conflict    the same audio under two labels: it and `source` are dropped and listed
filter      readable, but its duration or its label does not pass a study's filter
ignore      no utterance of the corpus: not indexed, but listed
"""

import csv
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pipeline.core.errors import PipelineError
from pipeline.demo.layout import TESS_CODES, Clip, alias
from pipeline.demo.spoil import ALTERATIONS, COPIES
from pipeline.demo.streams import stream

KEY_NAME = "defects.csv"
UNKNOWN_CODE = "09"  # RAVDESS' codes end at 08

EXPECTED = {
    "truncated_data": "quarantine",
    "truncated_header": "quarantine",
    "zero_byte": "quarantine",
    "text_file": "quarantine",
    "silent": "quarantine",
    "nan_samples": "quarantine",
    "aiff": "repair",
    "clipping": "repair",
    "dc_offset": "repair",
    "dead_channel": "repair",
    "identical_channels": "repair",
    "rate_8000": "repair",
    "rate_44100": "repair",
    "rate_48000": "repair",
    "pcm24": "repair",
    "exact_duplicate": "duplicate",
    "resampled_copy": "duplicate",
    "trimmed_copy": "duplicate",
    "ulaw_copy": "duplicate",
    "adpcm_copy": "duplicate",
    "conflicting_duplicate": "conflict",
    "too_short": "filter",
    "too_long": "filter",
    "rare_label": "filter",
    "unknown_label": "quarantine",
    "unparseable_name": "quarantine",
    "desktop_file": "ignore",
    "notes_file": "ignore",
}

# How many of each kind. `rare_label` is not here: those clips come with the plan.
COUNTS: dict[str, dict[str, int]] = {
    "demo_tess": {
        "exact_duplicate": 3,
        "resampled_copy": 2,
        "trimmed_copy": 1,
        "conflicting_duplicate": 1,
        "aiff": 2,
        "zero_byte": 1,
        "silent": 1,
        "rate_48000": 1,
        "pcm24": 1,
        "unparseable_name": 1,
        "desktop_file": 1,
    },
    "demo_ravdess": {
        "exact_duplicate": 2,
        "resampled_copy": 2,
        "ulaw_copy": 1,
        "conflicting_duplicate": 1,
        "identical_channels": 2,
        "dead_channel": 1,
        "truncated_data": 1,
        "truncated_header": 1,
        "text_file": 1,
        "clipping": 1,
        "rate_44100": 1,
        "unknown_label": 1,
        "unparseable_name": 1,
        "desktop_file": 1,
    },
    "demo_dialogue": {
        "exact_duplicate": 1,
        "resampled_copy": 1,
        "trimmed_copy": 1,
        "adpcm_copy": 1,
        "conflicting_duplicate": 1,
        "truncated_data": 1,
        "zero_byte": 1,
        "nan_samples": 1,
        "silent": 1,
        "clipping": 2,
        "dc_offset": 1,
        "rate_8000": 1,
        "too_short": 1,
        "too_long": 1,
        "notes_file": 1,
    },
}
_STRAYS = {
    "desktop_file": (".DS_Store", b"\x00\x00\x00\x01Bud1\x00"),
    "notes_file": ("notes.txt", b"mic 2 was off on Tuesday\n"),
}


@dataclass(frozen=True)
class Planted:
    """A defect. The first four fields are the key's columns; paths are relative to the corpus' root."""

    kind: str
    path: str
    source: str  # what it is a copy of, else empty
    expected: str
    moved_from: str = ""  # the clip's own name, where the defect is its new one
    claims: str = ""  # the emotion that a conflicting copy claims


def choose(corpus: str, clips: Sequence[Clip], eligible: Iterable[str], seed: int) -> list[Planted]:
    """Decide which clip gets which defect.

    Args:
        corpus: One of the three parts.
        clips: All of its clips.
        eligible: Paths of the clips that a defect may use.
        seed: Of the corpus.

    Raises:
        PipelineError: There are fewer eligible clips than defects.
    """
    emotions = {clip.path: clip.emotion for clip in clips}
    pool = sorted(eligible)
    kinds = [kind for kind, n in COUNTS[corpus].items() for _ in range(n)]
    clip_kinds = [kind for kind in kinds if kind not in _STRAYS]
    if len(pool) < len(clip_kinds):
        raise PipelineError(
            f"{corpus}: {len(pool)} clips cannot carry {len(clip_kinds)} defects; ask for a larger size"
        )
    order = stream(seed, corpus, "defects").permutation(len(pool))
    taken = set(emotions)
    planted = []
    for kind, i in zip(clip_kinds, order.tolist(), strict=False):
        planted.append(_assign(corpus, kind, pool[i], emotions[pool[i]], taken))
        taken.add(planted[-1].path)
    strays = [Planted(kind, _STRAYS[kind][0], "", EXPECTED[kind]) for kind in kinds if kind in _STRAYS]
    bored = (clip.path for clip in clips if clip.emotion == "boredom")
    return [*planted, *strays, *(Planted("rare_label", path, "", EXPECTED["rare_label"]) for path in bored)]


def plant(root: Path, planted: Iterable[Planted]) -> None:
    """Alter, copy, move and add the files below a corpus' root."""
    for defect in planted:
        target = root / defect.path
        if defect.kind in ALTERATIONS:
            ALTERATIONS[defect.kind](target)
        elif defect.kind in COPIES:
            COPIES[defect.kind](root / defect.source, target)
        elif defect.moved_from:
            (root / defect.moved_from).rename(target)
        elif defect.kind in _STRAYS:
            target.write_bytes(_STRAYS[defect.kind][1])


def write_key(root: Path, planted: Iterable[Planted]) -> None:
    """Write `defects.csv`: kind, path, source, expected, sorted by path."""
    rows = sorted((d.path, d.kind, d.source, d.expected) for d in planted)
    with (root / KEY_NAME).open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("kind", "path", "source", "expected"))
        writer.writerows((kind, path, source, expected) for path, kind, source, expected in rows)


def _assign(corpus: str, kind: str, path: str, emotion: str, taken: set[str]) -> Planted:
    """Make a defect of some kind out of a clip."""
    expected = EXPECTED[kind]
    if kind in COPIES:
        claims = _other_emotion(emotion) if kind == "conflicting_duplicate" else ""
        name = alias(corpus, path, taken=taken, emotion=claims or None)
        return Planted(kind, name, path, expected, claims=claims)
    if kind in _NEW_NAMES:
        return Planted(kind, _NEW_NAMES[kind](PurePosixPath(path)), "", expected, moved_from=path)
    return Planted(kind, path, "", expected)


def _other_emotion(emotion: str) -> str:
    """Return another emotion, one that all three parts have."""
    shared = list(TESS_CODES)
    return shared[(shared.index(emotion) + 1) % len(shared)] if emotion in shared else shared[0]


def _with_unknown_code(path: PurePosixPath) -> str:
    modality, channel, _, *rest = path.stem.split("-")
    return str(path.with_name("-".join([modality, channel, UNKNOWN_CODE, *rest]) + ".wav"))


def _unparseable(path: PurePosixPath) -> str:
    return str(path.with_name("happy final 2.wav"))


_NEW_NAMES: dict[str, Callable[[PurePosixPath], str]] = {
    "unknown_label": _with_unknown_code,
    "unparseable_name": _unparseable,
}
