"""The layouts: what each reader makes of a small folder, and how the layout is told."""

import io
import json

import audformat
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import soundfile

from pipeline.core.errors import PipelineError
from pipeline.corpora.label_tables import read_columns
from pipeline.corpora.tables.find import read_table
from pipeline.corpora.tables.table import cell, joined
from tests.corpora.tables.made import RATE, clips, entries, noise, scan, strays, write


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_table_whatever_saved_it(tmp_path, separator, encoding, end):
    rows = [["file", "Gefühl, Art", "valence"], ["ä.wav", "froh; sehr", "1,5"], ["b.wav", "", "2"]]
    quoted = [separator.join(f'"{one}"' if separator in one else one for one in row) for row in rows]
    (tmp_path / "t.csv").write_bytes(end.join(quoted).encode(encoding))
    assert read_columns(tmp_path / "t.csv") == {
        "file": ["ä.wav", "b.wav"],
        "Gefühl, Art": ["froh; sehr", ""],
        "valence": ["1,5", "2"],
    }


def test_a_hint_that_spreadsheets_read(tmp_path):
    path = write(tmp_path, "t.csv", "sep=;", "file;label", "a,b.wav;x", ";")
    assert read_columns(path) == {"file": ["a,b.wav"], "label": ["x"]}


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.csv", b"", r"t\.csv: empty; expected a table with a header"),
        ("t.csv", b"file,label\n", r"t\.csv: it has columns \(file, label\) and no rows"),
        ("t.csv", b"<html>", r"a web page in place of the table"),
        ("t.csv", b"PK\x03\x04", r"a workbook under the name of a table"),
        ("t.xlsx", b"PK\x03\x04", r"t\.xlsx: a workbook: save the sheet with the clips as CSV"),
        ("t.csv", b"file,label\na.wav,b,c\n", r"a row has 3 cells, and the header 2 columns"),
        ("t.jsonl", b'{"wav": "a"}\n{"wav"\n', r"line 2 is no JSON"),
        ("t.json", b"[1]", r"expected objects, one a line or in one list"),
        ("t.parquet", b"PAR1", r"t\.parquet: cannot be read"),
        ("t.zip", b"PK", r"t\.zip: an archive: unpack it"),
        ("t.wav", b"RIFF", r"t\.wav: audio: name the table of its clips"),
        ("t.csv", b"a\x01\x02,b\n1,2\n", r"t\.csv: its first line is no text"),
        ("t.csv", b",".join(b"c%d" % i for i in range(99)), r"c11 and 87 more\) and no rows"),
    ],
)
def test_files_that_are_no_tables(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(PipelineError, match=message):
        read_table(tmp_path / name)


def test_a_table_that_is_a_link_which_leads_nowhere_is_not_passed_over(tmp_path):
    clips(tmp_path, "happy/a.wav", "sad/b.wav")  # without it the folders would be the labels
    (tmp_path / "labels.csv").symlink_to("/mnt/nowhere/labels.csv")
    with pytest.raises(PipelineError, match=r"labels\.csv: cannot be opened \(a link that leads nowhere\)"):
        read_table(tmp_path)


def test_where_there_is_nothing(tmp_path):
    with pytest.raises(PipelineError, match=r"neither a table \(.*\) nor audio, but nothing; name"):
        read_table(tmp_path)
    write(tmp_path, "clips.zip", "")
    with pytest.raises(PipelineError, match=r"but clips\.zip; .* an archive has to be unpacked"):
        read_table(tmp_path)
    (tmp_path / "labels.csv").symlink_to("gone.csv")
    with pytest.raises(PipelineError, match=r"labels\.csv"):  # and is not passed over
        read_table(tmp_path)
    with pytest.raises(PipelineError, match=r"nowhere: not there"):
        read_table(tmp_path / "nowhere")


def test_two_candidates(tmp_path):
    for name in ("a.csv", "b.tsv"):
        write(tmp_path, name, "file,label", "x.wav,y")
    with pytest.raises(PipelineError, match=r"2 files may be its table: a\.csv, b\.tsv; name one"):
        read_table(tmp_path)


def test_a_table_a_split(tmp_path):
    clips(tmp_path / "c", "x.wav", "y.wav")
    write(tmp_path / "c", "own_train.csv", "file,label", "x.wav,happy")
    write(tmp_path / "c", "own-dev.csv", "file,label,text", "y.wav,sad,Hm.")
    found = entries(scan(tmp_path / "c", tmp_path / "view"))
    assert {name: (one.official_split, one.text) for name, one in found.items()} == {
        "x": ("train", None),
        "y": ("val", "Hm."),
    }


@pytest.mark.parametrize("name", ["t.jsonl", "t.json", "t.parquet"])
def test_typed_tables(tmp_path, name):
    clips(tmp_path / "c", "x.wav", "y.wav")
    rows = [
        {"wav": "x.wav", "label": "happy", "speaker": 3, "arousal": 1.5},
        {"wav": "y.wav", "label": "sad", "speaker": None, "arousal": 2.0},
    ]
    if name == "t.parquet":
        pd.DataFrame(rows).to_parquet(tmp_path / "c" / name)
    else:
        lines = [json.dumps(row) for row in rows] if name == "t.jsonl" else [json.dumps(rows)]
        write(tmp_path / "c", name, *lines)
    found = entries(scan(tmp_path / "c" / name, tmp_path / "view"))
    assert [(one.speaker, one.arousal) for one in found.values()] == [("3", 1.5), (None, 2.0)]


def test_cells():
    assert [cell(value) for value in (None, float("nan"), 3.0, 0.5, " a ", True)] == [
        "",
        "",
        "3",
        "0.5",
        "a",
        "True",
    ]
    assert cell("so \ud83d") == "so \\ud83d"  # half of a character, as JSON may have it
    assert joined([{"a": ["1"]}, {"b": ["2", "3"]}]) == {"a": ["1", "", ""], "b": ["", "2", "3"]}


@pytest.mark.parametrize(
    ("names", "label", "split"),
    [
        (("happy/1.wav", "sad/2.wav"), ["happy", "sad"], [None, None]),
        (("train/happy/1.wav", "test/sad/2.wav"), ["sad", "happy"], ["test", "train"]),
        (("anna/happy/1.wav", "ben/sad/2.wav"), ["happy", "sad"], [None, None]),
        (("Happy/anna/1.wav", "Sad/ben/2.wav"), ["Happy", "Sad"], [None, None]),
    ],
)
def test_folders_named_after_labels(tmp_path, names, label, split):
    clips(tmp_path / "c", *names)
    found = list(entries(scan(tmp_path / "c", tmp_path / "view")).values())
    assert [one.label for one in found] == label
    assert [one.official_split for one in found] == split


def test_speakers_in_the_names_of_files(tmp_path):
    clips(tmp_path / "c", "happy/anna_1.wav", "sad/ben_2.wav", "readme.txt.wav")
    columns = {"speaker": {"column": "stem", "pattern": "^([a-z]+)_"}, "session": "folder_1"}
    found = entries(scan(tmp_path / "c", tmp_path / "view", columns=columns))
    assert {name: one.speaker for name, one in found.items()} == {
        "anna_1": "anna",
        "ben_2": "ben",
        "readme.txt": None,
    }
    assert found["readme.txt"].problem == "no label"


def emobox(folder, folds):
    """EmoBox's metadata of four clips; `folds` are lists of tested ones, and maybe of validating ones."""
    keys = [f"own-{speaker}-{i}" for speaker in ("a", "b") for i in (1, 2)]
    rows = {
        key: {"key": key, "wav": f"downloads/own/{key[4]}/{key}.wav", "emo": emo, "channel": 1}
        for key, emo in zip(keys, ["Angry", "Sad"] * 2, strict=True)
    }
    write(folder, "own.jsonl", *(json.dumps(row) for row in rows.values()))
    write(folder, "label_map.json", json.dumps({"Angry": "Anger", "Sad": "Sad"}, indent=2))
    for number, parts in folds.items():
        rest = [key for key in keys if not any(key in names for names in parts.values())]
        for part, names in {"train": rest, **parts}.items():
            lines = [json.dumps(rows[name]) for name in names]
            write(folder / f"fold_{number}", f"own_{part}_fold_{number}.jsonl", *lines)
    clips(folder.parent / "audio", *(row["wav"].removeprefix("downloads/own/") for row in rows.values()))
    return {
        "audio": str(folder.parent / "audio"),
        "prefix": {"downloads/own/": ""},
        "columns": {"speaker": {"column": "key", "pattern": "^own-(.)"}},
    }


def test_emobox_with_folds(tmp_path):
    tested = {2: {"test": ["own-a-1", "own-a-2"]}, 10: {"test": ["own-b-1", "own-b-2"]}}
    settings = emobox(tmp_path / "own", tested)
    found = scan(tmp_path / "own", tmp_path / "view", **settings)
    assert [(one.name, one.label, one.speaker, one.official_split) for one in found] == [
        ("own-a-1", "Angry", "a", "fold_2"),
        ("own-a-2", "Sad", "a", "fold_2"),
        ("own-b-1", "Angry", "b", "fold_10"),
        ("own-b-2", "Sad", "b", "fold_10"),
    ]
    assert read_table(tmp_path / "own").labels == {"Angry": "Anger", "Sad": "Sad"}


def test_emobox_with_one_fold(tmp_path):
    settings = emobox(tmp_path / "own", {1: {"test": ["own-a-1"], "valid": ["own-b-2"]}})
    found = entries(scan(tmp_path / "own", tmp_path / "view", **settings))
    assert [one.official_split for one in found.values()] == ["test", "train", "train", "val"]


@pytest.mark.parametrize(
    ("content", "says"), [("{", "no JSON"), ("[1]", "expected labels"), ('{"a": 1}', "exp")]
)
def test_emobox_without_its_names_of_labels(tmp_path, content, says):
    emobox(tmp_path / "own", {})
    write(tmp_path / "own", "label_map.json", content)
    with pytest.raises(PipelineError, match=rf"label_map\.json: {says}"):
        read_table(tmp_path / "own")


def test_emobox_that_tests_a_clip_twice(tmp_path):
    emobox(tmp_path / "own", {1: {"test": ["own-a-1"]}, 2: {"test": ["own-a-1"]}})
    with pytest.raises(PipelineError, match=r"fold_2: own-a-1 is tested in fold_1 too"):
        read_table(tmp_path / "own")


def database(folder, *, segmented):
    """A database as audformat writes it: emotions by split, speakers with their sex, texts."""
    clips(folder, "wav/a.wav", "wav/b.wav", seconds=2)
    made = audformat.Database("own")
    made.schemes["emotion"] = audformat.Scheme(labels=["anger", "joy"])
    made.schemes["speaker"] = audformat.Scheme(labels={"s1": {"gender": "female"}, "s2": {"gender": "male"}})
    made.schemes["transcription"] = audformat.Scheme("str")
    made.splits["train"] = audformat.Split("train")
    made.splits["test"] = audformat.Split("test")
    for split, file, emotion in (("train", "wav/a.wav", "anger"), ("test", "wav/b.wav", "joy")):
        index = (
            audformat.segmented_index([file], [0.25], [1.5])
            if segmented
            else audformat.filewise_index([file])
        )
        table = made[f"emotion.{split}.gold_standard"] = audformat.Table(index, split_id=split)
        table["emotion"] = audformat.Column(scheme_id="emotion")
        table["emotion"].set([emotion])
    files = made["files"] = audformat.Table(audformat.filewise_index(["wav/a.wav", "wav/b.wav"]))
    for name, values in (("speaker", ["s1", "s2"]), ("transcription", ["Hm.", "Oh."])):
        files[name] = audformat.Column(scheme_id=name)
        files[name].set(values)
    made.save(str(folder))


@pytest.mark.parametrize("segmented", [False, True])
def test_audformat(tmp_path, segmented):
    database(tmp_path / "own", segmented=segmented)
    found = scan(tmp_path / "own", tmp_path / "view")
    known = [(e.label, e.speaker, e.sex, e.text, e.official_split) for e in found if hasattr(e, "label")]
    assert known == [
        ("anger", "s1", "female", "Hm.", "train"),
        ("joy", "s2", "male", "Oh.", "test"),
    ]
    sound = soundfile.info(tmp_path / "view" / found[0].path)
    assert sound.frames == (1.25 if segmented else 2) * RATE
    assert not strays(found)


def test_audformat_reads_no_pickles(tmp_path):
    database(tmp_path / "own", segmented=False)
    [path] = (tmp_path / "own").glob("db.files.*")
    path.rename(path.with_suffix(".pkl"))
    with pytest.raises(
        PipelineError, match=r"names the table 'files', .* db\.\*\.pkl is not read, save it as CSV"
    ):
        read_table(tmp_path / "own")


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("tables: [a]", r"db\.yaml: tables: expected settings by name"),
        ("tables: {a: {columns: [b]}}", r"db\.yaml: tables\.a\.columns: expected settings by name"),
        ("tables: {a: }", r"db\.yaml: no table has a column `file`; they are a"),
    ],
)
def test_audformat_with_a_broken_header(tmp_path, header, message):
    write(tmp_path / "own", "db.yaml", header)
    write(tmp_path / "own", "db.a.csv", "path,emotion", "x.wav,sad")
    with pytest.raises(PipelineError, match=message):
        read_table(tmp_path / "own")


def packed(number):
    """Return a clip as the hub's data sets hold it."""
    content = io.BytesIO()
    soundfile.write(content, noise(number), RATE, "PCM_16", format="WAV")
    return {"bytes": content.getvalue(), "path": f"clip{number}.wav"}


FEATURES = {"info": {"features": {"label": {"names": ["angry", "happy"], "_type": "ClassLabel"}}}}


def hub_table(*numbers):
    table = pa.table(
        {
            "audio": [packed(number) for number in numbers],
            "label": [number % 2 for number in numbers],
            "speaker_id": [f"s{number}" for number in numbers],
        }
    )
    return table.replace_schema_metadata({"huggingface": json.dumps(FEATURES)})


@pytest.mark.parametrize("kind", ["parquet", "arrow"])
def test_data_sets_with_audio_in_them(tmp_path, kind):
    for split, numbers in (("train", (1, 2)), ("test", (3,))):
        folder = tmp_path / "own" / ("data" if kind == "parquet" else split)
        folder.mkdir(parents=True, exist_ok=True)
        table = hub_table(*numbers)
        if kind == "parquet":
            pq.write_table(table, folder / f"{split}-00000-of-00001.parquet")
        else:
            with pa.ipc.new_stream(folder / "data-00000-of-00001.arrow", table.schema) as stream:
                stream.write_table(table)
            write(folder, "state.json", "{}")
    found = entries(scan(tmp_path / "own", tmp_path / "view"))
    assert {name: (one.label, one.speaker, one.official_split) for name, one in found.items()} == {
        "000000_clip1": ("happy", "s1", "train"),
        "000001_clip2": ("angry", "s2", "train"),
        "000000_clip3": ("happy", "s3", "test"),
    }
    for name, one in found.items():
        samples, _ = soundfile.read(tmp_path / "view" / one.path, dtype="int16")
        assert (samples == noise(int(name[-1])).ravel()).all()


def test_classes_beyond_the_names_of_a_data_set(tmp_path):
    table = hub_table(1, 2, 3).set_column(1, "label", pa.array([0, 7, -1]))
    (tmp_path / "own").mkdir()
    pq.write_table(table.replace_schema_metadata(hub_table(1).schema.metadata), tmp_path / "own/data.parquet")
    assert read_table(tmp_path / "own").cells["label"] == ["angry", "7", ""]


def test_an_audio_folder(tmp_path):
    clips(tmp_path / "own", "train/x.wav", "validation/y.wav")
    write(tmp_path / "own/train", "metadata.csv", "file_name,emotion", "x.wav,happy")
    write(tmp_path / "own/validation", "metadata.csv", "file_name,emotion", "y.wav,sad")
    found = scan(tmp_path / "own", tmp_path / "view")
    assert [(one.path, one.label, one.official_split) for one in found] == [
        ("files/train/x.wav", "happy", "train"),
        ("files/validation/y.wav", "sad", "val"),
    ]
