import functools
import hashlib
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from pipeline.core.errors import PipelineError
from pipeline.corpora.contract import Archive
from pipeline.download.mirror import obtain

PUBLISHED = b"the publisher's bytes"
TRANSCODED = b"a mirror's own bytes"
NAME = "Audio Speech.zip"


def sha256(content):
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def archive(tmp_path):
    source = tmp_path / "publisher" / NAME
    source.parent.mkdir()
    source.write_bytes(PUBLISHED)
    md5 = hashlib.md5(PUBLISHED).hexdigest()
    return Archive(NAME, source.as_uri(), md5=md5, n_bytes=len(PUBLISHED))


@pytest.fixture
def mirror(tmp_path):
    folder = tmp_path / "mirror"
    folder.mkdir()
    return folder


def fill(mirror, content, sums=None):
    (mirror / NAME).write_bytes(content)
    if sums is not None:
        (mirror / "SHA256SUMS").write_text(sums)


def test_without_a_mirror(archive, tmp_path):
    obtained = obtain(archive, tmp_path / "cache")
    assert obtained.path.read_bytes() == PUBLISHED
    assert (obtained.verified_by, obtained.from_mirror) == ("publisher", False)
    assert (obtained.sha256, obtained.n_bytes) == (sha256(PUBLISHED), len(PUBLISHED))


@pytest.mark.parametrize("as_url", [False, True])
@pytest.mark.parametrize("sums", [None, f"{'0' * 64}  {NAME}\n"])
def test_a_mirror_with_the_published_bytes(archive, mirror, tmp_path, as_url, sums):
    fill(mirror, PUBLISHED, sums)
    obtained = obtain(archive, tmp_path / "cache", mirror.as_uri() if as_url else str(mirror))
    assert (obtained.verified_by, obtained.from_mirror) == ("publisher", True)


def test_a_mirror_with_bytes_of_its_own(archive, mirror, tmp_path):
    fill(mirror, TRANSCODED, f"{sha256(TRANSCODED)}  {NAME}\n")
    obtained = obtain(archive, tmp_path / "cache", str(mirror))
    assert obtained.path.read_bytes() == TRANSCODED
    assert (obtained.verified_by, obtained.from_mirror) == ("mirror", True)


@pytest.mark.parametrize(
    ("sums", "message"),
    [
        (f"{'0' * 64}  {NAME}\n", f"expected sha256 {'0' * 64} \\(mirror\\)"),
        (f"{sha256(TRANSCODED)}  other.zip\n", "state them in SHA256SUMS"),
        (None, "state them in SHA256SUMS"),
    ],
)
def test_a_mirror_whose_bytes_nobody_states(archive, mirror, tmp_path, sums, message):
    fill(mirror, TRANSCODED, sums)
    with pytest.raises(PipelineError, match=message):
        obtain(archive, tmp_path / "cache", str(mirror))


def test_a_mirror_that_lacks_the_file(archive, mirror, tmp_path, caplog):
    obtained = obtain(archive, tmp_path / "cache", str(mirror))
    assert not obtained.from_mirror
    assert "asking the publisher" in caplog.text


def test_a_mirrors_bytes_never_pass_for_the_publishers(archive, mirror, tmp_path):
    fill(mirror, TRANSCODED, f"{sha256(TRANSCODED)}  {NAME}\n")
    obtain(archive, tmp_path / "cache", str(mirror))
    assert obtain(archive, tmp_path / "cache").path.read_bytes() == PUBLISHED


def test_a_mirror_that_changed_is_fetched_anew(archive, mirror, tmp_path):
    fill(mirror, TRANSCODED, f"{sha256(TRANSCODED)}  {NAME}\n")
    obtain(archive, tmp_path / "cache", str(mirror))
    fill(mirror, b"newer", f"{sha256(b'newer')}  {NAME}\n")
    assert obtain(archive, tmp_path / "cache", str(mirror)).path.read_bytes() == b"newer"


def test_nobody_states_a_checksum(archive, tmp_path, caplog):
    unchecked = Archive(NAME, archive.url)
    assert obtain(unchecked, tmp_path / "cache").verified_by is None
    assert f"unverified, sha256 {sha256(PUBLISHED)}" in caplog.text


def test_an_archive_that_cannot_be_had_says_how_to_bring_it(archive, tmp_path):
    gone = Archive(NAME, f"{archive.url}.gone")
    with pytest.raises(PipelineError, match="by hand into a folder and name that folder in SER_MIRROR"):
        obtain(gone, tmp_path / "cache")


def test_a_mirror_that_is_no_folder(archive, tmp_path):
    with pytest.raises(PipelineError, match=r"SER_MIRROR names .*/nowhere, which is not a folder"):
        obtain(archive, tmp_path / "cache", str(tmp_path / "nowhere"))


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def web_mirror(mirror):
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(QuietHandler, directory=str(mirror)))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("content", [PUBLISHED, TRANSCODED])
def test_a_mirror_on_the_web(archive, mirror, web_mirror, tmp_path, content):
    fill(mirror, content, f"{sha256(content)}  {NAME}\n")
    obtained = obtain(archive, tmp_path / "cache", web_mirror)
    assert obtained.path.read_bytes() == content
    assert obtained.verified_by == ("publisher" if content == PUBLISHED else "mirror")


def test_a_mirror_on_the_web_that_lacks_the_file(archive, web_mirror, tmp_path):
    assert not obtain(archive, tmp_path / "cache", web_mirror).from_mirror
