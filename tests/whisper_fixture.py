"""A Whisper checkpoint of random weights, small enough to make in a second: the real code, no real model."""

import pytest


@pytest.fixture(scope="session")
def micro_whisper(tmp_path_factory):
    """Path of a multilingual checkpoint with 16-d layers (random weights: its words mean nothing)."""
    import torch
    from whisper.model import ModelDimensions, Whisper

    torch.manual_seed(0)
    dims = ModelDimensions(
        n_mels=80, n_audio_ctx=1500, n_audio_state=16, n_audio_head=2, n_audio_layer=1,
        n_vocab=51865, n_text_ctx=448, n_text_state=16, n_text_head=2, n_text_layer=1,
    )  # fmt: skip
    model = Whisper(dims)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    path = tmp_path_factory.mktemp("weights") / "micro.pt"
    torch.save({"dims": vars(dims), "model_state_dict": model.state_dict()}, path)
    return path
