"""Write one part of the synthetic demo corpus below a folder.

The same seed and sizes give the same bytes, on one process and on several: each clip draws from a random
stream of its own, and the synthesiser uses no threaded linear algebra.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import soundfile

from pipeline.core.errors import PipelineError
from pipeline.core.parallel import parallel_map
from pipeline.demo.defects import Planted, choose, plant, write_key
from pipeline.demo.labels import LabelRow, copied_row, label_rows, write_labels
from pipeline.demo.layout import DIALOGUE_CODES, Clip, plan_dialogue, plan_ravdess, plan_tess
from pipeline.demo.prosody import Prosody, Recipe, Speaker, draw_prosody, draw_speaker
from pipeline.demo.render import Recording, Room, draw_room, render
from pipeline.demo.streams import stream

DEFAULT_SIZES: dict[str, dict[str, int]] = {
    "demo_tess": {"n_words": 20},
    "demo_ravdess": {"n_speakers": 12},
    "demo_dialogue": {"n_speakers": 10, "n_utterances": 28},
}
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Part:
    """One of the three corpora: what is said, how far apart its emotions are, how it is recorded."""

    plan: Callable[..., list[Clip]]
    recipe: Recipe
    recording: Recording


PARTS = {
    "demo_tess": Part(
        plan_tess,
        Recipe(separation=1.15, overlap=0.5, speaker_spread=0.75),
        Recording(24414, (0.15, 0.40), (0.20, 0.45), snr_db=(28, 40), rt60_seconds=(0.08, 0.20)),
    ),
    "demo_ravdess": Part(
        plan_ravdess,
        Recipe(separation=1.15, overlap=0.5, speaker_spread=0.75),
        Recording(48000, (0.25, 0.55), (0.25, 0.55), snr_db=(28, 40), rt60_seconds=(0.08, 0.20)),
    ),
    "demo_dialogue": Part(
        plan_dialogue,
        Recipe(separation=1.15, overlap=0.9, speaker_spread=0.75),
        Recording(16000, (0.10, 0.30), (0.10, 0.35), snr_db=(22, 34), rt60_seconds=(0.12, 0.30)),
    ),
}


@dataclass(frozen=True)
class Job:
    """What a worker needs to make one clip."""

    clip: Clip
    speaker: Speaker
    prosody: Prosody
    room: Room


def synthesise(corpus: str, root: Path, *, seed: int, n_workers: int, **sizes: int) -> None:
    """Write a part of the demo corpus, its planted defects, their key and a README.

    Args:
        corpus: `demo_tess`, `demo_ravdess` or `demo_dialogue`.
        root: Folder of this corpus, empty or not there yet.
        seed: Everything drawn follows from it.
        n_workers: Processes; does not change the result.
        **sizes: Overrides of `DEFAULT_SIZES[corpus]`.

    Raises:
        PipelineError: Unknown corpus or size, a size out of bounds, or a folder that is not empty.
    """
    part, sizes = _part(corpus), _sizes(corpus, sizes)
    clips = part.plan(seed, **sizes)
    jobs = draw_clips(corpus, clips, seed)
    rows = label_rows(clips, [job.prosody for job in jobs], seed) if corpus == "demo_dialogue" else None
    planted = choose(corpus, clips, _eligible(clips, rows), seed)

    if root.exists() and any(root.iterdir()):
        raise PipelineError(f"{root}: not empty; name a folder for {corpus} that does not exist yet")
    for folder in sorted({(root / clip.path).parent for clip in clips}):
        folder.mkdir(parents=True, exist_ok=True)
    _write_readme(root, corpus, seed, sizes, len(planted))
    make = partial(_make_clip, root=root, corpus=corpus, seed=seed)
    for _ in parallel_map(make, jobs, description=corpus, batch_size=8, workers=n_workers, where="here"):
        pass  # the workers write the files
    plant(root, planted)
    write_key(root, planted)
    if rows is not None:
        write_labels(root, _with_copies(rows, planted))
    logger.info("%s: %d clips synthesised, %d defects planted in %s", corpus, len(clips), len(planted), root)


def _part(corpus: str) -> Part:
    if corpus not in PARTS:
        raise PipelineError(f"demo corpus: {corpus!r} is none of {', '.join(PARTS)}")
    return PARTS[corpus]


def _sizes(corpus: str, given: dict[str, int]) -> dict[str, int]:
    unknown = sorted(set(given) - set(DEFAULT_SIZES[corpus]))
    if unknown:
        raise PipelineError(
            f"{corpus}: unknown sizes {unknown}; expected some of {list(DEFAULT_SIZES[corpus])}"
        )
    return DEFAULT_SIZES[corpus] | given


def draw_clips(corpus: str, clips: list[Clip], seed: int) -> list[Job]:
    """Draw the speakers, their rooms and every clip's prosody."""
    part = PARTS[corpus]
    sexes = {clip.speaker_id: clip.sex for clip in clips}
    speakers = {
        name: draw_speaker(name, sex, part.recipe, stream(seed, corpus, "speaker", name))
        for name, sex in sexes.items()
    }
    rooms = {name: draw_room(part.recording, stream(seed, corpus, "room", name)) for name in sexes}
    jobs = []
    for clip in clips:
        speaker = speakers[clip.speaker_id]
        rng = stream(seed, corpus, "prosody", clip.path)
        prosody = draw_prosody(speaker, clip.emotion, clip.intensity, part.recipe, rng)
        jobs.append(Job(clip, speaker, prosody, rooms[clip.speaker_id]))
    return jobs


def _make_clip(job: Job, *, root: Path, corpus: str, seed: int) -> None:
    recording, rng = PARTS[corpus].recording, stream(seed, corpus, "wave", job.clip.path)
    wave = render(job.clip.text, job.speaker, job.prosody, job.room, recording, rng)
    soundfile.write(root / job.clip.path, wave, recording.rate, subtype="PCM_16")


def _eligible(clips: list[Clip], rows: dict[str, LabelRow] | None) -> list[str]:
    """Return the clips that a defect may use: in the dialogues, those whose label is what was meant."""
    if rows is None:
        return [clip.path for clip in clips]
    common = (clip for clip in clips if clip.emotion != "boredom")
    return [clip.path for clip in common if rows[clip.path].label == DIALOGUE_CODES[clip.emotion]]


def _with_copies(rows: dict[str, LabelRow], planted: list[Planted]) -> dict[str, LabelRow]:
    """Add the rows of the planted copies; a conflicting one claims another label."""
    copies = {
        copy.path: copied_row(rows[copy.source], copy.path, DIALOGUE_CODES.get(copy.claims))
        for copy in planted
        if copy.source
    }
    return rows | copies


def _write_readme(root: Path, corpus: str, seed: int, sizes: dict[str, int], n_defects: int) -> None:
    size = ", ".join(f"{name} {value}" for name, value in sizes.items())
    text = (
        "This corpus is SYNTHETIC. No person speaks in it.\n\n"
        f"{corpus}, seed {seed}, {size}: made by a formant synthesiser from a table of emotions and\n"
        "prosody (pipeline/demo). Scores on it show that the pipeline works. They say NOTHING about emotion\n"
        "in people, nor about how well a system would do on recordings of people.\n\n"
        f"{n_defects} defects of real corpora are planted on purpose; defects.csv is their key.\n"
    )
    (root / "README.txt").write_text(text, encoding="utf-8")
