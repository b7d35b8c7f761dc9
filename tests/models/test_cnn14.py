"""CNN14 and its fusions: published counts, equations, crops, padding, PANNs' checkpoint."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from pipeline.core.errors import PipelineError
from pipeline.models.build import build_model
from pipeline.models.cnn14 import Block, Cnn14, RandomCrop, load_pretrained, max_plus_mean
from pipeline.models.registry import Inputs

SETTINGS = {"width": 2, "pooling": "max", "dropout": 0.2, "head_dropout": 0.5, "crop": None}
PUBLISHED = {**SETTINGS, "width": 64, "crop": 250}
N_BANDS = 32


def make(conditioning: str = "none", *, n_classes: int = 3, n_bands: int = N_BANDS, **settings: Any) -> Cnn14:
    shapes = {"features": (100, n_bands)} | ({} if conditioning == "none" else {"second": (5,)})
    torch.manual_seed(0)
    architecture = {**SETTINGS, "conditioning": conditioning, **settings}
    return build_model("cnn14", architecture, Inputs(shapes), n_classes)


def trained(model: Cnn14) -> Cnn14:
    """Give batch normalisation the statistics that some training leaves behind."""
    model.train()(torch.randn(4, 80, N_BANDS) * 9 - 40, torch.randn(4, 5))
    return model.eval()


@pytest.mark.parametrize(
    ("conditioning", "n_classes", "expected"),
    [
        ("none", 4, 79_681_988),
        ("none", 527, 80_753_615),
        ("single", 4, 81_256_900),
        ("multi", 4, 82_782_596),
    ],
)
def test_parameters_are_the_published_count(conditioning: str, n_classes: int, expected: int) -> None:
    shapes = {"features": (300, 64)} | ({} if conditioning == "none" else {"second": (768,)})
    with torch.device("meta"):
        architecture = {**PUBLISHED, "conditioning": conditioning}
        model = build_model("cnn14", architecture, Inputs(shapes), n_classes)
    assert sum(p.numel() for p in model.parameters()) == expected


def test_a_block_is_equations_1_to_4() -> None:
    block = Block(2, 4, "max", 5).eval()
    x, text = torch.randn(3, 2, 8, 6), torch.randn(3, 5)
    hidden = block.bn1(block.conv1(x)).relu()
    hidden = block.bn2(block.conv2(hidden)).relu()
    expected = nn.MaxPool2d(2)(hidden) + block.projection(text).reshape(3, 4, 1, 1)
    torch.testing.assert_close(block(x, text, None)[0], expected)


def test_pooling_is_a_setting() -> None:
    x = torch.randn(1, 2, 4, 4)
    average, largest = Block(2, 2, "average", None).eval(), Block(2, 2, "max", None).eval()
    largest.load_state_dict(average.state_dict())
    assert (average(x, None, None)[0] <= largest(x, None, None)[0]).all()
    assert not torch.equal(average(x, None, None)[0], largest(x, None, None)[0])


@pytest.mark.parametrize(
    ("conditioning", "conditioned"),
    [("none", []), ("single", [5]), ("multi", [0, 1, 2, 3, 4, 5])],
)
def test_text_comes_in_where_the_system_says(conditioning: str, conditioned: list[int]) -> None:
    blocks = make(conditioning).blocks
    assert [i for i, block in enumerate(blocks) if block.projection is not None] == conditioned


def test_time_is_pooled_to_maximum_plus_mean_of_what_is_there() -> None:
    x = torch.tensor([[[1.0, 2.0, 6.0]], [[-4.0, -2.0, 0.0]]])
    torch.testing.assert_close(max_plus_mean(x, torch.tensor([3, 2])), torch.tensor([[9.0], [-5.0]]))
    torch.testing.assert_close(max_plus_mean(x, None), torch.tensor([[9.0], [-2.0]]))


@pytest.mark.parametrize("n_frames", [1, 20, 32, 37, 64, 95, 111])
@pytest.mark.parametrize("pooling", ["max", "average"])
def test_padding_never_changes_the_logits(n_frames: int, pooling: str) -> None:
    model = trained(make("multi", pooling=pooling))
    clip, text = torch.randn(1, n_frames, N_BANDS) * 9 - 40, torch.randn(1, 5)
    batch = torch.full((3, 112, N_BANDS), torch.nan)
    batch[1, :n_frames] = clip
    logits = model(batch, text.expand(3, -1), torch.tensor([112, n_frames, 50]))
    torch.testing.assert_close(logits[1:2], model(clip, text), rtol=1e-4, atol=1e-5)


def test_more_frames_do_change_the_logits() -> None:
    model = trained(make())
    clip = torch.randn(1, 64, N_BANDS)
    assert not torch.allclose(model(clip, None, torch.tensor([33])), model(clip, None, torch.tensor([64])))


def test_a_crop_is_a_run_of_the_clip_and_every_run_is_drawn() -> None:
    torch.manual_seed(0)
    frames = torch.arange(12.0).repeat(200, 1).unsqueeze(2)  # (200, 12, 1)
    crop, lengths = RandomCrop(8).train()(frames, torch.full((200,), 10))
    assert lengths is None
    assert (crop.diff(dim=1) == 1).all()
    assert crop[:, 0, 0].unique().tolist() == [0.0, 1.0, 2.0]


def test_a_clip_shorter_than_the_crop_is_repeated() -> None:
    frames = torch.tensor([1.0, 2.0, 3.0, -99.0]).reshape(1, 4, 1)
    crop, _ = RandomCrop(7).train()(frames, torch.tensor([3]))
    assert crop.flatten().tolist() == [1.0, 2.0, 3.0, 1.0, 2.0, 3.0, 1.0]


def test_evaluation_sees_the_whole_clip() -> None:
    frames, lengths = torch.randn(2, 40, N_BANDS), torch.tensor([40, 35])
    crop = RandomCrop(8).eval()
    assert crop(frames, lengths) == (frames, lengths)


def test_padding_is_no_part_of_a_crop() -> None:
    model = make(crop=32, dropout=0.0, head_dropout=0.0).train()
    frames = torch.randn(2, 32, N_BANDS)
    padded = torch.cat([frames, torch.full((2, 9, N_BANDS), torch.nan)], dim=1)
    lengths = torch.tensor([32, 32])
    torch.testing.assert_close(model(padded, None, lengths), model(frames, None, lengths))


@pytest.fixture
def checkpoint(tmp_path: Path) -> tuple[Path, dict[str, Tensor]]:
    """A checkpoint as PANNs publishes it, of two base channels and 32 bands."""
    generator = torch.Generator().manual_seed(5)
    channels = [1, 2, 4, 8, 16, 32, 64]
    shapes: dict[str, tuple[int, ...]] = {
        "spectrogram_extractor.stft.conv_real.weight": (257, 1, 512),
        "spectrogram_extractor.stft.conv_imag.weight": (257, 1, 512),
        "logmel_extractor.melW": (257, 32),
        **_norm("bn0", 32),
    }
    for i in range(1, 7):
        shapes[f"conv_block{i}.conv1.weight"] = (channels[i], channels[i - 1], 3, 3)
        shapes[f"conv_block{i}.conv2.weight"] = (channels[i], channels[i], 3, 3)
        shapes |= _norm(f"conv_block{i}.bn1", channels[i]) | _norm(f"conv_block{i}.bn2", channels[i])
    shapes |= {"fc1.weight": (64, 64), "fc1.bias": (64,)}
    shapes |= {"fc_audioset.weight": (527, 64), "fc_audioset.bias": (527,)}
    state = {name: torch.rand(shape, generator=generator) for name, shape in shapes.items()}
    state |= {name: torch.tensor(7) for name in state if name.endswith("num_batches_tracked")}
    torch.save({"iteration": 660_000, "model": state}, tmp_path / "Cnn14_mAP=0.431.pth")
    return tmp_path / "Cnn14_mAP=0.431.pth", state


def _norm(name: str, n: int) -> dict[str, tuple[int, ...]]:
    tensors = ("weight", "bias", "running_mean", "running_var")
    return {f"{name}.{tensor}": (n,) for tensor in tensors} | {f"{name}.num_batches_tracked": ()}


def test_a_checkpoint_of_panns_is_taken(checkpoint: tuple[Path, dict[str, Tensor]]) -> None:
    path, state = checkpoint
    model = make("single")
    loaded = load_pretrained(model, path)
    assert loaded.left == [
        "spectrogram_extractor.stft.conv_real.weight",
        "spectrogram_extractor.stft.conv_imag.weight",
        "logmel_extractor.melW",
        "fc_audioset.weight",
        "fc_audioset.bias",
    ]
    assert loaded.fresh == [
        "blocks.5.projection.weight",
        "blocks.5.projection.bias",
        "output.weight",
        "output.bias",
    ]
    assert torch.equal(model.blocks[2].conv1.weight, state["conv_block3.conv1.weight"])
    assert torch.equal(model.blocks[5].bn2.running_var, state["conv_block6.bn2.running_var"])
    assert torch.equal(model.bn0.running_mean, state["bn0.running_mean"])
    assert torch.equal(model.fc1.weight, state["fc1.weight"])


def test_a_checkpoint_of_another_width_is_an_error(checkpoint: tuple[Path, dict[str, Tensor]]) -> None:
    with pytest.raises(PipelineError, match=r"have another shape .* blocks.0.conv1.weight \(2, 1, 3, 3\)"):
        load_pretrained(make(width=4), checkpoint[0])


def test_a_checkpoint_of_another_network_is_an_error(tmp_path: Path) -> None:
    torch.save({"model": {"conv_block1.conv1.weight": torch.zeros(2, 1, 3, 3)}}, tmp_path / "cnn6.pth")
    with pytest.raises(PipelineError, match="lacks 65 of the network's 81 tensors"):
        load_pretrained(make(), tmp_path / "cnn6.pth")


@pytest.mark.parametrize(
    ("conditioning", "second", "message"),
    [
        ("multi", {}, "'multi', but the system's `second` is none"),
        ("none", {"second": (5,)}, "a feature set"),
    ],
)
def test_text_has_to_come_where_it_is_used(conditioning: str, second: dict, message: str) -> None:
    inputs = Inputs({"features": (100, 64), **second})
    with pytest.raises(PipelineError, match=message):
        build_model("cnn14", {**SETTINGS, "conditioning": conditioning}, inputs, 3)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"pooling": "mean"}, "architecture.pooling: Input should be 'max' or 'average'; came str 'mean'"),
        ({"conditioning": "late"}, "architecture.conditioning: Input should be 'none', 'single' or 'multi'"),
        ({"n_bands": 31}, "has 31 mel bands, expected 32 or more"),
        ({"crop": 31}, "architecture.crop: Input should be greater than or equal to 32; came int '31'"),
    ],
)
def test_what_cannot_be_is_an_error(settings: dict, message: str) -> None:
    with pytest.raises(PipelineError, match=message):
        make(**settings)
