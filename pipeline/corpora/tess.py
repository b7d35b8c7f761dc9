"""TESS: Toronto emotional speech set.

2,800 clips, 5,754 s: two actresses, aged 64 (OAF) and 26 (YAF), say 200 words of the NU-6 lists in the
carrier phrase "Say the word ..." in seven emotions. Canadian English, 24,414 Hz, 16 bit. Licence CC BY-NC 4.0
or CC BY-NC-ND 4.0: sources disagree, so take the stricter. https://doi.org/10.5683/SP2/E8H2MF (Borealis
Dataverse, files without folders)

K. Dupuis and M. K. Pichora-Fuller, "Aging affects identification of vocal emotions in semantically neutral
sentences", J. Speech Lang. Hear. Res. 58(3): 1061-1076, 2015, doi:10.1044/2015_JSLHR-H-14-0256

`{OAF,YAF}_{word}_{emotion}.wav`, `ps` for pleasant surprise. Speaker and emotion are read from the file name,
since folders differ in case and wording (`OAF_Fear`, `YAF_pleasant_surprised`) and are missing in some
copies. One file, `OA_bite_neutral.wav`, lacks the F of OAF. Two `.wav` files are AIFF, one has 96 kHz. The
widespread copy holds the whole tree twice, one inside the other: 5,600 files.
"""

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from pipeline.corpora.contract import Archive, Corpus, Entry, Stray, scan_files

LABELS = ("angry", "disgust", "fear", "happy", "neutral", "ps", "sad")
SPEAKERS = {"OAF": "OAF", "OA": "OAF", "YAF": "YAF"}

CORPUS = Corpus(
    name="tess",
    title="Toronto emotional speech set (TESS)",
    licence="CC BY-NC 4.0 or CC BY-NC-ND 4.0 (sources disagree)",
    language="en",
    url="https://doi.org/10.5683/SP2/E8H2MF",
    citation="Dupuis and Pichora-Fuller, J. Speech Lang. Hear. Res., 2015, doi:10.1044/2015_JSLHR-H-14-0256",
    labels=LABELS,
    expected={"utterances": 2800, "speakers": 2, "seconds": 5754},
    how_to_get="Download all files of https://doi.org/10.5683/SP2/E8H2MF (the button 'Access Dataset').",
    archives=(
        Archive(
            name="tess.zip",
            url="https://borealisdata.ca/api/access/dataset/:persistentId/?persistentId=doi:10.5683/SP2/E8H2MF",
        ),
    ),
)

# What a Dataverse puts into the bundles that it makes
DOCUMENTS = ("MANIFEST.TXT",)


def scan(root: Path) -> Iterator[Entry | Stray]:
    """List the clips below a folder, in the order of paths."""
    return scan_files(root, parse, documents=DOCUMENTS)


def parse(path: PurePosixPath) -> Entry:
    """Read speaker, word and emotion of a file name."""
    match = re.fullmatch(r"(oaf|oa|yaf)_([a-z]+)_([a-z]+)", path.stem, re.IGNORECASE)
    if match is None:
        return Entry(str(path), path.stem, problem="the name is not {OAF,YAF}_{word}_{emotion}")
    speaker, word, emotion = SPEAKERS[match[1].upper()], match[2].lower(), match[3].lower()
    known = emotion in LABELS
    return Entry(
        path=str(path),
        name=path.stem,
        speaker=speaker,
        sex="female",
        label=emotion if known else None,
        text=f"Say the word {word}.",
        problem=None if known else f"unknown emotion {emotion} (known: {', '.join(LABELS)})",
    )
