"""The BiLSTMs: padding, empty transcripts, attention, and which variant the inputs ask for."""

import pytest
import torch

from pipeline.core.errors import PipelineError
from pipeline.models.bilstm_attention import AttentionPooling
from pipeline.models.build import build_model
from pipeline.models.registry import Inputs
from tests.models.cases import TORCH_CASES, Case, architecture_of

with_text = pytest.mark.parametrize(
    "case",
    [TORCH_CASES["text_bilstm_attention"], TORCH_CASES["fusion_bilstm_attention"]],
    ids=["text", "fusion"],
)


@with_text
def test_padding_of_the_text_never_changes_the_logits(case: Case) -> None:
    model = case.build(case.small_shapes).eval()
    inputs = case.inputs(3)
    inputs["tokens"][0, 3:] = 0
    longer = {**inputs, "tokens": torch.nn.functional.pad(inputs["tokens"], (0, 9))}
    torch.testing.assert_close(model(**longer), model(**inputs), rtol=1e-4, atol=1e-5)


@with_text
def test_a_clip_without_words_gives_finite_logits_and_gradients(case: Case) -> None:
    model = case.build(case.small_shapes)
    inputs = case.inputs(2)
    inputs["tokens"][0] = 0
    model(**inputs).square().sum().backward()
    assert all(torch.isfinite(p.grad).all() for p in model.parameters())


def test_attention_weighs_only_what_the_mask_leaves() -> None:
    pool = AttentionPooling(4, 3)
    steps = torch.randn(1, 5, 4)
    mask = torch.tensor([[True, False, False, False, False]])
    torch.testing.assert_close(pool(steps, mask), steps[:, 0])


def test_attention_without_preference_is_the_mean() -> None:
    pool = AttentionPooling(4, 3)
    torch.nn.init.zeros_(pool.score[2].weight)
    steps = torch.randn(2, 5, 4)
    torch.testing.assert_close(pool(steps), steps.mean(dim=1))


@pytest.mark.parametrize("missing", ["embedding", "fused"])
def test_a_setting_that_the_inputs_need_is_named(missing: str) -> None:
    settings = {**architecture_of("fusion_bilstm_attention"), missing: None}
    with pytest.raises(PipelineError, match=f"architecture.{missing}"):
        build_model("bilstm_attention", settings, Inputs({"features": (9, 4), "tokens": (5,)}, 9), 7)


def test_inputs_it_cannot_read_are_named() -> None:
    settings = architecture_of("speech_bilstm_attention")
    with pytest.raises(PipelineError, match="second"):
        build_model("bilstm_attention", settings, Inputs({"second": (9, 4)}), 7)
