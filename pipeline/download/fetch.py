"""Fetching one file: resumed, retried, checked, and in place only when right."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.core.errors import PipelineError
from pipeline.download.checksums import Checksum, Digests, file_digests
from pipeline.download.transfer import TransferError, forget_origin, transfer

log = logging.getLogger(__name__)


class MissingFile(PipelineError):
    """None of the addresses has the file."""


@dataclass(frozen=True)
class Fetched:
    """A file that is in place.

    Attributes:
        digests: Its hashes and length.
        verified_by: Who stated the hash that it has; None where nobody states one.
    """

    digests: Digests
    verified_by: str | None


def fetch(
    urls: Sequence[str],
    target: Path,
    *,
    accepted: Sequence[Checksum] = (),
    otherwise: str = "",
    n_tries: int = 5,
    backoff_seconds: float = 1.0,
) -> Fetched:
    """Make sure that a file is in place.

    A file that is there already is kept if its bytes are accepted, and set aside under `<name>.bad` if not.
    While it is on its way it is called `<name>.part`; a killed process continues it at the next call.

    Args:
        urls: Addresses to try in turn: http, https, file, or a path.
        target: Where the file is to lie; its folder is made.
        accepted: What the file may be: it has to agree with one of these, or with nothing if there are none.
        otherwise: What else can be done where no address gives the file, for the error.
        n_tries: Tries without progress before an address is given up.
        backoff_seconds: Wait after the first failed try, doubled after each further one.

    Raises:
        MissingFile: All addresses work, and none has the file.
        PipelineError: No address gave the file, or it came with other bytes than those accepted.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    accepted = [checksum for checksum in accepted if not checksum.is_empty]
    if target.exists():
        digests = file_digests(target)
        if not accepted or _statement(digests, accepted):
            return _fetched(digests, accepted)
        log.warning("%s has other bytes than expected and is kept as %s", target, set_aside(target).name)
    part = target.with_name(f"{target.name}.part")
    failures = []
    for url in urls:
        try:
            transfer(url, part, n_tries=n_tries, backoff_seconds=backoff_seconds)
        except TransferError as error:
            failures.append((url, error))
            continue
        forget_origin(part)
        digests = file_digests(part)
        if accepted and not _statement(digests, accepted):
            raise _wrong_bytes(url, target, digests, accepted, set_aside(part, target))
        part.replace(target)
        return _fetched(digests, accepted)
    raise _unobtainable(target, failures, otherwise)


def set_aside(path: Path, target: Path | None = None) -> Path:
    """Rename a file that is not what it should be to `<target>.bad`, by default after itself; return that."""
    target = target or path
    return path.replace(target.with_name(f"{target.name}.bad"))


def _statement(digests: Digests, accepted: Sequence[Checksum]) -> Checksum | None:
    return next((checksum for checksum in accepted if checksum.fits(digests)), None)


def _fetched(digests: Digests, accepted: Sequence[Checksum]) -> Fetched:
    statement = _statement(digests, accepted)
    return Fetched(digests, statement.stated_by if statement and statement.identifies else None)


def _wrong_bytes(
    url: str, target: Path, digests: Digests, accepted: Sequence[Checksum], kept: Path
) -> PipelineError:
    expected = "\n".join(f"  expected {checksum}" for checksum in accepted)
    return PipelineError(
        f"{target}: {url} gave other bytes than those stated:\n{expected}\n"
        f"  got      sha256 {digests.sha256}, md5 {digests.md5}, bytes {digests.n_bytes}\n"
        f"The file is kept as {kept} and is not used. Run the stage again, in case it was damaged on its "
        f"way; if it comes the same again, the source holds another version: compare with the publisher's "
        f"page and correct the checksum where it is stated"
    )


def _unobtainable(
    target: Path, failures: Sequence[tuple[str, TransferError]], otherwise: str
) -> PipelineError:
    kind = MissingFile if all(error.missing for _, error in failures) else PipelineError
    tried = "\n".join(f"  {url}: {error}" for url, error in failures)
    return kind(
        f"{target.name} could not be fetched from any of its addresses:\n{tried}\n"
        f"Run the stage again to continue where it stopped{otherwise}"
    )
