import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from pipeline.download import lfs
from pipeline.download.lfs import LfsError, Pointer, Source, find_pointers, read_pointer, replace_pointers

FILES = {f"100{n}_DFA_ANG_XX.wav": f"the audio of clip {n}".encode() * 100 for n in range(5)}
BY_OID = {hashlib.sha256(content).hexdigest(): content for content in FILES.values()}
OIDS = {name: hashlib.sha256(content).hexdigest() for name, content in FILES.items()}
FIRST, SECOND, *_ = OIDS.values()


def pointer(content, n_bytes=None):
    oid = hashlib.sha256(content).hexdigest()
    size = len(content) if n_bytes is None else n_bytes
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {size}\n"


class Handler(BaseHTTPRequestHandler):
    """A Git LFS server with BY_OID, misbehaving as told.

    `batch_plan`: status of each request for addresses, in turn. `answers`: changes of the answer about an object.
    `plans`: what each request for an object does, in turn: a status, "wrong" or "cut".
    """

    def do_POST(self):
        server = self.server
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        server.asked.append((self.path, self.headers["Accept"], request))
        if server.batch_plan and (status := server.batch_plan.pop(0)) != 200:
            return self.answer(status, json.dumps({"message": server.message}).encode())
        objects = [self.describe(item) for item in request["objects"] if item["oid"] not in server.ignored]
        return self.answer(200, json.dumps({"transfer": "basic", "objects": objects}).encode())

    def describe(self, item):
        href = f"{self.server.address}/objects/{item['oid']}"
        return {**item, "actions": {"download": {"href": href}}} | self.server.answers.get(item["oid"], {})

    def do_GET(self):
        oid = self.path.rpartition("/")[2]
        self.server.fetched.append(oid)
        plan = self.server.plans.get(oid)
        act = plan.pop(0) if plan else "serve"
        if act.isdigit():
            return self.answer(int(act), b"")
        content = BY_OID[oid][::-1] if act == "wrong" else BY_OID[oid]
        return self.answer(200, content, cut=act == "cut")

    def answer(self, status, body, cut=False):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if cut else body)

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.address = f"http://127.0.0.1:{server.server_port}"
    server.asked, server.fetched, server.batch_plan, server.ignored = [], [], [], []
    server.answers, server.plans, server.message = {}, {}, "This repository exceeded its LFS budget."
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def folder(tmp_path):
    """An unpacked archive: pointers to audio, and to a video that nobody wants."""
    root = tmp_path / "tree"
    (root / "AudioWAV").mkdir(parents=True)
    (root / "VideoFlash").mkdir()
    for name, content in FILES.items():
        (root / "AudioWAV" / name).write_text(pointer(content))
    (root / "VideoFlash/1001_DFA_ANG_XX.flv").write_text(pointer(b"video"))
    (root / "README.md").write_text("read me")
    return root


def run(server, folder, n_tries=3):
    source = Source(f"{server.address}/owner/CREMA-D", n_tries=n_tries, backoff_seconds=0.001)
    return replace_pointers(folder, source, folder.parent / "objects", suffixes=(".wav",))


def audio(folder):
    return {path.name: path.read_bytes() for path in (folder / "AudioWAV").iterdir()}


def test_success(server, folder):
    assert run(server, folder) == 5
    assert audio(folder) == FILES
    assert read_pointer(folder / "VideoFlash/1001_DFA_ANG_XX.flv").n_bytes == 5
    assert sorted(path.name for path in (folder.parent / "objects").iterdir()) == sorted(BY_OID)


def test_the_request_is_the_batch_apis(server, folder):
    run(server, folder)
    ((path, accept, request),) = server.asked
    assert path == "/owner/CREMA-D.git/info/lfs/objects/batch"
    assert accept == "application/vnd.git-lfs+json"
    assert (request["operation"], request["transfers"]) == ("download", ["basic"])
    assert {item["oid"]: item["size"] for item in request["objects"]} == {
        oid: len(content) for oid, content in BY_OID.items()
    }


@pytest.mark.parametrize("address", ["https://x.org/o/C", "https://x.org/o/C/", "https://x.org/o/C.git"])
def test_the_address_of_a_repository(address):
    assert Source(address).batch_url == "https://x.org/o/C.git/info/lfs/objects/batch"


def test_addresses_are_asked_for_in_batches(server, folder, monkeypatch):
    monkeypatch.setattr(lfs, "BATCH_SIZE", 2)
    run(server, folder)
    assert [len(request["objects"]) for _, _, request in server.asked] == [2, 2, 1]
    assert audio(folder) == FILES


def test_without_a_pointer_nobody_is_asked(server, folder):
    run(server, folder)
    assert run(server, folder) == 0
    assert len(server.asked) == 1


def test_equal_files_are_fetched_once(server, folder):
    (folder / "AudioWAV/copy.wav").write_text(pointer(FILES["1000_DFA_ANG_XX.wav"]))
    assert run(server, folder) == 6
    assert len(server.fetched) == 5
    assert audio(folder)["copy.wav"] == FILES["1000_DFA_ANG_XX.wav"]


def test_what_came_before_is_not_fetched_again(server, folder):
    (folder.parent / "objects").mkdir()
    (folder.parent / "objects" / FIRST).write_bytes(BY_OID[FIRST])
    (folder.parent / "objects" / SECOND).write_bytes(b"damaged")
    (folder.parent / "objects" / f"{OIDS['1002_DFA_ANG_XX.wav']}.part").write_bytes(b"half")
    run(server, folder)
    assert sorted(server.fetched) == sorted(BY_OID.keys() - {FIRST})
    assert audio(folder) == FILES


def test_wrong_bytes_are_not_used(server, folder):
    server.plans[FIRST] = ["wrong"]
    wrong = hashlib.sha256(BY_OID[FIRST][::-1]).hexdigest()
    message = rf"1 of 5 Git LFS objects .*\n  AudioWAV/1000.*: other bytes came: sha256 {wrong}"
    with pytest.raises(LfsError, match=message):
        run(server, folder)
    assert len(find_pointers(folder, (".wav",))) == 5
    assert sorted(path.name for path in (folder.parent / "objects").iterdir()) == sorted(
        BY_OID.keys() - {FIRST}
    )


def test_a_size_that_is_not_the_pointers(server, folder):
    (folder / "AudioWAV/1000_DFA_ANG_XX.wav").write_text(pointer(FILES["1000_DFA_ANG_XX.wav"], n_bytes=7))
    with pytest.raises(LfsError, match="1,900 bytes instead of 7"):
        run(server, folder)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (
            {"error": {"code": 404, "message": "Object does not exist"}, "actions": {}},
            "404 Object does not exist",
        ),
        ({"actions": {}}, "the server gives no address for it"),
        (
            {"actions": {"download": {"href": "http://127.0.0.1", "header": {"Authorization": "x"}}}},
            r"asks for headers \(Authorization\)",
        ),
    ],
)
def test_the_server_has_not_all_of_them(server, folder, answer, why):
    server.answers[FIRST] = answer
    with pytest.raises(LfsError, match=f"1000_DFA_ANG_XX.wav .*{why}"):
        run(server, folder)
    assert sorted(server.fetched) == sorted(BY_OID.keys() - {FIRST})


def test_the_server_forgets_one(server, folder):
    server.ignored.append(FIRST)
    with pytest.raises(LfsError, match="the server does not answer for it"):
        run(server, folder)


def test_a_server_error_for_one_object_does_not_stop_the_others_and_the_next_run_completes(server, folder):
    server.plans[FIRST] = ["500"] * 3
    with pytest.raises(
        LfsError, match=r"the server answered 500 .*\nThose that came are kept\. Run the stage again"
    ):
        run(server, folder)
    server.fetched.clear()
    assert run(server, folder) == 5
    assert server.fetched == [FIRST]
    assert audio(folder) == FILES


@pytest.mark.parametrize("plan", [["503", "503"], ["cut"], ["429"]])
def test_failures_that_pass(server, folder, plan):
    server.plans[FIRST] = plan
    server.batch_plan = [503, 200]
    assert run(server, folder) == 5
    assert audio(folder) == FILES


def test_many_failures_end_it_early(server, folder, monkeypatch):
    monkeypatch.setattr(lfs, "BATCH_SIZE", 2)
    monkeypatch.setattr(lfs, "MANY_FAILURES", 1)
    server.plans = {oid: ["403"] for oid in BY_OID}
    with pytest.raises(LfsError, match="2 of 5 Git LFS objects"):
        run(server, folder)
    assert len(server.asked) == 1


@pytest.mark.parametrize("statuses", [[403], [500] * 3])
def test_a_refusal_says_what_the_server_says(server, folder, statuses):
    server.batch_plan = list(statuses)
    with pytest.raises(
        LfsError, match=rf"answered {statuses[0]} This repository exceeded .* `lfs` in the corpus's adapter"
    ):
        run(server, folder)
    assert len(server.asked) == len(statuses)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"<html>Log in</html>", "answered no JSON but '<html>Log in</html>'"),
        (b"[]", "something else than the Batch API does"),
        (b'{"objects": [{}]}', "something else than the Batch API does"),
    ],
)
def test_an_answer_that_is_none(server, folder, monkeypatch, body, message):
    monkeypatch.setattr(Handler, "do_POST", lambda self: self.answer(200, body))
    with pytest.raises(LfsError, match=message):
        run(server, folder)


def test_no_server_at_all(folder):
    source = Source("http://127.0.0.1:9/owner/CREMA-D", n_tries=2, backoff_seconds=0.001)
    with pytest.raises(LfsError, match="answered nothing"):
        replace_pointers(folder, source, folder.parent / "objects", suffixes=(".wav",))


def test_where_links_cannot_be_made_files_are_copied(server, folder, monkeypatch):
    def no_link(*_):
        raise OSError

    monkeypatch.setattr(lfs.os, "link", no_link)
    run(server, folder)
    assert audio(folder) == FILES


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (pointer(b"x").encode(), Pointer(hashlib.sha256(b"x").hexdigest(), 1)),
        (pointer(b"x").replace("\n", "\r\n").encode(), Pointer(hashlib.sha256(b"x").hexdigest(), 1)),
        (
            pointer(b"x").replace("oid", "ext-0-foo sha256:1\noid").encode(),
            Pointer(hashlib.sha256(b"x").hexdigest(), 1),
        ),
        (b"RIFF....WAVE", None),
        (b"", None),
        (pointer(b"x").encode() + b" " * 1000, None),
    ],
)
def test_pointers(tmp_path, content, expected):
    (tmp_path / "a.wav").write_bytes(content)
    assert read_pointer(tmp_path / "a.wav") == expected
