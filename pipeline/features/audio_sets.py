"""Feature sets that are made of audio: the shard of a corpus, and that of a study's augmented copies."""

import logging
import time
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from pipeline.config.plans import FeaturesPlan
from pipeline.core.errors import PipelineError
from pipeline.core.paths import copies_path, features_path
from pipeline.corpora.corpus_audio import corpus_audio
from pipeline.features.compute import Clip, clip_key, compute_features, row_key
from pipeline.features.extractor import Extractor, build_extractor
from pipeline.features.registry import load_kind
from pipeline.features.shards import shard_schema, write_shard
from pipeline.features.transforms import RECORDED_NOISE, parse
from pipeline.splits.noise import noise_files

log = logging.getLogger(__name__)


def make_shard(name: str, plan: FeaturesPlan, corpus: str, clips: pd.DataFrame) -> None:
    """Write the features of a corpus's clips, each content once.

    Args:
        name: The feature set.
        plan: Its kind and settings.
        corpus: Whose clips.
        clips: Those of the corpus, with the columns of `CLIPS`, sorted.
    """
    started = time.perf_counter()
    extractor = _extractor(name, plan)
    root = corpus_audio(corpus)
    keys = [clip_key(audio_hash) for audio_hash in clips["audio_hash"]]
    files = {
        key: Clip(root / path) for key, path in zip(keys, clips["path"], strict=True)
    }  # of copies, the last
    features, n_computed = compute_features(extractor, files, description=f"{name} {corpus}")
    digest = extractor.digest()
    rows = [
        (clip, f"{digest}-{audio_hash}", features[key])
        for clip, audio_hash, key in zip(clips["utterance_id"], clips["audio_hash"], keys, strict=True)
    ]
    names = extractor.feature_names() if rows else None
    write_shard(features_path(name, corpus), rows, shard_schema(load_kind(plan.kind).DTYPE, names))
    n_cached = len(features) - n_computed
    log.info(
        "features: %s of %s: %d rows, %d clips (%d cached, %d computed) in %.1f s",
        *(name, corpus, len(rows), len(features), n_cached, n_computed, time.perf_counter() - started),
    )


def make_copies(
    name: str,
    plan: FeaturesPlan,
    study: str,
    copies: pd.DataFrame,
    clips: pd.DataFrame,
    noise: str | None = None,
) -> dict[str, str]:
    """Write the features of a study's augmented copies; return their row keys by example id.

    Args:
        name: The feature set.
        plan: Its kind and settings.
        study: Whose copies.
        copies: example_id, utterance_id and transform of each, sorted by example_id; one or more.
        clips: The columns of `CLIPS` of all clips that the feature set is made for.
        noise: Folder of noise for copies that are mixed with some.

    Raises:
        PipelineError: The folder no longer has a noise that a copy names.
    """
    extractor = _extractor(name, plan)
    sources = clips.set_index("utterance_id").loc[copies["utterance_id"]]
    roots = {corpus: corpus_audio(corpus) for corpus in sources["corpus"].unique()}
    recorded = _recorded(copies["transform"], noise)
    keys = [clip_key(*pair) for pair in zip(sources["audio_hash"], copies["transform"], strict=True)]
    files = {
        key: Clip(roots[corpus] / path, transform, recorded.get(parse(transform).noise))
        for key, corpus, path, transform in _columns(keys, sources, copies["transform"])
    }
    features, n_computed = compute_features(extractor, files, description=f"copies of {study} for {name}")
    digest = extractor.digest()
    rows = [
        (example, f"{digest}-{row_key(key)}", features[key])
        for example, key in zip(copies["example_id"], keys, strict=True)
    ]
    schema = shard_schema(load_kind(plan.kind).DTYPE, extractor.feature_names())
    write_shard(copies_path(name, study), rows, schema)
    log.info("store: %s: %d augmented copies for %s (%d computed)", name, len(rows), study, n_computed)
    return {example: key for example, key, _ in rows}


def _recorded(transforms: pd.Series, folder: str | None) -> dict[str | None, Path]:
    """Return the files of the noises that copies name, by hash; none where no copy is mixed with any."""
    named = {text for text in transforms if text.startswith(RECORDED_NOISE)}
    if not named:
        return {}
    files: dict[str | None, Path] = dict(noise_files(folder).items())
    gone = sorted(text for text in named if parse(text).noise not in files)
    if gone:
        raise PipelineError(
            f"{folder}, the folder of noise, is not what the splits were made with: of {len(named)} copies "
            f"{len(gone)} have lost their noise, such as {gone[0]}; run `dvc repro -f -s split`, then go on"
        )
    return files


def _extractor(name: str, plan: FeaturesPlan) -> Extractor:
    return build_extractor(plan.kind, plan.settings, plan.weights, plan.where(name))


def _columns(keys: Sequence[str], sources: pd.DataFrame, transforms: pd.Series) -> zip:
    return zip(keys, sources["corpus"], sources["path"], transforms, strict=True)
