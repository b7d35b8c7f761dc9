import pytest

from pipeline.core.tree import list_files
from pipeline.corpora import crema_d
from pipeline.corpora.contract import Entry, Stray, missing_tables
from pipeline.corpora.label_tables import LabelTableError
from tests.corpora.trees import entries, strays, touch

TOP = "CREMA-D-master"
DEMOGRAPHICS = """"ActorID","Age","Sex","Race","Ethnicity"
1001,51,"Male","Caucasian","Not Hispanic"
1040,42,"Male","Caucasian","Not Hispanic"
1076,25,"Female","Caucasian","Not Hispanic"
"""
# The header and the order of columns are those of the published file.
VOTES = """"","A","D","F","H","N","S","fileName","numResponses","agreement","emoVote","meanEmoResp"
"100003",0,0,0,4,7,0,"1001_IEO_HAP_MD",11,0.636363636363636,"N",63.6363636363636
"200003",0,0,0,9,0,0,"1001_IEO_HAP_MD",9,1,"H",70
"300003",0,0,0,8,1,0,"1001_IEO_HAP_MD",9,0.888888888888889,"H",71
"103213",0,0,1,0,2,6,"1040_ITH_SAD_XX",9,0.666666666666667,"S",55
"106187",
"106188",x,0,0,0,0,0,"1076_MTI_SAD_XX",9,1,"S",55
"""
POINTER = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 72862\n"


def build(root):
    touch(
        root,
        f"{TOP}/AudioWAV/1001_IEO_HAP_MD.wav",
        f"{TOP}/AudioWAV/1040_ITH_SAD_X.wav",
        f"{TOP}/AudioWAV/1076_MTI_SAD_XX.wav",
        f"{TOP}/AudioWAV/1091_WSI_JOY_LO.wav",
        f"{TOP}/AudioMP3/1001_IEO_HAP_MD.mp3",
        f"{TOP}/VideoFlash/1001_IEO_HAP_MD.flv",
        f"{TOP}/README.md",
        f"{TOP}/processedResults/summaryTable.csv",
    )
    (root / TOP / "VideoDemographics.csv").write_text(DEMOGRAPHICS)
    (root / TOP / "processedResults/tabulatedVotes.csv").write_text(VOTES)


def test_a_clip_with_all_that_is_known_of_it(tmp_path):
    build(tmp_path)
    assert entries(crema_d, tmp_path)["1001_IEO_HAP_MD"] == Entry(
        path=f"{TOP}/AudioWAV/1001_IEO_HAP_MD.wav",
        name="1001_IEO_HAP_MD",
        speaker="1001",
        sex="male",
        label="happy",
        intensity="medium",
        text="It's eleven o'clock.",
        votes="neutral:7 happy:4",  # on the voice alone: those who saw the face said happy
    )


def test_the_file_whose_name_lacks_an_x(tmp_path):
    build(tmp_path)
    found = entries(crema_d, tmp_path)["1040_ITH_SAD_X"]
    assert (found.label, found.intensity, found.votes) == ("sad", "unspecified", "sad:6 neutral:2 fear:1")
    assert found.problem is None


def test_rows_of_votes_that_cannot_be_read_say_nothing(tmp_path):
    build(tmp_path)
    found = entries(crema_d, tmp_path)["1076_MTI_SAD_XX"]
    assert (found.sex, found.votes, found.problem) == ("female", None, None)


def test_without_the_tables(tmp_path):
    touch(tmp_path, "1001_DFA_ANG_XX.wav")
    assert entries(crema_d, tmp_path)["1001_DFA_ANG_XX"] == Entry(
        path="1001_DFA_ANG_XX.wav",
        name="1001_DFA_ANG_XX",
        speaker="1001",
        label="anger",
        intensity="unspecified",
        text="Don't forget a jacket.",
    )


def test_votes_without_the_column_that_says_on_what(tmp_path):
    touch(tmp_path, "1001_IEO_HAP_MD.wav")
    (tmp_path / "tabulatedVotes.csv").write_text("A,D,F,H,N,S,fileName\n0,0,0,4,7,0,1001_IEO_HAP_MD\n")
    with pytest.raises(LabelTableError, match=r"tabulatedVotes\.csv: no column '' in its first line 'A,D,F"):
        entries(crema_d, tmp_path)


@pytest.mark.parametrize(
    "path", ["AudioMP3/{}.mp3", "VideoFlash/{}.flv", "AudioMP3/{}.wav", "VideoFlash/{}.wav"]
)
def test_other_renderings_are_strays(tmp_path, path):
    touch(tmp_path, "AudioWAV/1001_IEO_HAP_MD.wav", path.format("1001_IEO_HAP_MD"))
    assert list(entries(crema_d, tmp_path)) == ["1001_IEO_HAP_MD"]
    assert entries(crema_d, tmp_path)["1001_IEO_HAP_MD"].path == "AudioWAV/1001_IEO_HAP_MD.wav"
    assert strays(crema_d, tmp_path) == {
        path.format("1001_IEO_HAP_MD"): "a clip as its raters had it; the WAV in AudioWAV is what is used"
    }


def test_documents_and_the_files_of_git_are_left_out(tmp_path):
    build(tmp_path)
    touch(tmp_path, f"{TOP}/.git/lfs/objects/00/00/0000", f"{TOP}/notes.txt")
    found = [item.path for item in crema_d.scan(tmp_path) if isinstance(item, Stray)]
    assert found == [
        f"{TOP}/AudioMP3/1001_IEO_HAP_MD.mp3",
        f"{TOP}/VideoFlash/1001_IEO_HAP_MD.flv",
        f"{TOP}/notes.txt",
    ]


def test_a_pointer_in_place_of_the_audio(tmp_path):
    touch(tmp_path, "1001_DFA_HAP_XX.wav")
    (tmp_path / "1001_DFA_ANG_XX.wav").write_text(POINTER)
    found = entries(crema_d, tmp_path)
    assert "a Git LFS pointer in place of the audio: run `git lfs pull`" in found["1001_DFA_ANG_XX"].problem
    assert found["1001_DFA_HAP_XX"].problem is None


def test_a_link_that_leads_nowhere_is_left_to_the_index(tmp_path):
    (tmp_path / "1001_DFA_ANG_XX.wav").symlink_to(tmp_path / "gone.wav")
    assert entries(crema_d, tmp_path)["1001_DFA_ANG_XX"].problem is None


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("1001_DFA_JOY_XX", "unknown emotion JOY"),
        ("1001_DFA_ANG", "is not {actor}_{sentence}"),
        ("101_DFA_ANG_XX", "is not {actor}_{sentence}"),
    ],
)
def test_what_cannot_be_labelled(tmp_path, name, problem):
    touch(tmp_path, f"{name}.wav")
    assert problem in entries(crema_d, tmp_path)[name].problem


def test_the_sentences_are_twelve():
    assert len(set(crema_d.SENTENCES.values())) == 12


def test_a_table_that_cannot_be_read(tmp_path):
    touch(tmp_path, "1001_DFA_ANG_XX.wav")
    (tmp_path / "VideoDemographics.csv").symlink_to(tmp_path / "nowhere.csv")
    with pytest.raises(
        LabelTableError, match=r"VideoDemographics\.csv: cannot be opened \(a link that leads"
    ):
        entries(crema_d, tmp_path)


def test_a_spreadsheets_table_says_the_same(tmp_path):
    build(tmp_path)
    path = tmp_path / TOP / "processedResults/tabulatedVotes.csv"
    saved = path.read_text().replace(",", ";").replace('"', "").replace("\n", "\r\n")
    path.write_bytes(saved.encode("utf-16"))
    assert entries(crema_d, tmp_path)["1001_IEO_HAP_MD"].votes == "neutral:7 happy:4"


def test_tables_that_are_not_there_are_named(tmp_path):
    build(tmp_path)
    assert missing_tables(crema_d.CORPUS, list_files(tmp_path)) == []
    (tmp_path / TOP / "VideoDemographics.csv").unlink()
    (tmp_path / TOP / "processedResults/tabulatedVotes.csv").unlink()
    assert missing_tables(crema_d.CORPUS, list_files(tmp_path)) == [
        "VideoDemographics.csv (the sex of the actors)",
        "tabulatedVotes.csv (the votes on the voices)",
    ]
