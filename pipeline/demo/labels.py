"""`labels.csv`, one a session of the dialogue part."""

import csv
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path, PurePosixPath

from pipeline.demo.layout import Clip
from pipeline.demo.prosody import Prosody
from pipeline.demo.raters import Judgement, draw_raters, judge
from pipeline.demo.streams import stream


@dataclass(frozen=True)
class LabelRow:
    """A row of labels.csv; the fields are its columns. Ratings are means of the raters, 1 to 5."""

    utterance: str
    speaker: str
    sex: str
    label: str  # code of the consensus; "xxx" where there is none
    votes: str  # a code a rater, separated by spaces
    arousal: float
    valence: float
    dominance: float
    transcript: str


def label_rows(clips: Sequence[Clip], prosodies: Sequence[Prosody], seed: int) -> dict[str, LabelRow]:
    """Let the raters hear every clip. Keys are the clips' paths."""
    raters = draw_raters(stream(seed, "demo_dialogue", "raters"))
    return {
        clip.path: _row(clip, judge(clip, prosody, raters, stream(seed, "demo_dialogue", "votes", clip.path)))
        for clip, prosody in zip(clips, prosodies, strict=True)
    }


def copied_row(row: LabelRow, path: str, label: str | None = None) -> LabelRow:
    """Return the row of a copy of a clip, which may claim another label, all its raters agreeing."""
    copy = replace(row, utterance=PurePosixPath(path).stem)
    if label is None:
        return copy
    return replace(copy, label=label, votes=" ".join([label] * len(row.votes.split())))


def write_labels(root: Path, rows: dict[str, LabelRow]) -> None:
    """Write `SessionN/labels.csv` for every session, sorted by utterance."""
    sessions = sorted({path.split("/")[0] for path in rows})
    for session in sessions:
        own = sorted((row for path, row in rows.items() if path.startswith(f"{session}/")), key=_utterance)
        with (root / session / "labels.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(LabelRow.__dataclass_fields__), lineterminator="\n")
            writer.writeheader()
            writer.writerows(asdict(row) for row in own)


def _utterance(row: LabelRow) -> str:
    return row.utterance


def _row(clip: Clip, judgement: Judgement) -> LabelRow:
    return LabelRow(
        utterance=PurePosixPath(clip.path).stem,
        speaker=clip.speaker_id,
        sex=clip.sex,
        label=judgement.label,
        votes=" ".join(judgement.votes),
        arousal=judgement.arousal,
        valence=judgement.valence,
        dominance=judgement.dominance,
        transcript=clip.text,
    )
