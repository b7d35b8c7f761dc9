"""Bring a corpus to this disk, and write down what came: the manifest."""

import logging
from dataclasses import asdict

from pipeline.config.settings import CorpusSource
from pipeline.core.paths import corpus_plan_path, manifest_path
from pipeline.core.stage import run
from pipeline.core.tables import read_json, write_json
from pipeline.corpora.contract import load_adapter
from pipeline.download.provide import Manifest, provide

log = logging.getLogger(__name__)


def main(corpus: str) -> None:
    adapter, plan = load_adapter(corpus), read_json(corpus_plan_path(corpus))
    if plan["needed"]:
        manifest = provide(adapter.CORPUS, CorpusSource.model_validate(plan["settings"]))
        came = f"{manifest.n_files:,} files, {manifest.n_bytes:,} bytes, {manifest.source}"
    else:
        manifest, came = Manifest(corpus=corpus, needed=False), "not needed"
    write_json(manifest_path(corpus), asdict(manifest))
    log.info("download: %s: %s", corpus, came)


if __name__ == "__main__":
    run(main)
