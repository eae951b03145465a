"""Labels: what is read, what is refused, and what is left out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from isfcore.datasets.local import pairs
from isfcore.pairs import Pair
from isfstudy.downstream.labels import check_boxes, labelled, read_map, read_voc

NAMES = ("person", "bicycle", "car")
VOC = """<annotation><size><width>100</width><height>50</height></size>
<object><name>{name}</name><bndbox><xmin>10</xmin><ymin>5</ymin><xmax>30</xmax><ymax>25</ymax></bndbox></object>
</annotation>"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder of three pairs of MSRS' test split with boxes and maps."""
    for folder in ("ir", "vi", "Segmentation_labels", "detection_labels"):
        (tmp_path / "MSRS" / "test" / folder).mkdir(parents=True)
    for stem in ("00001D", "00002N", "00003N"):
        for folder in ("ir", "vi", "Segmentation_labels"):
            Image.fromarray(np.full((20, 40), 1, np.uint8)).save(tmp_path / "MSRS" / "test" / folder / f"{stem}.png")
        (tmp_path / "MSRS" / "test" / "detection_labels" / f"{stem}.txt").write_text("2 0.5 0.5 0.25 0.5\n")
    return tmp_path


def of(root: Path, kind: str):
    return labelled("MSRS", "test", kind, pairs("MSRS", "test", root), root)


def test_both_kinds(root: Path) -> None:
    boxes, maps = of(root, "boxes"), of(root, "maps")
    assert boxes.names == NAMES and np.array_equal(boxes.label["00002N"], [[2, 0.5, 0.5, 0.25, 0.5]])
    assert maps.names[1] == "car" and maps.label["00001D"].shape == (20, 40) and (maps.label["00001D"] == 1).all()
    assert len(boxes.pairs) == 3 and boxes.left_out == maps.left_out == []


def test_an_empty_box_file_is_an_image_without_objects(root: Path) -> None:
    (root / "MSRS/test/detection_labels/00002N.txt").write_text("")
    assert of(root, "boxes").label["00002N"].shape == (0, 5)


@pytest.mark.parametrize(
    ("kind", "file"), [("boxes", "detection_labels/00002N.txt"), ("maps", "Segmentation_labels/00002N.png")]
)
def test_a_pair_without_its_label_is_left_out_and_named(root: Path, kind: str, file: str) -> None:
    (root / "MSRS/test" / file).unlink()
    found = of(root, kind)
    assert found.left_out == ["00002N"]
    assert [pair.stem for pair in found.pairs] == list(found.label) == ["00001D", "00003N"]


def test_no_label_at_all_is_an_error_with_the_cure(root: Path) -> None:
    for path in (root / "MSRS/test/detection_labels").iterdir():
        path.unlink()
    with pytest.raises(FileNotFoundError, match="no label of any pair.*isf data fetch MSRS"):
        of(root, "boxes")


def test_an_unknown_class_of_a_box_is_refused_with_file_and_number(root: Path) -> None:
    (root / "MSRS/test/detection_labels/00003N.txt").write_text("0 0.5 0.5 0.1 0.1\n3 0.5 0.5 0.1 0.1\n")
    with pytest.raises(ValueError, match=r"00003N\.txt, box 2: unknown class 3; known are 0 person, 1 bicycle, 2 car"):
        of(root, "boxes")


def test_an_unknown_class_of_a_map_is_refused(root: Path) -> None:
    image = np.ones((20, 40), np.uint8)
    image[3, 4] = 9
    Image.fromarray(image).save(root / "MSRS/test/Segmentation_labels/00001D.png")
    with pytest.raises(ValueError, match=r"00001D\.png: unknown class 9; known are 0 to 8 \(unlabelled"):
        of(root, "maps")


@pytest.mark.parametrize(
    ("image", "said"),
    [
        (np.zeros((20, 41), np.uint8), "is 41 x 20, its image 40 x 20"),
        (np.arange(2400, dtype=np.uint8).reshape(20, 40, 3), "one channel of class numbers"),
    ],
)
def test_maps_that_do_not_fit(tmp_path: Path, image: np.ndarray, said: str) -> None:
    Image.fromarray(image).save(tmp_path / "a.png")
    with pytest.raises(ValueError, match=f"a.png.*{said}"):
        read_map(tmp_path / "a.png", NAMES, (20, 40))


def test_a_box_outside_the_image_is_refused() -> None:
    path, size = Path("a.txt"), (100, 200)
    with pytest.raises(ValueError, match=r"a\.txt, box 1: reaches 10\.0 pixels out of the image"):
        check_boxes(path, np.array([[0, 0.05, 0.5, 0.2, 0.2]]), NAMES, size)
    with pytest.raises(ValueError, match=r"box 1: reaches 5\.0 pixels"):
        check_boxes(path, np.array([[0, 0.5, 0.95, 0.2, 0.2]]), NAMES, size)
    with pytest.raises(ValueError, match="box 1: has no area"):
        check_boxes(path, np.array([[0, 0.5, 0.5, 0.2, 0]]), NAMES, size)


def test_a_box_that_reaches_out_by_rounding_is_cut() -> None:
    cut = check_boxes(Path("a.txt"), np.array([[1, 0.1, 0.5, 0.209, 0.2]]), NAMES, (100, 200))
    assert cut[0, 1] - cut[0, 3] / 2 == pytest.approx(0)  # was 0.9 pixels outside
    assert cut[0, 1] + cut[0, 3] / 2 == pytest.approx(0.1 + 0.209 / 2)
    assert cut[0, [0, 2, 4]].tolist() == pytest.approx([1, 0.5, 0.2])


def test_pascal_voc(tmp_path: Path) -> None:
    path = tmp_path / "00001.xml"
    path.write_text(VOC.format(name="Car"))
    assert read_voc(path, NAMES).tolist() == pytest.approx(np.array([[2, 0.2, 0.3, 0.2, 0.4]]))
    path.write_text(VOC.format(name="tram"))
    with pytest.raises(ValueError, match=r"00001\.xml: unknown class 'tram'; known are person"):
        read_voc(path, NAMES)
    for broken in ("<annotation>", "<annotation></annotation>", "no XML"):
        path.write_text(broken)
        with pytest.raises(ValueError, match=r"00001\.xml: is no Pascal VOC"):
            read_voc(path, NAMES)


def test_m3fd_as_it_is_published_comes_with_voc_files(tmp_path: Path) -> None:
    folder = tmp_path / "M3FD"
    for name in ("Ir", "Vis", "Annotation"):
        (folder / name).mkdir(parents=True)
    for name in ("Ir", "Vis"):
        Image.fromarray(np.zeros((50, 100), np.uint8)).save(folder / name / "00001.png")
    (folder / "Annotation" / "00001.xml").write_text(VOC.format(name="People"))
    pair = Pair("00001", folder / "Ir" / "00001.png", folder / "Vis" / "00001.png")
    found = labelled("M3FD", "test", "boxes", [pair], tmp_path)
    assert found.label["00001"][0, 0] == 0 and found.names[3] == "Lamp"


@pytest.mark.parametrize(
    ("dataset", "kind", "said"),
    [("TNO", "maps", "TNO comes without class maps"), ("MSRS", "masks", "kind must be one of boxes, maps")],
)
def test_what_there_is_not(dataset: str, kind: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        labelled(dataset, "test", kind, [])


@pytest.mark.parametrize("split", ["train", "test"])
@pytest.mark.parametrize("kind", ["boxes", "maps"])
def test_all_labels_of_msrs_pass(data_root: Path, split: str, kind: str) -> None:
    found = labelled("MSRS", split, kind, pairs("MSRS", split, data_root), data_root)
    assert not found.left_out and len(found.label) == len(found.pairs)
