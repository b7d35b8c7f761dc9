"""Clips as models read them: samples at each rate, what is said, and the features of both."""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.audio.reading import read_sound
from pipeline.audio.wave import resample, to_mono
from pipeline.config.asr import Asr
from pipeline.core.errors import PipelineError
from pipeline.core.machine import device_name
from pipeline.core.parallel import worker_count
from pipeline.features.extractor import build_extractor
from pipeline.features.registry import has_network, load_kind, load_text_kind, parse_settings
from pipeline.inference.trained import FeatureSet, Trained
from pipeline.training.train import wait_passively

SPOKEN = 16_000  # Hz, what Whisper hears

Source = (
    Path | tuple[np.ndarray, int]
)  # a file, or samples of shape (n,) or (channels, n) and their rate in Hz


@dataclass(frozen=True)
class Clip:
    """A stretch of sound.

    Attributes:
        waves: By sample rate in Hz: mono samples, float32, shape (n,). The rates that a system asks for.
        where: What errors call it.
    """

    waves: Mapping[int, np.ndarray]
    where: str


@dataclass(frozen=True)
class Prepared:
    """Some clips, ready for every model of a system.

    Attributes:
        n_clips: How many.
        features: By feature set: one array a clip.
        texts: What is said in each; None where the system reads no text.
        languages: In which it is said, as far as it was transcribed.
    """

    n_clips: int
    features: dict[str, list[np.ndarray]]
    texts: list[str] | None
    languages: list[str]


class ClipReader:
    """Computes what a system reads of clips.

    Args:
        trained: The system.
        encoders: Folder that holds one for each feature set whose network an export carries; None: they are looked
            for by name.

    Attributes:
        trained: The system.
    """

    def __init__(self, trained: Trained, encoders: Path | None) -> None:
        self.trained = trained
        sets = [one for part in trained.parts for one in part.feature_sets.values()]
        self._audio = {one.name: AudioFeatures(one, encoders) for one in sets if one.reads == "audio"}
        self._text = {one.name: TextFeatures(one) for one in sets if one.reads == "text"}

    def rates(self, *, with_texts: bool) -> list[int]:
        """Return the sample rates that clips are wanted at, in Hz.

        Args:
            with_texts: Whether texts will come with the clips, so that nobody has to listen.
        """
        rates = {one.rate for one in self._audio.values()}
        return sorted(rates | {SPOKEN} if self.trained.reads_text and not with_texts else rates)

    def prepare(self, clips: Sequence[Clip], texts: Sequence[str] | None = None) -> Prepared:
        """Compute the features of clips.

        Args:
            clips: At all of `rates`.
            texts: What is said in each; None has Whisper listen, where the system reads text.

        Raises:
            PipelineError: A clip has no samples, or such that features cannot be computed.
        """
        features = {name: one.compute(clips) for name, one in self._audio.items()}
        languages: list[str] = []
        if not self.trained.reads_text:
            return Prepared(len(clips), features, None, languages)
        if texts is None:
            texts, languages = transcribe(clips, self.trained)
        for name, embedded in self._text.items():
            features[name] = embedded.compute(texts)
        return Prepared(len(clips), features, list(texts), languages)

    def load_whisper(self) -> None:
        """Load what listens, so that whether it is there is known before any clip comes.

        Raises:
            PipelineError: The model is not at hand.
        """
        _load_whisper(self.trained)


class AudioFeatures:
    """A feature set that is computed from samples, by the very function that the stage `features` calls.

    Args:
        feature_set: Its kind, settings, and whose weights.
        encoders: See `ClipReader`.
    """

    def __init__(self, feature_set: FeatureSet, encoders: Path | None) -> None:
        name, kind = feature_set.name, feature_set.kind
        own = encoders / name if encoders else None
        where = f"feature_sets.{name}"
        if has_network(kind):
            wait_passively()
        self._extractor = build_extractor(kind, feature_set.settings, feature_set.weights, where, own)
        # a network has all threads to itself, clip by clip
        self._in_threads = load_kind(kind).BACKEND == "threads" and self._extractor.network is None
        self.rate: int = self._extractor.settings.sample_rate

    def compute(self, clips: Sequence[Clip]) -> list[np.ndarray]:
        """Return the features of each clip."""
        if not self._in_threads or len(clips) < 2:
            return [self._extract(clip) for clip in clips]
        with ThreadPoolExecutor(min(worker_count(), len(clips))) as pool:
            return list(pool.map(self._extract, clips))

    def _extract(self, clip: Clip) -> np.ndarray:
        try:
            return self._extractor.extract(clip.waves[self.rate])
        except PipelineError as error:
            raise PipelineError(f"{clip.where}: {error}") from error


class TextFeatures:
    """A feature set that is computed from what is said; its network is loaded once.

    Args:
        feature_set: Its kind, settings, and whose weights.
    """

    def __init__(self, feature_set: FeatureSet) -> None:
        import torch

        where = f"feature_sets.{feature_set.name}"
        self._kind = load_text_kind(feature_set.kind)
        settings = parse_settings(self._kind, feature_set.settings, where)
        self._embedder = self._kind.build_embedder(settings, feature_set.weights, where)
        self._device = torch.device(device_name())

    def compute(self, texts: Iterable[str]) -> list[np.ndarray]:
        """Return the features of each text."""
        texts = list(texts)
        vectors: dict[str, np.ndarray] = {}
        for batch in self._kind.compute(list(dict.fromkeys(texts)), self._embedder, self._device, None):
            vectors |= batch
        return [vectors[text] for text in texts]


def read_clip(source: Source, rates: Sequence[int]) -> Clip:
    """Return a file, or samples, as one clip at some rates, as `pipeline.audio.reading.load_mono` does it.

    Raises:
        AudioError: A file cannot be read.
        PipelineError: Samples are not what `Source` says.
    """
    if not rates:
        return Clip({}, str(source) if isinstance(source, Path) else "samples")
    if isinstance(source, Path):
        sound = read_sound(source)
        return Clip({wanted: resample(sound.mono, sound.rate, wanted) for wanted in rates}, str(source))
    samples, rate = np.atleast_2d(np.asarray(source[0], dtype=np.float32)), source[1]
    if samples.ndim != 2 or rate <= 0:
        raise PipelineError(
            f"came samples of shape {source[0].shape} at {rate} Hz, expected shape (n,) or (channels, n) and a "
            "rate above zero"
        )
    mono = to_mono(samples)
    return Clip({wanted: resample(mono, rate, wanted) for wanted in rates}, "samples")


def transcribe(clips: Sequence[Clip], trained: Trained) -> tuple[list[str], list[str]]:
    """Return what Whisper hears in clips, and the languages that it takes them for where it was to find out.

    Raises:
        PipelineError: The model is not at hand.
    """
    from pipeline.transcription.decode import Decoding, decode

    model, asr = _load_whisper(trained)
    how = Decoding.of(asr, device_name())
    texts: list[str] = []
    languages: list[str] = []
    for start in range(0, len(clips), asr.batch_size):
        heard = decode(model, [clip.waves[SPOKEN] for clip in clips[start : start + asr.batch_size]], how)
        texts += [one.text for one in heard]
        languages += [one.language for one in heard if asr.language is None]
    return texts, languages


def _load_whisper(trained: Trained) -> tuple[Any, Asr]:
    """Return the model and how it decodes."""
    from pipeline.pretrained.whisper_checkpoint import find_checkpoint
    from pipeline.transcription.weights import load_once

    asr = trained.asr
    if asr is None:
        raise PipelineError(f"{trained.name} reads text, but nothing says how to transcribe: give texts")
    try:
        return load_once(str(find_checkpoint(asr.model) or asr.model), device_name())[0], asr
    except PipelineError as error:
        raise PipelineError(f"{trained.name} reads what is said, and no text was given: {error}") from error
