"""Published weights: where they are found, what a file may hold, what is taken from it."""

import hashlib
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import SimpleNamespace

import httpx2
import huggingface_hub
import pytest
import torch
from huggingface_hub import constants
from huggingface_hub.errors import LocalEntryNotFoundError
from safetensors.torch import save_file
from torch import nn

from pipeline.core.errors import PipelineError
from pipeline.pretrained.take import (
    Loaded,
    describe_weights,
    find_weights,
    read_state,
    take_weights,
    weights_digest,
)


@pytest.fixture
def network() -> nn.Sequential:
    return nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2), nn.Linear(2, 4))


@pytest.fixture
def state() -> dict[str, torch.Tensor]:
    """The network's own names without its last layer and its counter, and one name more."""
    names = {"0.weight": (2, 3), "0.bias": (2,)} | {
        f"1.{name}": (2,) for name in ("weight", "bias", "running_mean", "running_var")
    }
    return {name: torch.full(shape, 7.0) for name, shape in names.items()} | {"fc.bias": torch.zeros(9)}


def test_a_name_is_a_path_or_a_file_among_the_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "net.pth").touch()
    monkeypatch.setenv("SER_WEIGHTS", str(tmp_path))
    assert find_weights("net.pth") == find_weights(str(tmp_path / "net.pth")) == tmp_path / "net.pth"


def test_weights_that_are_nowhere_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SER_WEIGHTS", raising=False)
    with pytest.raises(
        PipelineError, match=r"'net.pth': no such file, and none below \$SER_WEIGHTS \(not set\)"
    ):
        find_weights("net.pth")


@pytest.mark.parametrize("wrap", [lambda state: state, lambda state: {"iteration": 3, "model": state}])
def test_a_state_dict_may_lie_under_model(tmp_path: Path, state: dict[str, torch.Tensor], wrap) -> None:
    torch.save(wrap(state), tmp_path / "net.pth")
    assert read_state(tmp_path / "net.pth").keys() == state.keys()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([torch.zeros(1)], "holds a list, expected tensors by name"),
        ({"epoch": 3}, "holds a dict, expected tensors by name"),
        ({"model": Path("x")}, "holds no weights that can be read safely"),
    ],
)
def test_a_file_of_something_else_is_an_error(tmp_path: Path, content: object, message: str) -> None:
    torch.save(content, tmp_path / "net.pth")
    with pytest.raises(PipelineError, match=message):
        read_state(tmp_path / "net.pth")


def test_a_file_that_is_no_file_of_torch_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "net.pth").write_text("<html>404</html>")
    with pytest.raises(PipelineError, match="read safely"):
        read_state(tmp_path / "net.pth")
    with pytest.raises(PipelineError, match=r"absent\.pth is not there"):
        read_state(tmp_path / "absent.pth")


def test_what_has_a_place_is_taken_and_the_rest_is_listed(
    network: nn.Sequential, state: dict[str, torch.Tensor]
) -> None:
    loaded = take_weights(network, state, Path("net.pth"), fresh=("2.",))
    taken = ["0.weight", "0.bias", "1.weight", "1.bias", "1.running_mean", "1.running_var"]
    assert loaded == Loaded(taken, ["fc.bias"], ["1.num_batches_tracked", "2.weight", "2.bias"])
    assert (network[0].weight == 7).all()
    assert (network[1].running_var == 7).all()


def test_another_shape_is_an_error_and_nothing_is_taken(
    network: nn.Sequential, state: dict[str, torch.Tensor]
) -> None:
    state["0.weight"] = torch.full((5, 3), 7.0)
    with pytest.raises(PipelineError, match=r"1 of 6 tensors .* 0.weight \(5, 3\) instead of \(2, 3\)"):
        take_weights(network, state, Path("net.pth"), fresh=("2.",))
    assert not (network[0].bias == 7).any()


def test_a_tensor_that_the_file_lacks_is_an_error(
    network: nn.Sequential, state: dict[str, torch.Tensor]
) -> None:
    with pytest.raises(PipelineError, match=r"lacks 2 of the network's 9 tensors, such as 2.weight, 2.bias"):
        take_weights(network, state, Path("net.pth"))


# --- models of the hub, and files of the web

MODEL = "org/net@0123456789abcdef0123456789abcdef01234567"
COMMIT = MODEL.partition("@")[2]


def hub_folder(folder: Path, weights: str = "model.safetensors") -> Path:
    """Lay a model out as the hub does."""
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    state = {"weight": torch.ones(2)}
    if weights.endswith("safetensors"):
        save_file(state, folder / weights)
    else:
        torch.save(state, folder / weights)
    return folder


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Return a folder of weights, with a hub that cannot be asked and has nothing cached."""
    monkeypatch.setenv("SER_WEIGHTS", str(tmp_path / "weights"))
    monkeypatch.setenv("SER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "weights"


@pytest.mark.parametrize("place", ["org/net", "net"])
def test_a_model_of_the_hub_is_looked_for_below_the_weights(offline: Path, place: str) -> None:
    folder = hub_folder(offline / place)
    assert find_weights(MODEL) == folder


def test_a_model_that_is_nowhere_says_where_it_was_looked_for_and_how_to_get_it(offline: Path) -> None:
    (offline / "net").mkdir(parents=True)
    (offline / "net" / "config.json").write_text("{}")  # without weights
    with pytest.raises(PipelineError) as raised:
        find_weights(MODEL, "systems.speech.weights")
    message = str(raised.value)
    assert message.startswith(f"systems.speech.weights: the weights {MODEL} are not here")
    assert f"looked in {offline / 'org/net'} and {offline / 'net'} for config.json and" in message
    assert "HF_HUB_OFFLINE is set" in message
    assert f"hf download org/net --revision {COMMIT} --local-dir $SER_WEIGHTS/org/net" in message


def test_a_hub_that_does_not_answer_is_an_error(offline: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(
        huggingface_hub.HfApi,
        "model_info",
        lambda *_, **__: (_ for _ in ()).throw(httpx2.ConnectError("refused")),
    )
    with pytest.raises(PipelineError, match="then asked the hub: refused"):
        find_weights(MODEL)


def test_what_the_hub_library_has_already_is_taken(offline: Path, tmp_path: Path) -> None:
    folder = hub_folder(tmp_path / "hub" / "models--org--net" / "snapshots" / COMMIT)
    assert find_weights(MODEL) == folder
    assert describe_weights(MODEL, folder) == {
        "name": MODEL,
        "sha256": weights_digest(folder),
        "commit": COMMIT,
    }


def test_only_the_file_of_weights_that_is_read_is_downloaded(
    offline: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: dict[str, object] = {}

    def download(model: str, **options: object) -> str:
        if options.get("local_files_only"):
            raise LocalEntryNotFoundError("nothing")
        asked.update(options, model=model)
        return str(tmp_path)

    files = ["config.json", "model.safetensors", "pytorch_model.bin", "tf_model.h5"]
    info = SimpleNamespace(sha=COMMIT, siblings=[SimpleNamespace(rfilename=name) for name in files])
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(huggingface_hub, "snapshot_download", download)
    monkeypatch.setattr(huggingface_hub.HfApi, "model_info", lambda *_, **__: info)
    assert find_weights("org/net@main") == tmp_path
    assert (asked["model"], asked["revision"]) == ("org/net", COMMIT)
    assert "model.safetensors" in asked["allow_patterns"]
    assert "pytorch_model.bin" not in asked["allow_patterns"]


def test_a_folder_that_was_downloaded_at_another_commit_is_an_error(offline: Path) -> None:
    folder = hub_folder(offline / "org/net")
    notes = folder / ".cache" / "huggingface" / "download"
    notes.mkdir(parents=True)
    (notes / "config.json.metadata").write_text(f"{'f' * 40}\nhash\n1.0\n")
    with pytest.raises(PipelineError, match=f"holds commit {'f' * 40}, expected {MODEL}"):
        find_weights(MODEL)
    assert find_weights("org/net@main") == folder
    assert describe_weights("org/net@main", folder)["commit"] == "f" * 40


def test_a_model_may_be_named_by_its_folder(tmp_path: Path) -> None:
    folder = hub_folder(tmp_path / "net")
    assert find_weights(str(folder)) == folder
    assert describe_weights(str(folder), folder)["commit"] is None


@pytest.mark.parametrize("weights", ["model.safetensors", "pytorch_model.bin"])
def test_a_folder_is_read_and_its_digest_is_that_of_configuration_and_weights(
    tmp_path: Path, weights: str
) -> None:
    folder = hub_folder(tmp_path / "net", weights)
    assert read_state(folder)["weight"].tolist() == [1, 1]
    before = weights_digest(folder)
    (folder / "README.md").write_text("other")
    assert weights_digest(folder) == before
    (folder / "config.json").write_text('{"a": 1}')
    assert weights_digest(folder) != before


def test_a_folder_without_weights_and_a_file_that_is_none_are_errors(tmp_path: Path) -> None:
    with pytest.raises(
        PipelineError, match=r"holds no weights: expected model\.safetensors or pytorch_model\.bin"
    ):
        read_state(tmp_path)
    (tmp_path / "model.safetensors").write_text("<html>")
    with pytest.raises(PipelineError, match=r"model\.safetensors is no safetensors file"):
        read_state(tmp_path)


def test_random_stands_for_no_weights() -> None:
    with pytest.raises(
        PipelineError, match=r"systems\.net\.weights: 'random' stands for no published weights"
    ):
        find_weights("random", "systems.net.weights")


CONTENT = b"weights"
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """Return the address of a server on this machine, whose files lie in `served`."""
    (tmp_path / "served").mkdir()
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path / "served"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_a_file_of_the_web_is_downloaded_once_and_checked(
    offline: Path, tmp_path: Path, address: str
) -> None:
    name = f"net-{SHA256[:8]}.pth"
    (tmp_path / "served" / name).write_bytes(CONTENT)
    path = find_weights(f"{address}/{name}")
    assert path == tmp_path / "cache" / "weights" / name
    assert path.read_bytes() == CONTENT
    (tmp_path / "served" / name).unlink()
    assert find_weights(f"{address}/{name}") == path


def test_a_file_below_the_weights_is_taken_before_the_web(offline: Path) -> None:
    offline.mkdir()
    (offline / "Cnn14=0.4.pth").write_bytes(CONTENT)
    assert find_weights("https://example.org/files/Cnn14%3D0.4.pth?download=1") == offline / "Cnn14=0.4.pth"


def test_a_file_that_is_not_what_its_name_says_is_an_error(
    offline: Path, tmp_path: Path, address: str
) -> None:
    (tmp_path / "served" / "net-01234567.pth").write_bytes(CONTENT)
    with pytest.raises(PipelineError, match=f"SHA-256 is {SHA256}, expected one that begins with 01234567"):
        find_weights(f"{address}/net-01234567.pth")
    assert [
        path.name for path in (tmp_path / "cache" / "weights").glob("*.pth*") if path.suffix != ".lock"
    ] == ["net-01234567.pth.bad"]


def test_a_file_that_cannot_be_downloaded_says_how_to_get_it(offline: Path, address: str) -> None:
    with pytest.raises(PipelineError) as raised:
        find_weights(f"{address}/net.pth", "systems.cnn.weights")
    message = str(raised.value)
    assert message.startswith(
        f"systems.cnn.weights: the weights {address}/net.pth are not here: looked for {offline}"
    )
    assert "404" in message
    assert f'curl -L -o "$SER_WEIGHTS/net.pth" "{address}/net.pth"' in message


def test_a_name_of_whispers_own_is_its_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tiny.en.pt").write_bytes(b"weights")
    monkeypatch.setenv("SER_WEIGHTS", str(tmp_path))
    assert find_weights("tiny.en") == tmp_path / "tiny.en.pt"
