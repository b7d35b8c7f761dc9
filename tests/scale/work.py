"""Row work with one output table each, as small runs that can be killed; started by `tests.scale.zygote`."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace

from pipeline.core.schemas import INDEX, TRANSCRIPTS
from pipeline.core.tables import write_table
from pipeline.corpora.contract import Corpus, Entry
from pipeline.curation import index as index_module
from pipeline.features import compute
from pipeline.features.compute import Clip, clip_key, compute_features, row_key
from pipeline.features.registry import load_kind
from pipeline.features.shards import shard_schema, write_shard
from tests.features.examples import extractor
from tests.scale.clips import hash_of

KIND = "mfcc"
CORPUS = Corpus(
    name="made_up", title="", licence="", language="en", url="", citation="", labels=(),
    expected={"utterances": 0}, how_to_get="",
)  # fmt: skip


def index(clips: Path, out: Path, batch: int) -> None:
    index_module.CACHED_AT_A_TIME = batch
    entries = [Entry(path.name, path.stem) for path in sorted(clips.glob("*.wav"))]
    table = index_module.build_index(SimpleNamespace(CORPUS=CORPUS, scan=lambda root: iter(entries)), clips)
    write_table(out, table, INDEX)


def features(clips: Path, out: Path, batch: int) -> None:
    _write_features({hash_of(path): Clip(path) for path in sorted(clips.glob("*.wav"))}, out, batch)


def copies(clips: Path, out: Path, batch: int) -> None:
    texts = (None, "noise=0.0050@42", "time_stretch=0.9312@42", "pitch_shift=-1.2700@42")
    wanted = {
        clip_key(hash_of(path), text): Clip(path, text)
        for path in sorted(clips.glob("*.wav"))
        for text in texts
    }
    _write_features(wanted, out, batch)


def _write_features(clips: Mapping[str, Clip], out: Path, batch: int) -> None:
    compute.CLIPS_A_BATCH = batch
    compute.CLIPS_A_TASK = 1
    computer = extractor(KIND)
    arrays, _ = compute_features(computer, clips, description=KIND)
    rows = [(key, row_key(key), arrays[key]) for key in clips]
    write_shard(out, rows, shard_schema(load_kind(KIND).DTYPE, computer.feature_names()))


def transcripts(clips: Path, out: Path, batch: int) -> None:
    import pandas as pd

    from pipeline.config.asr import Asr
    from pipeline.transcription.corpus import whisper_transcripts

    paths = sorted(clips.glob("*.wav"))
    table = pd.DataFrame(
        {
            "utterance_id": [f"made_up/{path.stem}" for path in paths],
            "file": paths,
            "audio_hash": [hash_of(path) for path in paths],
        }
    )
    asr = Asr(
        source="whisper", gold=[], studies=[], model=str(clips / "micro.pt"), language="en", beam_size=None,
        max_tokens=4, window=15, no_speech=0.6, batch_size=batch,
    )  # fmt: skip
    write_table(out, whisper_transcripts(table, asr)[0], TRANSCRIPTS)


JOBS: dict[str, Callable[[Path, Path, int], None]] = {
    "index": index,
    "features": features,
    "copies": copies,
    "transcripts": transcripts,
}
IMPORTS = {  # what a job imports late, each a second or more
    "features": ["torch"],
    "copies": ["torch", "audiomentations"],
    "transcripts": ["whisper", "pipeline.transcription.corpus"],
}
