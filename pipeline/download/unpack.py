"""Unpacking archives of strangers: nothing outside the folder, nothing but plain files, within limits.

The dangers are those of the notes on `tarfile` extraction filters and on `zipfile` decompression pitfalls in
the Python library reference: absolute paths, `..`, links, devices, and archives that unpack to far more than
they weigh.
"""

import lzma
import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import IO

from tqdm import tqdm

from pipeline.core.errors import PipelineError
from pipeline.core.tree import fresh_folder, is_current

CHUNK_BYTES = 1 << 20
SUFFIXES = (".zip", ".tar", ".tgz", ".tar.gz", ".tar.bz2", ".tar.xz")

_DAMAGE = (
    zipfile.BadZipFile,
    tarfile.TarError,
    lzma.LZMAError,
    zlib.error,
    EOFError,
    NotImplementedError,  # what zipfile raises for a compression it does not know
)


@dataclass(frozen=True)
class Limits:
    """How much an archive may unpack to.

    Attributes:
        n_bytes: Total length of the files.
        n_files: Number of files.
        ratio: Total length over the archive's own; speech in 16-bit samples packs to about a half.
        ratio_free_bytes: Up to this total the ratio does not matter: short silent files pack very well.
    """

    n_bytes: int = 500 * 10**9
    n_files: int = 2_000_000
    ratio: float = 100.0
    ratio_free_bytes: int = 64 * 2**20


DEFAULT_LIMITS = Limits()


@dataclass
class _Account:
    """What has come out of an archive so far, and out of the archives that it holds."""

    packed_bytes: int
    n_bytes: int = 0
    n_files: int = 0


class _Sink:
    """Writes an archive's members below a folder, and refuses what is unsafe.

    An archive inside another one counts on the outer one's account, so that a heap of small bombs is one bomb.
    """

    def __init__(self, archive: Path, folder: Path, limits: Limits, outer: "_Sink | None" = None) -> None:
        self.archive = archive
        self.folder = folder
        self.limits = limits
        self.name: str = f"{outer.name}, in it {archive.name}" if outer else str(archive)
        self.account: _Account = outer.account if outer else _Account(archive.stat().st_size)
        self.archives: list[Path] = []  # written here, archives by their names

    def refuse(self, why: str) -> PipelineError:
        return PipelineError(
            f"{self.name}: {why}; nothing was unpacked. If you trust the archive, unpack it by hand into "
            f"<folder>/<corpus> and name <folder> in SER_CORPORA"
        )

    def path_of(self, name: str) -> Path:
        """Return where a member goes, once its name is known to stay inside."""
        parts = PurePosixPath(name).parts
        if name.startswith("/") or PureWindowsPath(name).drive or ".." in parts or "\0" in name:
            raise self.refuse(f"the member {name!r} would be written outside the target folder")
        return self.folder.joinpath(*parts)

    def write(self, name: str, reader: IO[bytes], bar: tqdm | None = None) -> None:
        """Write one file, counting what really comes rather than what a header announces."""
        path = self.path_of(name)
        self.account.n_files += 1
        self._check_limits()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            writer = path.open("xb")
        except (FileExistsError, NotADirectoryError) as error:
            raise self.refuse(f"the member {name!r} stands where another one is") from error
        with writer:
            while chunk := reader.read(CHUNK_BYTES):
                self.account.n_bytes += len(chunk)
                self._check_limits()
                writer.write(chunk)
                if bar is not None:
                    bar.update(len(chunk))
        if path.name.lower().endswith(SUFFIXES) and not path.name.startswith("._"):
            self.archives.append(path)

    def _check_limits(self) -> None:
        limits, account = self.limits, self.account
        if account.n_bytes > limits.n_bytes:
            raise self.refuse(f"it unpacks to more than {limits.n_bytes:,} bytes, the limit")
        if account.n_files > limits.n_files:
            raise self.refuse(f"it holds more than {limits.n_files:,} files, the limit")
        allowed = max(limits.ratio_free_bytes, limits.ratio * account.packed_bytes)
        if account.n_bytes > allowed:
            raise self.refuse(
                f"it unpacks to more than {limits.ratio:g} times its own {account.packed_bytes:,} bytes, the "
                f"limit: an archive made to fill the disk"
            )


def unpack(
    archives: Sequence[Path],
    folder: Path,
    *,
    stamp: str,
    limits: Limits = DEFAULT_LIMITS,
    nested: bool = False,
    finish: Callable[[Path], object] | None = None,
) -> None:
    """Unpack zip and tar archives (plain, gz, bz2, xz) side by side into one folder.

    The folder appears under its name when all is unpacked. A folder that was unpacked with the same stamp and
    has kept all its files is left as it is.

    Args:
        archives: Their kind is told by content.
        folder: Target.
        stamp: Names the archives' content, such as a digest of their hashes.
        limits: How much each of them may unpack to, with the archives inside it.
        nested: Unpack also the archives inside them, told by their names, where they lie, and delete those. It
            is done once: an archive inside an archive inside an archive stays.
        finish: What is still to be done in the folder before it gets its name.

    Raises:
        PipelineError: An archive is damaged, no archive at all, or unsafe; the former folder then stays as it
            was.
    """
    if is_current(folder, stamp):
        return
    with fresh_folder(folder, stamp) as scratch:
        for archive in archives:
            sink = _Sink(archive, scratch, limits)
            _extract(sink)
            for inner in sink.archives if nested else ():
                _extract(_Sink(inner, inner.parent, limits, sink))
                inner.unlink()
        if finish is not None:
            finish(scratch)


def _extract(sink: _Sink) -> None:
    _KINDS[archive_kind(sink.archive, sink.name)](sink)


def archive_kind(archive: Path, name: str | None = None) -> str:
    """Return "zip" or "tar" (of any compression), told by content.

    Args:
        archive: The file.
        name: What to call it in errors, if not by its path.

    Raises:
        PipelineError: It is neither, such as the web page that a server sends in an archive's place.
    """
    with archive.open("rb") as file:
        head = file.read(64)
    # is_zipfile alone looks at the end, where a tar may hold a zip
    if head.startswith(b"PK") and zipfile.is_zipfile(archive):
        return "zip"
    try:
        if tarfile.is_tarfile(archive):
            return "tar"
    except (lzma.LZMAError, zlib.error, EOFError, OSError):
        pass  # begins like a compressed file and is none
    page = " (a web page, of a log-in or an error?)" if head.lstrip().startswith(b"<") else ""
    raise PipelineError(
        f"{name or archive}: expected a zip or tar archive, got a file that begins with {head[:24]!r}{page}"
    )


def _extract_zip(sink: _Sink) -> None:
    with _damage_named(sink), zipfile.ZipFile(sink.archive) as package:
        members = package.infolist()
        n_bytes = sum(member.file_size for member in members)
        _check_room(sink, n_bytes)
        with tqdm(
            total=n_bytes, desc=f"unpack {sink.archive.name}", unit="B", unit_scale=True, disable=None
        ) as bar:
            for member in members:
                name = member.filename.replace("\\", "/")  # some Windows tools write them as separators
                kind = stat.S_IFMT(member.external_attr >> 16)
                if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
                    raise sink.refuse(f"the member {name!r} is a link or a special file")
                if member.flag_bits & 1:
                    raise sink.refuse(f"the member {name!r} is encrypted")
                if name.endswith("/"):
                    sink.path_of(name)
                    continue
                with package.open(member) as reader:
                    sink.write(name, reader, bar)


def _extract_tar(sink: _Sink) -> None:
    """Unpack in one pass over the stream; the bar counts packed bytes, the only total known beforehand."""
    with (
        _damage_named(sink),
        sink.archive.open("rb") as raw,
        tqdm.wrapattr(
            raw,
            "read",
            total=sink.archive.stat().st_size,
            desc=f"unpack {sink.archive.name}",
            unit="B",
            unit_scale=True,
            disable=None,
        ) as counted,
        tarfile.open(fileobj=counted, mode="r:*") as package,
    ):
        for member in package:
            if member.isdir():
                sink.path_of(member.name)
                continue
            reader = package.extractfile(member) if member.isreg() else None
            if reader is None:
                raise sink.refuse(f"the member {member.name!r} is a link or a special file")
            sink.write(member.name, reader)


def _check_room(sink: _Sink, n_bytes: int) -> None:
    free = shutil.disk_usage(sink.folder).free
    if n_bytes > min(free, sink.limits.n_bytes):
        raise sink.refuse(
            f"it unpacks to {n_bytes:,} bytes; {free:,} are free on the disk of {sink.folder}, and the limit "
            f"is {sink.limits.n_bytes:,}"
        )


@contextmanager
def _damage_named(sink: _Sink) -> Iterator[None]:
    """Turn what the libraries raise on a broken archive or a full disk into an error that names it."""
    try:
        yield
    except _DAMAGE as error:
        raise PipelineError(
            f"{sink.name}: damaged or of an unknown kind ({type(error).__name__}: {error}); delete it and "
            f"run the stage again"
        ) from error
    except OSError as error:
        raise PipelineError(f"{sink.name}: cannot be unpacked below {sink.folder} ({error})") from error


_KINDS: dict[str, Callable[[_Sink], None]] = {"zip": _extract_zip, "tar": _extract_tar}
