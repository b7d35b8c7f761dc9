"""Answers as text and files: a table for the screen, JSON, CSV and Parquet."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from pipeline.core.own_files import written_whole
from pipeline.inference.answers import Answer, Window, top

Format = Literal["table", "json", "csv", "parquet"]
FORMATS: tuple[Format, ...] = ("table", "json", "csv", "parquet")
Answers = Mapping[str, Answer | str]  # by file; a string says why there is none


def write_answers(answers: Answers, format: Format, output: Path | None) -> None:
    """Write answers to a file, atomically, or to standard output."""
    if output is None:
        sys.stdout.write(as_text(answers, format))
        return
    with written_whole(output) as partial:
        if format == "parquet":
            as_frame(answers).to_parquet(partial, index=False)
        else:
            partial.write_text(as_text(answers, format), "utf-8")


def as_text(answers: Answers, format: Format) -> str:
    """Return answers in a format that is text."""
    if format == "json":
        return as_json(answers)
    if format == "csv":
        return as_frame(answers).to_csv(index=False, float_format="%.6f", lineterminator="\n")
    return as_table(answers) + "\n"


def as_json(answers: Answers) -> str:
    """Return a list with an object for each file: its `file`, and the answer or the `error`."""
    objects = [
        {"file": file, **({"error": answer} if isinstance(answer, str) else answer.to_dict())}
        for file, answer in answers.items()
    ]
    return json.dumps(objects, indent=2, ensure_ascii=False) + "\n"


def as_frame(answers: Answers) -> pd.DataFrame:
    """Return a row for each file as a whole and, below it, one for each of its windows.

    Returns:
        `file`, `part` ("file" or "window"), `start` and `end` in seconds, `speech_seconds`, `top` (the most
        probable class; empty for dimensions), a column for each class or dimension, `calibrated` (empty for
        dimensions), `notes` and `error`.
    """
    rows: list[dict[str, Any]] = []
    for file, answer in answers.items():
        if isinstance(answer, str):
            rows.append({"file": file, "part": "file", "error": answer})
            continue
        for number, window in enumerate([_whole(answer), *answer.windows]):
            rows.append(
                {
                    "file": file,
                    "part": "window" if number else "file",
                    "start": window.start,
                    "end": window.end,
                    "speech_seconds": window.speech_seconds,
                    "top": _best(answer, window),
                    **(window.scores or {}),
                    "calibrated": answer.calibrated,
                    "notes": "" if number else "; ".join(answer.notes),
                    "error": None,
                }
            )
    frame = pd.DataFrame(rows)
    ends = [name for name in ("calibrated", "notes", "error") if name in frame]
    return frame[[*(name for name in frame if name not in ends), *ends]]


def as_table(answers: Answers) -> str:
    """Return lines for the screen: of each file, of its windows where there are several, and its notes."""
    lines = []
    for file, answer in answers.items():
        if isinstance(answer, str):
            lines.append(f"{file}\n  error: {answer}")
            continue
        sure = {True: ", calibrated", False: ", not calibrated", None: ""}[answer.calibrated]
        lines.append(f"{file}  ({answer.system}, {answer.models}{sure})")
        several = len(answer.windows) > 1
        windows = [_whole(answer), *(answer.windows if several else [])]
        lines += [f"  {one.start:7.1f} -{one.end:7.1f} s  {_scores(answer, one)}" for one in windows]
        lines += [f"  note: {note}" for note in answer.notes]
    return "\n".join(lines)


def _whole(answer: Answer) -> Window:
    """Return a recording as one window."""
    seconds = sum(window.speech_seconds for window in answer.windows)
    return Window(0.0, answer.seconds, answer.scores is not None, answer.scores, seconds)


def _best(answer: Answer, window: Window) -> str | None:
    return top(window.scores, 1)[0][0] if window.scores and answer.kind == "classes" else None


def _scores(answer: Answer, window: Window) -> str:
    if window.scores is None:
        return "no speech"
    if answer.kind == "dimensions":
        return "  ".join(f"{name} {score:.2f}" for name, score in window.scores.items())
    return "  ".join(f"{name} {score:.0%}" for name, score in top(window.scores))
