"""One call an item, on all cores, with what went wrong by item."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import torch
from tqdm import tqdm

from isfcore.machine.provenance import cores


def in_threads(
    function: Callable[[Any], Any], items: Iterable[Any], *, progress: str = ""
) -> tuple[dict[Any, Any], dict[Any, str]]:
    """Call a function for each item: results by item, and what went wrong by item.

    As many threads as there are cores, each computing alone: an image is too small to be worth splitting, and threads
    that wait for each other suffer on a busy machine. Only ValueError and OSError, which name what is wrong with an
    image, and too little memory for one are collected; anything else is a defect and is raised.

    Args:
        progress: label of the progress bar; none without it.
    """

    def attempt(item: Any) -> tuple[Any, str]:
        try:
            return function(item), ""
        except MemoryError:
            return None, "there is not enough memory: use smaller images, or a larger machine"
        except (ValueError, OSError) as error:
            return None, str(error) or type(error).__name__

    items = list(items)
    threads = torch.get_num_threads()
    try:
        with ThreadPoolExecutor(cores(), initializer=torch.set_num_threads, initargs=(1,)) as workers:
            results = workers.map(attempt, items)
            if progress:
                results = tqdm(results, desc=progress, total=len(items), unit="image")
            outcomes = dict(zip(items, results, strict=True))
    finally:
        torch.set_num_threads(threads)  # PyTorch gives every later thread of the process what was last set anywhere
    done = {item: result for item, (result, problem) in outcomes.items() if not problem}
    return done, {item: problem for item, (_, problem) in outcomes.items() if problem}


def all_in_threads(function: Callable[[Any], Any], items: Iterable[Any], *, progress: str = "") -> dict[Any, Any]:
    """What `in_threads` gives where every item has to be done: results by item, in order.

    Raises:
        ValueError: naming the items that could not be done, and why; after all of them were tried.
    """
    items = list(items)
    done, problems = in_threads(function, items, progress=progress)
    if problems:
        lines = [f"{getattr(item, 'stem', item)}: {problem}" for item, problem in problems.items()]
        more = f"\nand {len(lines) - 10} more" if len(lines) > 10 else ""
        raise ValueError(f"{len(lines)} of {len(items)} failed:\n" + "\n".join(lines[:10]) + more)
    return {item: done[item] for item in items}
