"""A BERT small enough for a test, saved as the published ones are: config.json, weights and vocab.txt."""

from pathlib import Path

import torch

from pipeline.pretrained.torchaudio_cpu import prepare

VOCABULARY = [
    *("[PAD]", "[unused0]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "!", ",", ".", "'"),
    *(
        "go",
        "away",
        "well",
        "done",
        "so",
        "sorry",
        "please",
        "the",
        "dog",
        "bark",
        "##s",
        "##ing",
        "ete",
        "42",
    ),
]
ARCHITECTURE = {"hidden_size": 16, "layers": 2, "heads": 2, "intermediate": 24, "positions": 12}


def save_bert(folder: Path, model: str = "BertModel", seed: int = 0, **changes: object) -> Path:
    """Save a BERT with random weights; return its folder.

    Args:
        folder: Made if absent.
        model: Class of transformers that writes it.
        seed: Of the weights.
        changes: Of config.json.
    """
    prepare()
    import transformers

    config = transformers.BertConfig(
        vocab_size=len(VOCABULARY),
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=24,
        max_position_embeddings=12,
        initializer_range=0.14,  # as .02 in a network of 768
        **changes,
    )
    torch.manual_seed(seed)
    getattr(transformers, model)(config).save_pretrained(folder)
    (folder / "vocab.txt").write_text("\n".join(VOCABULARY) + "\n", "utf-8")
    return folder
