"""What is measured of a network at each look of a run: the response to the cue on scenes, or metrics on test sets.

All give figures by name, means over images, and are computed where the network is. Sets are measured on the luma of the
selected test pairs that are here; a set that is not is left out, and its figures are missing from the run's table.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import torch
from torch import Tensor

from isfcore.datasets.local import pairs_here
from isfcore.images import grey
from isfcore.inference import run
from isfcore.losses import fidelity_loss, mean_gate
from isfcore.machine.seeds import generator
from isfcore.machine.threads import all_in_threads
from isfcore.masks import intervene
from isfcore.metrics import evaluate, psnr
from isfcore.network import FusionNetwork
from isfcore.pairs import Pair, read_sources
from isfstudy.grid.data import TIMES
from isfstudy.scenes.counterfactuals import Scenes, answers, counterfactual_scenes
from isfstudy.selection import selected

Figures = dict[str, float]
Measure = Callable[[FusionNetwork], Figures]
Batch = tuple[Tensor, Tensor]  # grey levels of infrared and visible images, (B, 1, H, W) uint8
SETS = ("TNO", "MSRS", "RoadScene", "M3FD", "scenes")
HARMED = "TNO"  # the set that `interventions` are tried on
EXCHANGED = "MSRS"  # the set of `shuffled_gates`, whose images are of one size
ASKED = {"interventions": HARMED, "shuffled_gates": EXCHANGED}
VALIDATION = "validation"  # pairs of MSRS train that nothing in the study is trained or tested on
HELD_OUT = 24  # of them
EVERY = 4  # image of these two: each is fused several times more
TOGETHER = {"cuda": 8}  # images of one size in a batch; elsewhere one, which takes less memory and less time there
DECIDED = 0.1, 0.9  # gates below or above say no or yes


def measure(parts: Sequence[str], scenes: Path, root: str | Path, device: torch.device, count: int) -> Measure:
    """A function of a prepared network that gives its figures.

    Args:
        parts: `counterfactuals`, see `isfstudy.scenes.counterfactuals.answers`; names of sets; `interventions`, the
            PSNR that each costs on every fourth image of TNO, in dB; `shuffled_gates`, what the metrics on every fourth
            image of MSRS gain when each gets the gates of the one before, in a network with a CFI; `validation`, pairs
            of MSRS train that nothing in the study is trained or tested on, to choose by.
        scenes: where embedded scenes are kept.
        root: of the image sets.
        count: of test scenes.

    Raises:
        ValueError: for another part, or one that goes with others or without what it takes.
        FileNotFoundError: where none of the sets is here.
    """
    if unknown := set(parts) - {"counterfactuals", "interventions", "shuffled_gates", VALIDATION, *SETS}:
        raise ValueError(f"nothing is measured that is called {', '.join(sorted(unknown))}")
    if "counterfactuals" in parts and len(parts) > 1:
        raise ValueError("counterfactuals are measured alone: nothing else can stand beside them in `measured`")
    needed = {part: dataset for part, dataset in ASKED.items() if part in parts and dataset not in parts}
    if needed:
        said = " and ".join(f"{part} takes {dataset}" for part, dataset in needed.items())
        raise ValueError(f"{said}, which is not measured: add it to `measured`")
    if "counterfactuals" in parts:
        kept = {name: stack.to(device) for name, stack in counterfactual_scenes(scenes, count=count).items()}
        return partial(_counterfactual, kept)
    groups: dict[str, list[Pair]] = {}
    absent = []
    for name in (part for part in parts if part in (*SETS, VALIDATION)):
        found, problem = _held_out(root) if name == VALIDATION else _tested(name, root)
        groups |= _groups(name, found)
        absent += [problem] if problem else []
    if not groups:
        raise FileNotFoundError(" ".join(absent))
    often = [group for group in groups if any(part in parts and group.startswith(ASKED[part]) for part in ASKED)]
    batches = {}
    for group, members in groups.items():
        chosen = members[::EVERY] if group in often else []
        rest = [pair for pair in members if pair not in chosen]
        batches[group] = _batches(chosen, device), _batches(rest, device)
    return partial(_sets, batches)


def _tested(name: str, root: str | Path) -> tuple[list[Pair], str]:
    """The selected test pairs of a set that are here, and what is wrong where there are none."""
    found, problem = pairs_here(name, "test", root)
    return selected(found, name, "test"), problem


def _held_out(root: str | Path) -> tuple[list[Pair], str]:
    """`HELD_OUT` pairs of MSRS train, evenly spread over those that are not selected, and what is wrong without any."""
    here, problem = pairs_here("MSRS", "train", root)
    trained = {pair.stem for pair in selected(here, "MSRS", "train")} if here else set()
    others = [pair for pair in here if pair.stem not in trained]
    if here and not others:
        problem = f"MSRS train: all {len(here)} pairs here are trained on, and validation takes others: bring the set"
    count = min(HELD_OUT, len(others))
    return [others[place * len(others) // count] for place in range(count)], problem


def _counterfactual(scenes: Scenes, network: FusionNetwork) -> Figures:
    return answers(lambda infrared, visible: run(network, infrared, visible).luma, scenes)


def _groups(name: str, found: list[Pair]) -> dict[str, list[Pair]]:
    """The pairs of a set, those of MSRS by time of day."""
    if name == "MSRS":
        by_time = {f"MSRS_{time}": [pair for pair in found if pair.stem.endswith(last)] for time, last in TIMES.items()}
        return {group: members for group, members in by_time.items() if members}
    return {name: found} if found else {}


def _batches(found: list[Pair], device: torch.device) -> list[Batch]:
    by_size = defaultdict(list)
    for infrared, visible in all_in_threads(read_sources, found).values():
        both = torch.from_numpy(infrared.copy()), torch.from_numpy(grey(visible).copy())
        by_size[infrared.shape].append(torch.stack(both)[:, None])
    batches, count = [], TOGETHER.get(device.type, 1)
    for images in by_size.values():
        for start in range(0, len(images), count):
            together = torch.stack(images[start : start + count]).to(device)  # (B, 2, 1, H, W)
            batches.append((together[:, 0], together[:, 1]))
    return batches


@torch.inference_mode()
def _sets(groups: dict[str, tuple[list[Batch], list[Batch]]], network: FusionNetwork) -> Figures:
    """Figures of groups of images, each parted into those that are fused several times, and the others."""
    figures = {}
    for name, (often, rest) in groups.items():
        rows = [_scored(network, *batch) for batch in often + rest]
        figures |= _means(name, rows)
        if name == HARMED and often:
            lost = zip(often, rows, strict=False)
            figures |= _means(name, [_lost(network, n, row["PSNR"], *batch) for n, (batch, row) in enumerate(lost)])
        elif often and network.reading["integrator"] == "cfi":
            with _gates_of_the_one_before(network):
                others = [_metrics(run(network, *_unit(batch)).luma, *batch) for batch in often]
            gained = [
                {f"shuffled_{metric}": other[metric] - own[metric] for metric in other}
                for own, other in zip(rows, others, strict=False)
            ]
            figures |= _means(name, gained)
    return figures


def _means(name: str, rows: list[dict[str, Tensor]]) -> Figures:
    """Means over all images of figures (B,) by batch; one transfer from the device."""
    means = torch.stack([torch.cat([row[figure].double() for row in rows]).mean() for figure in rows[0]]).tolist()
    return {f"{name}.{figure}": mean for figure, mean in zip(rows[0], means, strict=True)}


def _unit(batch: Batch) -> tuple[Tensor, Tensor]:
    return batch[0] / 255, batch[1] / 255


def _scored(network: FusionNetwork, infrared: Tensor, visible: Tensor) -> dict[str, Tensor]:
    """Metrics, the fidelity loss and what the gates are like, each (B,); the last two are means over the batch."""
    unit = _unit((infrared, visible))
    fused = run(network, *unit)
    gates = list(fused.gates.values())
    every = torch.cat([gate.flatten() for gate in gates])
    means = {"fidelity": fidelity_loss(fused.luma, *unit)["total"]}
    means |= {f"gate_{scale}": gate.mean() for scale, gate in fused.gates.items()}
    means |= {"gate": mean_gate(fused).mean()}
    means |= {"decided": ((every < DECIDED[0]) | (every > DECIDED[1])).float().mean()}
    batch = len(infrared)
    return _metrics(fused.luma, infrared, visible) | {name: mean.expand(batch) for name, mean in means.items()}


def _metrics(luma: Tensor, infrared: Tensor, visible: Tensor) -> dict[str, Tensor]:
    return evaluate(torch.round(luma * 255)[:, 0], infrared[:, 0], visible[:, 0], convention="paper")


def _lost(network: FusionNetwork, number: int, clean: Tensor, infrared: Tensor, visible: Tensor) -> dict[str, Tensor]:
    """PSNR in dB that each intervention costs, against the clean sources; every network meets the same masks."""
    unit = _unit((infrared, visible))
    random = generator(0, number, device=infrared.device)
    views = intervene(*unit, generator=random)
    views["complementary_grid"] = intervene(*unit, complementary="grid", generator=random)["complementary"]
    sources = infrared[:, 0].double(), visible[:, 0].double()
    fused = {name: run(network, *(image.contiguous() for image in images)).luma for name, images in views.items()}
    levels = {name: torch.round(luma * 255)[:, 0].double() for name, luma in fused.items()}
    return {f"lost_{name}": clean - psnr(image, *sources, convention="paper") for name, image in levels.items()}


@contextmanager
def _gates_of_the_one_before(network: FusionNetwork) -> Iterator[None]:
    """Within the block, every CFI blends by the gates that it gave the image before; images must be of one size.

    The first image of the block gets its own. Within a batch the gates move on by one.
    """
    by_rows = network.finish
    network.finish = partial(FusionNetwork.finish, network)  # by rows, a gate's call would see a part of an image
    hooks = [cfi.gate.register_forward_hook(_move_on()) for cfi in network.cfi.values()]
    try:
        yield
    finally:
        network.finish = by_rows
        for hook in hooks:
            hook.remove()


def _move_on() -> Callable:
    before: list[Tensor] = []

    def hook(module: torch.nn.Module, inputs: tuple, output: Tensor) -> Tensor:
        last = before.pop() if before else output[:1]
        before.append(output[-1:].clone())
        return torch.cat([last, output[:-1]])

    return hook
