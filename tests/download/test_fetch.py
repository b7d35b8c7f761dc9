import hashlib
import json
import random
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from pipeline.core.errors import PipelineError
from pipeline.download.checksums import Checksum
from pipeline.download.fetch import MissingFile, fetch

CONTENT = random.Random(0).randbytes(200_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()
MD5 = hashlib.md5(CONTENT).hexdigest()
PUBLISHED = Checksum("publisher", sha256=SHA256, n_bytes=len(CONTENT))


class Handler(BaseHTTPRequestHandler):
    """Serves CONTENT at any path, misbehaving as the server's plan says, one word a request.

    "cut" closes the connection half-way, "ignore-range" sends all, "shifted" sends another range than
    asked for, "wrong" sends other bytes, a number is the status to answer with.
    """

    def do_GET(self):
        server = self.server
        server.ranges.append(self.headers.get("Range"))
        act = server.plan.pop(0) if server.plan else "serve"
        if act.isdigit():
            self.send_error(int(act))
            return
        content = CONTENT[::-1] if act == "wrong" else CONTENT
        start = 0 if act == "ignore-range" else self.first_byte() + (act == "shifted")
        if start >= len(content):
            self.answer(416, b"", {"Content-Range": f"bytes */{len(content)}"})
        elif start:
            content_range = f"bytes {start}-{len(content) - 1}/{len(content)}"
            self.answer(206, content[start:], {"Content-Range": content_range}, act)
        else:
            self.answer(200, content, {}, act)

    def answer(self, status, body, headers, act="serve"):
        self.send_response(status)
        for name, value in (headers | {"ETag": self.server.etag, "Content-Length": str(len(body))}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if act == "cut" else body)

    def first_byte(self):
        match = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        unchanged = self.headers.get("If-Range", self.server.etag) == self.server.etag
        return int(match[1]) if match and unchanged else 0

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.plan, server.ranges, server.etag = [], [], '"v1"'
    server.url = f"http://127.0.0.1:{server.server_port}/clips.zip"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def get(server, tmp_path, **options):
    options = {"accepted": [PUBLISHED], "n_tries": 3, "backoff_seconds": 0.01} | options
    return fetch([server.url], tmp_path / "clips.zip", **options)


def test_plain_download(server, tmp_path):
    fetched = get(server, tmp_path)
    assert (tmp_path / "clips.zip").read_bytes() == CONTENT
    assert fetched.verified_by == "publisher"
    assert fetched.digests.sha256 == SHA256
    assert [path.name for path in tmp_path.iterdir()] == ["clips.zip"]


@pytest.mark.parametrize(
    "plan",
    [
        ["503", "503", "serve"],
        ["429", "serve"],
        ["cut", "cut", "cut", "cut", "cut", "serve"],
        ["cut", "ignore-range"],
        ["cut", "shifted", "serve"],
        ["cut", "416", "serve"],
    ],
)
def test_failures_that_pass(server, tmp_path, plan):
    server.plan = plan
    get(server, tmp_path)
    assert (tmp_path / "clips.zip").read_bytes() == CONTENT


def test_a_cut_connection_is_continued_where_it_broke(server, tmp_path):
    server.plan = ["cut"]
    get(server, tmp_path)
    first, second = server.ranges
    assert first is None
    # all but the half-filled last buffer of the first hundred thousand bytes is kept
    assert 80_000 < int(second.removeprefix("bytes=").removesuffix("-")) <= 100_000


def test_a_later_run_continues_the_partial_file(server, tmp_path):
    server.plan = ["cut"]
    with pytest.raises(PipelineError, match="gave up after 1 tries"):
        get(server, tmp_path, n_tries=1)
    assert (tmp_path / "clips.zip.part").exists()
    assert not (tmp_path / "clips.zip").exists()
    get(server, tmp_path)
    assert server.ranges[1] is not None
    assert (tmp_path / "clips.zip").read_bytes() == CONTENT


def test_a_file_that_changed_meanwhile_is_begun_anew(server, tmp_path):
    server.plan = ["cut"]
    with pytest.raises(PipelineError):
        get(server, tmp_path, n_tries=1)
    (tmp_path / "clips.zip.part").write_bytes(b"x" * 1000)
    server.etag = '"v2"'
    get(server, tmp_path)
    assert (tmp_path / "clips.zip").read_bytes() == CONTENT


def test_a_partial_file_of_unknown_origin_is_not_continued(server, tmp_path):
    (tmp_path / "clips.zip.part").write_bytes(b"x" * 1000)
    get(server, tmp_path)
    assert server.ranges == [None]


@pytest.mark.parametrize("content", [b"", b'{"url": "htt', b"[]", b"null", b"\xff\x00"])
def test_a_partial_file_whose_origin_is_garbage_is_not_continued(server, tmp_path, content):
    (tmp_path / "clips.zip.part").write_bytes(b"x" * 1000)
    (tmp_path / "clips.zip.part.json").write_bytes(content)
    get(server, tmp_path)
    assert server.ranges == [None]
    assert (tmp_path / "clips.zip").read_bytes() == CONTENT


def test_a_complete_partial_file_is_only_checked(server, tmp_path):
    (tmp_path / "clips.zip.part").write_bytes(CONTENT)
    origin = {"url": server.url, "validator": '"v1"', "n_total": len(CONTENT)}
    (tmp_path / "clips.zip.part.json").write_text(json.dumps(origin))
    get(server, tmp_path)
    assert server.ranges == [f"bytes={len(CONTENT)}-"]
    assert (tmp_path / "clips.zip").read_bytes() == CONTENT


def test_a_partial_file_longer_than_the_file_is_begun_anew(server, tmp_path):
    (tmp_path / "clips.zip.part").write_bytes(CONTENT + b"more")
    origin = {"url": server.url, "validator": '"v1"', "n_total": len(CONTENT)}
    (tmp_path / "clips.zip.part.json").write_text(json.dumps(origin))
    get(server, tmp_path)
    assert (tmp_path / "clips.zip").read_bytes() == CONTENT


def test_without_progress_it_gives_up(server, tmp_path):
    server.plan = ["503"] * 9
    with pytest.raises(
        PipelineError, match="gave up after 3 tries without progress; the last: the server answered 503"
    ):
        get(server, tmp_path)
    assert len(server.ranges) == 3


def test_a_refusal_is_not_tried_again(server, tmp_path):
    server.plan = ["403"]
    with pytest.raises(PipelineError, match="the server answered 403"):
        get(server, tmp_path)
    assert len(server.ranges) == 1


def test_what_no_address_has_is_missing(server, tmp_path):
    server.plan = ["404", "404"]
    with pytest.raises(MissingFile, match=r"where it stopped, or ask her$"):
        fetch([server.url, server.url], tmp_path / "clips.zip", otherwise=", or ask her")


def test_the_second_address_is_tried(server, tmp_path):
    server.plan = ["404"]
    fetch([server.url, f"{server.url}?second"], tmp_path / "clips.zip", accepted=[PUBLISHED])
    assert (tmp_path / "clips.zip").read_bytes() == CONTENT


def test_no_server_at_all(tmp_path):
    with pytest.raises(PipelineError, match="gave up after 2 tries"):
        fetch(["http://127.0.0.1:9/clips.zip"], tmp_path / "clips.zip", n_tries=2, backoff_seconds=0.01)


def test_wrong_bytes_are_kept_aside_and_named(server, tmp_path):
    server.plan = ["wrong"]
    with pytest.raises(PipelineError) as caught:
        get(server, tmp_path)
    message = str(caught.value)
    assert f"expected sha256 {SHA256}" in message
    assert f"got      sha256 {hashlib.sha256(CONTENT[::-1]).hexdigest()}" in message
    assert "clips.zip.bad" in message
    assert "correct the checksum where it is stated" in message
    assert [path.name for path in tmp_path.iterdir()] == ["clips.zip.bad"]
    get(server, tmp_path)
    assert (tmp_path / "clips.zip").read_bytes() == CONTENT


def test_a_file_in_place_asks_nobody(server, tmp_path):
    (tmp_path / "clips.zip").write_bytes(CONTENT)
    assert get(server, tmp_path).verified_by == "publisher"
    assert server.ranges == []


def test_a_file_in_place_with_other_bytes_is_replaced(server, tmp_path):
    (tmp_path / "clips.zip").write_bytes(b"an older version")
    get(server, tmp_path)
    assert (tmp_path / "clips.zip").read_bytes() == CONTENT
    assert (tmp_path / "clips.zip.bad").read_bytes() == b"an older version"


@pytest.mark.parametrize("as_url", [False, True])
def test_from_a_folder(tmp_path, as_url):
    source = tmp_path / "a folder" / "clips.zip"
    source.parent.mkdir()
    source.write_bytes(CONTENT)
    target = tmp_path / "cache" / "clips.zip"
    fetch([source.as_uri() if as_url else str(source)], target, accepted=[Checksum("publisher", md5=MD5)])
    assert target.read_bytes() == CONTENT


def test_a_kind_of_address_that_is_not_supported(tmp_path):
    with pytest.raises(PipelineError, match="ftp:// are not supported"):
        fetch(["ftp://example.org/clips.zip"], tmp_path / "clips.zip")


@pytest.mark.parametrize(
    ("accepted", "verified_by"),
    [
        ([], None),
        ([Checksum("publisher")], None),
        ([Checksum("publisher", n_bytes=len(CONTENT))], None),
        ([Checksum("publisher", md5=MD5.upper())], "publisher"),
        ([Checksum("publisher", md5="0" * 32), Checksum("mirror", sha256=SHA256)], "mirror"),
    ],
)
def test_who_vouches(tmp_path, accepted, verified_by):
    source = tmp_path / "source"
    source.write_bytes(CONTENT)
    assert fetch([str(source)], tmp_path / "clips.zip", accepted=accepted).verified_by == verified_by
