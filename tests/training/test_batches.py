"""Index batches."""

import numpy as np
import pytest
import torch

from pipeline.training.batches import Examples, by_length, shuffled_batches
from pipeline.training.ragged import ragged


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


@pytest.fixture
def lengths() -> torch.Tensor:
    """Steps of 200 clips, 100 to 999, the same each time."""
    return torch.randint(100, 1000, (200,), generator=torch.Generator().manual_seed(5))


def bucketed(lengths: torch.Tensor, n_rows: int = 200, seed: int = 0) -> list[torch.Tensor]:
    return list(shuffled_batches(torch.arange(n_rows), 16, torch.Generator().manual_seed(seed), lengths))


@pytest.mark.parametrize("n_rows", [192, 193, 199, 16, 5, 1])
def test_by_length_every_clip_comes_once_in_batches_of_the_size(lengths: torch.Tensor, n_rows: int) -> None:
    batches = bucketed(lengths, n_rows)
    assert torch.equal(torch.cat(batches).sort().values, torch.arange(n_rows))
    sizes = sorted(len(batch) for batch in batches)
    full, rest = divmod(n_rows, 16)
    expected = [*[16] * (full - 1), 17] if rest == 1 and full else [*([rest] if rest else []), *[16] * full]
    assert sizes == sorted(expected)


def test_by_length_little_of_a_batch_is_padding(lengths: torch.Tensor) -> None:
    padded = sum(int(lengths[batch].max()) * len(batch) for batch in bucketed(lengths))
    at_random = shuffled_batches(torch.arange(200), 16, torch.Generator().manual_seed(0))
    assert padded < 1.15 * int(lengths.sum())
    assert sum(int(lengths[batch].max()) * len(batch) for batch in at_random) > 1.5 * int(lengths.sum())


def test_by_length_the_order_is_random_and_the_same_for_a_seed(lengths: torch.Tensor) -> None:
    first, again, other = (bucketed(lengths, seed=seed) for seed in (0, 0, 1))
    assert torch.equal(torch.cat(first), torch.cat(again))
    longest = [int(lengths[batch].max()) for batch in first]
    assert longest != sorted(longest)
    assert {tuple(batch.sort().values.tolist()) for batch in first} != {
        tuple(batch.sort().values.tolist()) for batch in other
    }


def test_rows_go_from_short_to_long_and_equal_ones_stay_in_order() -> None:
    rows, lengths = torch.tensor([1, 3, 0, 4]), torch.tensor([5, 9, 1, 2, 5])
    assert by_length(rows, lengths).tolist() == [1, 2, 3, 0]
    assert by_length(rows, None).tolist() == [0, 1, 2, 3]


def test_examples_know_the_lengths_of_a_ragged_input() -> None:
    clips = ragged([np.zeros((2, 1), np.float32), np.zeros((5, 1), np.float32)])
    assert Examples({"features": clips}, torch.arange(2)).lengths.tolist() == [2, 5]
    assert Examples({"features": torch.zeros(2, 3)}, torch.arange(2)).lengths is None
