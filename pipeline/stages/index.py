"""Bring a corpus to this disk, read every file of it by content, and write down what it is: the index.

A corpus that the active profile does not use is neither fetched nor read: its manifest says so, and that is all.
"""

import logging
from dataclasses import asdict

from pipeline.config.corpora import TableSource
from pipeline.config.plans import IndexPlan, load_plan
from pipeline.core.paths import audio_root, manifest_path
from pipeline.core.tables import write_json
from pipeline.core.tree import list_files
from pipeline.corpora.contract import Adapter, load_adapter, load_laid_out
from pipeline.corpora.corpus_audio import corpus_audio
from pipeline.download.provide import Manifest, lay_out, provide
from pipeline.download.watch import remember, stamp

log = logging.getLogger(__name__)

KEPT_BY_THE_USER = ("disk", "table")  # sources of a manifest


def main(corpus: str) -> None:
    plan = load_plan(IndexPlan, "index", corpus)
    if plan.left_out_by is not None:
        write_json(manifest_path(corpus), asdict(Manifest(corpus=corpus, needed=False)))
        log.info("index: %s: not needed by profile %s", corpus, plan.left_out_by)
        return
    # Imported here, for most corpora of a profile are not needed.
    from pipeline.curation.health import health_line, large_losses
    from pipeline.curation.index import build_index
    from pipeline.curation.tables import write_index

    adapter: Adapter
    if isinstance(plan.settings, TableSource):
        adapter = laid_out = load_laid_out(corpus, plan.settings)
        sources = laid_out.sources()
        seen, manifest = stamp(sources), lay_out(laid_out)
    else:
        adapter, sources = load_adapter(corpus), [audio_root(corpus)]
        seen, manifest = stamp(sources), provide(adapter.CORPUS, plan.settings)
    write_json(manifest_path(corpus), asdict(manifest))
    if manifest.source in KEPT_BY_THE_USER and manifest.tree:
        remember(corpus, manifest.tree, sources, seen)
    root = corpus_audio(corpus)
    facts = write_index(adapter.CORPUS, build_index(adapter, root), list_files(root))
    for warning in (*facts["surprises"], *large_losses(facts)):
        log.warning("%s", warning)
    notes, size = f"{facts['n_with_notes']:,} with notes", f"{manifest.n_bytes:,} bytes"
    log.info("index: %s; %s, %s", health_line(facts), notes, size)
