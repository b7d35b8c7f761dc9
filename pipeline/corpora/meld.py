"""MELD: Multimodal EmotionLines Dataset.

13,708 utterances (9,989 for training, 1,109 for development, 2,610 for the test) of 1,433 dialogues from the
television series Friends, each with one of seven emotions. English, MP4 films whose sound has mostly 48,000 Hz.
Licence GPL-3 (that of the repository; the films are clips of a broadcast).
http://web.eecs.umich.edu/~mihalcea/downloads/MELD.Raw.tar.gz

S. Poria, D. Hazarika, N. Majumder, G. Naik, E. Cambria and R. Mihalcea, "MELD: A multimodal multi-party dataset
for emotion recognition in conversations", ACL 2019: 527-536, doi:10.18653/v1/P19-1050

`dia{X}_utt{Y}.mp4` in train_splits, dev_splits_complete and output_repeated_splits_test, however deep, or in
folders that people made of them, such as train_splits_wav, train_audio or dev, as WAV or FLAC too; labels are in
{train,dev,test}_sent_emo.csv. The same numbers are other utterances in each part, so the part is a piece of the
name: train_dia0_utt0. Of a clip that is there more than once, a film goes before what was made of it, and what lies
less deep before copies of it; the others are strays. The three lists are UTF-8 that was once Windows-1252:
apostrophes came out as control characters, which are turned back.

The speaker is the name in the list, its case, blanks and dots made alike ("Phoebe Sr." is Phoebe Sr). A clip of
several voices names all of them ("Ross And Rachel", "Joey/drake"), and a speaker-independent split never has it on
another side than clips of one of them. Who speaks as All, Both, Man and the like is not known: another person in
each scene. Such clips have no speaker, and a speaker-independent split refuses them. The number of speakers is not
known for sure: papers count 304 names as they are spelt. Most test speakers speak in the training part too, so the
official split is not speaker-independent.

One listed clip is missing (dev dia110_utt7) and one is corrupt (train dia125_utt3). A few clips are not listed
(such as dev dia49_utt4). Two test clips were cut wrongly and last minutes (dia38_utt4 305 s, dia220_utt0 235 s):
a study's longest duration drops them. The test folder also holds `final_videos_testdia{X}_utt{Y}.mp4`, second
cuts of some clips that no list names; which cut is the right one is disputed, and the plain name is taken.
"""

import logging
import re
import string
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path, PurePosixPath

from pipeline.core.tree import list_files
from pipeline.corpora.contract import (
    VOICES,
    Archive,
    Corpus,
    Entry,
    SideTable,
    Stray,
    scan_files,
    why_stray,
)
from pipeline.corpora.label_tables import read_rows as read_table

log = logging.getLogger(__name__)

LABELS = ("neutral", "joy", "surprise", "anger", "sadness", "disgust", "fear")
SEX = {
    **dict.fromkeys(("Monica", "Rachel", "Phoebe"), "female"),
    **dict.fromkeys(("Ross", "Joey", "Chandler"), "male"),
}
FOLDERS = {"train": "train_splits", "dev": "dev_splits_complete", "test": "output_repeated_splits_test"}
PART_OF_WORD = {
    **{part: part for part in FOLDERS},
    **dict.fromkeys(("val", "valid", "validation", "development"), "dev"),
}
OFFICIAL = {"train": "train", "dev": "val", "test": "test"}
PART_OF_LIST = {f"{part}_sent_emo.csv": part for part in FOLDERS}
DOCUMENTS = ("README.txt", *PART_OF_LIST)
FILMS = (".mp4", ".mkv")
SUFFIXES = (*FILMS, ".wav", ".flac", ".mp3", ".ogg", ".opus", ".m4a")  # and sound, where they were converted
COLUMNS = ("Utterance", "Speaker", "Emotion", "Dialogue_ID", "Utterance_ID")
SEVERAL = re.compile(
    r"\s*(?:[/,&+]|\band\b)\s*", re.IGNORECASE
)  # between the names of those who speak together
# Names that are no person's: each scene has its own
NOBODY = {
    "All",
    "Both",
    "Everyone",
    "Everybody",
    "Together",
    "Crowd",
    "Man",
    "Woman",
    "Guy",
    "Girl",
    "Boy",
    "Kid",
}

# What Windows-1252 says to the control characters that its bytes became
MARKS = {n: bytes([n]).decode("cp1252") for n in range(0x80, 0xA0) if n not in (0x81, 0x8D, 0x8F, 0x90, 0x9D)}

CORPUS = Corpus(
    name="meld",
    title="Multimodal EmotionLines Dataset (MELD)",
    licence="GPL-3 (of the repository)",
    language="en",
    url="http://web.eecs.umich.edu/~mihalcea/downloads/MELD.Raw.tar.gz",
    citation="Poria et al., ACL 2019, doi:10.18653/v1/P19-1050",
    labels=LABELS,
    expected={"utterances": 13708},
    how_to_get="Fetch http://web.eecs.umich.edu/~mihalcea/downloads/MELD.Raw.tar.gz and unpack it and the "
    "archives in it.",
    archives=(
        Archive(name="MELD.Raw.tar.gz", url="http://web.eecs.umich.edu/~mihalcea/downloads/MELD.Raw.tar.gz"),
    ),
    nested=True,
    side_tables=tuple(SideTable((name,), f"the labels of {part}") for name, part in PART_OF_LIST.items()),
)

Key = tuple[str, str]  # part and dia{X}_utt{Y}
Row = Mapping[str, str]


def scan(root: Path) -> Iterator[Entry | Stray]:
    """List the clips below a folder, each once, in the order of paths; then the rows without a clip."""
    rows = read_rows(root)
    others = other_files(map(PurePosixPath, list_files(root)))
    if others:
        log.warning(
            "meld: %d files are of clips that are there more than once: a film is taken before what was made of it",
            len(others),
        )
    folders: dict[str, PurePosixPath] = {}
    found = set()
    listed = scan_files(
        root, partial(parse, rows=rows), suffixes=SUFFIXES, documents=DOCUMENTS, refuse=others.get
    )
    for item in listed:
        path = PurePosixPath(item.path)
        if isinstance(item, Entry) and path.stem.startswith("final_videos_test"):
            yield Stray(item.path, "second cut of a test clip, in no list")
            continue
        if isinstance(item, Entry) and (key := key_of(path)):
            found.add(key)
            folders.setdefault(key[0], path.parent)
        yield item
    for part, clip in sorted(rows.keys() - found):
        folder = folders.get(part, PurePosixPath(FOLDERS[part]))
        yield Stray(f"{folder}/{clip}.mp4", f"listed in {part}_sent_emo.csv, but there is no such file")


def other_files(paths: Iterable[PurePosixPath]) -> dict[PurePosixPath, str]:
    """Return, where a clip is there more than once, the files that are not taken, and why."""
    clips: dict[Key, list[PurePosixPath]] = defaultdict(list)
    for path in paths:
        if (key := key_of(path)) and not why_stray(path, SUFFIXES):
            clips[key].append(path)
    others: dict[PurePosixPath, str] = {}
    for same in clips.values():
        taken, *rest = sorted(
            same, key=lambda path: (path.suffix.lower() not in FILMS, len(path.parts), str(path))
        )
        others |= dict.fromkeys(rest, f"the same utterance as {taken}, which is taken")
    return others


def read_rows(root: Path) -> dict[Key, Row]:
    """Return the rows of the three lists, wherever they lie, by the clip that each is about."""
    rows: dict[Key, Row] = {}
    for path in map(PurePosixPath, list_files(root)):
        if part := PART_OF_LIST.get(path.name):
            for row in read_table(root / path, COLUMNS):
                rows.setdefault((part, f"dia{row['Dialogue_ID']}_utt{row['Utterance_ID']}"), row)
    return rows


def part_of(folder: str) -> str | None:
    """Return the part that a folder's name tells, such as "train" of "train_splits_wav"; None where it does not."""
    words = set(re.findall(r"[a-z0-9]+", folder.lower()))
    parts = {PART_OF_WORD[word] for word in words & PART_OF_WORD.keys()}
    return parts.pop() if len(parts) == 1 else None


def key_of(path: PurePosixPath) -> Key | None:
    """Return the part that the nearest folder tells and the clip that the name tells; None where one does not."""
    part = next((part for name in reversed(path.parts[:-1]) if (part := part_of(name))), None)
    return (part, path.stem) if part and re.fullmatch(r"dia\d+_utt\d+", path.stem) else None


def speaker_of(name: str) -> str | None:
    """Return the speaker whom a list names, spelt in one way; of several who speak together, all, joined.

    "phoebe  sr." is Phoebe Sr, "Ross And Rachel" is Rachel+Ross. None where one of them is not known, as in "All".
    """
    plain = string.capwords(name.replace(".", " "))
    names = {string.capwords(one) for one in SEVERAL.split(plain) if one}
    return None if names & NOBODY else VOICES.join(sorted(names)) or None


def sex_of(speaker: str | None) -> str | None:
    """Return the sex of a main character, or of several of them who have the same."""
    sexes = {SEX.get(one) for one in speaker.split(VOICES)} if speaker else {None}
    return sexes.pop() if len(sexes) == 1 else None


def parse(path: PurePosixPath, rows: Mapping[Key, Row]) -> Entry:
    """Take what the part's list says of a clip."""
    key = key_of(path)
    if key is None:
        folders = ", ".join([*FOLDERS.values(), *FOLDERS])
        problem = f"not dia{{X}}_utt{{Y}} in a folder that tells the part, such as {folders}"
        return Entry(str(path), path.stem, problem=problem)
    part, clip = key
    if key not in rows:
        problem = f"no row in {part}_sent_emo.csv"
        return Entry(str(path), f"{part}_{clip}", official_split=OFFICIAL[part], problem=problem)
    row = rows[key]
    speaker, label = speaker_of(row["Speaker"]), row["Emotion"].lower()
    return Entry(
        path=str(path),
        name=f"{part}_{clip}",
        speaker=speaker,
        sex=sex_of(speaker),
        label=label if label in LABELS else None,
        text=row["Utterance"].translate(MARKS) or None,
        official_split=OFFICIAL[part],
        problem=_problem(label, row["Speaker"]),
    )


def _problem(label: str, speaker: str) -> str | None:
    if label not in LABELS:
        return f"unknown emotion {label!r} (known: {', '.join(LABELS)})"
    return None if speaker.strip() else "its row names no speaker"
