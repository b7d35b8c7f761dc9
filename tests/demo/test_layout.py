"""What is planned: counts, names, and texts that tell nothing about acted emotion."""

from collections import Counter, defaultdict

import pytest

from pipeline.core.errors import PipelineError
from pipeline.demo.layout import Clip, alias, plan_dialogue, plan_ravdess, plan_tess
from pipeline.demo.synthesise import DEFAULT_SIZES, PARTS

SEED = 1


def plan(corpus: str, seed: int = SEED) -> list[Clip]:
    return PARTS[corpus].plan(seed, **DEFAULT_SIZES[corpus])


@pytest.mark.parametrize(
    ("corpus", "n_clips", "n_speakers"),
    [("demo_tess", 280, 2), ("demo_ravdess", 360, 12), ("demo_dialogue", 280, 10)],
)
def test_counts(corpus, n_clips, n_speakers):
    clips = plan(corpus)
    assert len({clip.path for clip in clips}) == len(clips) == n_clips
    assert len({clip.speaker_id for clip in clips}) == n_speakers


def test_names():
    assert plan("demo_tess")[0].path == "OAF_angry/OAF_back_angry.wav"
    assert plan("demo_ravdess")[-1].path == "Actor_12/03-01-08-02-02-01-12.wav"
    assert plan("demo_dialogue")[-1].path == "Session5/wav/Ses05M_d03_007.wav"


def test_ravdess_has_neutral_at_one_intensity_only():
    per_actor = Counter(clip.path.split("-")[2] for clip in plan("demo_ravdess"))
    assert per_actor["01"] == 12 * 2
    assert set(per_actor.values()) == {12 * 2, 12 * 4}


def test_odd_actors_are_men():
    assert {(int(c.speaker_id) % 2, c.sex) for c in plan("demo_ravdess")} == {(1, "male"), (0, "female")}


@pytest.mark.parametrize("corpus", ["demo_tess", "demo_ravdess"])
def test_carrier_texts_are_the_same_under_every_emotion(corpus):
    texts = defaultdict(Counter)
    for clip in plan(corpus):
        texts[clip.emotion][clip.text] += 1
    shares = [{text: n / counts.total() for text, n in counts.items()} for counts in texts.values()]
    assert all(share == shares[0] for share in shares)


def test_the_words_of_the_dialogues_follow_the_recipe():
    clips = [clip for seed in range(10) for clip in plan("demo_dialogue", seed) if clip.emotion != "boredom"]
    apart = [clip for clip in clips if clip.emotion != "neutral"]
    assert sum(c.words == c.emotion for c in apart) / len(apart) == pytest.approx(0.62 + 0.15 / 7, abs=0.03)
    assert sum(c.words == "neutral" for c in apart) / len(apart) == pytest.approx(0.23 + 0.15 / 7, abs=0.03)
    assert 0.40 <= min(c.intensity for c in clips) < max(c.intensity for c in clips) <= 0.85


def test_boredom_is_rare():
    assert sum(clip.emotion == "boredom" for clip in plan("demo_dialogue")) == 3


@pytest.mark.parametrize(
    ("corpus", "path", "emotion", "expected"),
    [
        ("demo_tess", "OAF_sad/OAF_bar_sad.wav", None, "OAF_sad/OAF_dead_sad.wav"),
        ("demo_tess", "OAF_sad/OAF_bar_sad.wav", "anger", "OAF_angry/OAF_dead_angry.wav"),
        ("demo_ravdess", "A/03-01-04-02-01-01-07.wav", None, "A/03-01-04-02-01-02-07.wav"),
        ("demo_ravdess", "A/03-01-04-02-01-01-07.wav", "neutral", "A/03-01-01-01-01-02-07.wav"),
        ("demo_dialogue", "Session1/wav/Ses01F_d02_003.wav", None, "Session1/wav/Ses01F_d02_503.wav"),
    ],
)
def test_a_copy_is_named_as_the_same_speaker(corpus, path, emotion, expected):
    first = alias(corpus, path, taken=set(), emotion=emotion)
    assert first == expected


def test_no_free_name_is_an_error():
    taken = {"A/03-01-04-02-01-02-07.wav"}
    with pytest.raises(PipelineError, match="no free name"):
        alias("demo_ravdess", "A/03-01-04-02-01-01-07.wav", taken=taken)


@pytest.mark.parametrize(
    ("make", "sizes", "message"),
    [
        (plan_tess, {"n_words": 0}, "n_words is 0, not 1 to 26"),
        (plan_tess, {"n_words": 27}, "n_words is 27"),
        (plan_ravdess, {"n_speakers": 25}, "n_speakers is 25, not 1 to 24"),
        (plan_dialogue, {"n_speakers": 3, "n_utterances": 5}, "an even number of speakers"),
    ],
)
def test_sizes_out_of_bounds(make, sizes, message):
    with pytest.raises(PipelineError, match=message):
        make(SEED, **sizes)
