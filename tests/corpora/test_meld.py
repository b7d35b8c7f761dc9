import csv

import pytest

from pipeline.core.tree import list_files
from pipeline.corpora import meld
from pipeline.corpora.contract import Entry, missing_tables, readable
from pipeline.corpora.label_tables import LabelTableError
from tests.corpora.trees import entries, strays, touch

HEADER = (
    "Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,Season,Episode,StartTime,EndTime\n"
)
TIMES = '8,21,"00:16:16,059","00:16:21,731"\n'
TRAIN = (
    HEADER
    + f"1,also I was the point person on my company\x92s transition.,Chandler,neutral,neutral,0,0,{TIMES}"
    + f'2,"Oh, ""no"".",monica ,surprise,negative,0,1,{TIMES}'
    + f"3,Hm.,All,bored,neutral,0,2,{TIMES}"
    + f"4,Hm.,,joy,positive,0,3,{TIMES}"
)
DEV = HEADER + f"1,Hey!,Joey,joy,positive,0,0,{TIMES}2,Gone.,Ross,neutral,neutral,110,7,{TIMES}"
TEST = HEADER + f"1,Why do all you\x92re coffee mugs have numbers?,Mark,surprise,positive,0,0,{TIMES}"
TEST_FOLDER = "MELD.Raw/test/output_repeated_splits_test"


def build(root):
    touch(
        root,
        "MELD.Raw/train/train_splits/dia0_utt0.mp4",
        "MELD.Raw/train/train_splits/dia0_utt1.mp4",
        "MELD.Raw/train/train_splits/dia0_utt2.mp4",
        "MELD.Raw/train/train_splits/dia0_utt3.mp4",
        "MELD.Raw/dev/dev_splits_complete/dia0_utt0.mp4",
        "MELD.Raw/dev/dev_splits_complete/dia49_utt4.mp4",
        f"{TEST_FOLDER}/dia0_utt0.mp4",
        f"{TEST_FOLDER}/._dia0_utt0.mp4",
        f"{TEST_FOLDER}/final_videos_testdia0_utt0.mp4",
        "MELD.Raw/README.txt",
        "MELD.Raw/notes.txt",
    )
    (root / "MELD.Raw/train/train_sent_emo.csv").write_text(TRAIN, "utf-8")  # with control characters
    (root / "MELD.Raw/dev_sent_emo.csv").write_text(DEV, "utf-8-sig")
    (root / "MELD.Raw/test_sent_emo.csv").write_bytes(TEST.encode("latin-1"))  # which is Windows-1252 here


def test_labels(tmp_path):
    build(tmp_path)
    found = entries(meld, tmp_path)
    assert found["train_dia0_utt0"] == Entry(
        path="MELD.Raw/train/train_splits/dia0_utt0.mp4",
        name="train_dia0_utt0",
        speaker="Chandler",
        sex="male",
        label="neutral",
        text="also I was the point person on my company’s transition.",
        official_split="train",
    )
    assert "unknown emotion 'bored' (known: neutral, joy" in found["train_dia0_utt2"].problem
    assert found["train_dia0_utt3"].problem == "its row names no speaker"


def test_numbers_that_come_again_in_another_part_are_other_utterances(tmp_path):
    build(tmp_path)
    found = entries(meld, tmp_path)
    names = ["train_dia0_utt0", "dev_dia0_utt0", "test_dia0_utt0"]
    assert [found[name].label for name in names] == ["neutral", "joy", "surprise"]
    assert [found[name].official_split for name in names] == ["train", "val", "test"]


def test_text_in_windows_1252(tmp_path):
    build(tmp_path)
    assert entries(meld, tmp_path)["test_dia0_utt0"].text == "Why do all you’re coffee mugs have numbers?"


def test_who_speaks_as_all_is_not_known_and_no_reason_to_drop_the_clip(tmp_path):
    build(tmp_path)
    table = tmp_path / "MELD.Raw/train/train_sent_emo.csv"
    table.write_text(TRAIN.replace("All,bored", "All,joy"), "utf-8")
    found = entries(meld, tmp_path)["train_dia0_utt2"]
    assert (found.speaker, found.label, found.problem) == (None, "joy", None)


def test_speakers_are_spelt_alike(tmp_path):
    build(tmp_path)
    found = entries(meld, tmp_path)["train_dia0_utt1"]
    assert (found.speaker, found.sex, found.text) == ("Monica", "female", 'Oh, "no".')
    assert entries(meld, tmp_path)["test_dia0_utt0"].sex is None


def test_rows_without_clips_and_clips_without_rows(tmp_path):
    build(tmp_path)
    assert entries(meld, tmp_path)["dev_dia49_utt4"].problem == "no row in dev_sent_emo.csv"
    assert strays(meld, tmp_path) == {
        "MELD.Raw/notes.txt": "not audio by its name (expected .mp4, .mkv, .wav, .flac, .mp3, .ogg, .opus, .m4a)",
        f"{TEST_FOLDER}/._dia0_utt0.mp4": "macOS resource fork, not audio",
        f"{TEST_FOLDER}/final_videos_testdia0_utt0.mp4": "second cut of a test clip, in no list",
        "MELD.Raw/dev/dev_splits_complete/dia110_utt7.mp4": (
            "listed in dev_sent_emo.csv, but there is no such file"
        ),
    }


@pytest.mark.parametrize("folder", ["train_splits", "a/b/train/train_splits", "train"])
def test_however_deep_the_folders_are(tmp_path, folder):
    touch(tmp_path, f"{folder}/dia0_utt0.mp4")
    (tmp_path / "train_sent_emo.csv").write_text(TRAIN, "utf-8")
    assert entries(meld, tmp_path)["train_dia0_utt0"].label == "neutral"


def test_a_copy_converted_to_wav(tmp_path):
    touch(tmp_path, "train_splits/dia0_utt0.wav")
    (tmp_path / "train_sent_emo.csv").write_text(TRAIN, "utf-8")
    assert entries(meld, tmp_path)["train_dia0_utt0"].label == "neutral"
    assert "train_splits/dia0_utt0.mp4" not in strays(meld, tmp_path)


@pytest.mark.parametrize("path", ["clips/dia0_utt0.mp4", "train_splits/dia0.mp4"])
def test_names_that_tell_nothing(tmp_path, path):
    touch(tmp_path, path)
    (found,) = entries(meld, tmp_path).values()
    assert found.problem == (
        "not dia{X}_utt{Y} in a folder that tells the part, such as train_splits, dev_splits_complete, "
        "output_repeated_splits_test, train, dev, test"
    )


def test_a_list_that_is_no_table(tmp_path):
    touch(tmp_path, "train_splits/dia0_utt0.mp4")
    (tmp_path / "train_sent_emo.csv").write_text(HEADER + '1,"' + "Hm. " * 50_000)
    with pytest.raises(LabelTableError, match=r"train_sent_emo\.csv: line 2 is no row of a table"):
        entries(meld, tmp_path)


def test_a_quotation_that_is_not_closed_hides_no_rows(tmp_path):
    touch(tmp_path, "train_splits/dia0_utt1.mp4")
    (tmp_path / "train_sent_emo.csv").write_text(TRAIN.replace('"".",monica', '"".,monica'))
    with pytest.raises(LabelTableError, match=r"a quotation that begins in line 3 is not closed"):
        entries(meld, tmp_path)


@pytest.mark.parametrize(
    "path",
    [
        *("train_splits_wav/dia0_utt0.wav", "train_wav/dia0_utt0.wav", "train_audio/dia0_utt0.flac"),
        *("Train/dia0_utt0.flac", "MELD.Raw/audio-train-16k/dia0_utt0.WAV", "wav/TRAIN/dia0_utt0.mp3"),
    ],
)
def test_folders_of_conversions(tmp_path, path):
    touch(tmp_path, path)
    (tmp_path / "train_sent_emo.csv").write_text(TRAIN, "utf-8")
    assert entries(meld, tmp_path)["train_dia0_utt0"].label == "neutral"


@pytest.mark.parametrize(
    ("folder", "part"),
    [
        *(("dev_splits_complete_wav", "dev"), ("output_repeated_splits_test_wav", "test"), ("Val", "dev")),
        *(("train_and_dev", None), ("trainer", None), ("MELD.Raw", None), ("", None)),
    ],
)
def test_what_folders_tell(folder, part):
    assert meld.part_of(folder) == part


@pytest.mark.parametrize(
    ("name", "speaker", "sex"),
    [
        *(
            ("Phoebe Sr.", "Phoebe Sr", None),
            ("phoebe  sr", "Phoebe Sr", None),
            ("Joey/drake", "Drake+Joey", None),
        ),
        *(("Ross And Rachel", "Rachel+Ross", None), ("Rachel & Monica", "Monica+Rachel", "female")),
        *(("Joey, Chandler and Ross", "Chandler+Joey+Ross", "male"), ("Ross and Ross", "Ross", "male")),
        *(("Andy", "Andy", None), ("Dr.Green", "Dr Green", None), (" . ", None, None), ("", None, None)),
        *((name, None, None) for name in ("All", "both", " Man ", "Ross and Man")),
    ],
)
def test_speakers(name, speaker, sex):
    assert meld.speaker_of(name) == speaker
    assert meld.sex_of(speaker) == sex


FILM, WAVE = "train_splits/dia0_utt0.mp4", "train_splits_wav/dia0_utt0.wav"


@pytest.mark.parametrize(
    ("taken", "again", "no_audio"),
    [
        (FILM, [WAVE], []),
        ("a/b/c/train_splits/dia0_utt0.mp4", [WAVE], []),  # however deep
        ("train/dia0_utt0.MKV", ["train/dia0_utt0.wav"], []),  # in one folder
        ("train_audio/dia0_utt0.flac", ["train_wav/dia0_utt0.wav"], []),  # no film
        (FILM, [f"MELD.Raw/{FILM}", "x/train/dia0_utt0.mp3"], []),
        (WAVE, [], ["train/._dia0_utt0.mp4", "train/dia0_utt0.srt", "train_\udcff/dia0_utt0.mp4"]),
    ],
)
def test_a_clip_that_is_there_more_than_once_counts_once(tmp_path, caplog, taken, again, no_audio):
    other = "dev_splits_complete/dia0_utt0.wav"
    touch(tmp_path, taken, *again, *no_audio, other)
    (tmp_path / "train_sent_emo.csv").write_text(TRAIN, "utf-8")
    found = {name: entry.path for name, entry in entries(meld, tmp_path).items()}
    assert found == {"train_dia0_utt0": taken, "dev_dia0_utt0": other}
    assert [text.split(" files")[0] for text in caplog.messages] == [f"meld: {len(again)}"] * bool(again)
    reasons = strays(meld, tmp_path)
    assert {path: reasons.pop(path) for path in again} == dict.fromkeys(
        again, f"the same utterance as {taken}, which is taken"
    )
    assert reasons.keys() >= set(map(readable, no_audio))


def test_lists_that_are_not_there_are_named(tmp_path):
    touch(tmp_path, "train_sent_emo.csv", "a/._dev_sent_emo.csv", "test_sent_emo.csv")
    assert missing_tables(meld.CORPUS, list_files(tmp_path)) == ["dev_sent_emo.csv (the labels of dev)"]


def test_lists_of_a_spreadsheet(tmp_path):
    build(tmp_path)
    expected = entries(meld, tmp_path)
    for path in tmp_path.rglob("dev_sent_emo.csv"):
        rows = csv.reader(path.read_text("utf-8-sig").splitlines())
        with path.open("w", newline="", encoding="utf-16") as file:
            csv.writer(file, delimiter=";").writerows(rows)
    assert entries(meld, tmp_path) == expected
