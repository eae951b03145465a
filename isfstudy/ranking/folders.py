"""Whose images are compared, and which: methods are named by their folders, and only images that all have count.

No method is dropped: who gives a folder wants it in the table. What the others have beyond the shared images is left
out and named (`isfstudy.comparison.common` leaves methods out instead, where nobody has chosen them one by one).
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

from isfcore.cli.exits import printable
from isfcore.names import Together, together
from isfcore.pairs import one_and_the_same

Files = tuple[Path, Path, Path]  # fused, infrared, visible


class Gathered(NamedTuple):
    """What `gather` finds.

    Attributes:
        files: by method, and by the name of each image that all methods have.
        left_out: by image, why it is not compared, in words.
        problems: what should not be so, by file or image.
    """

    files: dict[str, dict[str, Files]]
    left_out: dict[str, str]
    problems: dict[str, str]


def method_names(folders: Sequence[Path]) -> dict[str, Path]:
    """Folders by the names of their methods, in order.

    A method is called as its folder; where all folders are called alike, as those above them are. Names that are still
    equal begin with the folders they lie in.

    Raises:
        ValueError: for a folder that is given twice, or two that cannot be told apart in print.
    """
    for one, other in combinations(folders, 2):
        if one_and_the_same(one, other):
            raise ValueError(f"{one} and {other} are one and the same folder: give each method once")
    parts = [[printable(part) for part in Path(os.path.abspath(folder)).parts] for folder in folders]
    while len(parts) > 1 and len({each[-1] for each in parts}) == 1 and all(len(each) > 2 for each in parts):
        parts = [each[:-1] for each in parts]
    lengths = [1] * len(parts)
    while True:
        names = ["/".join(each[-length:]) for each, length in zip(parts, lengths, strict=True)]
        count = Counter(names)
        longer = [
            length + (count[name] > 1 and length < len(each))
            for name, length, each in zip(names, lengths, parts, strict=True)
        ]
        if longer == lengths:
            break
        lengths = longer
    if twice := [name for name in names if count[name] > 1]:
        raise ValueError(f"two folders are both shown as {twice[0]}: rename one of them")
    return dict(zip(names, folders, strict=True))


def gather(
    methods: Mapping[str, Path],
    infrared: Path,
    visible: Path,
    *,
    patterns: Mapping[str, str] | None = None,
    recursive: bool = False,
) -> Gathered:
    """Find the images that all methods and both folders of sources have.

    Args:
        methods: folders of fused images by name.
        patterns, recursive: how files belong together, see `isfcore.names.together`; by `fused`, `infrared`, `visible`.

    Raises:
        NotADirectoryError: for a folder that is not there.
        ValueError: where a method shares no image with the sources, or the methods none with each other, with the cure.
    """
    matched = {}
    for name, folder in methods.items():
        folders = {"fused": folder, "infrared": infrared, "visible": visible}
        matched[name] = together(folders, patterns, recursive=recursive)
    common = sorted(set.intersection(*(set(each.found) for each in matched.values())))
    if not common:
        raise ValueError(_why_none(matched))
    problems: dict[str, str] = {}
    for name, each in matched.items():
        problems |= {str(path): "is not named as --pair says" for path in each.unlike}
        for there in each.alone.values():
            if "fused" in there:
                lacking = [kind for kind in ("infrared", "visible") if kind not in there]
                problems[str(there["fused"])] = f"no {' and no '.join(lacking)} image of this name"
        for stem, why in each.twice.items():
            if why not in problems.values():  # of sources every method has it
                problems[f"{stem} ({name})"] = why
    files = {name: {stem: each.found[stem] for stem in common} for name, each in matched.items()}
    return Gathered(files, _left_out(matched, common), problems)


def _why_none(matched: Mapping[str, Together]) -> str:
    """Why the methods share no image, and what to do."""
    counts = ", ".join(f"{name} has {len(each.found)}" for name, each in matched.items())
    fewest = min(matched, key=lambda name: len(matched[name].found))
    return f"there is no image that all methods have ({counts}): leave out {fewest}, or fuse the same images with all"


def _left_out(matched: Mapping[str, Together], common: Sequence[str]) -> dict[str, str]:
    sources = {stem for each in matched.values() for stem, there in each.alone.items() if "fused" not in there}
    left_out = {}
    for stem in sorted(sources.union(*(each.found for each in matched.values())).difference(common)):
        lacking = [name for name, each in matched.items() if stem not in each.found]
        there = next((each.alone[stem] for each in matched.values() if stem in each.alone), {})
        if len(lacking) < len(matched):
            left_out[stem] = f"{', '.join(lacking)} lack{'s' if len(lacking) == 1 else ''} it"
        elif {"infrared", "visible"} <= {*there}:
            left_out[stem] = "no method has it"
        else:
            left_out[stem] = f"there is no {'visible' if 'infrared' in there else 'infrared'} image of it"
    return left_out


def left_out_said(left_out: Mapping[str, str], *, most: int = 3) -> list[str]:
    """A sentence a reason, with the number of images and the first few names."""
    said = []
    for why in dict.fromkeys(left_out.values()):
        names = [printable(stem) for stem, reason in left_out.items() if reason == why]
        some = ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
        said.append(f"left out, since {why}: {some}")
    return said
