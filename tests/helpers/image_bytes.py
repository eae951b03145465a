"""Image files put together byte by byte: what cameras and other programs write and Pillow does not."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np


def tiff(
    path: Path, pixels: np.ndarray, *, planar: bool = False, bands: int = 1, photometric: int, **tags: int
) -> Path:
    """An uncompressed little-endian TIFF of unsigned or signed integers or floats.

    Args:
        pixels: (H, W) or (H, W, bands).
        planar: whether each band stands alone, as `PlanarConfiguration` 2.
        photometric: 0 is grey with white lowest, 1 grey, 2 red, green and blue.
        tags: further short values, by `t` and their number: `t338=0` is a fourth band of no kind.
    """
    height, width = pixels.shape[:2]
    shaped = pixels.reshape(height, width, bands)
    parts = [shaped[..., band] for band in range(bands)] if planar else [shaped]
    strips = [np.ascontiguousarray(part, part.dtype.newbyteorder("<")).tobytes() for part in parts]
    kind = {"u": 1, "i": 2, "f": 3}[pixels.dtype.kind]
    entries: dict[int, tuple[str, list[int]]] = {256: ("H", [width]), 257: ("H", [height]), 259: ("H", [1])}
    entries |= {258: ("H", [8 * pixels.dtype.itemsize] * bands), 262: ("H", [photometric]), 277: ("H", [bands])}
    entries |= {278: ("H", [height]), 284: ("H", [1 + planar]), 339: ("H", [kind] * bands)}
    entries |= {279: ("I", [len(strip) for strip in strips]), 273: ("I", [0] * len(strips))}
    entries |= {int(name[1:]): ("H", [value]) for name, value in tags.items()}
    start = 8 + 2 + 12 * len(entries) + 4  # where values begin that do not fit into an entry
    sizes = {tag: struct.calcsize(f"<{len(values)}{kind}") for tag, (kind, values) in entries.items()}
    first = start + sum(size for size in sizes.values() if size > 4)
    entries[273] = ("I", [first + sum(map(len, strips[:index])) for index in range(len(strips))])
    listed, values_behind = b"", b""
    for tag, (code, values) in sorted(entries.items()):
        packed = struct.pack(f"<{len(values)}{code}", *values)
        inside = packed.ljust(4, b"\0") if len(packed) <= 4 else struct.pack("<I", start + len(values_behind))
        values_behind += packed if len(packed) > 4 else b""
        listed += struct.pack("<HHI", tag, {"H": 3, "I": 4}[code], len(values)) + inside
    head = b"II*\0" + struct.pack("<IH", 8, len(entries))
    path.write_bytes(head + listed + b"\0\0\0\0" + values_behind + b"".join(strips))
    return path


def png(path: Path, pixels: np.ndarray, *, kind: int, bits: int, before: bytes = b"") -> Path:
    """A PNG of a colour type and depth, with further chunks (`chunk`) before the pixels."""
    height, width = pixels.shape[:2]
    rows = b"".join(b"\0" + row.astype(f">u{bits // 8}").tobytes() for row in pixels)
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, kind, 0, 0, 0))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + head + before + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
    return path


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def with_segment(jpeg: bytes, marker: int, content: bytes) -> bytes:
    """A JPEG file with one application segment more, in front."""
    return jpeg[:2] + b"\xff" + bytes([marker]) + struct.pack(">H", len(content) + 2) + content + jpeg[2:]


def swapped_profile() -> bytes:
    """A colour profile like sRGB but linear, with red and blue in each other's place."""
    xyz = {"r": (0.14307, 0.06061, 0.7141), "g": (0.38515, 0.71687, 0.09708), "b": (0.43607, 0.22249, 0.01392)}

    def fixed(*values: float) -> bytes:
        return b"".join(struct.pack(">i", round(value * 65536)) for value in values)

    tags = {b"wtpt": b"XYZ \0\0\0\0" + fixed(0.9642, 1, 0.8249)}
    for name, values in xyz.items():
        tags[f"{name}XYZ".encode()] = b"XYZ \0\0\0\0" + fixed(*values)
        tags[f"{name}TRC".encode()] = b"curv\0\0\0\0" + struct.pack(">IHxx", 1, 256)
    tags[b"desc"] = b"desc\0\0\0\0" + struct.pack(">I", 5) + b"swap\0" + bytes(78 + 1)
    tags[b"cprt"] = b"text\0\0\0\0none\0\0\0\0"
    table, bodies = struct.pack(">I", len(tags)), b""
    for name, body in tags.items():
        body = body.ljust(-(-len(body) // 4) * 4, b"\0")
        table += name + struct.pack(">II", 128 + 4 + 12 * len(tags) + len(bodies), len(body))
        bodies += body
    head = struct.pack(">I4sI4s4s4s", 0, b"\0\0\0\0", 0x02100000, b"mntr", b"RGB ", b"XYZ ")
    head = head.ljust(36, b"\0") + b"acsp"
    head = head.ljust(68, b"\0") + fixed(0.9642, 1, 0.8249)
    whole = head.ljust(128, b"\0") + table + bodies
    return struct.pack(">I", len(whole)) + whole[4:]
