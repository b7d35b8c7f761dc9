"""Many recordings, one after the other: what `python -m pipeline.predict` does.

What is answered is kept beside the output, a line a file, until the output is written: a job that was interrupted
goes on where it was, if system, settings and files are still the same.
"""

import json
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tqdm import tqdm

from pipeline.audio.containers import SUFFIXES
from pipeline.core.errors import PipelineError
from pipeline.core.own_files import keep_whole_lines
from pipeline.core.row_cache import digest
from pipeline.inference.answers import Answer, Window
from pipeline.inference.many import answers
from pipeline.inference.predictor import Predictor, load, trained_systems
from pipeline.inference.speech import Speech, load_silero
from pipeline.inference.trained import read_trained
from pipeline.inference.written import FORMATS, Format, as_table, write_answers

STANDARD_INPUT = "-"
ITSELF = "recording"  # in the place of clips: each is standardised by the one who speaks in it


class Job:
    """Recordings that a system is asked about.

    Args:
        system: A name, or the folder of an export.
        files: Files, folders, or "-" for standard input.
        window: Seconds.
        format: Of the output; None goes by the output's ending, and is a table without one.
        output: A file; None for standard output.
        text: What is said in the one file.
        speech: What counts as speech: see `pipeline.inference.recording.Recording`.
        enrol: Files or folders of clips of the one who speaks, for a system that is standardised by speaker; or
            `ITSELF` alone.

    Raises:
        PipelineError: What is asked for cannot be done, whatever the files hold.
    """

    def __init__(
        self,
        system: str,
        files: Sequence[str],
        window: float,
        format: Format | None,
        output: Path | None,
        text: str | None,
        speech: Speech,
        enrol: Sequence[str] = (),
    ) -> None:
        self._format = format or _format_of(output)
        self._output = output
        if self._format == "parquet" and output is None:
            raise PipelineError("parquet is not for the screen: name a file with --output")
        if speech == "silero":
            load_silero()
        self._files = find_files(files)
        self._predictor: Predictor = load(system)
        if text is not None and (len(self._files) != 1 or not self._predictor.reads_text):
            raise PipelineError(
                f"--text came with {len(self._files)} file(s) for {self._predictor.name}; expected one file, and a "
                "system that reads text"
            )
        self._window, self._text, self._speech = window, text, speech
        if self._predictor.reads_text and text is None:
            self._predictor.load_whisper()
        self._enrol_itself = [*enrol] == [ITSELF]
        enrolled = [] if self._enrol_itself else find_files(enrol)
        if enrol:  # where each enrols itself, nobody here: which tells whether the system enrols at all
            self._predictor.enrol([Path(file) for file in enrolled])
        of_speaker = [*enrol] if self._enrol_itself else [[file, _stamp(file)] for file in enrolled]
        self._key = digest([self._predictor.trained.model_dump(), window, text, speech, of_speaker])

    def run(self) -> int:
        """Ask about every file, write the answers, and return how many files could not be answered."""
        found = self._kept()
        left = [file for file in self._files if file not in found]
        with ExitStack() as stack:
            bar = stack.enter_context(tqdm(total=len(left), unit="file", disable=None))
            paths = [_at_a_path(file, stack) for file in left]

            def progress(path: Path, seconds: float) -> None:
                bar.set_postfix_str(f"{path.name}, {seconds:.0f} s")

            how = self._window, self._text, self._speech, progress, self._enrol_itself
            asked = answers(self._predictor, paths, *how)
            for file, answer in zip(left, asked, strict=True):
                found[file] = self._take(file, answer)
                bar.update()
        ordered = {file: found[file] for file in self._files}
        if self._format != "table" or self._output is not None:
            write_answers(ordered, self._format, self._output)
        if self._output is not None:
            self._journal.unlink(missing_ok=True)
        n_failed = sum(isinstance(answer, str) for answer in ordered.values())
        if n_failed:
            print(f"{len(ordered) - n_failed} of {len(ordered)} files answered", file=sys.stderr)
        return n_failed

    def _take(self, file: str, answer: Answer | PipelineError) -> Answer | str:
        """Tell, or keep, what there is of a file; of an error, its words."""
        if isinstance(answer, PipelineError):
            tqdm.write(f"error: {answer}", file=sys.stderr)
            return str(answer)
        self._keep(file, answer)
        if self._format == "table" and self._output is None:
            tqdm.write(as_table({file: answer}))
        return answer

    @property
    def _journal(self) -> Path:
        return Path(f"{self._output}.partial")

    def _keep(self, file: str, answer: Answer) -> None:
        if self._output is None:
            return
        self._journal.parent.mkdir(parents=True, exist_ok=True)
        entry = {"key": self._key, "file": file, "is": _stamp(file), **answer.to_dict()}
        with self._journal.open("a", encoding="utf-8") as journal:
            journal.write(json.dumps(entry) + "\n")

    def _kept(self) -> dict[str, Answer | str]:
        """Return what an interrupted job answered, of files that have not changed since."""
        if self._output is None or not self._journal.exists():
            return {}
        kept: dict[str, Answer | str] = {}
        keep_whole_lines(self._journal)  # an interruption may have cut the last
        for entry in map(json.loads, self._journal.read_text("utf-8").splitlines()):
            key, file, stamp = entry.pop("key"), entry.pop("file"), entry.pop("is")
            if key == self._key and file in self._files and stamp == _stamp(file):
                kept[file] = _answer(entry)
        if kept:
            print(f"{len(kept)} of {len(self._files)} files were answered before", file=sys.stderr)
        return kept


def find_files(names: Sequence[str]) -> list[str]:
    """Return files, and of folders all files below that are called like audio, each once.

    Raises:
        PipelineError: A folder holds none.
    """
    found: list[str] = []
    for name in names:
        path = Path(name)
        if name == STANDARD_INPUT or not path.is_dir():
            found.append(name)
            continue
        files = [
            file for file in sorted(path.rglob("*")) if file.suffix.lower() in SUFFIXES and file.is_file()
        ]
        if not files:
            raise PipelineError(f"{path} holds no audio: no file ends in {', '.join(SUFFIXES)}")
        found += map(str, files)
    return list(dict.fromkeys(found))


def list_systems() -> str:
    """Return a line for each system that can be asked, with its score and how it was tested."""
    lines = []
    for name in trained_systems():
        facts = read_trained(name).facts
        score = facts["score"]
        words = f"{score['name'].upper()} {score['value']:.3f}" if score else "not evaluated"
        corpora = ", ".join(facts["corpora"])
        lines.append(f"{name:45} {words:14} {corpora}: {facts['protocol']}")
    if not lines:
        raise PipelineError("no system is trained here: `make tour` trains five, `make repro` all")
    return "\n".join(lines)


def _at_a_path(file: str, stack: ExitStack) -> Path:
    """Return a file's path; standard input is a temporary file until the stack is closed."""
    if file != STANDARD_INPUT:
        return Path(file)
    copy = stack.enter_context(tempfile.NamedTemporaryFile())  # noqa: SIM115 -- the stack closes it
    while block := sys.stdin.buffer.read(1 << 20):
        copy.write(block)
    copy.flush()
    return Path(copy.name)


def _stamp(file: str) -> list[int]:
    """Tell a file from what it was: its size and when it was written; of standard input nothing is known."""
    if file == STANDARD_INPUT or not Path(file).exists():
        return []
    status = Path(file).stat()
    return [status.st_size, status.st_mtime_ns]


def _answer(entry: dict[str, Any]) -> Answer:
    windows = [Window(**window) for window in entry.pop("windows")]
    return Answer(**entry, windows=windows)


def _format_of(output: Path | None) -> Format:
    """Return what a file's ending says."""
    ending = output.suffix.removeprefix(".") if output else "table"
    return next((name for name in FORMATS if name == ending), "table")
