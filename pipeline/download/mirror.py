"""Where a corpus's archives come from: the publisher, or a mirror that the user names.

A mirror (`SER_MIRROR`, a folder or a web address) holds archives under their published names. It may hold
other bytes than the publisher, such as a transcoded copy; then its own `SHA256SUMS` file has to state them.
"""

import logging
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from pipeline.core.errors import PipelineError
from pipeline.corpora.contract import Archive
from pipeline.download.checksums import Checksum, parse_sums
from pipeline.download.fetch import Fetched, MissingFile, fetch

log = logging.getLogger(__name__)

SUMS = "SHA256SUMS"


@dataclass(frozen=True)
class Obtained:
    """An archive that lies on this disk.

    Attributes:
        name: Its published name.
        path: Where it lies.
        sha256: Hash of its bytes.
        n_bytes: Their number.
        verified_by: "publisher", "mirror", or None where nobody states a hash.
        from_mirror: Whether it came from a mirror.
    """

    name: str
    path: Path
    sha256: str
    n_bytes: int
    verified_by: str | None
    from_mirror: bool


def obtain(archive: Archive, folder: Path, mirror: str | None = None) -> Obtained:
    """Fetch an archive from the mirror if it has it, else from the publisher.

    Args:
        archive: What to fetch.
        folder: Where archives are kept. Those of a mirror and those of the publisher lie in folders of their
            own, so that one never passes for the other in a later run.
        mirror: A folder or web address, or None.

    Raises:
        PipelineError: It cannot be had, or its bytes are not those stated.
    """
    if mirror:
        try:
            return _from_mirror(archive, folder, mirror)
        except MissingFile:
            log.warning("the mirror %s has no %s; asking the publisher", mirror, archive.name)
    otherwise = ", or fetch the file by hand into a folder and name that folder in SER_MIRROR"
    fetched = fetch(
        [archive.url],
        folder / "publisher" / archive.name,
        accepted=[_published(archive)],
        otherwise=otherwise,
    )
    return _obtained(archive, folder / "publisher" / archive.name, fetched, from_mirror=False)


def _from_mirror(archive: Archive, folder: Path, mirror: str) -> Obtained:
    if "://" not in mirror and not Path(mirror).is_dir():
        raise PipelineError(f"SER_MIRROR names {mirror}, which is not a folder here; correct it or unset it")
    stated = _read_sums(mirror).get(archive.name)
    accepted = [_published(archive)]
    if stated:
        accepted.append(Checksum("mirror", sha256=stated))
    target = folder / "mirror" / archive.name
    try:
        fetched = fetch([_address(mirror, archive.name)], target, accepted=accepted)
    except MissingFile:
        raise
    except PipelineError as error:
        hint = (
            ""
            if stated
            else f"\nA mirror with bytes of its own has to state them in {SUMS}, which this one does not"
        )
        raise PipelineError(f"mirror {mirror}: {error}{hint}") from error
    if fetched.verified_by == "mirror":
        log.warning(
            "%s: the mirror's bytes are not the publisher's; its own %s states them", archive.name, SUMS
        )
    return _obtained(archive, target, fetched, from_mirror=True)


def _published(archive: Archive) -> Checksum:
    return Checksum("publisher", sha256=archive.sha256, md5=archive.md5, n_bytes=archive.n_bytes)


def _obtained(archive: Archive, path: Path, fetched: Fetched, *, from_mirror: bool) -> Obtained:
    digests = fetched.digests
    if fetched.verified_by is None:
        log.warning("%s: nobody states a checksum; unverified, sha256 %s", archive.name, digests.sha256)
    return Obtained(archive.name, path, digests.sha256, digests.n_bytes, fetched.verified_by, from_mirror)


def _read_sums(mirror: str) -> dict[str, str]:
    """Return the hashes that a mirror states, by file name; none where it has no such file."""
    address = _address(mirror, SUMS)
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / SUMS
        try:
            fetch([address], path)
        except MissingFile:
            return {}
        return parse_sums(path.read_text("utf-8", errors="replace"), address)


def _address(mirror: str, name: str) -> str:
    if "://" in mirror:
        return f"{mirror.rstrip('/')}/{quote(name)}"
    return str(Path(mirror) / name)
