"""wav2vec 2.0 and WavLM: against transformers, with padding, frozen in part, from published folders."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from pipeline.core.errors import PipelineError
from pipeline.models.build import build_model
from pipeline.models.padding import standardise
from pipeline.models.registry import Inputs
from pipeline.models.speech_transformer import (
    FULL_SCALE,
    SpeechTransformer,
    field_of,
    load_pretrained,
    run,
    split_frozen,
)
from pipeline.pretrained.torchaudio_cpu import prepare
from pipeline.training.network import count_parameters
from tests.models.cases import SMALL_SIZES, architecture_of

prepare()  # ahead of transformers

SPEECH = {**architecture_of("annamalai_wav2vec2"), "mask_time_prob": 0.0}
NETWORKS = ["wav2vec2_base", "wav2vec2_large", "wavlm_base"]
every_network = pytest.mark.parametrize("network", NETWORKS)
LENGTHS = [900, 41, 380, 5]
NO_DROPOUT = {"dropout": 0.0, "projection_dropout": 0.0}


def make(
    network: str = "wav2vec2_base", *, n_classes: int = 4, seed: int = 0, **changes: Any
) -> SpeechTransformer:
    torch.manual_seed(seed)
    architecture = {**SPEECH, "network": network, "sizes": SMALL_SIZES, **changes}
    return build_model("speech_transformer", architecture, Inputs({"features": (900,)}), n_classes)


def samples(lengths: list[int] = LENGTHS) -> tuple[Tensor, Tensor]:
    """Return clips of 16-bit numbers padded with zeros to the longest, and their lengths."""
    generator = torch.Generator().manual_seed(3)
    clips = [(3000 * torch.randn(n, generator=generator)).round() for n in lengths]
    return torch.nn.utils.rnn.pad_sequence(clips, batch_first=True), torch.tensor(lengths)


def theirs(network: str, **changes: Any) -> Any:
    """Return transformers' own classifier with the weights of `make`."""
    import transformers

    ours = make(network, **changes).eval()
    family = {"wav2vec2": transformers.Wav2Vec2ForSequenceClassification}.get(
        ours.backbone.config.model_type, transformers.WavLMForSequenceClassification
    )
    config = ours.backbone.config
    config.num_labels, config.classifier_proj_size = 4, SPEECH["head_size"]
    model = family(config).eval()
    getattr(model, config.model_type).load_state_dict(ours.backbone.state_dict())
    model.projector.load_state_dict(ours.head[1].state_dict())
    model.classifier.load_state_dict(ours.head[-1].state_dict())
    return ours, model


@every_network
def test_a_clip_has_the_logits_of_transformers(network: str) -> None:
    from transformers import Wav2Vec2FeatureExtractor

    ours, model = theirs(network)
    clips, _ = samples([900])
    given = Wav2Vec2FeatureExtractor()(
        clips[0].numpy() / FULL_SCALE, sampling_rate=16000, return_tensors="pt"
    )
    with torch.no_grad():
        expected = model(given.input_values.float()).logits
        torch.testing.assert_close(ours(clips), expected, rtol=1e-4, atol=1e-6)


def test_padded_clips_of_a_network_with_layer_norms_have_the_logits_of_transformers() -> None:
    ours, model = theirs("wav2vec2_large")
    clips, lengths = samples([900, 500, 380])
    own = torch.arange(900) < lengths.unsqueeze(1)
    with torch.no_grad():
        expected = model(standardise(clips / FULL_SCALE, lengths), attention_mask=own.long()).logits
        torch.testing.assert_close(ours(clips, lengths), expected, rtol=1e-4, atol=1e-6)


def test_clips_are_standardised_as_by_the_feature_extractor() -> None:
    from transformers import Wav2Vec2FeatureExtractor

    clips, lengths = samples()
    waves = [clip[:n].numpy() / FULL_SCALE for clip, n in zip(clips, lengths, strict=True)]
    extractor = Wav2Vec2FeatureExtractor(return_attention_mask=True)
    expected = extractor(waves, sampling_rate=16000, padding=True, return_tensors="pt").input_values
    torch.testing.assert_close(
        standardise(clips / FULL_SCALE, lengths), expected.float(), rtol=1e-4, atol=1e-5
    )
    torch.testing.assert_close(
        standardise(clips[:1] / FULL_SCALE, None), expected[:1].float(), rtol=1e-4, atol=1e-5
    )


@every_network
@pytest.mark.parametrize("pooling", ["mean", "max"])
@pytest.mark.parametrize("padding", [0, 700])
def test_padding_changes_nothing(network: str, pooling: str, padding: int) -> None:
    model = make(network, pooling=pooling).eval()
    clips, lengths = samples()
    with torch.no_grad():
        together = model(torch.nn.functional.pad(clips, (0, padding)), lengths)
        alone = torch.cat([model(clips[i : i + 1, :n]) for i, n in enumerate(LENGTHS)])
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-5)
    assert (together.std(dim=0) > 1e-4).all()  # the clips do differ


def test_what_a_feature_set_padded_is_part_of_the_clip() -> None:
    model = make().eval()
    clips, lengths = samples([900, 380])
    with torch.no_grad():
        assert not torch.allclose(model(clips)[1], model(clips, lengths)[1], atol=1e-5)


def test_without_standardising_the_level_of_a_clip_is_kept() -> None:
    clips, _ = samples([900])
    quiet, loud = (make(standardise=True).eval()(gain * clips) for gain in (1.0, 2.0))
    torch.testing.assert_close(quiet, loud, rtol=1e-3, atol=1e-5)
    model = make("wav2vec2_large", standardise=False).eval()
    assert model(0.01 * clips).sub(model(clips)).abs().max() > 1e-4


@pytest.mark.parametrize(
    ("network", "parameters"),
    [("wav2vec2_base", 94_371_712), ("wavlm_base", 94_381_936), ("wav2vec2_large", 315_438_720)],
)
def test_a_backbone_has_the_published_number_of_parameters(network: str, parameters: int) -> None:
    with torch.device("meta"):
        model = make(network, sizes=None, mask_time_prob=0.05)
    assert count_parameters(model.backbone) == parameters


@pytest.mark.parametrize(
    ("network", "train_layers", "train_convolutions", "parameters"),
    [
        ("wav2vec2_base", 2, True, 2 * 7_087_872),
        ("wav2vec2_base", 0, True, 0),
        ("wav2vec2_base", None, False, 94_371_712 - 4_200_448 - 768),
        ("wav2vec2_large", 0, True, 0),
    ],
)
def test_what_is_trained_is_counted(
    network: str, train_layers: int | None, train_convolutions: bool, parameters: int
) -> None:
    with torch.device("meta"):
        model = make(network, sizes=None, train_layers=train_layers, train_convolutions=train_convolutions)
    assert count_parameters(model.backbone) == parameters
    assert all(parameter.requires_grad for parameter in model.head.parameters())


def test_the_convolutions_make_a_frame_of_25_milliseconds() -> None:
    assert field_of([10, 3, 3, 3, 3, 2, 2], [5, 2, 2, 2, 2, 2, 2]) == 400


FROZEN: dict[str, dict[str, Any]] = {
    "head alone": {"train_layers": 0},
    "last layer": {"train_layers": 1},
    "all layers": {"train_layers": 2},
    "convolutions": {"train_convolutions": False},
}


@every_network
@pytest.mark.parametrize("changes", FROZEN.values(), ids=FROZEN)
def test_the_frozen_part_and_the_rest_are_the_model(network: str, changes: dict[str, Any]) -> None:
    model = make(network, **changes).eval()
    trunk, rest = split_frozen(model)
    clips, lengths = samples()
    with torch.no_grad():
        torch.testing.assert_close(rest(*trunk(clips)), model(clips))
        kept, numbers = trunk(clips, lengths)
        torch.testing.assert_close(rest(kept, numbers), model(clips, lengths))
    assert (numbers is None) == (changes == FROZEN["head alone"])
    assert {id(p) for p in trunk.parameters()} == {id(p) for p in model.parameters() if not p.requires_grad}


@pytest.mark.parametrize("changes", FROZEN.values(), ids=FROZEN)
def test_what_is_frozen_gives_the_same_in_training(changes: dict[str, Any]) -> None:
    model = make(dropout=0.5, projection_dropout=0.5, layerdrop=0.5, **changes).train()
    clips, lengths = samples()
    with torch.no_grad():
        first, _ = run(model.stages[: model.n_frozen], clips, lengths)
        again, _ = run(model.eval().stages[: model.n_frozen], clips, lengths)
    assert torch.equal(first, again)


NOISY: dict[str, Any] = {"train_layers": 1, "frozen_mode": "training", "dropout": 0.5, "mask_time_prob": 0.5}


def test_frozen_layers_in_training_mode_are_drawn_anew_by_the_seeds_and_never_trained() -> None:
    model = make(**NOISY).train()
    trained = {name for name, p in model.named_parameters() if p.requires_grad}
    assert {name.partition(".")[0] for name in trained} == {"backbone", "head"}
    assert all(name.startswith(("head.", "backbone.encoder.layers.1.")) for name in trained)
    clips, lengths = samples()

    def frozen(seed: int) -> Tensor:
        np.random.seed(seed)
        torch.manual_seed(seed)
        with torch.no_grad():
            return run(model.stages[: model.n_frozen], clips, lengths)[0]

    first, again, other = frozen(0), frozen(0), frozen(1)
    assert torch.equal(first, again)
    assert not torch.allclose(first, other)
    model.eval()
    assert torch.equal(frozen(0), frozen(1))


def test_of_frozen_layers_in_training_mode_nothing_is_taken_off() -> None:
    model = make(**NOISY).eval()
    trunk, rest = split_frozen(model)
    clips, lengths = samples()
    assert not [*trunk.parameters()]
    assert torch.equal(rest(clips, lengths), model(clips, lengths))


def test_masks_follow_the_seed_of_numpy_and_are_for_training_only() -> None:
    model = make(mask_time_prob=0.5, **NO_DROPOUT)
    clips, _ = samples([900])

    def logits(seed: int) -> Tensor:
        np.random.seed(seed)
        with torch.no_grad():
            return model(clips)

    first, again, other = logits(0), logits(0), logits(1)
    assert torch.equal(first, again)
    assert not torch.allclose(first, other)
    model.eval()
    assert torch.equal(logits(0), logits(1))


def test_a_clip_shorter_than_a_mask_is_not_masked() -> None:
    model, short = make(mask_time_prob=0.5, **NO_DROPOUT), samples([30])[0]
    assert torch.equal(model(short), model.eval()(short))


def test_layers_are_skipped_in_training() -> None:
    model = make(layerdrop=1.0, **NO_DROPOUT)
    clips, _ = samples([900])
    trained = model(clips)
    with torch.no_grad():
        model.backbone.encoder.layers[0].attention.out_proj.weight.mul_(5.0)
    assert torch.equal(model(clips), trained)
    assert not torch.equal(model.eval()(clips), trained)


@every_network
def test_checkpointing_changes_no_gradient(network: str) -> None:
    clips, lengths = samples([900, 380])
    gradients = []
    for checkpointing in (False, True):
        model = make(network, layerdrop=0.0)
        if checkpointing:
            model.enable_checkpointing()
        model(clips, lengths).square().sum().backward()
        gradients.append(model.backbone.feature_extractor.conv_layers[0].conv.weight.grad)
    torch.testing.assert_close(*gradients, rtol=1e-4, atol=1e-7)
    assert gradients[0].any()


def test_checkpointing_computes_layers_again(monkeypatch: pytest.MonkeyPatch) -> None:
    model = make()
    model.enable_checkpointing()
    calls: list[int] = []
    layer = model.backbone.encoder.layers[0].feed_forward
    layer.register_forward_hook(lambda *_: calls.append(1))
    model(samples([900])[0]).sum().backward()
    assert len(calls) == 2


# --- published folders


def published(folder: Path, network: str = "wav2vec2_base", *, old_names: bool = False, seed: int = 9) -> Any:
    """Save a small classifier as its authors did: another head, and a file of torch with old names if so wanted."""
    model = make(network, seed=seed, mask_time_prob=0.05)
    family = model.backbone.config.model_type
    state = {f"{family}.{name}": item for name, item in model.backbone.state_dict().items()}
    state |= {"classifier.dense.weight": torch.ones(32, 32), "classifier.output.bias": torch.ones(8)}
    model.backbone.save_pretrained(folder)
    if old_names:
        for new, old in (("original0", "weight_g"), ("original1", "weight_v")):
            key = f"{family}.encoder.pos_conv_embed.conv.parametrizations.weight.{new}"
            state[f"{family}.encoder.pos_conv_embed.conv.{old}"] = state.pop(key)
        (folder / "model.safetensors").unlink()
        torch.save(state, folder / "pytorch_model.bin")
    return model


@every_network
@pytest.mark.parametrize("old_names", [False, True])
def test_a_published_folder_gives_the_backbone(tmp_path: Path, network: str, old_names: bool) -> None:
    source = published(tmp_path, network, old_names=old_names)
    model = make(network, mask_time_prob=0.05)
    head = {name: item.clone() for name, item in model.head.state_dict().items()}
    loaded = load_pretrained(model, tmp_path)
    expected = source.backbone.state_dict()
    assert all(torch.equal(item, expected[name]) for name, item in model.backbone.state_dict().items())
    assert all(torch.equal(item, head[name]) for name, item in model.head.state_dict().items())
    assert sorted(loaded.taken) == sorted(expected)
    assert loaded.left == (["classifier.dense.weight", "classifier.output.bias"] if old_names else [])
    assert loaded.fresh == [f"head.{name}" for name in head]


def test_it_is_what_transformers_reads_from_it(tmp_path: Path) -> None:
    from transformers import Wav2Vec2Model

    published(tmp_path, old_names=True)
    reference = Wav2Vec2Model.from_pretrained(tmp_path).eval()
    model = make(mask_time_prob=0.05).eval()
    load_pretrained(model, tmp_path)
    clips, _ = samples([900])
    with torch.no_grad():
        hidden = reference(standardise(clips / FULL_SCALE, None)).last_hidden_state
        torch.testing.assert_close(model.head(hidden.mean(dim=1)), model(clips), rtol=1e-4, atol=1e-6)


def test_a_network_without_masks_leaves_their_embedding(tmp_path: Path) -> None:
    published(tmp_path)
    assert load_pretrained(make(mask_time_prob=0.0), tmp_path).left == ["masked_spec_embed"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"network": "wavlm_base"}, "model_type wav2vec2 instead of wavlm"),
        ({"network": "wav2vec2_large"}, "feat_extract_norm group instead of layer"),
        ({"sizes": {**SMALL_SIZES, "num_hidden_layers": 3}}, "num_hidden_layers 2 instead of 3"),
        ({"sizes": {**SMALL_SIZES, "conv_stride": [9, 2]}}, r"conv_stride \[8, 4\] instead of \[9, 2\]"),
    ],
)
def test_a_folder_of_another_network_is_an_error(
    tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    published(tmp_path)
    with pytest.raises(PipelineError, match=rf"config\.json describes another network .*{message}"):
        load_pretrained(make(**changes), tmp_path)


def test_a_network_for_other_samples_is_an_error(tmp_path: Path) -> None:
    published(tmp_path)
    (tmp_path / "preprocessor_config.json").write_text(json.dumps({"do_normalize": False}))
    with pytest.raises(
        PipelineError, match=r"do_normalize is False, but `architecture\.standardise` is True"
    ):
        load_pretrained(make(), tmp_path)
    load_pretrained(make(standardise=False), tmp_path)


def test_a_file_in_place_of_a_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "net.pth").touch()
    with pytest.raises(PipelineError, match=r"net\.pth is a file, expected the folder of a model of the hub"):
        load_pretrained(make(), tmp_path / "net.pth")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"network": "wav2vec_base"}, "network: Input should be 'wav2vec2_base', .*'wav2vec_base'"),
        ({"pooling": "median"}, "pooling: Input should be 'mean' or 'max'"),
        ({"head": "linear"}, "head: Input should be 'projection' or 'hidden'"),
        ({"head_dropouts": [0.1]}, "expected two probabilities"),
        ({"train_layers": 3}, "train_layers` is 3, but wav2vec2_base has 2 layers: expected 0 to 2"),
        ({"train_layers": 1, "mask_time_prob": 0.1}, "mask_time_prob masks frames ahead of the layers"),
        ({"frozen_mode": "training"}, "frozen_mode is training, but train_layers is null"),
        ({"sizes": {"hiden_size": 3}}, "unknown size 'hiden_size', did you mean 'hidden_size'"),
        ({"sizes": {"conv_dim": [3]}}, "expected as many of each"),
        ({"sizes": {"hidden_size": 50}}, "hidden_size 50 cannot be shared by num_attention_heads 12"),
    ],
)
def test_settings_that_cannot_be_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(PipelineError, match=message):
        make(**changes)


def test_anything_but_samples_is_refused() -> None:
    with pytest.raises(PipelineError, match="expected samples alone"):
        build_model("speech_transformer", SPEECH, Inputs({"features": (10, 3)}), 4)
