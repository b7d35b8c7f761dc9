"""Which column of a table says what: as params.yaml says, as its layout says, or as columns are usually called."""

import re
from collections.abc import Iterable, Mapping

from pydantic import ValidationError

from pipeline.config.corpora import ROLES, Column, Role
from pipeline.config.mistakes import nearest
from pipeline.corpora.tables.table import Table, TableError, shown_names

# In lower case, with one _ for whatever is no letter or digit.
USUAL: dict[Role, tuple[str, ...]] = {
    "path": (
        *(
            "path",
            "file",
            "filename",
            "file_name",
            "filepath",
            "file_path",
            "wav",
            "wav_path",
            "wav_file",
            "wavfile",
        ),
        *("audio", "audio_path", "audio_file", "audio_filepath", "clip", "clip_path", "recording"),
    ),
    "name": ("utterance_id", "utt_id", "uttid", "segment_id", "clip_id"),
    "label": (
        *("label", "labels", "emotion", "emotions", "emo", "emotion_label", "emoclass", "emo_class", "class"),
        *("category", "emotion_category", "major_emotion"),
    ),
    "speaker": (
        *(
            "speaker",
            "speaker_id",
            "speakerid",
            "spk",
            "spk_id",
            "spkr",
            "spkrid",
            "spkr_id",
            "actor",
            "actor_id",
        ),
        *("subject", "subject_id", "participant", "participant_id", "client_id"),
    ),
    "sex": ("sex", "gender", "speaker_sex", "speaker_gender"),
    "text": ("text", "transcript", "transcription", "sentence", "transcript_text"),
    "split": ("split", "set", "subset", "split_set", "partition"),
    "fold": ("fold", "folds", "fold_id", "cv_fold", "kfold"),
    "session": ("session", "session_id", "dialogue", "dialogue_id", "dialog", "dialog_id"),
    "intensity": ("intensity", "emotion_intensity"),
    "arousal": ("arousal", "activation", "emoact", "act", "aro"),
    "valence": ("valence", "emoval", "val", "pleasure"),
    "dominance": ("dominance", "emodom", "dom"),
    "start": ("start", "start_time", "start_s", "start_seconds", "begin", "onset", "starttime"),
    "end": ("end", "end_time", "end_s", "end_seconds", "stop", "endtime"),
}


def parse_column(text: str) -> tuple[Role, Column]:
    """Read ROLE=NAME or ROLE=NAME:PATTERN, as a command line has it.

    Raises:
        TableError: There is no such role, no name, or the pattern is none.
    """
    said, _, named = text.partition("=")
    name, _, pattern = named.partition(":")
    role = next((role for role in ROLES if role == said), None)
    if role is None or not name:
        raise TableError(f"{text!r}: expected ROLE=NAME, such as label=mood; roles: {', '.join(ROLES)}")
    try:
        return role, Column(column=name, pattern=pattern or None)
    except ValidationError as error:
        raise TableError(f"{text!r}: {error.errors()[0]['msg']}") from error


def find_columns(table: Table, given: Mapping[str, Column | None], where: str) -> dict[Role, Column]:
    """Return the column of each role that the table has something for.

    Args:
        table: Its columns.
        given: What params.yaml says; null takes none.
        where: Key in params.yaml that errors name.

    Raises:
        TableError: A column that is named is not there; there is none for the paths; or several may be meant.
    """
    found: dict[Role, Column] = {}
    candidates = usual_columns(table.cells)
    for role in ROLES:
        if role in given:
            column = given[role]
            if column is not None:
                found[role] = existing(table, column, f"{where}.{role}")
        elif role in table.known:
            found[role] = table.known[role]
        elif len(candidates[role]) > 1:
            raise TableError(
                f"{table.path}: {len(candidates[role])} columns may say the {role}: "
                f"{', '.join(candidates[role])}; name one of them in {where}.{role}, or null for none"
            )
        elif candidates[role]:
            found[role] = Column(column=candidates[role][0])
    if "path" not in found:
        raise TableError(
            f"{table.path}: no column is called as paths usually are ({', '.join(USUAL['path'][:5])}, ...); "
            f"its columns are {shown_names(table.cells)}: name the one with the paths in {where}.path"
        )
    return found


def usual_columns(columns: Iterable[str]) -> dict[Role, list[str]]:
    """Return the columns that are called as one of each role usually is."""
    plain = {column: re.sub(r"[^a-z0-9]+", "_", column.lower()).strip("_") for column in columns}
    return {role: [column for column, name in plain.items() if name in USUAL[role]] for role in ROLES}


def existing(table: Table, column: Column, where: str) -> Column:
    """Return a column that is named.

    Raises:
        TableError: The table has none of that name.
    """
    if column.column not in table.cells:
        raise TableError(
            f"{table.path}: {where} names {column.column!r}, which is none of its columns"
            f"{nearest(column.column, table.cells)}; they are {shown_names(table.cells)}"
        )
    return column


def values_of(table: Table, column: Column) -> list[str]:
    """Return what a column says of each row; empty where its pattern finds nothing."""
    cells = table.cells[column.column]
    if column.pattern is None:
        return cells
    pattern = re.compile(column.pattern)
    group = 1 if pattern.groups else 0
    return [(match[group] or "") if (match := pattern.search(text)) else "" for text in cells]
