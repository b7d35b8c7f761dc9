"""Bring a corpus to this disk: from a folder that the user names, from its archives, or from the synthesiser.

A corpus below `SER_CORPORA` is used as it is, and a folder there whose name is nearly right is an error. Else its
archives are fetched, from `SER_MIRROR` or the publisher, and unpacked in the cache folder, with what Git LFS keeps
outside of them; or it is synthesised there.
"""

import hashlib
import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from filelock import FileLock

from pipeline.config.corpora import CorpusSource
from pipeline.core.errors import PipelineError
from pipeline.core.parallel import worker_count
from pipeline.core.paths import audio_root, cache_dir, table_root
from pipeline.core.tree import Tree, fresh_folder, hash_tree, measure
from pipeline.corpora.contract import AUDIO_SUFFIXES, Corpus, LaidOut
from pipeline.corpora.on_disk import disk_folder
from pipeline.download.fetch import set_aside
from pipeline.download.lfs import LfsError, Source, replace_pointers
from pipeline.download.mirror import Obtained, obtain
from pipeline.download.unpack import unpack

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What came of a corpus. It holds no path and no time: the same files give the same bytes on any machine.

    Attributes:
        corpus: Its name.
        needed: Whether the active profile uses it; the rest is empty if not.
        source: "archive", "disk", "synthetic" or "table".
        mirror: Whether an archive came from a mirror.
        archives: Name, sha256, n_bytes and verified_by ("publisher", "mirror" or null) of each archive.
        n_files: Files on disk.
        n_bytes: Their total length.
        tree: Digest of the content: of the archives' hashes and what is done with them, or of every file where
            there are no archives.
    """

    corpus: str
    needed: bool
    source: str | None = None
    mirror: bool = False
    archives: list[dict[str, Any]] = field(default_factory=list)
    n_files: int = 0
    n_bytes: int = 0
    tree: str | None = None


def provide(corpus: Corpus, settings: CorpusSource) -> Manifest:
    """Make sure that a corpus lies below `audio_root(corpus.name)`.

    Raises:
        PipelineError: It cannot be had, or what is there is empty or incomplete.
    """
    disk, root = os.environ.get("SER_CORPORA"), audio_root(corpus.name)
    found = disk_folder(corpus.name, made_here=settings.source == "synthetic")
    if found or settings.source == "manual":
        return use_disk(corpus, root)
    if disk and settings.source == "archive":
        log.info(
            "%s: SER_CORPORA has no folder %s: looking for its archives elsewhere",
            *(corpus.name, Path(disk) / corpus.name),
        )
    locks = cache_dir() / "locks"  # experiments that run at the same time share the cache folder
    locks.mkdir(exist_ok=True)
    with FileLock(locks / f"{corpus.name}.lock"):
        if settings.source == "synthetic":
            return synthesise(corpus, settings, root)
        return download(corpus, root)


def use_disk(corpus: Corpus, root: Path) -> Manifest:
    """Take a corpus that the user has put somewhere, as it is."""
    tree = hash_tree(root) if root.is_dir() else None
    if tree is None or not tree.n_files:
        disk = os.environ.get("SER_CORPORA")
        found = "is empty" if tree else "is not a folder" if root.exists() else "is not there"
        looked = root if root.exists() or not disk else Path(disk) / corpus.name
        raise PipelineError(
            f"{corpus.name}: {looked} {found}. {corpus.how_to_get} Then put it into "
            f"{disk or '<folder>'}/{corpus.name}{'' if disk else ' and name <folder> in SER_CORPORA'}"
        )
    if missing := files_missing(corpus, tree.n_files):
        log.warning("%s", missing)
    return Manifest(
        corpus=corpus.name,
        needed=True,
        source="disk",
        n_files=tree.n_files,
        n_bytes=tree.n_bytes,
        tree=tree.digest,
    )


def lay_out(adapter: LaidOut) -> Manifest:
    """Make the folder of a corpus that a table describes; anew each time, for its files may have changed."""
    name = adapter.CORPUS.name
    root = table_root(name)
    locks = cache_dir() / "locks"
    locks.mkdir(exist_ok=True)
    trees: list[Tree] = []

    def stamp(folder: Path) -> str:
        trees.append(hash_tree(folder))
        return trees[0].digest

    with FileLock(locks / f"{name}.lock"), fresh_folder(root, stamp) as folder:
        adapter.lay_out(folder)
    tree = trees[0]
    return Manifest(
        corpus=name,
        needed=True,
        source="table",
        n_files=tree.n_files,
        n_bytes=tree.n_bytes,
        tree=tree.digest,
    )


def synthesise(corpus: Corpus, settings: CorpusSource, root: Path) -> Manifest:
    """Let the project make the corpus itself."""
    from pipeline.demo.synthesise import synthesise as make  # SciPy, which no download needs

    if settings.seed is None:
        raise PipelineError(
            f"params.yaml: corpora.{corpus.name}: a synthetic corpus needs a seed, such as seed: 1"
        )
    with fresh_folder(root, lambda folder: hash_tree(folder).digest) as folder:
        make(corpus.name, folder, seed=settings.seed, n_workers=worker_count(), **settings.sizes)
    tree = hash_tree(root)
    return Manifest(
        corpus=corpus.name,
        needed=True,
        source="synthetic",
        n_files=tree.n_files,
        n_bytes=tree.n_bytes,
        tree=tree.digest,
    )


def download(corpus: Corpus, root: Path) -> Manifest:
    """Fetch, check and unpack a corpus's archives."""
    if not corpus.archives:
        raise PipelineError(
            f"params.yaml: corpora.{corpus.name}: source is archive, and its adapter "
            f"pipeline/corpora/{corpus.name}.py names no archives: give it some, or write source: manual"
        )
    folder, mirror = cache_dir() / "archives" / corpus.name, os.environ.get("SER_MIRROR")
    obtained = [obtain(archive, folder, mirror) for archive in corpus.archives]
    stamp = content_stamp(corpus, obtained)
    finish = partial(complete, repository=corpus.lfs, objects=folder / "lfs") if corpus.lfs else None
    try:
        unpack([one.path for one in obtained], root, stamp=stamp, nested=corpus.nested, finish=finish)
        n_files, n_bytes = measure(root)
        check_complete(corpus, obtained, n_files)
    except LfsError:
        raise  # the archive is as good as before
    except PipelineError:
        put_doubtful_aside(obtained)
        raise
    return Manifest(
        corpus=corpus.name,
        needed=True,
        source="archive",
        mirror=any(one.from_mirror for one in obtained),
        archives=[archive_row(one) for one in obtained],
        n_files=n_files,
        n_bytes=n_bytes,
        tree=stamp,
    )


def archive_row(archive: Obtained) -> dict[str, Any]:
    """Say what a manifest holds of an archive."""
    return {
        "name": archive.name,
        "sha256": archive.sha256,
        "n_bytes": archive.n_bytes,
        "verified_by": archive.verified_by,
    }


def content_stamp(corpus: Corpus, archives: Sequence[Obtained]) -> str:
    """Name what comes of archives: the repository of Git LFS does not matter, since its objects are checked."""
    parts = [f"{archive.name}\0{archive.sha256}\n" for archive in archives]
    if corpus.nested:
        parts.append("nested\n")
    if corpus.lfs:
        parts.append("lfs\n")
    return hashlib.sha256("".join(parts).encode()).hexdigest()


def complete(folder: Path, *, repository: str, objects: Path) -> None:
    """Fetch the audio that an archive of a repository with Git LFS lacks, and nothing else of it."""
    n_files = replace_pointers(folder, Source(repository), objects, suffixes=AUDIO_SUFFIXES)
    log.info("download: %d audio files were pointers of Git LFS", n_files)


def check_complete(corpus: Corpus, archives: Sequence[Obtained], n_files: int) -> None:
    """Warn where files are missing from archives with a checksum, and raise where they have none.

    A server that packs a bundle on demand may leave out what is over its limits and still answer with
    success.
    """
    missing = files_missing(corpus, n_files)
    if missing and not all(archive.verified_by for archive in archives):
        raise PipelineError(f"{missing}, and no checksum says that this is right. {corpus.how_to_get}")
    if missing:
        log.warning("%s", missing)


def files_missing(corpus: Corpus, n_files: int) -> str | None:
    """Say so where there are fewer files than a complete copy has utterances."""
    n_expected = corpus.expected.get("utterances", 0)
    return f"{corpus.name}: {n_files:,} files of at least {n_expected:,}" if n_files < n_expected else None


def put_doubtful_aside(archives: Sequence[Obtained]) -> None:
    """Rename the archives that nobody vouches for, so that the next run fetches them anew."""
    for archive in archives:
        if archive.verified_by is None:
            log.warning("%s cannot be used and is kept as %s", archive.name, set_aside(archive.path))
