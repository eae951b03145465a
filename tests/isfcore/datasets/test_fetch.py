"""Fetching from a loopback host that plays the public one, and from local archives and folders."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import shutil
import tarfile
import threading
import time
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from isfcore import images
from isfcore.datasets import boxes, catalogue, fetch, manifest, transfer

MSRS = ("ir", "vi", "Segmentation_labels")
AUIF = "Zhaozixiang1228/IVIF-AUIF-Net/HEAD"


def noise(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (8, 10), dtype=np.uint8)


def save(path: Path, pixels: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, lossless=True)


def write_manifest(folder: Path, dataset: str, images: dict[tuple[str, str, str], np.ndarray]) -> None:
    rows = [",".join(manifest.COLUMNS)]
    for (split, modality, stem), pixels in images.items():
        rows.append(f"{split},{modality},{stem},8,10,1,{hashlib.sha256(pixels.tobytes()).hexdigest()}")
    folder.mkdir(exist_ok=True)
    (folder / f"{dataset}.csv").write_text("\n".join(rows))


@pytest.fixture
def upstream(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the public host would serve: two TNO pairs, and one MSRS pair a split with labels and boxes."""
    host = tmp_path / "host"
    tno, msrs = {}, {}
    for number in (1, 2):
        for kind, (modality, prefix) in enumerate((("ir", "IR"), ("vi", "VIS"))):
            pixels = tno["test", modality, f"{number:02d}"] = noise(10 * number + kind)
            save(host / AUIF / "Datasets/Test_data_TNO" / f"{prefix}{number}.bmp", pixels)
    for split, stem in (("train", "00001D"), ("test", "00004N")):
        for kind, modality in enumerate(MSRS):
            pixels = msrs[split, modality, stem] = noise(50 + kind + 5 * (split == "test"))
            save(host / "Linfeng-Tang/MSRS/HEAD" / split / modality / f"{stem}.png", pixels)
        boxes = host / "Lele-3/MSRS-detection-label/HEAD/fusion" / split / f"{stem}.txt"
        boxes.parent.mkdir(parents=True)
        boxes.write_text("0  0.5 0.5 0.1 0.1\n" if split == "test" else "")
    write_manifest(tmp_path / "manifests", "TNO", tno)
    write_manifest(tmp_path / "manifests", "MSRS", msrs)
    monkeypatch.setattr(manifest, "MANIFESTS", tmp_path / "manifests")
    monkeypatch.setattr(transfer, "RETRIES", transfer.RETRIES.new(backoff_factor=0))
    monkeypatch.delenv("ISF_MIRROR", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return host


class Host(SimpleHTTPRequestHandler):
    """Serves a folder, notes what was asked, and fails as told: path ending -> HTTP codes still to give."""

    asked: list[str] = []
    failing: dict[str, list[int]] = {}

    def do_GET(self) -> None:
        self.asked.append(self.path)
        for ending, codes in self.failing.items():
            if self.path.endswith(ending) and codes:
                return self.send_error(codes.pop(0))
        return super().do_GET()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def mirror(upstream: Path) -> Iterator[str]:
    Host.asked, Host.failing = [], {}
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Host, directory=str(upstream)))
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "data"


def files(root: Path) -> list[str]:
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())


def zipped(folder: Path, archive: Path, leading: str) -> str:
    with zipfile.ZipFile(archive, "w") as file:
        for path in sorted(folder.rglob("*")):
            file.write(path, Path(leading) / path.relative_to(folder))
    return str(archive)


# from a host


def test_fetch_names_verifies_and_resumes(mirror: str, root: Path) -> None:
    table = fetch.fetch("TNO", root, source=mirror)
    assert table["status"].tolist() == ["fetched"] * 4
    assert files(root) == ["TNO/ir/01.bmp", "TNO/ir/02.bmp", "TNO/vi/01.bmp", "TNO/vi/02.bmp"]
    assert (manifest.verify("TNO", root)["status"] == "ok").all()

    (root / "TNO/vi/02.bmp").unlink()
    Host.asked.clear()
    table = fetch.fetch("TNO", root, source=mirror)
    assert sorted(table["status"]) == ["fetched", "present", "present", "present"]
    assert [path.rsplit("/", 1)[1] for path in Host.asked] == ["VIS2.bmp"]


def test_the_mirror_may_be_a_variable(mirror: str, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ISF_MIRROR", mirror + "/")
    assert (fetch.fetch("TNO", root)["status"] == "fetched").all()


def test_labels_boxes_and_splits(mirror: str, root: Path) -> None:
    table = fetch.fetch("MSRS", root, split="test", source=mirror)
    assert (table["status"] == "fetched").all() and len(table) == 4
    names = [f"MSRS/test/{folder}/00004N.png" for folder in MSRS]
    assert files(root) == sorted([*names, "MSRS/test/detection_labels/00004N.txt"])
    everything = fetch.fetch("MSRS", root, source=mirror)
    assert everything["status"].value_counts().to_dict() == {"present": 4, "fetched": 4}
    assert boxes.read_boxes(root / "MSRS/train/detection_labels/00001D.txt").shape == (0, 5)


def test_one_failure_does_not_stop_the_rest(mirror: str, upstream: Path, root: Path) -> None:
    served = upstream / "Linfeng-Tang/MSRS/HEAD/test"
    (served / "ir/00004N.png").unlink()
    save(served / "vi/00004N.png", noise(99))
    (served / "Segmentation_labels/00004N.png").write_text("<html>please log in</html>")
    (upstream / "Lele-3/MSRS-detection-label/HEAD/fusion/test/00004N.txt").write_text("<html>")
    table = fetch.fetch("MSRS", root, source=mirror).set_index("file")
    failed = table[table["status"] == "failed"]
    assert (table["status"] == "fetched").sum() == 4 and len(failed) == 4
    reasons = {Path(file).parent.name: reason for file, reason in failed["reason"].items()}
    assert "HTTP 404" in reasons["ir"]
    assert "not the published pixels" in reasons["vi"]
    assert "cannot be read as an image" in reasons["Segmentation_labels"]
    assert "line 1" in reasons["detection_labels"]
    assert not [name for name in files(root) if "test" in name], "nothing wrong may lie there"


def test_a_second_place_is_tried(mirror: str, upstream: Path, root: Path) -> None:
    shutil.move(upstream / "Zhaozixiang1228/IVIF-AUIF-Net", upstream / "Zhaozixiang1228/IVIF-DIDFuse")
    assert (fetch.fetch("TNO", root, source=mirror)["status"] == "fetched").all()


@pytest.mark.parametrize(
    "copy", ["TWNMT/CV/HEAD/MSRS_train/train/{kind}", "tianzhiya/DECFusion/HEAD/dataset/MSRS/{other}/test/MSRS"]
)
def test_msrs_comes_from_copies_of_its_splits_too(mirror: str, upstream: Path, root: Path, copy: str) -> None:
    split = "train" if "train" in copy else "test"
    for kind, other in zip(MSRS, ("Infrared", "Visible", "Label"), strict=True):
        target = upstream / copy.format(kind=kind, other=other)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(upstream / "Linfeng-Tang/MSRS/HEAD" / split / kind, target)
    snapshot = upstream / "/".join(copy.split("/")[:3])  # unpacked, it is a source as well
    for number, source in enumerate((mirror, str(snapshot))):
        table = fetch.fetch("MSRS", root / str(number), split=split, source=source)
        assert (table["status"] == "fetched").sum() == (4 if source == mirror else 3)
        assert (manifest.verify("MSRS", root / str(number), split=split)["status"] == "ok").all()


def test_a_host_that_is_busy_for_a_moment(mirror: str, root: Path) -> None:
    Host.failing = {"IR1.bmp": [503, 429]}
    assert (fetch.fetch("TNO", root, source=mirror)["status"] == "fetched").all()
    assert sum(path.endswith("/IR1.bmp") for path in Host.asked) == 3


def test_wrong_and_broken_files_are_replaced_and_kept(mirror: str, root: Path) -> None:
    save(root / "TNO/ir/01.png", noise(99))
    (root / "TNO/vi").mkdir()
    (root / "TNO/vi/01.bmp").write_bytes(b"BM")
    fetch.fetch("TNO", root, source=mirror)
    assert (manifest.verify("TNO", root)["status"] == "ok").all()
    assert files(root)[:2] == ["TNO/ir/01.bmp", "TNO/ir/01.png.rejected"]
    assert (root / "TNO/vi/01.bmp.rejected").read_bytes() == b"BM"


def test_no_network(upstream: Path, root: Path) -> None:
    with pytest.raises(ConnectionError, match="ISF_MIRROR"):
        fetch.fetch("TNO", root, source="http://127.0.0.1:9")
    assert files(root) == []


def test_a_connection_lost_on_the_way(mirror: str, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "DOWNLOADS", 1)
    monkeypatch.setattr(transfer, "LOST_AFTER", 2)
    Host.failing = {name: [500] * 3 for name in ("IR2.bmp", "VIS1.bmp", "VIS2.bmp")}
    table = fetch.fetch("TNO", root, source=mirror)
    assert table["status"].tolist() == ["fetched", "failed", "failed", "failed"]
    assert "HTTP 500" in table["reason"][1] and "HTTP 500" in table["reason"][2]
    assert "connection was lost" in table["reason"][3]
    assert (fetch.fetch("TNO", root, source=mirror)["status"] != "failed").all()


def test_full_disk_says_so(mirror: str, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(transfer, "_place", full)
    with pytest.raises(OSError, match="No space left on device: stopped after 0 of 4 files; run again"):
        fetch.fetch("TNO", root, source=mirror)
    assert files(root) == []


def test_interruption_leaves_nothing_half_written(mirror: str, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "DOWNLOADS", 1)
    place, calls = transfer._place, []

    def interrupted(*arguments: object) -> None:
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        place(*arguments)

    monkeypatch.setattr(transfer, "_place", interrupted)
    with pytest.raises(KeyboardInterrupt):
        fetch.fetch("TNO", root, source=mirror)
    assert all(name.endswith(".bmp") and "/." not in name for name in files(root))
    monkeypatch.setattr(transfer, "_place", place)
    assert "present" in fetch.fetch("TNO", root, source=mirror)["status"].tolist()
    assert (manifest.verify("TNO", root)["status"] == "ok").all()


def test_leftovers_of_a_killed_run_are_removed(mirror: str, root: Path) -> None:
    folder = root / "TNO/ir"
    folder.mkdir(parents=True)
    for name, age in (("old", 2 * transfer.STALE), ("new", 0)):
        path = folder / f".{name}.1.part"
        path.write_bytes(b"")
        os.utime(path, (time.time() - age,) * 2)
    fetch.fetch("TNO", root, source=mirror)
    assert [path.name for path in folder.glob(".*")] == [".new.1.part"]


# from a local archive or folder


@pytest.mark.parametrize("kind", ["zip", "tar", "tar.gz", "folder"])
def test_local_sources(upstream: Path, tmp_path: Path, root: Path, kind: str) -> None:
    tree = upstream / "Linfeng-Tang/MSRS/HEAD"
    if kind == "folder":
        source = str(tree)
    elif kind == "zip":
        source = zipped(tree, tmp_path / "download.zip", "MSRS-main")
    else:
        source = str(tmp_path / f"download.{kind}")
        with tarfile.open(source, "w:gz" if kind == "tar.gz" else "w") as archive:
            archive.add(tree, "any/leading/folder")
    table = fetch.fetch("MSRS", root, source=source)
    assert table["status"].value_counts().to_dict() == {"fetched": 6, "failed": 2}
    failed = table["file"][table["status"] == "failed"]
    assert all(Path(file).parent.name == "detection_labels" for file in failed)
    assert (manifest.verify("MSRS", root)["status"] == "ok").all()

    boxes = upstream / "Lele-3/MSRS-detection-label/HEAD"
    assert (fetch.fetch("MSRS", root, source=str(boxes))["status"] != "failed").all()


def test_a_re_encoded_copy_in_our_layout_is_a_source(mirror: str, root: Path, tmp_path: Path) -> None:
    fetch.fetch("TNO", root, source=mirror)
    for path in (root / "TNO").rglob("*.bmp"):
        save(tmp_path / "TNO" / path.parent.name / f"{path.stem}.webp", images.read_image(path))
    for source in (str(tmp_path / "TNO"), zipped(tmp_path / "TNO", tmp_path / "TNO.zip", ".")):
        again = tmp_path / f"again{len(source)}"
        assert (fetch.fetch("TNO", again, source=source)["status"] == "fetched").all()
        assert files(again)[0] == "TNO/ir/01.webp"


def test_upstream_names_in_an_archive(upstream: Path, tmp_path: Path, root: Path) -> None:
    tree = upstream / AUIF
    source = zipped(tree, tmp_path / "IVIF-AUIF-Net-main.zip", "IVIF-AUIF-Net-main")
    assert (fetch.fetch("TNO", root, source=source)["status"] == "fetched").all()


def test_a_wrong_file_in_an_archive_is_named(upstream: Path, tmp_path: Path, root: Path) -> None:
    tree = upstream / AUIF
    save(tree / "Datasets/Test_data_TNO/IR1.bmp", noise(99))
    table = fetch.fetch("TNO", root, source=zipped(tree, tmp_path / "a.zip", "x"))
    (reason,) = table["reason"][table["status"] == "failed"]
    assert "IR1.bmp" in reason and "not the published pixels" in reason


@pytest.mark.parametrize("name", ["../../evil.png", "/evil.png", "test/ir/../../../evil.png", "..\\evil.png"])
@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_archives_that_leave_the_folder_are_refused(
    upstream: Path, tmp_path: Path, root: Path, name: str, kind: str
) -> None:
    good = (upstream / "Linfeng-Tang/MSRS/HEAD/test/ir/00004N.png").read_bytes()
    source = tmp_path / f"evil.{kind}"
    if kind == "zip":
        with zipfile.ZipFile(source, "w") as archive:
            archive.writestr("m/test/ir/00004N.png", good)
            archive.writestr(name, b"evil")
    else:
        with tarfile.open(source, "w") as archive:
            for member, body in (("m/test/ir/00004N.png", good), (name, b"evil")):
                info = tarfile.TarInfo(member)
                info.size = len(body)
                archive.addfile(info, io.BytesIO(body))
    with pytest.raises(ValueError, match=r"evil\.(zip|tar) is refused: its member .*evil\.png"):
        fetch.fetch("MSRS", root, source=str(source))
    assert files(root) == [] and not list(tmp_path.rglob("evil.png"))


def test_links_in_archives_are_refused(upstream: Path, tmp_path: Path, root: Path) -> None:
    tar, zip_ = tmp_path / "link.tar", tmp_path / "link.zip"
    with tarfile.open(tar, "w") as archive:
        info = tarfile.TarInfo("test/ir/00004N.png")
        info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(info)
    with zipfile.ZipFile(zip_, "w") as archive:
        info = zipfile.ZipInfo("test/ir/00004N.png")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    for source in (tar, zip_):
        with pytest.raises(ValueError, match="is a link"):
            fetch.fetch("MSRS", root, source=str(source))


def test_damaged_and_missing_sources(upstream: Path, tmp_path: Path, root: Path) -> None:
    tree = upstream / "Linfeng-Tang/MSRS/HEAD"
    whole = Path(zipped(tree, tmp_path / "whole.zip", "MSRS-main"))
    (tmp_path / "cut.zip").write_bytes(whole.read_bytes()[:-40])
    with pytest.raises(ValueError, match=r"cut\.zip is neither a folder nor a whole zip or tar"):
        fetch.fetch("MSRS", root, source=str(tmp_path / "cut.zip"))
    with tarfile.open(tmp_path / "whole.tgz", "w:gz") as archive:
        archive.add(tree, "x")
    (tmp_path / "cut.tgz").write_bytes((tmp_path / "whole.tgz").read_bytes()[:-400])
    with pytest.raises(ValueError, match=r"cut\.tgz is broken or cut short"):
        fetch.fetch("MSRS", root, source=str(tmp_path / "cut.tgz"))
    with pytest.raises(FileNotFoundError, match="absent.zip"):
        fetch.fetch("MSRS", root, source="absent.zip")

    raw = bytearray(whole.read_bytes())
    with zipfile.ZipFile(whole) as archive:
        spoilt = archive.getinfo("MSRS-main/test/ir/00004N.png")
    raw[spoilt.header_offset + 30 + len(spoilt.filename) + 5] ^= 0xFF
    (tmp_path / "spoilt.zip").write_bytes(raw)
    table = fetch.fetch("MSRS", root, split="test", source=str(tmp_path / "spoilt.zip"))
    assert table["status"].tolist() == ["failed", "fetched", "fetched", "failed"]
    assert "00004N.png" in table["reason"][0] and "cannot be unpacked" in table["reason"][0]


# what cannot be fetched, and the weights


def test_sets_that_cannot_be_fetched_say_what_to_do(upstream: Path, root: Path) -> None:
    with pytest.raises(ValueError, match="JinyuanLiu-CV/TarDAL.*M3FD_Detection.zip.*isf data verify M3FD"):
        fetch.fetch("M3FD", root)
    with pytest.raises(ValueError, match="cannot be fetched by this command. scenes .*write_scenes"):
        fetch.fetch("scenes", root)
    with pytest.raises(ValueError, match="no split 'val'"):
        fetch.fetch("MSRS", root, split="val")


def test_m3fd_comes_from_its_archive(upstream: Path, tmp_path: Path, root: Path) -> None:
    images = {("test", folder, "00000"): noise(7) for folder in ("Ir", "Vis")}
    write_manifest(tmp_path / "manifests", "M3FD", images)
    for folder in ("Ir", "Vis"):
        save(tmp_path / "unpacked" / folder / "00000.png", noise(7))
    source = zipped(tmp_path / "unpacked", tmp_path / "M3FD_Detection.zip", "M3FD_Detection")
    assert (fetch.fetch("M3FD", root, source=source)["status"] == "fetched").all()


def test_weights(mirror: str, upstream: Path, tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    served = upstream / catalogue.RELEASED_ADDRESS
    served.parent.mkdir(parents=True)
    with zipfile.ZipFile(served, "w") as archive:  # a checkpoint is a zip archive too
        archive.writestr("best/data.pkl", b"tensors")
    monkeypatch.setattr(fetch, "RELEASED_SHA256", hashlib.sha256(served.read_bytes()).hexdigest())
    path = fetch.fetch_weights(root, source=mirror)
    assert path == root / "weights" / "isf_released.pth" and path.read_bytes() == served.read_bytes()
    Host.asked.clear()
    fetch.fetch_weights(root, source=mirror)
    assert Host.asked == []
    packed = zipped(served.parent, tmp_path / "a.zip", "isf-main")
    for number, source in enumerate((served, served.parent, packed)):
        assert fetch.fetch_weights(tmp_path / str(number), source=str(source)).is_file()

    path.write_bytes(b"other")
    served.write_bytes(b"other too")
    with pytest.raises(ValueError, match="weights were not fetched: .*SHA-256"):
        fetch.fetch_weights(root, source=mirror)
    assert path.read_bytes() == b"other"


def test_the_manifests_lead_to_public_addresses() -> None:
    from_manifest = {
        "MSRS": "Linfeng-Tang/MSRS/HEAD/test/ir/00004N.png",
        "TNO": "Zhaozixiang1228/IVIF-AUIF-Net/HEAD/Datasets/Test_data_TNO/IR1.bmp",
        "RoadScene": "hanna-xu/RoadScene/HEAD/cropinfrared/FLIR_00006.jpg",
        "FLIR": "Zhaozixiang1228/IVIF-AUIF-Net/HEAD/Datasets/Test_data_FLIR/VIS40.jpg",
        "MRI_PET": "Zhaozixiang1228/MMIF-CDDFuse/HEAD/test_img/MRI_PET/MRI/11.png",
        "MRI_SPECT": "Zhaozixiang1228/MMIF-CDDFuse/HEAD/test_img/MRI_SPECT/MRI/11.png",
    }
    for name, address in from_manifest.items():
        addresses = [fetch.addresses(name, *key)[0] for key in manifest.published(name)]
        assert address in addresses and len(set(addresses)) == len(addresses)
