"""Names of images: which files of several folders belong together, and why some do not.

Files belong together by their stems, or by the part of them that a pattern leaves open: `*_ir` of `0001_ir.png` leaves
`0001`. Names that look the same are the same, whichever way an accent is written.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from isfcore.image_files import RAW
from isfcore.images import IMAGE_EXTENSIONS
from isfcore.machine.remarks import remark

# Formats of pictures, films and arrays that people have and that are not read here.
OTHER = RAW | set(".heic .heif .jxl .exr .hdr .npy .npz .mat .h5 .hdf .seq .csq .sfmov .eps .ps .wmf .emf".split())
OTHER |= set(".mp4 .avi .mov .mkv .mpg .mpeg .zip .tar .gz .rar .7z".split())
# What names of one scene differ by, in the order infrared, visible.
_MARKS = "ir:vi ir:vis ir:rgb ir:visible infrared:visible thermal:rgb thermal:visible thermal:visual t:w t:v t:z t:rgb "
_MARKS += "tir:rgb lwir:visible lwir:rgb th:co ir:eo ir:v inf:vis ir:tv"
MARKS = [tuple(mark.split(":")) for mark in _MARKS.split()]
FUSED = ("fused", "fusion", "fuse", "result", "output", "f")  # the same of fused images
CASES = (str.lower, str.upper, str.capitalize)
SHAPES = ("*_{}", "*-{}", "*.{}", "* {}", "{}_*", "{}-*", "{}*", "*{}")
EVERY = "*"


class Together(NamedTuple):
    """What `together` finds.

    Attributes:
        found: by name, a file from each folder, in their order.
        twice: by name, why it cannot be told which file is meant.
        alone: images without a partner, by name: those there are, by kind.
        unlike: images that no pattern fits.
    """

    found: dict[str, tuple[Path, ...]]
    twice: dict[str, str]
    alone: dict[str, dict[str, Path]]
    unlike: list[Path]


def images_in(folder: str | Path, *, recursive: bool = False) -> list[Path]:
    """The images of a folder, in order of name; other and hidden files, and folders, are not looked at.

    Args:
        recursive: whether folders in it are looked through too, those that are hidden or linked left out.

    Raises:
        NotADirectoryError: where there is no such folder.
        OSError: where it may not be read.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise NotADirectoryError(f"{folder}: no such folder")
    if not recursive:
        files = list(folder.iterdir())
    else:
        files = []
        for place, inside, names in os.walk(folder):
            inside[:] = [name for name in inside if not name.startswith(".")]
            files += [Path(place, name) for name in names]
    return sorted(
        path
        for path in files
        if not path.name.startswith(".") and path.suffix.lower() in IMAGE_EXTENSIONS and not path.is_dir()
    )


def by_name(folder: str | Path, pattern: str = EVERY, *, recursive: bool = False) -> dict[str, list[Path]]:
    """The images of a folder by the name that they are matched by; one name can have several.

    With `recursive` the folders stand before it: `day/0001`. An image that the pattern does not fit is left out.

    Raises:
        ValueError: for a pattern without exactly one `*`, or with a folder.
    """
    if "/" in pattern or os.sep in pattern:
        said = "patterns are of file names: give the folders themselves"
        raise ValueError(f"the pattern {pattern!r} names a folder, and {said}")
    if pattern.count("*") != 1:
        raise ValueError(f"the pattern {pattern!r} must hold one *, for what the names have in common")
    before, after = (unicodedata.normalize("NFC", part) for part in pattern.split("*"))
    folder = Path(folder)
    images: dict[str, list[Path]] = {}
    for path in images_in(folder, recursive=recursive):
        stem = unicodedata.normalize("NFC", path.stem)
        if len(stem) > len(before + after) - (pattern == EVERY) and stem.startswith(before) and stem.endswith(after):
            inside = PurePosixPath(path.parent.relative_to(folder).as_posix())
            shared = stem[len(before) : len(stem) - len(after)]
            name = str(inside / (shared.lstrip(".") or shared))  # or what is named after it would be hidden
            images.setdefault(name, []).append(path)
    return images


def together(
    folders: Mapping[str, str | Path],
    patterns: Mapping[str, str] | None = None,
    *,
    recursive: bool = False,
    has_options: bool = True,
) -> Together:
    """Which images of several folders belong together.

    Args:
        folders: by kind, such as `infrared` and `visible`.
        patterns: by kind; of a kind without one the whole stem counts.
        recursive: see `images_in`.
        has_options: whether who reads a message can be told of `--pair` and `--recursive`.

    Raises:
        NotADirectoryError: for a folder that is not there.
        ValueError: where nothing belongs together, with the reason and the cure.
    """
    places = {kind: Path(folder) for kind, folder in folders.items()}
    patterns = {kind: EVERY for kind in places} | dict(patterns or {})
    named = {kind: by_name(place, patterns[kind], recursive=recursive) for kind, place in places.items()}
    found: dict[str, tuple[Path, ...]] = {}
    twice, alone = {}, {}
    for name in sorted(set().union(*named.values())):
        here = {kind: images[name] for kind, images in named.items() if name in images}
        several = [files for files in here.values() if len(files) > 1]
        if several:
            twice[name] = said_twice(several)
        elif len(here) < len(places):
            alone[name] = {kind: files[0] for kind, files in here.items()}
        else:
            found[name] = tuple(files[0] for files in here.values())
    if not found and not twice:
        raise ValueError(_why_none(places, patterns, named, recursive=recursive, has_options=has_options))
    if has_options and not recursive:
        for place in set(places.values()):
            if any(inside.parent != place for inside in images_in(place, recursive=True)):
                remark("images in folders in {} are not looked at; `--recursive` does", place)
    fitting = {path for images in named.values() for files in images.values() for path in files}
    every = {path for place in set(places.values()) for path in images_in(place, recursive=recursive)}
    return Together(found, twice, alone, sorted(every - fitting))


def share(items: list, part: tuple[int, int] | None) -> list:
    """A part (K, N) of a list: every N-th from the K-th on; all of it without one. N parts hold each item once."""
    return items[part[0] - 1 :: part[1]] if part else items


def said_twice(several: list[list[Path]]) -> str:
    """Why files of one name in one folder are not taken, naming them."""
    groups = [" and ".join([str(files[0]), *(path.name for path in files[1:])]) for files in several]
    return f"{'; '.join(groups)} share one stem: keep one of them"


def _why_none(
    folders: Mapping[str, Path],
    patterns: Mapping[str, str],
    named: Mapping[str, dict],
    *,
    recursive: bool,
    has_options: bool,
) -> str:
    """One line on why no images belong together, and what to do."""
    for kind, folder in folders.items():
        if not named[kind]:
            fitting = "" if patterns[kind] == EVERY else f" whose names are like {patterns[kind]}"
            return f"there are no images{fitting} in {folder}{_what_else(folder, recursive, has_options)}"
    kinds = list(folders)
    examples = ", ".join(f"{next(iter(named[kind].values()))[0]}" for kind in kinds)
    said = f"no image has the same name in {' and '.join(str(folder) for folder in folders.values())} ({examples})"
    cure = "make them equal but for the extension"
    if has_options:
        shape = ":".join(("*_ir", "*_vi", "*_fused")[: len(kinds)])  # a fused image's pattern comes last
        cure += f", or say what they share, as --pair '{shape}'"
    if set(patterns.values()) == {EVERY}:
        if set.intersection(*({name.casefold() for name in named[kind]} for kind in kinds)):
            cure = "they differ in capital letters: rename them"
        elif has_options and (guess := _guessed([set(named[kind]) for kind in kinds])):
            cure = f"add --pair '{guess}'"
    return f"{said}: {cure}"


def _what_else(folder: Path, recursive: bool, has_options: bool) -> str:
    """What a folder without images holds instead, and what to do."""
    inside = sorted(path.name for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    if inside and not recursive:
        some = ", ".join(inside[:5]) + (", ..." if len(inside) > 5 else "")
        return f" itself, but folders: {some}; give one of them" + (", or add --recursive" if has_options else "")
    others = sorted({path.suffix for path in folder.iterdir() if path.suffix.lower() in OTHER})
    return f", but files of other kinds ({', '.join(others)}): save them as PNG or TIFF" if others else ""


def _guessed(names: list[set[str]]) -> str:
    """What to give `--pair`: a pattern for infrared and visible, which come last, and for fused images before them."""
    *fused, infrared, visible = names
    sources = f"{EVERY}:{EVERY}" if infrared & visible else _guess(infrared, visible)
    if not sources or not fused:
        return sources
    shared = _open(infrared, sources.split(":")[0]) & _open(visible, sources.split(":")[1])
    tried = [EVERY, *(shape.format(case(mark)) for mark in FUSED for case in CASES for shape in SHAPES)]
    best = max(tried, key=lambda pattern: len(_open(fused[0], pattern) & shared))
    return f"{sources}:{best}" if _open(fused[0], best) & shared else ""


def _guess(infrared: set[str], visible: set[str]) -> str:
    """The pattern, as `--pair` takes it, by which most names of the two kinds are equal; empty where there is none.

    Both kinds of names may have a mark, or one of them alone.
    """
    tried: dict[str, int] = {}
    for mark in MARKS:
        for case in CASES:
            for shape in SHAPES:
                ours, theirs = (shape.format(case(kind)) for kind in mark)
                for pair in ((ours, theirs), (EVERY, theirs), (ours, EVERY)):
                    tried[":".join(pair)] = len(_open(infrared, pair[0]) & _open(visible, pair[1]))
    best = max(tried, key=lambda pattern: tried[pattern])
    return best if tried[best] else ""


def _open(names: set[str], pattern: str) -> set[str]:
    before, after = pattern.split("*")
    return {
        name[len(before) : len(name) - len(after)]
        for name in names
        if len(name) > len(before + after) and name.startswith(before) and name.endswith(after)
    }
