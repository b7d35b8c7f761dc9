"""The adapter of corpora that a table describes: rows, files, segments, and tables that are wrong."""

import time
from unicodedata import normalize

import numpy as np
import pytest
import soundfile

from pipeline.audio.reading import read_sound
from pipeline.audio.wave import audio_hash
from pipeline.config.corpora import TableSource
from pipeline.core.errors import PipelineError
from pipeline.corpora.contract import Entry
from pipeline.corpora.tables.entries import make_entries, read_rows, without_rows
from pipeline.corpora.tables.find import read_table
from pipeline.corpora.tables.places import Files, find_prefix, relative
from tests.corpora.tables.made import RATE, adapter, clips, entries, noise, scan, strays, write


@pytest.fixture
def place(tmp_path):
    """Two clips of two speakers with a table."""
    clips(tmp_path / "corpus", "a/x.wav", "a/y.wav")
    write(tmp_path / "corpus", "labels.csv", "file,emotion,spk", "a/x.wav,happy,anna", "a/y.wav,sad,ben")
    return tmp_path


def test_a_row_is_an_utterance(place):
    found = scan(place / "corpus/labels.csv", place / "view")
    assert found == [
        Entry("files/a/x.wav", "x", speaker="anna", label="happy"),
        Entry("files/a/y.wav", "y", speaker="ben", label="sad"),
    ]


def test_all_that_a_table_may_say(place):
    write(
        place / "corpus",
        "labels.csv",
        "path;Emotion;Speaker ID;Gender;Transcript;Set;CV fold;Session;Arousal;Valence;Dominance;more",
        "a/x.wav;happy;anna;F;Hello.;Training;2;s1;3,5;2;;?",
        "a\\y.wav;sad;ben;männlich;;dev;;;1;2;3;",
    )
    found = entries(scan(place / "corpus", place / "view"))
    assert found["x"] == Entry(
        *("files/a/x.wav", "x", "anna", "female", "happy", None, "Hello.", 3.5, 2.0, None, "s1"),
        official_split="train fold_2",
    )
    assert (found["y"].sex, found["y"].official_split, found["y"].dominance) == ("male", "val", 3.0)


def test_labels_are_called_as_params_say(place):
    found = scan(place / "corpus", place / "view", labels={"happy": "joy", "sad": None})
    assert entries(found)["x"].label == "joy"
    assert strays(found) == {"files/a/y.wav": "its label 'sad' is left out by `labels` of its corpus"}
    assert adapter("labels.csv", labels={"happy": "joy", "fun": "joy", "sad": None}).CORPUS.labels == ("joy",)


def test_a_label_that_params_do_not_list(place):
    found = entries(scan(place / "corpus", place / "view", labels={"happy": "happy"}))
    assert found["y"].problem == "unknown label 'sad' (known: happy)"
    assert found["y"].label is None


def test_every_row_without_a_file_and_every_file_without_a_row_is_listed(place):
    clips(place / "corpus", "b.wav")
    write(place / "corpus", "read me.md", "hello")
    write(place / "corpus", "labels.csv", "file,emotion", "a/x.wav,happy", "gone.wav,sad", ",sad")
    assert strays(scan(place / "corpus/labels.csv", place / "view")) == {
        "files/a/y.wav": "no row of labels.csv names it",
        "files/b.wav": "no row of labels.csv names it",
        "files/gone.wav": "named by row 2 of labels.csv, and not there",
        "files/(empty path)": "named by row 3 of labels.csv, and not there",
        "files/read me.md": "not audio by its name",
    }


def test_columns_are_named_and_taken_apart(place):
    write(place / "corpus", "labels.csv", "n,what,who,file,path", "1,happy,F03_a,a/x,?", "2,sad,M11_b,a/y,?")
    columns = {
        "path": "file",
        "label": "what",
        "speaker": {"column": "who", "pattern": "^([A-Z]\\d+)"},
        "sex": {"column": "who", "pattern": "^[A-Z]"},
    }
    found = entries(scan(place / "corpus", place / "view", columns=columns))
    assert [(one.speaker, one.sex, one.label) for one in found.values()] == [
        ("F03", "female", "happy"),
        ("M11", "male", "sad"),
    ]


def test_names_are_unique(place):
    clips(place / "corpus", "b/x.wav")
    write(place / "corpus", "labels.csv", "file,emotion", "a/x.wav,happy", "b/x.wav,sad")
    assert set(entries(scan(place / "corpus", place / "view"))) == {"x", "x@files/b"}


@pytest.mark.parametrize("encoding", ["PCM_16", "PCM_24", "PCM_U8", "ULAW", "FLOAT"])
@pytest.mark.parametrize("channels", [1, 2])
def test_a_segment_is_as_if_cut_before(tmp_path, encoding, channels):
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    soundfile.write(corpus / "long.wav", noise(1, 3, channels), RATE, encoding)
    write(
        corpus,
        "t.tsv",
        "file\tlabel\tstart\tend",
        "long.wav\ta\t0.5\t1.25",
        "long.wav\tb\t1\t2.5",
        "long.wav\tc\t2.5\t",
    )
    found = scan(corpus, tmp_path / "view")
    assert [item.name for item in found] == ["long@0.5-1.25", "long@1-2.5", "long@2.5-end"]
    whole = read_sound(corpus / "long.wav")
    for item, (start, end) in zip(found, [(0.5, 1.25), (1, 2.5), (2.5, 3)], strict=True):
        sound = read_sound(tmp_path / "view" / item.path)
        np.testing.assert_array_equal(sound.samples, whole.samples[:, int(start * RATE) : int(end * RATE)])
        assert sound.rate == RATE
        assert item.problem is None


def test_a_segment_has_the_hash_of_a_clip_that_was_cut(tmp_path):
    corpus, samples = tmp_path / "corpus", noise(1, 2)
    corpus.mkdir()
    soundfile.write(corpus / "long.flac", samples, RATE)
    soundfile.write(tmp_path / "cut.wav", samples[RATE // 4 : RATE], RATE)
    write(corpus, "t.csv", "file,label,start,end", "long.flac,a,0.25,1.0")
    [item] = scan(corpus, tmp_path / "view")
    hashes = {
        audio_hash(sound.mono, sound.rate)
        for sound in map(read_sound, (tmp_path / "cut.wav", tmp_path / "view" / item.path))
    }
    assert len(hashes) == 1


@pytest.mark.parametrize(
    ("start", "end", "problem"),
    [
        ("1.5", "0.5", "it starts at 1.5 s, and ends at 0.5 s"),
        ("0", "0", "it starts at 0 s, and ends at 0 s"),
        ("soon", "1", "its start is 'soon', no number of seconds"),
        ("-1", "1", "its start is -1"),
        ("5", "6", "from 5 s on, of a recording of 2.00 s"),
        ("1", "2.5", "up to 2.5 s, of a recording of 2.00 s"),
        ("1", "2.01", None),
        ("1.99999", "", "from 2 s on, of a recording of 2.00 s"),
        ("0", "1e9", "its end is 1e9"),
        ("00:00:01,5", "0 days 00:00:01.750", None),
    ],
)
def test_segments_that_are_none(tmp_path, start, end, problem):
    clips(tmp_path / "corpus", "long.wav", seconds=2)
    write(tmp_path / "corpus", "t.csv", "file;label;start;end", "long.wav;a;0;1", f"long.wav;b;{start};{end}")
    found = {item.label: item for item in scan(tmp_path / "corpus", tmp_path / "view")}
    assert (found["a"].problem, found["b"].problem) == (None, problem)
    assert all((tmp_path / "view" / item.path).exists() for item in found.values())


def test_a_recording_that_cannot_be_read(tmp_path):
    write(tmp_path / "corpus", "long.wav", "no audio")
    write(tmp_path / "corpus", "t.csv", "file,label,start,end", "long.wav,a,0,1")
    [item] = scan(tmp_path / "corpus/t.csv", tmp_path / "view")
    assert item.problem == "its recording long.wav cannot be read: not audio: text"


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        (
            ["a/x.wav,happy,anna", "a/x.wav,sad,anna"],
            "rows 1 and 2 say different things of its label: 'happy', 'sad'",
        ),
        (
            ["a/x.wav,happy,anna", "a/x.wav,happy,"],
            "rows 1 and 2 say different things of its speaker: '', 'anna'",
        ),
        (["a/x.wav,happy,anna", "a/x.wav,happy,anna"], None),
        (["a/x.wav,,anna"], "no label"),
    ],
)
def test_rows_of_one_clip(place, lines, problem):
    write(place / "corpus", "labels.csv", "file,emotion,spk", *lines)
    assert [one.problem for one in entries(scan(place / "corpus", place / "view")).values()] == [problem]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (["a/x.wav,3,", "a/y.wav,,2"], {"x": ("rated", None), "y": ("rated", None)}),
        (["a/x.wav,3,1", "a/y.wav,,?"], {"x": ("rated", None), "y": (None, "neither rated nor labelled")}),
        (
            ["a/x.wav,3,1", "a/x.wav,2,1"],
            {"x": ("rated", "rows 1 and 2 say different things of its arousal: '2', '3'")},
        ),
    ],
)
def test_dimensions_without_labels(place, rows, expected):
    write(place / "corpus", "labels.csv", "file,arousal,valence", *rows)
    found = entries(scan(place / "corpus", place / "view"))
    assert {name: (one.label, one.problem) for name, one in found.items()} == expected


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (
            "place,emotion",
            r"labels\.csv: no column is called as paths usually are .* its columns are place, emotion",
        ),
        (
            "file,path",
            r"2 columns may say the path: file, path; name one of them in corpora\.own\.columns\.path",
        ),
        ("file,file", r"several columns are called file"),
    ],
)
def test_columns_that_cannot_be_told(place, header, message):
    write(place / "corpus", "labels.csv", header, "a/x.wav,happy")
    with pytest.raises(PipelineError, match=message):
        scan(place / "corpus", place / "view")


def test_a_column_that_is_not_there(place):
    with pytest.raises(PipelineError, match=r"columns\.label names 'emotoin', .*did you mean 'emotion'"):
        scan(place / "corpus", place / "view", columns={"label": "emotoin"})


def test_paths_of_another_machine(place):
    write(
        place / "corpus", "labels.csv", "file,emotion", "D:\\data\\a\\x.wav,happy", "D:\\data\\a\\y.wav,sad"
    )
    with pytest.raises(
        PipelineError, match=r"none of 2 rows .*own\.prefix: \{'D:/data/': ''\} would replace"
    ):
        scan(place / "corpus", place / "view")
    found = scan(place / "corpus", place / "view", prefix={"D:\\data\\": ""})
    assert [item.path for item in found] == ["files/a/x.wav", "files/a/y.wav"]


def test_audio_elsewhere(place):
    table = write(place / "tables", "labels.csv", "file,emotion", "x.wav,happy", "y,sad")
    found = scan(table, place / "view", audio=str(place / "corpus" / "a"))
    assert [item.path for item in found if isinstance(item, Entry)] == ["files/x.wav", "files/y.wav"]
    with pytest.raises(PipelineError, match=r"params\.yaml: corpora\.own\.audio: .*nowhere is not there"):
        scan(table, place / "view", audio=str(place / "nowhere"))


def test_audio_that_is_no_folder(place):
    with pytest.raises(PipelineError, match=r"corpora\.own\.audio: .*x\.wav is a file; name the folder"):
        scan(place / "corpus/labels.csv", place / "view", audio=str(place / "corpus/a/x.wav"))


def test_a_table_beside_its_audio_is_no_stray(place):
    found = scan(place / "corpus/labels.csv", place / "view", audio=str(place), prefix={"": "corpus/"})
    assert len(entries(found)) == 2
    assert not strays(found)


def test_paths_below_ser_corpora(place, monkeypatch):
    monkeypatch.setenv("SER_CORPORA", str(place))
    assert len(scan("corpus/labels.csv", place / "view", audio="corpus")) == 2
    how = adapter("my corpus/labels.csv").CORPUS.how_to_get
    assert f"describe '{place}/my corpus/labels.csv'`" in how
    monkeypatch.delenv("SER_CORPORA")
    with pytest.raises(
        PipelineError, match=r"corpora\.own\.path: corpus/labels\.csv \(SER_CORPORA.* is not set"
    ):
        scan("corpus/labels.csv", place / "view")


@pytest.mark.parametrize(
    ("text", "path"),
    [
        *(("a/x.wav", "a/x.wav"), ("./a//x.wav", "a/x.wav"), ("/data/own/a.wav", "a.wav")),
        *(("/old/a/x.wav", "new/a/x.wav"), ("/old/a/b/x.wav", "x.wav"), ("a\\x.wav", "a/x.wav")),
        *(("../x.wav", None), ("a/../../x.wav", None), ("/etc/passwd", None), ("C:/x.wav", None)),
    ],
)
def test_no_path_leads_out_of_the_folder(tmp_path, text, path):
    from pathlib import Path

    assert relative(text, Path("/data/own"), {"/old/": "new/", "/old/a/b/": ""}) == path


def test_prefixes_are_found_by_the_files():
    files = ["Actor_01/a.wav", "Actor_02/b.wav", "c.wav"]
    assert find_prefix(["x/y/Actor_01/a.wav", "x/y/Actor_02/b.wav"], files) == {"x/y/": ""}
    assert find_prefix(["a.wav", "c.wav", "b.wav"], ["in/a.wav", "in/b.wav"]) == {"": "in/"}
    assert find_prefix(["z.wav"], files) is None
    scattered = ["one/a.wav", "two/b.wav", "three/c.wav"]
    assert find_prefix(["down/a.wav", "down/b.wav", "down/c.wav"], scattered) == {"down/": "*/"}
    assert find_prefix(["a.wav", "b.wav", "c.wav"], scattered) == {"": "*/"}
    assert find_prefix(["/down/a.wav", "down/b.wav", "down/c.wav"], scattered) == {"": "*/"}


@pytest.mark.parametrize("there", ["NFC", "NFD"])
@pytest.mark.parametrize("named", ["NFC", "NFD"])
def test_letters_with_accents_are_the_same_however_unicode_spells_them(there, named):
    files = Files([normalize(there, path) for path in ("é/ö.wav", "é/b.mp3")])
    found = [files.find(normalize(named, path)) for path in ("é/ö.wav", "é/b", "*/ö.wav", "ö.wav")]
    assert found == [*(normalize(there, path) for path in ("é/ö.wav", "é/b.mp3", "é/ö.wav")), None]


def test_two_files_whose_names_differ_in_their_spelling_by_unicode_alone():
    paths = [normalize(form, "é.wav") for form in ("NFC", "NFD")]
    files = Files(paths)
    assert [files.find(path) for path in (*paths, "*/é.wav", "é")] == [*paths, None, None]


def test_files_that_lie_anywhere(place):
    write(
        place / "corpus", "labels.csv", "file,emotion", "down/x.wav,happy", "down/y.wav,sad", "down/z.wav,sad"
    )
    clips(place / "corpus", "b/y.wav")
    found = scan(place / "corpus", place / "view", prefix={"down/": "*/"})
    assert [item.path for item in found if isinstance(item, Entry)] == ["files/a/x.wav"]
    assert (
        len(strays(found)) == 4
    )  # two rows without a file of their own, and the two files that both are called y


def test_a_hundred_thousand_rows_of_which_three_lack_files(tmp_path):
    names = [f"s{i % 100:02}/{i:06}.wav" for i in range(100_000)]
    rows = [f"{name},{'happy' if i % 2 else 'sad'},{i % 100}" for i, name in enumerate(names)]
    path = write(tmp_path, "labels.csv", "file,label,speaker", *rows)
    gone = {names[7], names[50_000], names[-1]}
    files = Files(name for name in names if name not in gone)
    started = time.process_time()
    table = read_table(path)
    settings = TableSource(source="table", path=str(path))
    parsed = read_rows(table, settings, tmp_path, files, "corpora.own")
    found = [*make_entries(table, parsed, {}, {}), *without_rows(table, files, parsed, tmp_path)]
    assert time.process_time() - started < 20  # 3 s where nothing else runs
    assert set(strays(found)) == {f"files/{name}" for name in gone}
    assert len(entries(found)) == 99_997
