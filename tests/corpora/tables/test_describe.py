"""`python -m pipeline.describe`: what it says of a folder, the entry that it proposes, and what that reads."""

import shutil
from pathlib import Path

import pytest

from pipeline import describe
from pipeline.config.add_corpus import PARAMS
from pipeline.config.params import load_params
from pipeline.corpora.check import check_adapter, find_adapter
from pipeline.corpora.contract import Corpus, Entry, Stray, load_adapter
from pipeline.corpora.tables.describe import describe_table
from tests.corpora.tables.made import clips, entries, scan, write
from tests.corpora.test_savee import build

TABLE = (
    "file;emotion;spk;set;note",
    "a/1.wav;happy;anna;train;x",
    "a/2.wav;sad;anna;test;y",
    "b/3.wav;sad;ben;test;z",
)


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A corpus below SER_CORPORA, and params.yaml in the working folder."""
    clips(tmp_path / "disk/own/wavs", "a/1.wav", "a/2.wav", "b/3.wav", "b/4.wav")
    write(tmp_path / "disk/own", "labels.csv", *TABLE)
    monkeypatch.setenv("SER_CORPORA", str(tmp_path / "disk"))
    shutil.copy(PARAMS, tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_what_it_says(place):
    found = describe_table(Path("disk/own/labels.csv"))
    table, audio = place / "disk/own/labels.csv", place / "disk/own/wavs"
    assert found.lines[0] == f"disk/own/labels.csv: table, 3 rows; audio below {audio.relative_to(place)}"
    assert found.lines[1] == "columns: path = file, label = emotion, speaker = spk, split = set"
    assert "columns that are not used: note" in found.lines
    assert "labels: 2: happy 1, sad 2" in found.lines
    assert "speakers: 2: anna 2, ben 1" in found.lines
    assert "seconds: 0.5 to 0.5, median 0.5; about 0.0 hours" in found.lines
    assert "a study could use 3 of 3 clips, before copies are looked for" in found.lines
    assert "problem: 1 no row of labels.csv names it, such as b/4.wav" in found.lines
    assert "problem: 1 of 2 speakers of the given test part are trained on, such as anna" in found.lines
    assert found.entry == {
        "source": "table",
        "path": "own/labels.csv",
        "audio": "own/wavs",
        "columns": {"path": "file", "label": "emotion", "speaker": "spk", "split": "set"},
        "labels": {"happy": "happy", "sad": "sad"},
    }
    assert table.exists()


def test_its_entry_reads_the_corpus(place):
    settings = describe_table(Path("disk/own/labels.csv")).entry
    found = scan(settings.pop("path"), place / "view", **{k: v for k, v in settings.items() if k != "source"})
    assert {name: one.label for name, one in entries(found).items()} == {"1": "happy", "2": "sad", "3": "sad"}


def test_add(place, capsys):
    assert describe.main(["disk/own/labels.csv", "--add", "own"]) == 0
    assert "written into params.yaml: corpora.own" in capsys.readouterr().out
    settings = load_params().corpora["own"]
    assert load_adapter("own", settings).CORPUS.labels == ("happy", "sad")
    assert describe.main(["disk/own/labels.csv", "--add", "own"]) == 2
    assert "there is a corpus of that name" in capsys.readouterr().err


def test_a_block_to_paste(place, capsys):
    assert describe.main(["disk/own"]) == 0
    assert "corpora:\n  my_corpus: {source: table, path: own, audio: own/wavs" in capsys.readouterr().out


def test_paths_of_another_machine_and_speakers_in_folders(place):
    rows = [f"/home/me/{s}/{i}.wav,{'happy' if i % 2 else 'sad'}" for s in ("x", "y") for i in range(6)]
    clips(place / "disk/two/audio", *(row.split(",")[0].removeprefix("/home/me/") for row in rows))
    write(place / "disk/two", "meta.csv", "path,label", *rows)
    found = describe_table(Path("disk/two"), Path("disk/two/audio"))
    assert found.entry["prefix"] == {"/home/me/": ""}
    assert "speakers: 2: x 6, y 6" in found.lines
    assert "problem: no column says the speaker: the folder of a clip is taken, such as 'x'" in found.lines


def test_columns_whose_names_do_not_say_what_they_have(place, capsys):
    write(place / "disk/own", "labels.csv", "Datei;Art;wer", "a/1.wav;froh;x", "a/2.wav;matt;y")
    assert describe.main(["disk/own", "-c", "label=Art", "--column", "speaker=wer", "--add", "own"]) == 0
    said = capsys.readouterr().out
    assert "columns: path = Datei, label = Art, speaker = wer" in said
    assert "problem: no column is called as paths usually are: Datei is taken, which names audio" in said
    assert load_params().corpora["own"].columns["label"].column == "Art"
    assert describe.main(["disk/own", "-c", "label=Arte"]) == 2
    assert (
        "--column label names 'Arte', which is none of its columns, did you mean 'Art'"
        in capsys.readouterr().err
    )
    for wrong, said in (("mood=Art", "expected ROLE=NAME"), ("sex=Art:(", "no regular expression")):
        assert describe.main(["disk/own", "-c", wrong]) == 2
        assert said in capsys.readouterr().err


def test_a_part_of_a_column_is_named(tmp_path, capsys):
    clips(tmp_path / "own", *(f"{label}/{who}_1.wav" for label in ("Wut", "sad") for who in "ab"))
    assert describe.main([str(tmp_path / "own")]) == 0
    assert "such as --column 'speaker=stem:^([^_]+)_'" in capsys.readouterr().out
    assert describe.main([str(tmp_path / "own"), "-c", "speaker=stem:^([^_]+)_"]) == 0
    said = capsys.readouterr().out
    assert "speakers: 2: a 2, b 2" in said
    assert "speaker: {column: stem, pattern: '^([^_]+)_'}" in " ".join(said.split())


def test_dimensions_alone(place):
    write(place / "disk/own", "labels.csv", "file,spk,valence", "a/1.wav,x,1.5", "a/2.wav,y,3")
    found = describe_table(Path("disk/own"))
    assert "valence: 1.5 to 3, of 2 clips" in found.lines
    assert "labels" not in found.entry
    assert not any(line.startswith(("labels", "problem: no label", "problem: fewer")) for line in found.lines)
    assert "a study could use 2 of 2 clips, before copies are looked for" in found.lines


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        (
            ("file,emotion,label,spk", "a/1.wav,happy,1,x"),
            "emotion and label may say the label: the first is taken",
        ),
        (("file,label,spk", "a/1.wav,,x"), "1 no label, such as a/1.wav"),
        (
            ("file,label,spk", "gone.wav,sad,x", "a/1.wav,happy,x"),
            "1 named by a row and not there, such as gone.wav",
        ),
        (
            ("file,label,spk", "a/1.wav,sad,x", "a/1.wav,happy,x"),
            "1 rows contradict each other, such as a/1.wav",
        ),
        (("file,label,spk", "a/1.wav,sad,x"), "fewer than two labels"),
        (
            ("file,label,spk", "a/1.wav,c1,x", "a/2.wav,c2,x"),
            "no label is called as emotions usually are, such as 'c1'",
        ),
        (
            ("file,label", "a/1.wav,sad", "a/2.wav,happy"),
            "no column says the speaker, and who is tested may have been",
        ),
        (("file,label,start,end", "a/1.wav,sad,0.4,0.1", "a/1.wav,happy,,"), "1 it starts at 0.4 s"),
        (
            ("file,label,fold,spk", "a/1.wav,sad,1,x", "a/2.wav,happy,2,x"),
            "1 of 1 speakers are in several of the given",
        ),
        (("file,label,spk", "q/9.wav,sad,x"), "no path leads to a file below"),
        (("file,what,spk", "a/1.wav,c1,x"), "no column says the label: name one of file, what, spk"),
        (
            ("file,label,spk", "a/1.wav,sad,x", "bad.wav,sad,x"),
            "1 cannot be read: not audio: text, such as bad.wav",
        ),
        (
            ("file,label,start,end", "a/1.wav,sad,0,1", "a/2.wav,sad,0,2"),
            "2 up to 1 s, such as cut/",
        ),
    ],
)
def test_problems(place, lines, problem):
    write(place / "disk/own", "labels.csv", *lines)
    write(place / "disk/own/wavs", "bad.wav", "no audio")
    problems = [line for line in describe_table(Path("disk/own")).lines if line.startswith("problem: ")]
    assert any(line.startswith(f"problem: {problem}") for line in problems), problems


def test_absolute_paths_to_audio_elsewhere(place):
    clips(place / "elsewhere", "1.wav", "2.wav")
    write(place / "disk/own", "t.csv", "file,label", *(f"{place}/elsewhere/{n}.wav,c{n}" for n in (1, 2)))
    found = describe_table(place / "disk/own/t.csv")
    assert found.entry["audio"] == str(place / "elsewhere")
    assert "a study could use 2 of 2 clips, before copies are looked for" in found.lines


def test_audio_that_is_no_folder(place, capsys):
    assert describe.main(["disk/own", "--audio", "disk/own/labels.csv"]) == 2
    assert "labels.csv: no folder; expected the one that holds the audio" in capsys.readouterr().err


def test_nothing_to_describe(place, capsys):
    assert describe.main(["nowhere"]) == 2
    assert "nowhere: not there; expected a table, or a folder" in capsys.readouterr().err


def test_an_adapter_that_keeps_the_contract(tmp_path, capsys):
    build(tmp_path)
    assert describe.main(["--check", "savee", str(tmp_path)]) == 0
    assert "savee keeps the contract" in capsys.readouterr().out


OWN = """
from pipeline.corpora.contract import Corpus, Entry
CORPUS = Corpus(name="own", title="Own", licence="none", language="en", url="", citation="", labels=("a", "b"),
                expected={}, how_to_get="no")
def scan(root):
    yield Entry("x.wav", "x", label="a")
"""


def test_an_adapter_in_a_file(tmp_path, capsys):
    path = write(tmp_path, "own.py", OWN)
    clips(tmp_path / "own", "x.wav", "y.wav")
    assert describe.main(["--check", str(path), str(tmp_path / "own")]) == 1
    assert capsys.readouterr().out == "y.wav: neither an entry nor a stray, so that nobody knows of it\n"
    write(tmp_path, "none.py", "scan = None")
    assert describe.main(["--check", str(tmp_path / "none.py"), str(tmp_path)]) == 2
    assert "none.py: no CORPUS: an adapter has CORPUS and scan" in capsys.readouterr().err


class Broken:
    """An adapter that breaks each rule."""

    CORPUS = Corpus("own", "", "l", "en", "u", "c", ("a", "a"), {}, "how")

    def __init__(self):
        self.n = 0

    def scan(self, root):
        self.n += 1
        yield Entry("x.wav", "x", label="c", sex="f", official_split="dev", text=str(self.n))
        yield Entry("gone.wav", "x", label="a")
        yield Stray("y.txt", "why")


def test_every_rule(tmp_path):
    clips(tmp_path, "x.wav")
    said = check_adapter(Broken(), tmp_path)
    for rule in (
        *(
            "CORPUS.title is empty",
            "CORPUS.labels are",
            "something else the second time",
            "in the order of paths",
        ),
        *("names are not unique: x", "gone.wav: an entry, and there is no such file", "its label is 'c'"),
        *("its sex is 'f'", "its official_split is 'dev'"),
    ):
        assert any(rule in one for one in said), rule


def test_an_adapter_that_is_not_there():
    from pipeline.core.errors import PipelineError

    with pytest.raises(PipelineError, match=r"nowhere\.py: not there"):
        find_adapter("nowhere.py")
    with pytest.raises(PipelineError, match=r"nowhere: no folder; expected the one that holds the corpus"):
        check_adapter(Broken(), Path("nowhere"))
