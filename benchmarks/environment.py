"""What waiting threads and kept memory are worth: a training step with and without `isfcore.machine.environment`.

    python -m benchmarks.environment                    # on a machine that does nothing else
    python -m benchmarks.environment --busy             # beside one process that keeps a core busy

Settings are read when a process starts, so each figure is a process of its own; they take turns, so that what else
happens on the machine happens to all.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys

from isfcore.machine.environment import SETTINGS

THREADS = ["OMP_WAIT_POLICY", "GOMP_SPINCOUNT"]
MEMORY = ["MALLOC_MMAP_MAX_", "MALLOC_TRIM_THRESHOLD_"]
SIDES = {  # which of the settings are made
    "as the system has it": [],
    "threads that sleep": THREADS,
    "memory that is kept": MEMORY,
    "both, as here": THREADS + MEMORY,
}
STEP = """
import json, resource, sys, time
from isfcore.machine import environment
environment.SETTINGS = {name: environment.SETTINGS[name] for name in sys.argv[4:]}
environment.prepare_process()
import torch
from isfcore.machine.seeds import generator
from isfcore.training.recipe import load_recipe
from isfcore.training.step import Objective, draw_views, new_network, train_step
batch, side, steps = map(int, sys.argv[1:4])
recipe = load_recipe("released")
images = torch.rand(2, batch, 1, side, side, generator=generator(0, 0))
network = new_network(recipe, 0).to(memory_format=torch.channels_last).train()
optimiser = torch.optim.Adam(network.parameters(), lr=1e-4)
objective, seconds = Objective(network, recipe, torch.float32), []
for step in range(steps + 2):
    began = time.perf_counter()
    train_step(objective, network, optimiser, draw_views(*images, recipe, generator(0, 1, step)))
    seconds.append(time.perf_counter() - began)
used = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps({"seconds": seconds[2:], "system": used.ru_stime, "GiB": used.ru_maxrss / 2**20}))
"""


def measured(settings: list[str], arguments: argparse.Namespace) -> dict:
    """A process of its own: seconds of each step, seconds spent in the system, and the most memory in GiB."""
    clean = {name: value for name, value in os.environ.items() if name not in SETTINGS}
    sizes = [str(getattr(arguments, name)) for name in ("batch", "crop", "steps")]
    done = subprocess.run([sys.executable, "-c", STEP, *sizes, *settings], env=clean, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--crop", type=int, default=64)
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--busy", action="store_true", help="keep one core busy with another process")
    arguments = parser.parse_args()
    other = subprocess.Popen([sys.executable, "-c", "while True: pass"]) if arguments.busy else None
    found: dict[str, list[dict]] = {name: [] for name in SIDES}
    try:
        for _ in range(arguments.rounds):
            for name, settings in SIDES.items():
                found[name].append(measured(settings, arguments))
    finally:
        if other:
            other.kill()
    print(f"{arguments.batch} crops of {arguments.crop}, {'beside a busy process' if other else 'alone'}; a step:")
    for name, runs in found.items():
        step = statistics.median(second for run in runs for second in run["seconds"])
        system, memory = (statistics.median(run[key] for run in runs) for key in ("system", "GiB"))
        print(f"{name:22} {step:7.2f} s   system {system:6.1f} s   at most {memory:5.2f} GiB")


if __name__ == "__main__":
    main()
