"""Index batches."""

import pytest
import torch

from pipeline.training.batches import Examples, shuffled_batches


@pytest.mark.parametrize(
    ("n_clips", "sizes"), [(8, [4, 4]), (10, [4, 4, 2]), (9, [4, 5]), (1, [1]), (5, [5])]
)
def test_a_last_batch_of_one_joins_the_one_before(n_clips: int, sizes: list[int]) -> None:
    batches = shuffled_batches(torch.arange(n_clips), 4, torch.Generator().manual_seed(0))
    assert [len(batch) for batch in batches] == sizes


def test_every_clip_comes_once_and_in_another_order_each_time() -> None:
    generator = torch.Generator().manual_seed(0)
    rows = torch.tensor([3, 5, 8, 13, 21, 34, 55])
    first, second = (torch.cat(list(shuffled_batches(rows, 3, generator))) for _ in range(2))
    assert torch.equal(first.sort().values, rows)
    assert torch.equal(second.sort().values, rows)
    assert not torch.equal(first, second)


def test_inputs_and_targets_are_taken_together() -> None:
    examples = Examples({"features": torch.arange(12).reshape(6, 2)}, torch.arange(6))
    inputs, targets = examples.take(torch.tensor([4, 1]))
    assert inputs["features"].tolist() == [[8, 9], [2, 3]]
    assert targets.tolist() == [4, 1]
