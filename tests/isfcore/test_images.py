"""Finding, reading and verifying images."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from isfcore import images, pairs
from isfcore.datasets import boxes, catalogue, local, manifest

REAL = os.environ.get("ISF_DATA", "")
needs_data = pytest.mark.skipif(not REAL, reason="needs ISF_DATA")


def noise(height: int = 12, width: int = 16, channels: int = 3, seed: int = 0) -> np.ndarray:
    shape = (height, width, channels) if channels > 1 else (height, width)
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def save(path: Path, pixels: np.ndarray, **options: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, **options)
    return path


def make_tno(root: Path, extension: str = ".png") -> dict[tuple[str, str], np.ndarray]:
    """Three TNO-like pairs of made-up pixels, by modality and stem."""
    images = {}
    for number, stem in enumerate(("01", "02", "03")):
        for kind, modality in enumerate(("ir", "vi")):
            pixels = noise(channels=1 + 2 * kind, seed=2 * number + kind)
            save(root / "TNO" / modality / f"{stem}{extension}", pixels, lossless=True)
            images[modality, stem] = pixels
    return images


@pytest.fixture
def tno(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A root with the three pairs, and a manifest that lists just these."""
    images = make_tno(tmp_path)
    rows = [",".join(manifest.COLUMNS)]
    for (modality, stem), pixels in images.items():
        channels, sha256 = 3 if modality == "vi" else 1, hashlib.sha256(pixels.tobytes()).hexdigest()
        rows.append(f"test,{modality},{stem},12,16,{channels},{sha256}")
    (tmp_path / "manifests").mkdir()
    (tmp_path / "manifests" / "TNO.csv").write_text("\n".join(rows))
    monkeypatch.setattr(manifest, "MANIFESTS", tmp_path / "manifests")
    return tmp_path


def statuses(root: Path) -> dict[str, str]:
    table = manifest.verify("TNO", root)
    return dict(zip(table["modality"] + "/" + table["stem"], table["status"], strict=True))


# reading


@pytest.mark.parametrize("extension", [".png", ".webp", ".bmp", ".tif"])
def test_colour_survives_any_lossless_format(tmp_path: Path, extension: str) -> None:
    pixels = noise()
    assert np.array_equal(images.read_image(save(tmp_path / f"a{extension}", pixels, lossless=True)), pixels)


def test_three_equal_channels_are_one(tmp_path: Path) -> None:
    grey = noise(channels=1)
    read = images.read_image(save(tmp_path / "a.webp", np.stack([grey] * 3, axis=-1), lossless=True))
    assert read.shape == (12, 16) and np.array_equal(read, grey)


@pytest.mark.parametrize("byte_order", ["<u2", ">u2"])
def test_sixteen_bit_grey(tmp_path: Path, byte_order: str) -> None:
    pixels = np.arange(12 * 16, dtype=np.uint16).reshape(12, 16) * 341
    path = tmp_path / "a.tif"
    Image.fromarray(pixels.astype(byte_order)).save(path)
    read = images.read_image(path)
    assert read.dtype == np.uint16 and read.dtype.isnative and np.array_equal(read, pixels)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    assert np.array_equal(images.read_image(tmp_path / "a.png"), pixels)


def test_32_bit_container_of_16_bit_values(tmp_path: Path) -> None:
    pixels = np.array([[0, 1], [65535, 300]], dtype=np.int32)
    Image.fromarray(pixels).save(tmp_path / "a.tif")
    assert np.array_equal(images.read_image(tmp_path / "a.tif"), pixels.astype(np.uint16))
    Image.fromarray(pixels * 2).save(tmp_path / "b.tif")
    with pytest.raises(ValueError, match=r"b\.tif.*131070 do not fit"):
        images.read_image(tmp_path / "b.tif")


def test_other_modes(tmp_path: Path) -> None:
    colour, grey = noise(), noise(channels=1)
    alpha = Image.fromarray(noise(channels=1, seed=9))
    rgba, la = Image.fromarray(colour), Image.fromarray(grey)
    rgba.putalpha(alpha)
    la.putalpha(alpha)
    rgba.save(tmp_path / "rgba.png")
    la.save(tmp_path / "la.png")
    assert np.array_equal(images.read_image(tmp_path / "rgba.png"), colour)
    assert np.array_equal(images.read_image(tmp_path / "la.png"), grey)

    indices = (grey // 64).astype(np.uint8)
    palette = Image.fromarray(indices).convert("P")
    palette.putpalette([10, 20, 30, 40, 50, 60, 70, 80, 90, 1, 2, 3])
    palette.save(tmp_path / "p.png")
    table = np.array([[10, 20, 30], [40, 50, 60], [70, 80, 90], [1, 2, 3]], dtype=np.uint8)
    assert np.array_equal(images.read_image(tmp_path / "p.png"), table[indices])

    Image.fromarray(grey > 99).save(tmp_path / "1.png")
    assert np.array_equal(images.read_image(tmp_path / "1.png"), np.where(grey > 99, 255, 0))


def test_sixteen_bit_colour_is_refused_not_cut_to_eight(tmp_path: Path) -> None:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    body = zlib.compress(b"".join(b"\0" + bytes(range(12)) for _ in range(2)))
    path = tmp_path / "a.png"
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 2, 16, 2, 0, 0, 0))
        + chunk(b"IDAT", body)
        + chunk(b"IEND", b"")
    )
    with pytest.raises(ValueError, match=r"a\.png.*16-bit colour"):
        images.read_image(path)


@pytest.mark.parametrize("extension", [".png", ".jpg", ".webp", ".bmp", ".tif"])
def test_broken_files_are_named(tmp_path: Path, extension: str) -> None:
    path = save(tmp_path / f"whole{extension}", noise(64, 64))
    (tmp_path / f"cut{extension}").write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    (tmp_path / f"text{extension}").write_text("<html>404</html>")
    (tmp_path / f"empty{extension}").write_bytes(b"")
    for name, reason in (("cut", ""), ("text", "cannot identify"), ("empty", "is empty")):
        with pytest.raises(ValueError, match=rf"{name}\{extension}.*{reason}"):
            images.read_image(tmp_path / f"{name}{extension}")
    with pytest.raises(FileNotFoundError, match="absent"):
        images.read_image(tmp_path / f"absent{extension}")


def test_floating_point_pixels_are_refused(tmp_path: Path) -> None:
    Image.fromarray(np.zeros((2, 2), dtype=np.float32)).save(tmp_path / "a.tif")
    with pytest.raises(ValueError, match=r"a\.tif.*floating-point"):
        images.read_image(tmp_path / "a.tif")


def test_luma() -> None:
    image = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255], [9, 9, 9]]], dtype=np.uint8)
    assert images.luma(image) == pytest.approx(np.array([[76.245, 149.685, 29.07, 9.0]]))
    assert images.luma(image).dtype == np.float64
    grey = np.array([[0, 65535]], dtype=np.uint16)
    assert np.array_equal(images.luma(grey), [[0.0, 65535.0]])
    with pytest.raises(ValueError, match=r"\(2, 2, 4\)"):
        images.luma(np.zeros((2, 2, 4)))


def test_pixel_hash_by_hand() -> None:
    grey = np.array([[1, 2], [3, 4]], dtype=np.uint8)
    assert images.pixel_sha256(grey) == hashlib.sha256(bytes([1, 2, 3, 4])).hexdigest()
    assert images.pixel_sha256(np.stack([grey] * 3, axis=-1)) == images.pixel_sha256(grey)
    assert images.pixel_sha256(grey.T) == hashlib.sha256(bytes([1, 3, 2, 4])).hexdigest()
    assert images.pixel_sha256(np.array([[258]], dtype=np.uint16)) == hashlib.sha256(bytes([2, 1])).hexdigest()
    with pytest.raises(ValueError, match="float64"):
        images.pixel_sha256(grey / 255)


@settings(max_examples=25, deadline=None)
@given(pixels=hnp.arrays(np.uint8, st.sampled_from([(1, 1), (3, 5), (4, 2, 3)])))
def test_hash_survives_re_encoding(tmp_path_factory: pytest.TempPathFactory, pixels: np.ndarray) -> None:
    folder = tmp_path_factory.mktemp("encodings")
    for extension in (".png", ".webp", ".bmp"):
        read = images.read_image(save(folder / f"a{extension}", pixels, lossless=True))
        assert images.pixel_sha256(read) == images.pixel_sha256(pixels)


def test_boxes(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("0  0.5 0.25  0.1 1 \n\n2 0 0 1 1\n")
    assert np.array_equal(boxes.read_boxes(path), [[0, 0.5, 0.25, 0.1, 1], [2, 0, 0, 1, 1]])
    path.write_text("")
    assert boxes.read_boxes(path).shape == (0, 5)
    for line in ("0 0.5 0.5 0.5", "0 0.5 0.5 0.5 1.5", "0.5 0 0 0 0", "-1 0 0 0 0", "<html>", "0 nan 0 0 0"):
        path.write_text(f"0 0 0 1 1\n{line}\n")
        with pytest.raises(ValueError, match=r"a\.txt, line 2"):
            boxes.read_boxes(path)


# pairs


def test_pairs_match_by_stem_across_extensions(tmp_path: Path) -> None:
    for name in ("ir/b.png", "ir/a.PNG", "ir/only_ir.png", "vi/a.jpg", "vi/b.bmp", "vi/only_vi.webp"):
        save(tmp_path / name, noise())
    (tmp_path / "ir" / "notes.txt").write_text("")
    (tmp_path / "ir" / ".b.part.png").write_text("")
    matched, alone = pairs.pair_folders(tmp_path / "ir", tmp_path / "vi")
    assert [(pair.stem, pair.infrared.name, pair.visible.name) for pair in matched] == [
        ("a", "a.PNG", "a.jpg"),
        ("b", "b.png", "b.bmp"),
    ]
    assert [path.name for path in alone] == ["only_ir.png", "only_vi.webp"]


def test_one_stem_with_two_files_is_an_error(tmp_path: Path) -> None:
    save(tmp_path / "ir" / "a.png", noise())
    save(tmp_path / "ir" / "a.jpg", noise())
    save(tmp_path / "vi" / "a.png", noise())
    with pytest.raises(ValueError, match=r"a\.jpg and a\.png share one stem"):
        pairs.pair_folders(tmp_path / "ir", tmp_path / "vi")


def test_pairs_of_a_set(tno: Path) -> None:
    assert [pair.stem for pair in local.pairs("TNO", root=tno)] == ["01", "02", "03"]
    (tno / "TNO" / "vi" / "02.png").unlink()
    with pytest.warns(UserWarning, match=r"1 images without a partner: .*ir.02\.png"):
        assert [pair.stem for pair in local.pairs("TNO", root=tno)] == ["01", "03"]


def test_what_a_missing_set_says(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="TNO test: no folder .*isf data fetch TNO.*ISF_DATA"):
        local.pairs("TNO", root=tmp_path)
    (tmp_path / "M3FD" / "Ir").mkdir(parents=True)
    (tmp_path / "M3FD" / "Vis").mkdir()
    with pytest.raises(FileNotFoundError, match="no pair in .*JinyuanLiu-CV/TarDAL.*M3FD_Detection.zip"):
        local.pairs("M3FD", root=tmp_path)
    with pytest.raises(ValueError, match="no split 'train'; it has: test"):
        local.pairs("TNO", "train", tmp_path)
    with pytest.raises(ValueError, match="unknown data set 'KAIST'"):
        local.pairs("KAIST", root=tmp_path)


def test_data_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ISF_DATA", raising=False)
    assert local.data_root() == Path("data")
    monkeypatch.setenv("ISF_DATA", "elsewhere")
    assert local.data_root() == Path("elsewhere")
    assert local.data_root("here") == Path("here")


# verification


def test_verify_names_every_file(tno: Path) -> None:
    assert set(statuses(tno).values()) == {"ok"}
    (tno / "TNO" / "ir" / "01.png").unlink()
    (tno / "TNO" / "ir" / "02.png").write_bytes(b"")
    save(tno / "TNO" / "vi" / "02.png", noise(seed=99))
    save(tno / "TNO" / "vi" / "extra.png", noise())
    assert statuses(tno) == {
        "ir/01": "missing",
        "ir/02": "unreadable",
        "ir/03": "ok",
        "vi/01": "ok",
        "vi/02": "wrong pixels",
        "vi/03": "ok",
        "vi/extra": "unlisted",
    }
    table = manifest.verify("TNO", tno)
    assert table.loc[table["status"] == "unreadable", "file"].tolist() == [str(tno / "TNO" / "ir" / "02.png")]
    counts = manifest.summary("TNO", table).set_index("modality")
    assert counts.loc["ir", ["ok", "listed", "missing", "unreadable"]].tolist() == [1, 3, 1, 1]
    assert not counts["usable"].any()


def test_same_bytes_in_another_shape_are_wrong(tno: Path) -> None:
    pixels = images.read_image(tno / "TNO" / "ir" / "01.png")
    save(tno / "TNO" / "ir" / "01.png", pixels.reshape(16, 12))
    assert statuses(tno)["ir/01"] == "wrong pixels"


def test_re_encoded_copy_verifies_and_has_the_same_digest(tno: Path, tmp_path: Path) -> None:
    make_tno(tmp_path / "copy", ".webp")
    assert set(statuses(tmp_path / "copy").values()) == {"ok"}
    original, copy = local.pairs("TNO", root=tno), local.pairs("TNO", root=tmp_path / "copy")
    digest = manifest.digest(original)
    assert len(digest) == 16 and digest == manifest.digest(copy) == manifest.digest(reversed(copy))
    assert digest != manifest.digest(original[:2])
    save(copy[0].visible, noise(seed=99), lossless=True)
    assert digest != manifest.digest(copy)


def test_a_part_of_a_set_is_usable(tno: Path) -> None:
    for modality in ("ir", "vi"):
        (tno / "TNO" / modality / "02.png").unlink()
    counts = manifest.summary("TNO", manifest.verify("TNO", tno))
    assert counts["usable"].all() and counts["ok"].tolist() == [2, 2] and counts["listed"].tolist() == [3, 3]


def test_status_goes_by_name_only(tno: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tno / "TNO" / "ir" / "03.png").write_bytes(b"")
    (tno / "TNO" / "vi" / "02.png").unlink()
    monkeypatch.setattr(manifest, "DATASETS", {"TNO": catalogue.DATASETS["TNO"]})
    assert manifest.status(tno).iloc[0].tolist() == ["TNO", "test", 2, 40, 1, False]
    (tno / "TNO" / "vi" / "02.png").write_bytes(b"")
    complete = dataclasses.replace(catalogue.DATASETS["TNO"], pairs={"test": 3})
    monkeypatch.setattr(manifest, "DATASETS", {"TNO": complete})
    assert manifest.status(tno).iloc[0].tolist() == ["TNO", "test", 3, 3, 0, True]


def test_the_embedded_scenes_have_no_manifest(tmp_path: Path) -> None:
    for modality in ("ir", "vi", "Segmentation_labels"):
        save(tmp_path / "scenes" / "test" / modality / "a.png", noise(channels=1))
    assert manifest.verify("scenes", tmp_path)["status"].unique().tolist() == ["unlisted"]
    state = manifest.status(tmp_path).set_index(["dataset", "split"])
    assert state.loc[("scenes", "test"), "complete"] and not state.loc[("scenes", "train"), "complete"]


# the committed manifests and the real images


def test_committed_manifests_fit_the_sets() -> None:
    for name, known in catalogue.DATASETS.items():
        table = manifest.manifest(name)
        assert list(table.columns) == manifest.COLUMNS
        assert not table.duplicated(["split", "modality", "stem"]).any()
        assert table["sha256_pixels"].str.fullmatch("[0-9a-f]{64}").all()
        counts = table.groupby(["split", "modality"]).size().to_dict()
        expected = {
            (split, modality): 42 if name == "M3FD" else number
            for split, number in known.pairs.items()
            if number
            for modality in known.modalities
        }
        assert counts == expected
    assert "01" in set(manifest.manifest("TNO")["stem"])


@needs_data
@pytest.mark.parametrize("name", [name for name in catalogue.DATASETS if name != "scenes"])
def test_real_images_are_the_published_ones(name: str) -> None:
    if not (local.data_root() / catalogue.DATASETS[name].folder.split("/")[0]).is_dir():
        pytest.skip(f"needs ISF_DATA with {name}")
    split = "test"
    counts = manifest.summary(name, manifest.verify(name, split=split))
    assert counts["usable"].all() and (counts["ok"] > 0).all()
    assert len(local.pairs(name, split)) == counts["ok"].min() + counts["unlisted"].min()
