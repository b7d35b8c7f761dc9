"""Bounds on requests: size, time, number, and who asks."""

import contextlib
import http.client
import multiprocessing
import resource
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from fastapi.testclient import TestClient

from pipeline.app.limits import Limits
from pipeline.app.server import create_app
from pipeline.app.systems import Catalogue
from tests.app import sounds
from tests.app.conftest import CARDS, Server, load, make_app

BOUNDARY = "x1"


def form(content, **fields):
    """Return a multipart body."""
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n'
    return "".join([*parts, head]).encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode()


def post(server, content, timeout=60, **fields):
    """Return status, headers and body of an answer."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=timeout)
    headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    connection.request("POST", "/api/predict", form(content, **fields), headers)
    reply = connection.getresponse()
    return reply.status, dict(reply.getheaders()), reply.read()


def begin(server, body, length):
    """Send a head and some of a body, and return the socket."""
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=10)
    head = (
        f"POST /api/predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {length}\r\n"
        f"Content-Type: multipart/form-data; boundary={BOUNDARY}\r\n\r\n"
    )
    connection.sendall(head.encode() + body)
    return connection


def answer(connection):
    """Return all that the server says, until it hangs up."""
    received = b""
    with contextlib.suppress(ConnectionResetError):  # as is right where something is still being sent
        while more := connection.recv(10_000):
            received += more
    return received.decode()


def test_an_upload_that_says_it_is_too_large_is_refused_at_once():
    with Server(make_app(upload_bytes=100_000)) as server, begin(server, b"", 100_001) as connection:
        reply = answer(connection)
    assert reply.startswith("HTTP/1.1 413")
    assert "larger than 0 MB" in reply


def test_an_upload_that_grows_too_large_is_refused():
    chunk = b"8000\r\n" + bytes(0x8000) + b"\r\n"
    head = (
        "POST /api/predict HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n"
        f"Content-Type: multipart/form-data; boundary={BOUNDARY}\r\n\r\n"
    )
    with Server(make_app(upload_bytes=100_000)) as server:
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
            connection.sendall(head.encode() + 4 * chunk)
            assert answer(connection).startswith("HTTP/1.1 413")
        assert server.settles()


def test_an_upload_that_stalls_ends():
    with Server(make_app(stalled_seconds=0.3)) as server:
        started = time.monotonic()
        with begin(server, form(sounds.audio(sounds.tone()))[:1000], 50_000) as connection:
            reply = answer(connection)
        assert reply.startswith("HTTP/1.1 408")
        assert "The upload stalled" in reply
        assert time.monotonic() - started < 5
        assert server.settles()


def test_an_upload_that_drips_ends_as_well():
    limits = {"stalled_seconds": 5, "upload_seconds": 0.5}
    with Server(make_app(**limits)) as server, begin(server, form(b"")[:-20], 50_000) as connection:
        stopped = threading.Event()

        def drip():
            while not stopped.wait(0.1):
                try:
                    connection.sendall(b"x")
                except OSError:
                    return

        thread = threading.Thread(target=drip)
        thread.start()
        assert answer(connection).startswith("HTTP/1.1 408")
        stopped.set()
        thread.join()


def test_one_more_than_can_be_served_is_asked_to_come_back():
    content = sounds.audio(sounds.tone(4))
    with Server(make_app(at_once=1, retry_seconds=7)) as server, ThreadPoolExecutor(1) as pool:
        first = pool.submit(post, server, content, system="slow", window="1")
        until = time.monotonic() + 5
        while not server.app.state.slots.busy and time.monotonic() < until:
            time.sleep(0.01)
        status, headers, body = post(server, content)
        assert (status, headers["retry-after"]) == (503, "7")
        assert b"Try again in 7 seconds" in body
        assert first.result()[0] == 200
        assert post(server, content)[0] == 200


@pytest.mark.parametrize("accept", ["*/*", "application/x-ndjson"])
def test_work_ends_when_the_client_has_gone(accept):
    with Server(make_app()) as server:
        body = form(sounds.audio(sounds.tone(100)), system="slow", window="1")  # 30 seconds of work
        connection = socket.create_connection(("127.0.0.1", server.port), timeout=10)
        head = (
            f"POST /api/predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\nAccept: {accept}\r\n"
            f"Content-Type: multipart/form-data; boundary={BOUNDARY}\r\n\r\n"
        )
        connection.sendall(head.encode() + body)
        until = time.monotonic() + 5
        while not multiprocessing.active_children() and time.monotonic() < until:
            time.sleep(0.01)
        assert server.app.state.slots.busy == 1
        connection.close()
        assert server.settles()


def test_fifty_uploads_at_once_are_all_answered(server, capsys):
    content = sounds.audio(sounds.tone(20))  # 640 kB
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with ThreadPoolExecutor(50) as pool:
        replies = [*pool.map(lambda _: post(server, content), range(50))]
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    statuses = [status for status, _, _ in replies]
    with capsys.disabled():
        print(
            f"\n50 at once: {statuses.count(200)} answered, the others asked to come back; +{grown:.0f} MiB"
        )
    assert {*statuses} <= {200, 503}
    assert statuses.count(200) >= 4
    assert all("retry-after" in headers for status, headers, _ in replies if status == 503)
    assert grown < 300
    assert server.settles()


@pytest.fixture(scope="module")
def local():
    """The application, which answers to the names of this machine alone."""
    app = create_app(Catalogue(CARDS, load, "pitch"), Limits(), hosts=("127.0.0.1", "localhost", "[::1]"))
    with TestClient(app) as client:
        yield client


@pytest.mark.parametrize(
    ("host", "status"),
    [("127.0.0.1:8000", 200), ("localhost", 200), ("[::1]:8000", 200), ("elsewhere.example:8000", 421)],
)
def test_a_name_made_to_point_here_is_refused(local, host, status):
    assert local.get("/api/health", headers={"Host": host}).status_code == status


def test_a_page_of_another_site_cannot_make_it_work(local):
    headers = {"Host": "localhost", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}
    reply = local.post(
        "/api/predict", files={"file": ("a.wav", sounds.audio(sounds.tone()))}, headers=headers
    )
    assert reply.status_code == 403
    assert "another site" in reply.json()["error"]
