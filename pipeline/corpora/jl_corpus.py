"""JL-Corpus: emotional speech of New Zealand English.

2,400 clips: two women and two men say sentences in five primary and five secondary emotions, 240 clips each.
English, 44,100 Hz, 16 bit. Licence CC0 1.0. https://www.kaggle.com/datasets/tli725/jl-corpus

J. James, L. Tian and C. I. Watson, "An Open Source Emotional Speech Corpus for Human Robot Interaction
Applications", Interspeech 2018: 2768-2772, doi:10.21437/Interspeech.2018-1349

`Raw JL corpus (unchecked and unannotated)/JL(wav+txt)/{speaker}_{emotion}_{sentence}{a,b}_{take}.wav`. Speaker
(female1, female2, male1, male2), sex and emotion are read from the file name; what is said stands in a text
file of the same name beside the clip. A file name is unique in the corpus, and the published archive repeats
part of its folder under another name: of clips with one name, one is taken, from the raw folder where it is
there, and the others are strays.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path, PurePosixPath

from pipeline.corpora.contract import Archive, Corpus, Entry, SideTable, Stray, scan_files
from pipeline.corpora.label_tables import read_text

PRIMARY = ("angry", "excited", "happy", "neutral", "sad")
SECONDARY = ("anxious", "apologetic", "assertive", "concerned", "encouraging")
LABELS = (*PRIMARY, *SECONDARY)
RAW = "Raw JL corpus"

CORPUS = Corpus(
    name="jl_corpus",
    title="JL-Corpus",
    licence="CC0 1.0",
    language="en",
    url="https://www.kaggle.com/datasets/tli725/jl-corpus",
    citation="James, Tian and Watson, Interspeech 2018, doi:10.21437/Interspeech.2018-1349",
    labels=LABELS,
    expected={"utterances": 2400, "speakers": 4},
    how_to_get="Download https://www.kaggle.com/datasets/tli725/jl-corpus and unpack it.",
    archives=(
        Archive(name="jl-corpus.zip", url="https://www.kaggle.com/api/v1/datasets/download/tli725/jl-corpus"),
    ),
    side_tables=(SideTable(("female[12]_*.txt", "male[12]_*.txt"), "what is said"),),
)


def scan(root: Path) -> Iterator[Entry | Stray]:
    """List the clips below a folder, in the order of paths."""
    found = list(scan_files(root, partial(parse, root=root)))
    clips = {PurePosixPath(item.path).with_suffix("") for item in found if isinstance(item, Entry)}
    taken = choose(item for item in found if isinstance(item, Entry) and item.speaker)
    for item in found:
        path = PurePosixPath(item.path)
        if isinstance(item, Stray):
            if path.suffix != ".txt" or path.with_suffix("") not in clips:
                yield item
        elif not item.speaker:
            yield item
        elif taken[path.stem] == item.path:
            yield replace(item, name=path.stem)
        else:
            yield Stray(item.path, f"another copy of {taken[path.stem]}, which is taken")


def choose(entries: Iterable[Entry]) -> dict[str, str]:
    """Return for each file name which of the paths that bear it is taken."""
    ordered = sorted(entries, key=lambda entry: (RAW not in entry.path, entry.path.count("/"), entry.path))
    taken: dict[str, str] = {}
    for entry in ordered:
        taken.setdefault(PurePosixPath(entry.path).stem, entry.path)
    return taken


def parse(path: PurePosixPath, root: Path) -> Entry:
    """Read speaker and emotion of a file name, and what is said of the text file beside it."""
    match = re.fullmatch(r"((female|male)[12])_([a-z]+)_\d+[ab]_\d+", path.stem)
    if match is None:
        problem = "the name is not {speaker}_{emotion}_{sentence}{a,b}_{take}, such as male1_angry_1a_1"
        return Entry(str(path), path.stem, problem=problem)
    speaker, sex, emotion = match.groups()
    known = emotion in LABELS
    return Entry(
        path=str(path),
        name=path.stem,
        speaker=speaker,
        sex=sex,
        label=emotion if known else None,
        text=read_text((root / path).with_suffix(".txt")),
        problem=None if known else f"unknown emotion {emotion} (known: {', '.join(LABELS)})",
    )
