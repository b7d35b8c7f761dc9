"""Check that a feature store holds every utterance of its studies, and write down what it holds for each.

A system is trained from shards of several corpora. It depends on this digest of the rows that its study uses, so
that a shard of a corpus it does not use trains nothing anew.
"""

import hashlib
import logging

import pandas as pd

from pipeline.core.errors import PipelineError
from pipeline.core.params import Params, load_params
from pipeline.core.paths import features_path, split_path, store_path, transcripts_path
from pipeline.core.stage import run
from pipeline.core.tables import read_table, write_json


def row_keys(feature_set: str, corpora: list[str]) -> pd.Series:
    """Return the row keys (content and settings) of a feature set, or of the transcripts, by utterance."""
    if not corpora:
        return pd.Series(dtype=str)
    if feature_set == "transcripts":
        paths = [transcripts_path(corpus) for corpus in corpora]
    else:
        paths = [features_path(feature_set, corpus) for corpus in corpora]
    table = pd.concat([read_table(path, ["utterance_id", "key"]) for path in paths])
    return table.set_index("utterance_id")["key"]


def digest_store(params: Params, feature_set: str, study: str) -> dict[str, object]:
    """Return the digest of the rows of a feature set that a study uses.

    Raises:
        PipelineError: An utterance of the study has no row.
    """
    utterances = (
        read_table(split_path(study), ["utterance_id"])["utterance_id"].drop_duplicates().sort_values()
    )
    keys = row_keys(feature_set, params.study_corpora(study))
    missing = utterances[~utterances.isin(keys.index)]
    if len(missing):
        raise PipelineError(
            f"feature set {feature_set!r} lacks {len(missing)} of the {len(utterances)} utterances of study "
            f"{study!r}, such as {', '.join(missing[:3])}: run `dvc repro` from the features stage on"
        )
    text = "\n".join(f"{name} {key}" for name, key in zip(utterances, keys[utterances], strict=True))
    return {"n_rows": len(utterances), "digest": hashlib.sha256(text.encode()).hexdigest()}


def main(feature_set: str) -> None:
    params = load_params()
    studies = params.input_studies(feature_set)
    store_path(feature_set, "").parent.mkdir(parents=True, exist_ok=True)  # also where no study uses it
    for study in studies:
        write_json(store_path(feature_set, study), digest_store(params, feature_set, study))
    logging.info("store: %s is complete for %d studies", feature_set, len(studies))


if __name__ == "__main__":
    run(main)
