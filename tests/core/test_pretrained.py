"""Published weights: where they are found, what a file may hold, what is taken from it."""

from pathlib import Path

import pytest
import torch
from torch import nn

from pipeline.core.errors import PipelineError
from pipeline.core.pretrained import Loaded, find_weights, read_state, take_weights


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
