"""Are the images the published ones: file by file, in numbers, by name."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import pytest

from isfcore import images
from isfcore.datasets import catalogue, local, manifest
from tests.helpers.made_up_tno import noise, save


def statuses(root: Path) -> dict[str, str]:
    table = manifest.verify("TNO", root)
    return dict(zip(table["modality"] + "/" + table["stem"], table["status"], strict=True))


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


def test_flir_s_infrared_images_are_roadscene_s_as_its_caveat_says() -> None:
    flir, roadscene = manifest.manifest("FLIR").query("modality == 'ir'"), manifest.manifest("RoadScene")
    assert len(flir) == 40 and flir["sha256_pixels"].is_unique
    assert flir["sha256_pixels"].isin(roadscene.query("modality == 'cropinfrared'")["sha256_pixels"]).all()
    assert any("40 of RoadScene's" in caveat for caveat in catalogue.DATASETS["FLIR"].caveats)


@pytest.mark.skipif(not os.environ.get("ISF_DATA"), reason="needs ISF_DATA")
@pytest.mark.parametrize("name", [name for name in catalogue.DATASETS if name != "scenes"])
def test_real_images_are_the_published_ones(name: str) -> None:
    if not (local.data_root() / catalogue.DATASETS[name].folder.split("/")[0]).is_dir():
        pytest.skip(f"needs ISF_DATA with {name}")
    split = "test"
    counts = manifest.summary(name, manifest.verify(name, split=split))
    assert counts["usable"].all() and (counts["ok"] > 0).all()
    assert len(local.pairs(name, split)) == counts["ok"].min() + counts["unlisted"].min()
