"""Feature sets that are made of what is said: the shard of a corpus, and that of a study's augmented copies."""

import logging
import time
from typing import Any

import pandas as pd

from pipeline.core.errors import PipelineError
from pipeline.core.paths import copies_path, features_path, transcripts_path
from pipeline.features.registry import TextKind
from pipeline.features.shards import load_features, shard_schema, write_shard

log = logging.getLogger(__name__)


def make_shard(
    name: str, kind: TextKind, embedder: Any, device: Any, corpus: str, transcripts: pd.DataFrame
) -> None:
    """Write the features of what is said in a corpus's clips, each text once.

    Args:
        name: The feature set.
        kind: Its kind.
        embedder: What the kind's `build_embedder` returned.
        device: Torch's, to compute on.
        corpus: Whose clips.
        transcripts: utterance_id and text of all corpora.

    Raises:
        PipelineError: The corpus has no transcript.
    """
    started = time.perf_counter()
    own = transcripts[transcripts["utterance_id"].str.partition("/")[0] == corpus].sort_values("utterance_id")
    if own.empty:
        raise PipelineError(
            f"{transcripts_path()} has no transcript of corpus {corpus!r}: add the studies of the feature set to "
            "asr.studies in params.yaml"
        )
    vectors, n_computed = kind.embed(own["text"], embedder, device, f"{name} {corpus}")
    rows = [
        (clip, f"{embedder.digest}-{kind.text_key(text)}", vectors[text])
        for clip, text in zip(own["utterance_id"], own["text"], strict=True)
    ]
    write_shard(features_path(name, corpus), rows, shard_schema(kind.DTYPE, None))
    n_cached = len(vectors) - n_computed
    log.info(
        "embed: %s of %s: %d rows, %d texts (%d cached, %d computed) in %.1f s",
        *(name, corpus, len(rows), len(vectors), n_cached, n_computed, time.perf_counter() - started),
    )


def repeat_originals(
    name: str, study: str, corpora: list[str], copies: pd.DataFrame, keys: pd.Series
) -> dict[str, str]:
    """Write a row for each augmented copy of a study, which says what its original says; return the row keys.

    Args:
        name: The feature set.
        study: Whose copies.
        corpora: The study's.
        copies: example_id and utterance_id of each, sorted by example_id; one or more.
        keys: Row keys of the originals by utterance id.
    """
    originals = copies["utterance_id"].unique().tolist()
    shards = [features_path(name, corpus) for corpus in corpora]
    loaded, names = load_features(name, shards, originals)
    values = dict(zip(originals, loaded, strict=True))
    rows = [
        (example, keys[original], values[original])
        for example, original in zip(copies["example_id"], copies["utterance_id"], strict=True)
    ]
    write_shard(copies_path(name, study), rows, shard_schema(loaded[0].dtype, names))
    return {example: key for example, key, _ in rows}
