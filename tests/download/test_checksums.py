import pytest

from pipeline.core.errors import PipelineError
from pipeline.download.checksums import Checksum, Digests, file_digests, parse_sums

SHA256, MD5 = "ab" * 32, "cd" * 16
FOUND = Digests(SHA256, MD5, 3)


def test_digests_of_a_known_text(tmp_path):
    path = tmp_path / "abc"
    path.write_bytes(b"abc")
    digests = file_digests(path)
    # FIPS 180-4 and RFC 1321 give these for "abc"
    assert digests.sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert digests.md5 == "900150983cd24fb0d6963f7d28e17f72"
    assert digests.n_bytes == 3


def test_sums_as_sha256sum_writes_them():
    text = f"# two forms\r\n{SHA256}  one.zip\n\n{SHA256.upper()} *./two words.zip\r\n"
    assert parse_sums(text, "SHA256SUMS") == {"one.zip": SHA256, "two words.zip": SHA256}


def test_sums_that_are_none():
    with pytest.raises(PipelineError, match="SHA256SUMS, line 2: expected"):
        parse_sums(f"{SHA256}  one.zip\n<html>\n", "SHA256SUMS")


@pytest.mark.parametrize(
    ("stated", "fits"),
    [
        ({}, True),
        ({"sha256": SHA256.upper()}, True),
        ({"md5": MD5, "n_bytes": 3}, True),
        ({"md5": MD5, "n_bytes": 4}, False),
        ({"sha256": MD5 * 2, "md5": MD5}, False),
    ],
)
def test_all_that_is_stated_has_to_fit(stated, fits):
    assert Checksum("publisher", **stated).fits(FOUND) == fits


def test_a_length_alone_identifies_nothing():
    assert not Checksum("publisher", n_bytes=3).identifies
    assert Checksum("publisher", md5=MD5).identifies


def test_text_of_a_checksum():
    assert str(Checksum("mirror", md5=MD5, n_bytes=3)) == f"md5 {MD5}, bytes 3 (mirror)"
