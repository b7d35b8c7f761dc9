"""The clips of the three parts: who says what, how, and under which file name.

demo_tess      `OAF_angry/OAF_bar_angry.wav`: two women, a carrier phrase, seven emotions.
demo_ravdess   `Actor_01/03-01-05-02-01-01-01.wav`: odd actors are men, two statements, eight emotions, two
               intensities (neutral has one), one repetition.
demo_dialogue  `Session1/wav/Ses01F_d01_003.wav`: a woman and a man a session, own sentences. What they feel
               is not in the name but in `Session1/labels.csv`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np

from pipeline.core.errors import PipelineError
from pipeline.demo.prosody import Sex
from pipeline.demo.streams import stream
from pipeline.demo.texts import OPENERS, RAVDESS_STATEMENTS, SENTENCES, TESS_WORDS, carrier

TESS_SPEAKERS = ("OAF", "YAF")
TESS_CODES = {
    "anger": "angry",
    "disgust": "disgust",
    "fear": "fear",
    "happiness": "happy",
    "neutral": "neutral",
    "surprise": "ps",
    "sadness": "sad",
}
RAVDESS_CODES = {
    "neutral": "01",
    "calm": "02",
    "happiness": "03",
    "sadness": "04",
    "anger": "05",
    "fear": "06",
    "disgust": "07",
    "surprise": "08",
}
RAVDESS_INTENSITIES = {"01": 0.75, "02": 1.15}
DIALOGUE_CODES = {
    "anger": "ang",
    "happiness": "hap",
    "sadness": "sad",
    "fear": "fea",
    "disgust": "dis",
    "surprise": "sur",
    "neutral": "neu",
    "boredom": "bor",
}
_DIALOGUE_SHARES = {  # of the clips; boredom comes in a fixed number, as a label too rare to learn
    "anger": 0.16,
    "happiness": 0.16,
    "sadness": 0.16,
    "fear": 0.11,
    "disgust": 0.10,
    "surprise": 0.11,
    "neutral": 0.20,
}
DIALOGUE_INTENSITY = (0.40, 0.85)
WORDS_FROM_EMOTION, WORDS_NEUTRAL = 0.62, 0.23  # else the words come from any emotion
N_BORED = 3
_PER_DIALOGUE = 10
N_SPARE_WORDS = 10  # the last of TESS_WORDS: nobody says them, copies are named after them


@dataclass(frozen=True)
class Clip:
    """A clip to be made. `words` is the emotion that the words belong to; None for a carrier phrase."""

    path: str  # POSIX, relative to the corpus' root
    speaker_id: str
    sex: Sex
    emotion: str
    intensity: float
    text: str
    words: str | None = None


def plan_tess(seed: int, *, n_words: int) -> list[Clip]:
    """Return `2 x n_words x 7` clips. Nothing of the plan is drawn: the seed changes the voices only."""
    if not 1 <= n_words <= len(TESS_WORDS) - N_SPARE_WORDS:
        raise PipelineError(f"demo_tess: n_words is {n_words}, not 1 to {len(TESS_WORDS) - N_SPARE_WORDS}")
    return [
        Clip(f"{speaker}_{code}/{speaker}_{word}_{code}.wav", speaker, "female", emotion, 1.0, carrier(word))
        for speaker in TESS_SPEAKERS
        for word in TESS_WORDS[:n_words]
        for emotion, code in TESS_CODES.items()
    ]


def plan_ravdess(seed: int, *, n_speakers: int) -> list[Clip]:
    """Return `n_speakers x 30` clips. Nothing of the plan is drawn: the seed changes the voices only."""
    if not 1 <= n_speakers <= 24:
        raise PipelineError(f"demo_ravdess: n_speakers is {n_speakers}, not 1 to 24")
    return [
        Clip(
            path=f"Actor_{actor:02d}/03-01-{code}-{level}-{statement}-01-{actor:02d}.wav",
            speaker_id=f"{actor:02d}",
            sex="male" if actor % 2 else "female",
            emotion=emotion,
            intensity=intensity,
            text=text,
        )
        for actor in range(1, n_speakers + 1)
        for emotion, code in RAVDESS_CODES.items()
        for level, intensity in RAVDESS_INTENSITIES.items()
        if not (emotion == "neutral" and level == "02")
        for statement, text in RAVDESS_STATEMENTS.items()
    ]


def plan_dialogue(seed: int, *, n_speakers: int, n_utterances: int) -> list[Clip]:
    """Return `n_speakers x n_utterances` clips; two speakers share a session."""
    if n_speakers < 2 or n_speakers % 2 or n_utterances < 1:
        raise PipelineError(
            f"demo_dialogue: n_speakers is {n_speakers} and n_utterances {n_utterances}; "
            "expected an even number of speakers and at least one utterance each"
        )
    clips: list[Clip] = []
    for k in range(n_speakers):
        clips += _speaker_turns(seed, k, n_utterances)
    return clips


def _speaker_turns(seed: int, k: int, n_utterances: int) -> Iterator[Clip]:
    session, female = k // 2 + 1, k % 2 == 0
    speaker = f"Ses{session:02d}{'F' if female else 'M'}"
    rng = stream(seed, "demo_dialogue", "plan", speaker)
    for j in range(n_utterances):
        bored = k < N_BORED and j == n_utterances - 1
        emotion = "boredom" if bored else str(rng.choice(list(_DIALOGUE_SHARES), p=_shares()))
        words = emotion if bored else _words_emotion(emotion, rng)
        yield Clip(
            path=f"Session{session}/wav/{speaker}_d{j // _PER_DIALOGUE + 1:02d}_{j % _PER_DIALOGUE:03d}.wav",
            speaker_id=speaker,
            sex="female" if female else "male",
            emotion=emotion,
            intensity=float(rng.uniform(*DIALOGUE_INTENSITY)),
            text=_sentence(words, rng),
            words=words,
        )


def _shares() -> np.ndarray:
    shares = np.array(list(_DIALOGUE_SHARES.values()))
    return shares / shares.sum()


def _words_emotion(emotion: str, rng: np.random.Generator) -> str:
    drawn = rng.random()
    if drawn < WORDS_FROM_EMOTION:
        return emotion
    if drawn < WORDS_FROM_EMOTION + WORDS_NEUTRAL:
        return "neutral"
    return str(rng.choice(list(_DIALOGUE_SHARES)))


def _sentence(words: str, rng: np.random.Generator) -> str:
    opener = f"{rng.choice(OPENERS[words])} " if rng.random() < 0.5 else ""
    return opener + str(rng.choice(SENTENCES[words]))


def alias(corpus: str, path: str, *, taken: set[str], emotion: str | None = None) -> str:
    """Return a free name under which a clip could occur a second time, as the same speaker's.

    Args:
        corpus: One of the three parts.
        path: The clip's own name.
        taken: Names that are in use.
        emotion: The emotion that the name shall claim; None for the clip's own (demo_dialogue names none).
    """
    aliases = {"demo_tess": _tess_aliases, "demo_ravdess": _ravdess_aliases, "demo_dialogue": _turn_aliases}
    free = (name for name in aliases[corpus](PurePosixPath(path), emotion) if name not in taken)
    name = next(free, None)
    if name is None:
        raise PipelineError(f"{corpus}: no free name is left for a copy of {path}; ask for fewer defects")
    return name


def _tess_aliases(path: PurePosixPath, emotion: str | None) -> Iterator[str]:
    speaker, _, code = path.stem.split("_")
    code = TESS_CODES[emotion] if emotion else code
    for word in TESS_WORDS[-N_SPARE_WORDS:]:
        yield f"{speaker}_{code}/{speaker}_{word}_{code}.wav"


def _ravdess_aliases(path: PurePosixPath, emotion: str | None) -> Iterator[str]:
    modality, channel, code, level, statement, _, actor = path.stem.split("-")
    if emotion:
        code, level = RAVDESS_CODES[emotion], "01"
    yield f"{path.parent}/{modality}-{channel}-{code}-{level}-{statement}-02-{actor}.wav"


def _turn_aliases(path: PurePosixPath, emotion: str | None) -> Iterator[str]:
    dialogue, number = path.stem.rsplit("_", 1)
    for k in range(_PER_DIALOGUE):
        yield f"{path.parent}/{dialogue}_{500 + 10 * k + int(number):03d}.wav"
