"""Who takes which samples of a batch; what several processes compute is tested in `training/test_loop`."""

from __future__ import annotations

import pytest

from isfcore.machine import processes


def test_a_batch_is_shared_out_evenly_or_not_at_all(monkeypatch):
    assert processes.share(5) == slice(0, 5)
    monkeypatch.setattr(processes, "count", lambda: 3)
    monkeypatch.setattr(processes.distributed, "is_initialized", lambda: True)
    shares = []
    for rank in range(3):
        monkeypatch.setattr(processes.distributed, "get_rank", lambda rank=rank: rank)
        shares += list(range(12))[processes.share(12)]
    assert shares == list(range(12))
    with pytest.raises(ValueError, match="a batch of 16 cannot be shared evenly by 3 processes"):
        processes.share(16)
