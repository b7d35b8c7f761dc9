"""The columns of every table that one stage writes and another reads."""

from collections.abc import Sequence

import pyarrow as pa

INDEX = pa.schema(
    [
        ("utterance_id", pa.string()),  # <corpus>/<name>, unique in the corpus
        ("path", pa.string()),  # POSIX, relative to the corpus's audio root
        ("speaker", pa.string()),  # <corpus>/<speaker>
        ("sex", pa.string()),  # female, male or null
        ("label", pa.string()),  # the corpus's own
        ("intensity", pa.string()),
        ("text", pa.string()),  # what was said, where the corpus says so
        ("arousal", pa.float32()),
        ("valence", pa.float32()),
        ("dominance", pa.float32()),
        ("session", pa.string()),  # <corpus>/<session>, where the corpus has sessions
        ("votes", pa.string()),  # what its raters said: "happy:3 neutral:1"
        ("official_split", pa.string()),  # "train", "fold_2" or "train fold_2"
        ("seconds", pa.float64()),
        ("rate", pa.int32()),  # Hz
        ("channels", pa.int16()),
        ("rms_dbfs", pa.float32()),
        ("peak", pa.float32()),  # full scale = 1
        ("clipped", pa.float32()),  # fraction of samples at full scale
        ("dc_offset", pa.float32()),
        ("audio_hash", pa.string()),  # of the decoded mono samples
        ("fingerprint", pa.binary()),
        ("status", pa.string()),  # ok, quarantined or stray: see pipeline.curation.status
        ("reason", pa.string()),  # why it is not ok, for people
        ("notes", pa.string()),  # what was repaired or is odd
    ]
)

CLIPS = pa.schema(
    [
        ("utterance_id", pa.string()),
        ("corpus", pa.string()),
        ("path", pa.string()),
        ("audio_hash", pa.string()),
    ]
)

DUPLICATES = pa.schema(
    [
        ("utterance_id", pa.string()),
        ("group", pa.string()),  # utterance_id of the group's representative
        ("kind", pa.string()),  # none, exact or near
        ("keep", pa.bool_()),  # the representative
        ("conflict", pa.bool_()),  # the group carries contradicting labels or speakers
    ]
)

CURATED = pa.schema(
    [
        ("utterance_id", pa.string()),
        ("corpus", pa.string()),
        ("speaker", pa.string()),
        ("session", pa.string()),
        ("sex", pa.string()),
        ("label", pa.string()),  # the study's class
        ("group", pa.string()),
        ("seconds", pa.float64()),
        ("audio_hash", pa.string()),
        ("text", pa.string()),
        ("arousal", pa.float32()),
        ("valence", pa.float32()),
        ("dominance", pa.float32()),
        ("official_split", pa.string()),
    ]
)

SPLIT = pa.schema(
    [
        ("example_id", pa.string()),  # unique in a fold: the utterance, and a copy's transform after "#"
        ("transform", pa.string()),  # of a copy that is made for training, such as "pitch_shift=1.2700@42"
        *CURATED,
        ("split_seed", pa.int32()),
        ("fold", pa.int16()),  # numbered on over the seeds
        ("split", pa.string()),  # train, val, test, cross or unused
    ]
)

TRANSCRIPTS = pa.schema(
    [
        ("utterance_id", pa.string()),
        ("key", pa.string()),  # of the row cache: content and settings
        ("text", pa.string()),
        ("language", pa.string()),  # that Whisper was told, or detected; null for other texts
        ("confidence", pa.float32()),  # mean token probability; null for other texts, and where nobody speaks
        ("no_speech", pa.float32()),  # probability that nobody speaks; null for other texts
        ("truncated", pa.bool_()),  # the text ends because it reached the most tokens
        ("source", pa.string()),  # gold, whisper:<model> or table:<file>
    ]
)


def predictions_schema(classes: list[str], targets: Sequence[str] = ("emotion",)) -> pa.Schema:
    """Return the schema of a system's predictions.

    Args:
        classes: The study's, in its order: one probability each, p_<class>.
        targets: `emotion` alone; or dimensions, each with its true value, t_<dimension>, and the predicted one,
            y_<dimension>, on the corpus's own scale, in place of class and probabilities.
    """
    dimensions = [target for target in targets if target != "emotion"]
    columns = [(f"{letter}_{name}", pa.float32()) for name in dimensions for letter in "ty"]
    if not dimensions:
        columns = [("predicted", pa.string()), *((f"p_{name}", pa.float32()) for name in classes)]
    return pa.schema(
        [
            ("seed", pa.int32()),
            ("split_seed", pa.int32()),
            ("fold", pa.int16()),
            ("utterance_id", pa.string()),
            ("corpus", pa.string()),
            ("speaker", pa.string()),
            ("sex", pa.string()),
            ("split", pa.string()),  # val, test or cross
            ("label", pa.string()),
            *columns,
        ]
    )
