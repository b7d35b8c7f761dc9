"""Boards of speakers never heard on real speech."""

from pipeline.report.real_boards import NOTHING_YET, crossings, leaderboards, real_boards, uar_text
from pipeline.report.real_tables import table_by_name
from tests.report.test_real_results import record

STUDY = "new_speakers_ravdess"


def kept(entry, uar, protocol="new_speakers", **changes):
    base = {"study": STUDY, "protocol": protocol, "uar": uar, "seeds": [1], "new_speakers": True}
    return record(**{**base, "system": f"{STUDY}_{entry}", **changes})


PLAIN = [kept("logistic", 0.75), kept("compare", 0.77, uar_low=0.72, uar_high=0.8, uar_fold_sd=0.041)]
STANDARDISED = kept("by_speaker", 0.84, speaker_standardised=True)
SENTENCES = [
    kept("both", 0.62, "new_speakers_and_sentences"),
    kept("new", 0.66, "new_sentences", new_speakers=False),
    kept("known", 0.7, "new_speakers_known_sentences"),
]
OTHERS = [
    kept("compare", 0.5, condition="white noise at 10 dB"),
    kept("compare", 0.35, test_corpus="tess"),
]


CROSSED = record(
    system="new_speakers_cross_on_ravdess",
    study="cross_corpora",
    test_corpus="tess",
    protocol="cross_corpus",
    uar=0.31,
)


def names(records):
    return [one.system.removeprefix(f"{STUDY}_") for one in records]


def test_each_record_stands_in_one_table():
    (board,) = real_boards([record(), *OTHERS, *SENTENCES, STANDARDISED, *PLAIN])
    assert board.corpus == "ravdess"
    assert names(board.ranked) == ["compare", "logistic"]
    assert names(board.standardised) == ["by_speaker"]
    assert names(board.sentences) == ["known", "both", "new"]
    assert board.others == OTHERS
    assert names(board.known_and_new) == ["known", "both"]


def test_studies_of_several_corpora_have_a_table_of_their_own():
    records = [*PLAIN, CROSSED]
    assert crossings(records) == [CROSSED]
    assert [board.corpus for board in real_boards(records)] == ["ravdess"]
    assert "| cross on ravdess | ravdess | tess | 31.0 |" in leaderboards(records)


def test_without_both_kinds_of_sentences_nothing_is_said_of_them():
    (board,) = real_boards([*PLAIN, SENTENCES[0]])
    assert board.known_and_new is None


def test_a_uar_says_how_sure_it_is():
    assert [uar_text(one) for one in PLAIN] == ["75.0", "77.0 (72.0–80.0)"]


def test_docs_have_a_table_of_each_kind():
    text = leaderboards([*PLAIN, STANDARDISED])
    lines = text.splitlines()
    assert lines[0] == "**ravdess** · Without any knowledge of the tested speaker"
    assert "| compare | 77.0 (72.0–80.0) | 4.1 | 57.7 ± 0.7 (50.0–65.0) | 432 | – | 1,440 |" in text
    assert "| logistic | 75.0 | – | 57.7 ± 0.7 (50.0–65.0) | 432 | −2.0 | 1,440 |" in text
    assert sum(line.startswith("**ravdess**") for line in lines) == 2


def test_nothing_kept_is_said():
    assert leaderboards([record()]) == NOTHING_YET


def test_the_first_table_ranks_those_that_know_the_speaker_after_the_others():
    records = [STANDARDISED, *SENTENCES, *PLAIN]
    lines = table_by_name("new_speakers", records, {}).splitlines()[2:]
    assert [line.split("`")[1].removeprefix(f"{STUDY}_") for line in lines] == [
        "compare",
        "logistic",
        "by_speaker",
    ]
