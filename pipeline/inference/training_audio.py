"""What the audio is like that a system was trained on, and where a recording is unlike it."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from pipeline.config.base import Settings
from pipeline.core.paths import index_path, split_path
from pipeline.core.tables import read_table

LOW, HIGH = 1, 99  # percentiles of the training clips between which a recording is like them
MARGIN_DB = (
    6.0  # a level so far beyond them still is: as much as twice the distance from the microphone costs
)

TELEPHONE = 4_200.0  # Hz: what has passed 8 kHz anywhere ends below, whatever rate it is stored at


class TrainingAudio(Settings):
    """Levels, lengths, rates and languages of the clips that a system was trained on."""

    level: tuple[float, float]  # dBFS, low and high percentile
    seconds: tuple[float, float]
    lowest_rate: int  # Hz
    languages: list[str]  # ISO 639-1; none where nobody has said


def training_audio(study: str, variant: str, train_on: Sequence[str]) -> TrainingAudio | None:
    """Describe the clips that are trained on, by the indexes of their corpora; None where those are not there.

    Args:
        study: Whose split.
        variant: Which of its splits.
        train_on: Parts of it.
    """
    path = split_path(study, variant)
    if not path.exists():
        return None
    table = read_table(path, ["utterance_id", "corpus", "split"])
    clips = table[table["split"].isin(train_on)].drop_duplicates("utterance_id")
    corpora = sorted(clips["corpus"].unique())
    if not corpora or not all(index_path(corpus).exists() for corpus in corpora):
        return None
    columns = ["utterance_id", "rms_dbfs", "seconds", "rate"]
    index = pd.concat([read_table(index_path(corpus), columns) for corpus in corpora])
    facts = index[index["utterance_id"].isin(clips["utterance_id"])].dropna()
    return TrainingAudio(
        level=_range(facts["rms_dbfs"]),
        seconds=_range(facts["seconds"]),
        lowest_rate=int(facts["rate"].min()),
        languages=_languages(corpora),
    )


def unlike(
    audio: TrainingAudio,
    *,
    level: float | None,
    seconds: float,
    rate: int,
    bandwidth: float | None = None,
    languages: Sequence[str] = (),
) -> list[str]:
    """Say where a recording is unlike the clips that a system was trained on.

    Args:
        audio: Of those clips.
        level: Root mean square of what is loud enough in the recording, dBFS; None where nothing is.
        seconds: Its length.
        rate: Its sample rate, Hz.
        bandwidth: Frequency above which next to nothing lies in it, Hz; None where nobody has looked.
        languages: In which it is spoken, as far as somebody has listened.
    """
    notes = []
    low, high = audio.level
    if level is not None and not low - MARGIN_DB <= level <= high + MARGIN_DB:
        word = "quieter" if level < low else "louder"
        notes.append(
            f"{word} than what the system was trained on: {level:.0f} dBFS, trained on {low:.0f} to {high:.0f}"
        )
    if rate < audio.lowest_rate:
        notes.append(
            f"sampled at {rate} Hz, so nothing is above {rate // 2} Hz; trained on {audio.lowest_rate} Hz or more"
        )
    elif bandwidth is not None and bandwidth < TELEPHONE and min(rate, audio.lowest_rate) > 2 * TELEPHONE:
        notes.append(
            f"sampled at {rate} Hz, but next to nothing is above {bandwidth:.0f} Hz, as by telephone; trained on "
            f"{audio.lowest_rate} Hz or more"
        )
    if seconds < audio.seconds[0] / 2:
        notes.append(f"only {seconds:.2g} s long; trained on clips of {audio.seconds[0]:.1f} s or more")
    if audio.languages and (others := sorted(set(languages) - set(audio.languages))):
        notes.append(f"in another language ({', '.join(others)}); trained on {', '.join(audio.languages)}")
    return notes


def _range(values: pd.Series) -> tuple[float, float]:
    low, high = np.percentile(values.to_numpy(np.float64), [LOW, HIGH])
    return round(float(low), 3), round(float(high), 3)


def _languages(corpora: Sequence[str]) -> list[str]:
    from pipeline.corpora.contract import UNKNOWN_LANGUAGE
    from pipeline.corpora.planned import describe_corpus

    return sorted({describe_corpus(corpus).language for corpus in corpora} - {UNKNOWN_LANGUAGE})
