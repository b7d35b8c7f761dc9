"""ESD: Emotional Speech Dataset, the English part.

17,500 clips: 10 native speakers (0011 to 0020, five women and five men) say 350 sentences in five emotions.
English, 16 kHz, 16 bit. The Mandarin part (speakers 0001 to 0010, as large) is listed as strays. Licence: for
research only, on a signed form. https://github.com/HLTSingapore/Emotional-Speech-Data

K. Zhou, B. Sisman, R. Liu and H. Li, "Emotional voice conversion: Theory, databases and ESD", Speech
Communication 137: 1-18, 2022, doi:10.1016/j.specom.2021.11.006

`{speaker}/{emotion}/{speaker}_{number}.wav`; some copies have folders train, evaluation and test below each
emotion, which are the official split. `{speaker}.txt` holds a line a clip, clip, text and emotion separated by
tabs: in UTF-8, UTF-16, GBK or Windows-1252, now and then with a blank for a tab, and with some emotions in
Chinese; saved by a spreadsheet it has semicolons or commas for tabs. It is used for the text. The label is the
folder's: where a line contradicts it, the folder wins and the log counts such clips.
"""

import logging
import re
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from pipeline.core.tree import list_files
from pipeline.corpora.contract import Corpus, Entry, SideTable, Stray, scan_files
from pipeline.corpora.label_tables import LabelTableError, read_lines

log = logging.getLogger(__name__)

LABELS = ("Neutral", "Angry", "Happy", "Sad", "Surprise")
SEX = {
    **dict.fromkeys(("0011", "0012", "0013", "0014", "0020"), "male"),
    **dict.fromkeys(("0015", "0016", "0017", "0018", "0019"), "female"),
}
MANDARIN = tuple(f"{number:04d}" for number in range(1, 11))
DOCUMENTS = ("ReadMe.txt", *(f"{speaker}.txt" for speaker in (*MANDARIN, *SEX)))

LABEL_OF_FOLDER = {label.lower(): label for label in LABELS}
SPLIT_OF_FOLDER = {"train": "train", "evaluation": "val", "test": "test"}
LABEL_OF_WORD = {
    **{label: label for label in LABELS},
    **dict.fromkeys(("中立", "中性"), "Neutral"),
    **dict.fromkeys(("生气", "愤怒"), "Angry"),
    **dict.fromkeys(("快乐", "开心", "高兴"), "Happy"),
    **dict.fromkeys(("伤心", "悲伤", "难过"), "Sad"),
    **dict.fromkeys(("惊喜", "惊讶"), "Surprise"),
}
CLIP = re.compile(r"\W*(?P<clip>\d{4}_\d{6})\"?[\s;,|]+(?P<rest>.*\S)")
# What an English line may hold beyond ASCII where it really is GBK: emotions and typographic marks
GBK_LETTERS = frozenset("".join(LABEL_OF_WORD) + "‘’“”—…·，。！？、：；（） ")

CORPUS = Corpus(
    name="esd",
    title="Emotional Speech Dataset (ESD), English",
    licence="research only, signed form",
    language="en",
    url="https://github.com/HLTSingapore/Emotional-Speech-Data",
    citation="Zhou et al., Speech Communication 137, 2022, doi:10.1016/j.specom.2021.11.006",
    labels=LABELS,
    expected={"utterances": 17500, "speakers": 10},
    how_to_get="Sign the form at https://github.com/HLTSingapore/Emotional-Speech-Data and unpack what it gives.",
    side_tables=tuple(SideTable((f"{speaker}.txt",), f"what speaker {speaker} says") for speaker in SEX),
)


class Line(NamedTuple):
    """What a speaker's text file says of a clip; the label is None where it names no emotion."""

    text: str
    label: str | None


def scan(root: Path) -> Iterator[Entry | Stray]:
    """List the English clips below a folder, in the order of paths; the Mandarin ones are strays."""
    lines = read_clips(root)
    n_contradicted = 0
    for item in scan_files(root, partial(parse, lines=lines), documents=DOCUMENTS):
        stem = PurePosixPath(item.path).stem
        if isinstance(item, Entry) and stem.startswith(tuple(f"{speaker}_" for speaker in MANDARIN)):
            yield Stray(item.path, "Mandarin (speakers 0001 to 0010); this corpus is the English part")
            continue
        if isinstance(item, Entry) and item.label and stem in lines:
            n_contradicted += lines[stem].label not in (item.label, None)
        yield item
    if n_contradicted:
        log.warning(
            "esd: the text files give another emotion than the folder for %d clips; the folder's is taken",
            n_contradicted,
        )


def read_clips(root: Path) -> dict[str, Line]:
    """Return what the English speakers' text files say, by clip.

    Raises:
        LabelTableError: A file names no clip.
    """
    clips: dict[str, Line] = {}
    for path in map(PurePosixPath, list_files(root)):
        if path.stem in SEX and path.suffix == ".txt":
            found = [match for line in read_lines(root / path, decode_line) if (match := CLIP.match(line))]
            if not found:
                raise LabelTableError(
                    f"{root / path}: no line of it begins with a clip's name, such as {path.stem}_000001, "
                    f"followed by text and emotion. Fetch it anew, or take it away"
                )
            clips |= {match["clip"]: read_line(match["rest"]) for match in found}
    return clips


def read_line(words: str) -> Line:
    """Part what follows a clip's name into text and emotion, whatever stands between them: a tab, as published."""
    words = words.strip().strip(";,|").strip()
    for separator in ("\t", ";", "|", ",", " "):
        text, _, last = words.rpartition(separator)
        label = LABEL_OF_WORD.get(last.strip().strip('"'))
        if text and (label or separator == "\t"):
            return Line(_plain(text), label)
    return Line(_plain(words), None)


def _plain(text: str) -> str:
    """Return a text without the quotation marks that a spreadsheet puts around it."""
    text = " ".join(text.split())
    return text[1:-1].replace('""', '"') if len(text) > 1 and text[0] == text[-1] == '"' else text


def decode_line(line: bytes) -> str:
    """Decode a line that is UTF-8, GBK where nothing but what English lines may hold of it is there, or Windows."""
    for encoding in ("utf-8", "gb18030"):
        try:
            text = line.decode(encoding)
        except UnicodeDecodeError:
            continue
        if encoding == "utf-8" or {letter for letter in text if not letter.isascii()} <= GBK_LETTERS:
            return text
    return line.decode("cp1252", "replace")


def parse(path: PurePosixPath, lines: Mapping[str, Line]) -> Entry:
    """Read the speaker from a clip's name, and its emotion and split from the folders it lies in."""
    match = re.fullmatch(r"(\d{4})_\d{6}", path.stem)
    if match is None or match[1] not in SEX:
        problem = "the name is not {speaker}_{number}, four and six digits, with a speaker from 0011 to 0020"
        return Entry(str(path), path.stem, problem=problem)
    split = SPLIT_OF_FOLDER.get(path.parent.name.lower())
    folder = path.parent.parent if split else path.parent
    return Entry(
        path=str(path),
        name=path.stem,
        speaker=match[1],
        sex=SEX[match[1]],
        label=LABEL_OF_FOLDER.get(folder.name.lower()),
        text=lines[path.stem].text if path.stem in lines else None,
        official_split=split,
        problem=_problem(folder, match[1]),
    )


def _problem(folder: PurePosixPath, speaker: str) -> str | None:
    if folder.name.lower() not in LABEL_OF_FOLDER:
        return f"its folder {folder.name!r} is no emotion (known: {', '.join(LABELS)})"
    owner = folder.parent.name
    if re.fullmatch(r"\d{4}", owner) and owner != speaker:
        return f"its name says speaker {speaker}, its folder {owner}"
    return None
