"""One training step: `isfcore` against five plain passes in float32, on the same images, masks and weights.

    python -m benchmarks.training                        # batch 8, crop 128: on a processor
    python -m benchmarks.training --batch 16 --crop 256  # on a CUDA device where there is one

Prints the time of both sides step by step in turn, images a second, the ratio, and each side's peak memory, which is
measured in a process of its own; on a processor also the seconds that a step spends inside the library's convolutions
and products of matrices. Of the second side that is a floor: nothing around them can make it faster than the first by
more than `at most`.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
from collections.abc import Callable

import torch
from torch.profiler import ProfilerActivity, profile

from benchmarks import plain_training
from benchmarks.timing import side_by_side
from isfcore.machine.devices import choose_device, choose_precision
from isfcore.machine.seeds import generator
from isfcore.training.recipe import load_recipe
from isfcore.training.step import Objective, draw_views, new_network, train_step

PRODUCTS = ("aten::mkldnn_convolution", "aten::convolution_backward", "aten::slow_conv2d_forward")
PRODUCTS += ("aten::bmm", "aten::baddbmm", "aten::mm", "aten::addmm")  # of attention


def sides(arguments: argparse.Namespace) -> dict:
    """Both sides as functions without arguments that take one step; weights start equal."""
    device = choose_device("auto")
    recipe = load_recipe(arguments.recipe)
    images = torch.rand(2, arguments.batch, 1, arguments.crop, arguments.crop, generator=generator(0, 0)).to(device)
    views = draw_views(*images, recipe, generator(0, 1, device=device))
    plain_views = {name: tuple(image.contiguous() for image in both) for name, both in views.items()}
    plain = new_network(recipe, 0).to(device).train()
    plain_optimiser = torch.optim.Adam(plain.parameters(), lr=1e-4)
    precision = choose_precision(arguments.precision, device)
    ours = new_network(recipe, 0).to(device, memory_format=torch.channels_last).train()
    optimiser = torch.optim.Adam(ours.parameters(), lr=1e-4)
    objective = Objective(ours, recipe, precision)

    def settled(step):
        def timed():
            step()
            if device.type == "cuda":
                torch.cuda.synchronize()

        return timed

    return {
        "five plain passes, float32": settled(lambda: plain_training.step(plain, plain_optimiser, plain_views, recipe)),
        f"isfcore, {str(precision).removeprefix('torch.')}": settled(
            lambda: train_step(objective, ours, optimiser, views)
        ),
    }


def peak_memory(arguments: argparse.Namespace, side: int) -> float:
    """GiB at the most after three steps of one side: of the device's memory on CUDA, else of the process."""
    step = list(sides(arguments).values())[side]
    for _ in range(3):
        step()
    if torch.cuda.is_available():
        return torch.cuda.max_memory_allocated() / 2**30
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20  # KiB on Linux


def in_products(step: Callable[[], object]) -> float:
    """Seconds of one step inside the library's convolutions and products of matrices, on a processor."""
    with profile(activities=[ProfilerActivity.CPU]) as profiler:
        step()
    return sum(each.self_cpu_time_total for each in profiler.key_averages() if each.key in PRODUCTS) / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--crop", type=int, default=128)
    parser.add_argument("--recipe", default="released")
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    where = torch.cuda.get_device_name(0) if torch.cuda.is_available() else f"{torch.get_num_threads()} threads"
    print(f"{where}, torch {torch.__version__}, recipe {arguments.recipe}, {arguments.batch} x {arguments.crop} pixels")
    # First, as on Linux a new process inherits the peak of the one that starts it.
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        memory = [pool.apply(peak_memory, (arguments, side)) for side in range(2)]
    both = sides(arguments)
    table = side_by_side(both, rounds=arguments.rounds)
    table["images/s"] = arguments.batch / table["median s"]
    table["peak GiB"] = memory
    if not torch.cuda.is_available():
        table["products s"] = [in_products(step) for step in both.values()]
        table["at most"] = table["median s"].iloc[0] / table["products s"]
    print(table.round(3).to_string())


if __name__ == "__main__":
    main()
