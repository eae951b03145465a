"""Small batches are computed on one core, and what was set before comes back."""

from __future__ import annotations

import pytest
import torch

from isfstudy.trainings.one_core import one_core_if_small


@pytest.mark.parametrize("batch, side, threads", [(4, 64, 1), (1, 128, 1), (4, 65, 3), (5, 64, 3)])
def test_small_batches_take_one_core_and_threads_come_back(batch, side, threads):
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        with pytest.raises(RuntimeError, match="in between"), one_core_if_small(batch, side):
            assert torch.get_num_threads() == threads
            raise RuntimeError("in between")
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)
