"""Choice among the blocks of a speech encoder."""

import numpy as np
import pytest
from sklearn.base import clone

from pipeline.core.errors import PipelineError
from pipeline.models.blocks import Blocks

ROWS = np.arange(24, dtype=np.float32).reshape(2, 12)


@pytest.mark.parametrize(
    ("settings", "columns"),
    [
        ({"n_blocks": 4, "keep": [2, 0]}, [6, 7, 8, 0, 1, 2]),
        ({"n_blocks": 4}, range(12)),
        ({"n_blocks": 2, "keep": [1], "width": 8}, [4, 5, 6, 7, 8, 9, 10, 11]),  # the last four are no blocks
    ],
)
def test_what_stays(settings, columns):
    blocks = Blocks(**settings).fit(ROWS)
    np.testing.assert_array_equal(blocks.transform(ROWS), ROWS[:, list(columns)])
    assert clone(blocks).get_params() == blocks.get_params()


@pytest.mark.parametrize(
    "settings", [{"n_blocks": 5}, {"n_blocks": 4, "keep": [4]}, {"n_blocks": 4, "keep": []}]
)
def test_blocks_that_are_not_there(settings):
    with pytest.raises(PipelineError, match=r"architecture\.n_blocks, blocks__keep"):
        Blocks(**settings).fit(ROWS)
