"""What is stated about a file's bytes, and what they are."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from pipeline.core.errors import PipelineError

CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class Digests:
    """What a file's bytes are: hexadecimal hashes and the length in bytes."""

    sha256: str
    md5: str
    n_bytes: int


@dataclass(frozen=True)
class Checksum:
    """What someone states about a file's bytes; None stands for what is not stated.

    Attributes:
        stated_by: Who says so, such as "publisher" or "mirror".
        sha256: Hexadecimal hash.
        md5: Hexadecimal hash; many repositories publish no other.
        n_bytes: Length in bytes.
    """

    stated_by: str
    sha256: str | None = None
    md5: str | None = None
    n_bytes: int | None = None

    @property
    def identifies(self) -> bool:
        """Whether the statement names one content: a length alone does not."""
        return bool(self.sha256 or self.md5)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is stated."""
        return not self.identifies and self.n_bytes is None

    def fits(self, found: Digests) -> bool:
        """Return whether a file agrees with everything that is stated."""
        return (
            (self.sha256 is None or self.sha256.lower() == found.sha256)
            and (self.md5 is None or self.md5.lower() == found.md5)
            and (self.n_bytes is None or self.n_bytes == found.n_bytes)
        )

    def __str__(self) -> str:
        stated = {"sha256": self.sha256, "md5": self.md5, "bytes": self.n_bytes}
        text = ", ".join(f"{name} {value}" for name, value in stated.items() if value is not None)
        return f"{text} ({self.stated_by})"


def file_digests(path: Path) -> Digests:
    """Read a file once, with a progress bar, and return its hashes and length."""
    sha256, md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
    n_bytes = path.stat().st_size
    with (
        path.open("rb") as file,
        tqdm(total=n_bytes, desc=f"check {path.name}", unit="B", unit_scale=True, disable=None) as bar,
    ):
        while chunk := file.read(CHUNK_BYTES):
            sha256.update(chunk)
            md5.update(chunk)
            bar.update(len(chunk))
    return Digests(sha256.hexdigest(), md5.hexdigest(), n_bytes)


def parse_sums(text: str, where: str) -> dict[str, str]:
    """Parse a SHA256SUMS file as `sha256sum` writes it.

    Args:
        text: Lines of a hash, a space, a space or `*`, and a file name; empty lines and `#` comments are
            allowed.
        where: Name of the file, for the error message.

    Returns:
        Hash by file name.
    """
    sums = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        match = re.fullmatch(r"([0-9a-fA-F]{64}) [ *](.+?)\s*", line)
        if match is None:
            raise PipelineError(
                f"{where}, line {number}: expected '<64 hex digits>  <file name>' as sha256sum writes it, "
                f"got {line!r}"
            )
        sums[match[2].removeprefix("./")] = match[1].lower()
    return sums
