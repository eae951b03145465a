"""Fusing 480 x 640 pairs on the processor: `isfcore` against the direct transcription of the released network.

    python -m benchmarks.inference            # speed and agreement, side by side
    python -m benchmarks.inference --large    # peak memory and time of one 4096 x 4096 pair (in a process of its own)

Needs the authors' weights below ISF_DATA (`isf data fetch weights`).
"""

from __future__ import annotations

import resource
import sys
import time

import torch

from benchmarks.direct import released_network
from benchmarks.timing import side_by_side
from isfcore.inference import prepare, run
from isfcore.weights import find_weights, load_weights


def speed(rounds: int = 9) -> None:
    weights = torch.load(find_weights("released"), map_location="cpu", weights_only=True)
    network = prepare(load_weights("released")[0])
    generator = torch.Generator().manual_seed(0)
    infrared, visible = torch.rand(2, 1, 1, 480, 640, generator=generator)

    @torch.inference_mode()
    def direct() -> torch.Tensor:
        return released_network(weights, infrared, visible)[0]

    def ours() -> torch.Tensor:
        return run(network, infrared, visible).luma

    print(f"{torch.get_num_threads()} threads, torch {torch.__version__}, fp32, 480 x 640, batch 1")
    print(side_by_side({"direct transcription": direct, "isfcore": ours}, rounds=rounds).round(3))
    difference = (direct() - ours()).abs().max().item()
    levels = ((direct() * 255).round() - (ours() * 255).round()).abs().max().item()
    print(f"largest difference {difference:.1e} of [0, 1], {levels:.0f} grey levels after rounding")


def large(side: int = 4096) -> None:
    network = prepare(load_weights("released")[0])
    infrared, visible = torch.rand(2, 1, 1, side, side)
    start = time.perf_counter()
    run(network, infrared, visible)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20  # KiB on Linux
    print(f"{side} x {side}: {time.perf_counter() - start:.0f} s, peak memory of the process {peak:.2f} GiB")


if __name__ == "__main__":
    large() if "--large" in sys.argv[1:] else speed()
