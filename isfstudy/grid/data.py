"""What the runs of the grid train on: selected training pairs of MSRS, those of one time of day, or embedded scenes."""

from __future__ import annotations

from pathlib import Path

from isfcore.datasets.fingerprints import digest, named
from isfcore.datasets.local import pairs
from isfcore.pairs import Pair, pair_folders
from isfstudy.scenes.scenes import write_scenes
from isfstudy.selection import selected

TIMES = {"day": "D", "night": "N"}  # the last letter of a stem of MSRS


def training_pairs(data: str, scenes: Path, root: str | Path, count: int) -> tuple[list[Pair], str]:
    """The pairs to train on, and what to call them.

    Args:
        data: `MSRS`, `MSRS_day`, `MSRS_night`, or `scenes_rate_R`, R being the rate at which the cue agrees with heat.
        scenes: where embedded scenes are written, once.
        root: of the image sets, as `isfcore.datasets.local.data_root` takes it.
        count: of scenes at each rate.

    Raises:
        FileNotFoundError: where the set is not here, with the cure.
        ValueError: for another name.
    """
    if data.startswith("scenes_rate_"):
        rate = float(data.removeprefix("scenes_rate_"))
        folder = scenes / data
        write_scenes(folder, count=count, split="train", spurious=rate)
        found = pair_folders(folder / "train" / "ir", folder / "train" / "vi")[0]
        return found, f"{len(found)} embedded scenes, cue agreeing with heat at rate {rate:g}, pixels {digest(found)}"
    name, _, time = data.partition("_")
    if name != "MSRS" or time not in ("", *TIMES):
        raise ValueError(f"data must be MSRS, MSRS_day, MSRS_night or scenes_rate_R, not {data!r}")
    here = selected(pairs("MSRS", "train", root), "MSRS", "train")
    found = [pair for pair in here if pair.stem.endswith(TIMES.get(time, ("D", "N")))]
    return found, f"{named(found, 'MSRS', 'train')}{f', {time} alone' if time else ''}"
