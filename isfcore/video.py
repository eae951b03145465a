"""Films: two of one scene, fused frame by frame into a third. PyAV, of the extra `video`, reads and writes them.

Frames belong together by their number. Two of them are held at a time, however long the films are.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from tqdm import tqdm

from isfcore.fusion import fuse
from isfcore.machine.files import replacing
from isfcore.machine.remarks import remark
from isfcore.network import FusionNetwork
from isfcore.pairs import Pair, look

# What can be written, by extension: container, codec and its options. Matroska holds every level without loss.
FORMATS: dict[str, tuple[str, str, dict[str, str]]] = {
    ".mp4": ("mp4", "libx264", {"crf": "16"}),
    ".mov": ("mov", "libx264", {"crf": "16"}),
    ".mkv": ("matroska", "ffv1", {}),
}
FILMS = frozenset(FORMATS) | {".avi", ".m4v", ".mpeg", ".mpg", ".ts", ".webm", ".wmv"}
SAME_RATE = Fraction(1, 2000)  # part of it by which frame rates may differ; 29.97 and 30 do by twice as much
BT709, LIMITED = 1, 1  # FFmpeg's numbers for the colours of high-definition films, and for levels 16 to 235


class Film(NamedTuple):
    """What a film is: width and height as it is shown, frames a second, number of frames."""

    path: Path
    width: int
    height: int
    rate: Fraction
    frames: int


@contextmanager
def _opened(path: Path) -> Iterator[tuple[Any, Any]]:
    """A film's container and its first stream of pictures; ValueError that names the file where it cannot be read."""
    import av

    with path.open("rb") as file:
        try:
            with av.open(file) as container:
                if not container.streams.video:
                    raise ValueError(f"{path}: there are no pictures in this film")
                yield container, container.streams.video[0]
        except (av.FFmpegError, OSError) as error:
            raise ValueError(f"{path}: cannot be read as a film: {error.strerror}; copy or convert it again") from error


def film(path: Path) -> Film:
    """What a film is, its frames counted without being decoded.

    Raises:
        ModuleNotFoundError: without the extra `video`.
        ValueError: naming the file, for one that is no film, or says nothing of its frame rate.
        OSError: when it cannot be opened.
    """
    with _opened(path) as (container, stream):
        count = sum(1 for packet in container.demux(stream) if packet.size and not packet.is_discard)
        rate = stream.average_rate
    first = next(frames(path), None)
    if first is None or not rate:
        raise ValueError(f"{path}: there are no frames in this film, or no frame rate; convert it again")
    return Film(path, first.shape[1], first.shape[0], Fraction(rate), count)


def frames(path: Path) -> Iterator[np.ndarray]:
    """The frames of a film as it is shown, one after the other: uint8, (H, W, 3) RGB, or (H, W) where all are equal.

    Raises:
        ValueError: naming the file, where it cannot be read on.
    """
    from av.video.reformatter import Interpolation

    # Without these flags colour of half the resolution, as most films have it, comes out a level too dark.
    exactly = Interpolation.BILINEAR | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT
    with _opened(path) as (container, stream):
        stream.thread_type = "AUTO"
        for number, frame in enumerate(container.decode(stream)):
            if not number and max(component.bits for component in frame.format.components) > 8:
                remark("8 bits are used of the more that {} has: give a folder of 16-bit images to use them", path)
            image = np.rot90(frame.to_ndarray(format="rgb24", interpolation=exactly), frame.rotation // 90)
            yield np.ascontiguousarray(image[..., 0] if (image[..., :1] == image).all() else image)


def frames_in_common(infrared: Film, visible: Film) -> int:
    """How many frames two films have in common; a `Remark` where one goes on for less than a second more.

    Raises:
        ValueError: naming both, where their sizes, frame rates, or lengths by a second or more, differ.
    """
    both = (infrared, visible)
    if (infrared.width, infrared.height) != (visible.width, visible.height):
        said = ", ".join(f"{each.path} is {each.width} x {each.height}" for each in both)
        raise ValueError(f"the films differ in size: {said}: register them, or bring them to one size, first")
    if abs(infrared.rate - visible.rate) > SAME_RATE * visible.rate:
        said = " and ".join(f"{each.path} has {float(each.rate):.6g}" for each in both)
        cure = f"bring them to one, as with `ffmpeg -i FILM -r {float(min(each.rate for each in both)):.6g} NEW`"
        raise ValueError(f"the films differ in frames a second: {said}: {cure}")
    short, long = sorted(both, key=lambda each: each.frames)
    if long.frames - short.frames >= visible.rate:
        said = " and ".join(f"{each.path} has {each.frames} frames" for each in both)
        raise ValueError(
            f"the films differ in length: {said}: cut both to the same time, as with `ffmpeg -ss ... -t ...`"
        )
    if long.frames > short.frames:
        remark(f"the last {long.frames - short.frames} frames of {{}} have no partner and are left out", long.path)
    return short.frames


def fuse_films(network: FusionNetwork, pair: Pair, output: Path, *, colour: str, progress: str = "") -> int:
    """Fuse two films into a third, which appears whole or not at all: how many frames it has.

    Sound is not taken over, and frames come at one rate, the visible film's mean.

    Args:
        network: from `isfcore.inference.prepare`.
        output: its extension, one of `FORMATS`, says how it is written.
        colour: as `isfcore.fusion.fuse` takes it.
        progress: label of the progress bar; none without it.

    Raises:
        ModuleNotFoundError: without the extra `video`.
        ValueError: for what `film`, `frames_in_common`, `isfcore.pairs.look` and `isfcore.fusion.fuse` refuse, for
            another extension, and for a film that ends before its frames do.
        OSError: when the output cannot be written.
    """
    import av

    if output.suffix.lower() not in FORMATS:
        raise ValueError(f"{output}: a film of this extension cannot be written; use {', '.join(FORMATS)} (no loss)")
    container, codec, options = FORMATS[output.suffix.lower()]
    visible = film(pair.visible)
    count = frames_in_common(film(pair.infrared), visible)
    if codec == "ffv1":
        kind = "gray" if colour == "grey" else "bgr0"
    else:  # players like halved colour best, which odd sizes cannot have
        kind = "yuv444p" if visible.width % 2 or visible.height % 2 else "yuv420p"
    done, seen = 0, False
    with replacing(output) as partial, partial.open("wb") as file, av.open(file, "w", format=container) as made:
        stream = made.add_stream(codec, rate=visible.rate, options=options)
        stream.width, stream.height, stream.pix_fmt = visible.width, visible.height, kind
        if kind.startswith("yuv"):
            stream.colorspace = stream.color_primaries = stream.color_trc = BT709
            stream.color_range = LIMITED
        together = zip(frames(pair.infrared), frames(pair.visible), strict=False)
        for images in tqdm(together, desc=progress, total=count, unit="frame", disable=None if progress else True):
            if not seen and all(image.min() < image.max() for image in images):  # films often begin in black
                look(pair, *images)
                seen = True
            fused = fuse(network, *images, colour=colour)
            frame = av.VideoFrame.from_ndarray(np.dstack([fused] * 3) if fused.ndim == 2 else fused, format="rgb24")
            if kind.startswith("yuv"):
                frame = frame.reformat(format=kind, dst_colorspace=BT709, dst_color_range=LIMITED)
            else:
                frame = frame.reformat(format=kind)
            frame.pts, frame.time_base = done, 1 / visible.rate
            made.mux(stream.encode(frame))
            done += 1
        made.mux(stream.encode())
        if done < count:
            raise ValueError(f"{pair.infrared} and {pair.visible}: one ends at frame {done} of {count}; copy it again")
    return done
