"""MSP-Podcast: spontaneous speech from podcasts.

Release 1.7, as far as its split is published: 58,619 speaking turns of 3 to 11 s (38,179 for training, 7,538 for
development, 12,902 in Test1). Other releases and Test2 hold more, so their counts differ, and are said to. Five
raters or more name an emotion and rate arousal, valence and dominance from 1 to 7. English, 16 kHz, mono.
Licence: signed, of the University of Texas at Dallas.
https://ecs.utdallas.edu/research/researchlabs/msp-lab/MSP-Podcast.html

R. Lotfian and C. Busso, "Building naturalistic emotionally balanced speech corpus by retrieving emotional speech
from existing podcast recordings", IEEE Trans. Affective Computing 10(4): 471-483, 2019,
doi:10.1109/TAFFC.2017.2736999

`Audios/{podcast}_{turn}.wav`; `Labels/labels_consensus.csv` (labels_concensus.csv in older releases) gives a
row a turn: the emotion that most raters named (X where there is none), the means, speaker, gender and part.
`Labels/labels_detailed.csv`, where there is one, gives a row a rater, and `Transcripts/{turn}.txt` the words.
Releases carry along what earlier ones said, and the audio that was taken out since, in folders named `previous...`
or `...removed...`; those files are strays.

A speaker that is Unknown there has no speaker here; the number of speakers is not known for this release. Of
the tests, only Test1 is part of the published protocol: Test2 and Test3 have no official split.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path, PurePosixPath

from pipeline.core.errors import PipelineError
from pipeline.core.tree import list_files
from pipeline.corpora.contract import Corpus, Entry, SideTable, Stray, format_votes, scan_files
from pipeline.corpora.label_tables import Row, number, read_rows, read_text

LABELS = ("A", "S", "H", "U", "F", "D", "C", "N", "O", "X")
CODES = {
    **{label.lower(): label for label in LABELS},
    **dict.fromkeys(("angry", "anger"), "A"),
    **dict.fromkeys(("sad", "sadness"), "S"),
    **dict.fromkeys(("happy", "happiness"), "H"),
    **dict.fromkeys(("surprise", "surprised"), "U"),
    "fear": "F",
    "disgust": "D",
    "contempt": "C",
    "neutral": "N",
}
OFFICIAL = {
    "train": "train",
    "development": "val",
    "validation": "val",
    "test1": "test",
    "test2": None,
    "test3": None,
}
CONSENSUS = ("labels_consensus.csv", "labels_concensus.csv")
DETAILED = "labels_detailed.csv"
RATINGS = ("EmoAct", "EmoVal", "EmoDom")
COLUMNS = ("FileName", "EmoClass", *RATINGS, "Split_Set")
# Folders with what earlier releases said and held, in a release that carries them along
EARLIER = re.compile(r"(^|[\W_])(prev|previous|removed)([\W_]|$)", re.IGNORECASE)
DOCUMENTS = ("readme.txt", "README.txt", "Partitions.txt", "Speaker_ids.txt")
NO_TURNS = re.compile(r"(.*/)?(Labels|Transcripts|Time_Labels|Force[^/]*)/(.*/)?(?!\._)[^/]+")

CORPUS = Corpus(
    name="msp_podcast",
    title="MSP-Podcast",
    licence="signed licence of the University of Texas at Dallas",
    language="en",
    url="https://ecs.utdallas.edu/research/researchlabs/msp-lab/MSP-Podcast.html",
    citation="Lotfian and Busso, IEEE Trans. Affective Computing 10(4), 2019, doi:10.1109/TAFFC.2017.2736999",
    labels=LABELS,
    expected={"utterances": 58619},
    how_to_get="Sign the licence at https://ecs.utdallas.edu/research/researchlabs/msp-lab/MSP-Podcast.html",
    side_tables=(
        SideTable(CONSENSUS, "the labels"),
        SideTable((DETAILED,), "the raters' votes"),
        SideTable(("Transcripts/*.txt",), "what is said"),
    ),
)


def scan(root: Path) -> Iterator[Entry | Stray]:
    """List the turns below a folder, in the order of paths; then the rows without a file."""
    paths = [PurePosixPath(path) for path in list_files(root)]
    current = [path for path in paths if not is_earlier(path)]
    rows, votes, texts = consensus(root, current), read_votes(root, current), find_texts(root, current)
    found = set()
    parse_below = partial(parse, rows=rows, votes=votes, texts=texts)
    for item in scan_files(root, parse_below, documents=DOCUMENTS, refuse=refuse):
        if NO_TURNS.fullmatch(item.path) and not is_earlier(PurePosixPath(item.path)):
            continue
        if isinstance(item, Entry):
            found.add(PurePosixPath(item.path).name)
        yield item
    for name in sorted(rows.keys() - found):
        yield Stray(f"Audios/{name}", f"listed in {CONSENSUS[0]}, but there is no such file")


def is_earlier(path: PurePosixPath) -> bool:
    """Tell whether a path leads through a folder of earlier releases, such as previous_releases_info."""
    return any(EARLIER.search(folder) for folder in path.parts[:-1])


def refuse(path: PurePosixPath) -> str | None:
    """Say why audio of earlier releases does not count."""
    return (
        "of an earlier release, or removed since: only the current one counts" if is_earlier(path) else None
    )


def consensus(root: Path, paths: Iterable[PurePosixPath]) -> dict[str, Row]:
    """Return the rows of the consensus, by file name; the newer spelling of its name goes first."""
    rows: dict[str, Row] = {}
    for list_name in CONSENSUS:
        if path := the_one(root, paths, list_name):
            for row in read_rows(path, COLUMNS, ("SpkrID", "Gender")):
                if row["FileName"]:
                    rows.setdefault(row["FileName"], row)
    return rows


def read_votes(root: Path, paths: Iterable[PurePosixPath]) -> dict[str, list[str]]:
    """Return the emotion that each rater named first, by file name.

    The releases differ: there is a column EmoClass_Major, or one that holds "rater; emotion; further ones; ...".
    """
    votes = defaultdict(list)
    if path := the_one(root, paths, DETAILED):
        for row in read_rows(path, ("FileName",), ("EmoClass_Major", "EmoDetail"), spills=True):
            second = row["EmoDetail"].partition(";")[2].partition(";")[0]
            if vote := _vote(row["EmoClass_Major"] or second):
                votes[row["FileName"]].append(vote)
    return votes


def the_one(root: Path, paths: Iterable[PurePosixPath], name: str) -> Path | None:
    """Return the one table of a name; None where there is none.

    Raises:
        PipelineError: There are several, so that ratings of two releases would be taken for one.
    """
    found = [path for path in paths if path.name == name]
    if len(found) > 1:
        raise PipelineError(
            f"msp_podcast: {len(found)} tables {name} below {root}: {', '.join(map(str, found[:4]))}; expected "
            f"that of one release. Move the others away, or into a folder named `previous`"
        )
    return root / found[0] if found else None


def find_texts(root: Path, paths: Iterable[PurePosixPath]) -> dict[str, Path]:
    """Return where the words of a turn are, by the turn's name."""
    return {
        path.stem: root / path
        for path in paths
        if path.parent.name == "Transcripts" and path.suffix == ".txt"
    }


def _vote(name: str) -> str:
    """Return the code of an emotion; a name that has none, as one word."""
    word = re.sub(r"\W+", "_", name.strip().lower())
    return "O" if word.startswith("other") else CODES.get(word, word)


def parse(
    path: PurePosixPath,
    rows: Mapping[str, Row],
    votes: Mapping[str, list[str]],
    texts: Mapping[str, Path],
) -> Entry:
    """Take what the lists say of a turn."""
    row = rows.get(path.name)
    if row is None:
        return Entry(str(path), path.stem, problem=f"no row in {CONSENSUS[0]}")
    speaker, label, sex = row["SpkrID"], row["EmoClass"], row["Gender"].lower()
    return Entry(
        path=str(path),
        name=path.stem,
        speaker=None if speaker.lower() in ("unknown", "") else speaker,
        sex=sex if sex in ("female", "male") else None,
        label=label if label in LABELS else None,
        text=read_text(texts[path.stem]) if path.stem in texts else None,
        arousal=number(row["EmoAct"]),
        valence=number(row["EmoVal"]),
        dominance=number(row["EmoDom"]),
        votes=format_votes(votes.get(path.name, [])),
        official_split=OFFICIAL.get(_part(row)),
        problem=_problem(row, label),
    )


def _part(row: Row) -> str:
    return row["Split_Set"].lower()


def _problem(row: Row, label: str) -> str | None:
    if label not in LABELS:
        return f"unknown EmoClass {label!r} (known: {', '.join(LABELS)})"
    for column in RATINGS:
        if number(row[column]) is None:
            return f"{column} {row[column]!r} is no number"
    if _part(row) not in OFFICIAL:
        return f"unknown Split_Set {row['Split_Set']!r} (known: {', '.join(OFFICIAL)})"
    return None
