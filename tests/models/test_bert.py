"""BERT with an output layer: against transformers' own, with published weights, with padding."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from pipeline.core.errors import PipelineError
from pipeline.models.bert import BertClassifier, cut_padding, load_pretrained
from pipeline.models.build import build_model
from pipeline.models.registry import Inputs
from pipeline.training.network import count_parameters
from tests.bert_folder import ARCHITECTURE, VOCABULARY, save_bert
from tests.models.cases import architecture_of

TOKENS = torch.tensor([[3, 10, 11, 4, 0, 0], [3, 14, 15, 9, 16, 4], [3, 4, 0, 0, 0, 0]])  # (3, 6)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_bert(tmp_path_factory.mktemp("bert"), "BertForSequenceClassification", num_labels=4)


def make(max_tokens: int = 8, n_classes: int = 4, **changes: Any) -> BertClassifier:
    torch.manual_seed(0)
    inputs = Inputs({"tokens": (max_tokens,)}, len(VOCABULARY))
    return build_model("bert", {**ARCHITECTURE, "dropout": 0.0, **changes}, inputs, n_classes).eval()


def padded(tokens: Tensor, n_columns: int) -> Tensor:
    return torch.nn.functional.pad(tokens, (0, n_columns))


def test_parameters_of_the_published_network() -> None:
    with torch.device("meta"):
        model = build_model("bert", architecture_of("mfcnn14_bert"), Inputs({"tokens": (128,)}, 30_522), 3)
    assert count_parameters(model.bert) == 109_482_240
    assert count_parameters(model) == 109_482_240 + 3 * 768 + 3


def test_logits_are_those_of_transformers(published: Path) -> None:
    from transformers import BertForSequenceClassification

    theirs = BertForSequenceClassification.from_pretrained(published).eval()
    ours = make()
    load_pretrained(ours, published)
    ours.output.load_state_dict(theirs.classifier.state_dict())
    expected = theirs(input_ids=TOKENS, attention_mask=(TOKENS != 0).long()).logits
    torch.testing.assert_close(ours(TOKENS), expected, rtol=1e-4, atol=1e-6)


def test_padding_changes_nothing() -> None:
    model = make()
    alone = torch.cat([model(TOKENS[:1, :4]), model(TOKENS[1:2]), model(TOKENS[2:, :2])])
    torch.testing.assert_close(model(padded(TOKENS, 2)), alone, rtol=1e-4, atol=1e-6)


def test_a_batch_is_cut_to_its_longest_text_and_gives_the_same() -> None:
    model, tokens = make(), padded(TOKENS, 5)
    uncut = model.bert(input_ids=tokens, attention_mask=(tokens != 0).long()).pooler_output
    assert cut_padding(tokens).shape == (3, 6)
    torch.testing.assert_close(model(tokens), model.output(uncut), rtol=1e-4, atol=1e-6)


def test_what_is_cut_is_not_computed() -> None:
    model, widths = make(), []
    model.bert.encoder.register_forward_pre_hook(lambda _, states: widths.append(states[0].shape[1]))
    model(padded(TOKENS[:1], 6))
    assert widths == [4]


def test_a_text_without_tokens_gives_finite_values() -> None:
    model = make()
    nothing = model(torch.zeros(1, 8, dtype=torch.int64))
    assert torch.isfinite(nothing).all()
    both = model(torch.cat([padded(TOKENS[1:2], 2), torch.zeros(1, 8, dtype=torch.int64)]))
    torch.testing.assert_close(both[1:], nothing, rtol=1e-4, atol=1e-6)


def test_checkpointing_changes_no_gradient() -> None:
    gradients = []
    for enable in (False, True):
        model = make().train()
        if enable:
            model.enable_checkpointing()
        model(TOKENS).square().sum().backward()
        gradients.append({name: p.grad for name, p in model.named_parameters()})
    assert model.bert.encoder.layer[0].gradient_checkpointing
    torch.testing.assert_close(*gradients)


@pytest.mark.parametrize(("layout", "n_left"), [("BertModel", 0), ("BertForPreTraining", 7)])
def test_published_weights_are_taken_by_name(tmp_path: Path, layout: str, n_left: int) -> None:
    from transformers import BertModel

    folder, model = save_bert(tmp_path, layout, seed=5), make()
    loaded = load_pretrained(model, folder)
    assert loaded.fresh == ["output.weight", "output.bias"]
    assert len(loaded.left) == n_left
    torch.testing.assert_close(
        dict(model.bert.state_dict()), dict(BertModel.from_pretrained(folder).state_dict())
    )


def test_weights_are_taken_under_the_names_they_were_first_published_with(tmp_path: Path) -> None:
    folder, model = save_bert(tmp_path, "BertForPreTraining", seed=5), make()
    save_as_first_published(folder)
    loaded = load_pretrained(model, folder)
    assert loaded.fresh == ["output.weight", "output.bias"]
    assert (model.bert.embeddings.LayerNorm.weight == 3.0).all()


def save_as_first_published(folder: Path) -> None:
    """Save the weights with torch, and LayerNorm's under their first names, with values to know them by."""
    from safetensors.torch import load_file

    def first(name: str) -> str:
        return name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta")

    state = {first(name): tensor for name, tensor in load_file(folder / "model.safetensors").items()}
    state = {name: tensor * 3 if name.endswith("gamma") else tensor for name, tensor in state.items()}
    torch.save(state, folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()


def test_an_architecture_of_other_sizes_is_an_error(published: Path) -> None:
    with pytest.raises(PipelineError, match="architecture` has layers 1 instead of 2, heads 4 instead of 2:"):
        load_pretrained(make(layers=1, heads=4), published)


def test_a_folder_without_weights_is_an_error(tmp_path: Path) -> None:
    folder = save_bert(tmp_path)
    (folder / "model.safetensors").unlink()
    with pytest.raises(PipelineError, match=r"holds no weights: expected model.safetensors or"):
        load_pretrained(make(), folder)


def test_more_tokens_than_positions_are_an_error() -> None:
    with pytest.raises(PipelineError, match=r"max_tokens is 13, but `architecture\.positions` is 12"):
        make(max_tokens=13)


def test_features_beside_the_text_are_an_error() -> None:
    inputs = Inputs({"features": (3,), "tokens": (8,)}, 30)
    with pytest.raises(PipelineError, match="bert reads transcripts and nothing else"):
        build_model("bert", {**ARCHITECTURE, "dropout": 0.0}, inputs, 4)
