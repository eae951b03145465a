"""What is measured at a look, against one image at a time."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from isfcore.evaluation import score
from isfcore.fusion import to_levels
from isfcore.inference import prepare, run
from isfcore.machine.seeds import generator
from isfcore.network import FusionNetwork
from isfcore.pairs import Pair, read_sources
from isfstudy.grid import measures
from isfstudy.grid.measures import _gates_of_the_one_before, measure

SELECTED = ("00004N", "00020N", "00081D", "00103D")  # of MSRS


def network(**choices: str) -> FusionNetwork:
    torch.manual_seed(0)
    return prepare(FusionNetwork(**choices).eval())


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory):
    """Five images in the layout of TNO, of two sizes, and four in that of MSRS, two by day."""
    root = tmp_path_factory.mktemp("sets")
    random = np.random.default_rng(0)
    sizes = {f"{number:02d}": (48, 64) if number < 4 else (64, 48) for number in range(1, 6)}
    folders = {"TNO": sizes, "MSRS/test": {stem: (48, 64) for stem in SELECTED}}
    for folder, stems in folders.items():
        for kind in ("ir", "vi"):
            (root / folder / kind).mkdir(parents=True)
            for stem, size in stems.items():
                Image.fromarray(random.integers(0, 256, size, np.uint8)).save(root / folder / kind / f"{stem}.png")
    return root


def test_figures_are_means_over_images(root, tmp_path):
    subject = network()
    found = measure(["TNO", "MSRS", "interventions"], tmp_path, root, torch.device("cpu"), 1)(subject)
    rows = []
    for stem in ("01", "02", "03", "04", "05"):
        infrared, visible = read_sources(Pair(stem, root / "TNO/ir" / f"{stem}.png", root / "TNO/vi" / f"{stem}.png"))
        units = (torch.from_numpy(image / 255).float()[None, None] for image in (infrared, visible))
        rows.append(score(to_levels(run(subject, *units).luma)[0, 0], infrared, visible, convention="paper"))
    for metric in ("AG", "SF", "PSNR", "CC", "Qabf"):
        assert found[f"TNO.{metric}"] == pytest.approx(np.mean([row[metric] for row in rows]), rel=1e-6)
    assert {name.split(".")[0] for name in found} == {"TNO", "MSRS_day", "MSRS_night"}
    assert 0 <= found["TNO.decided"] <= 1 and "TNO.lost_random" in found and "TNO.lost_complementary_grid" in found
    assert "MSRS_day.lost_random" not in found


def test_validation_is_on_pairs_that_are_not_selected(tmp_path):
    """Of MSRS train the study trains on 00001D; with that one alone there is nothing to validate on."""
    for folder, stems in {"some": ("00001D", "00002D", "00003D"), "one": ("00001D",)}.items():
        for kind in ("ir", "vi"):
            (tmp_path / folder / "MSRS" / "train" / kind).mkdir(parents=True)
            for stem in stems:
                levels = np.random.default_rng(int(stem[:5])).integers(0, 256, (48, 64), np.uint8)
                Image.fromarray(levels).save(tmp_path / folder / "MSRS" / "train" / kind / f"{stem}.png")
    found = measure(["validation"], tmp_path, tmp_path / "some", torch.device("cpu"), 1)
    (batches,) = found.args[0].values()
    assert sum(len(infrared) for part in batches for infrared, _ in part) == 2
    assert {name.split(".")[0] for name in found(network())} == {"validation"}
    with pytest.raises(FileNotFoundError, match="all 1 pairs here are trained on"):
        measure(["validation"], tmp_path, tmp_path / "one", torch.device("cpu"), 1)


def test_an_intervention_costs_a_network_nothing_that_looks_at_nothing(root, tmp_path):
    blind = network()
    torch.nn.init.zeros_(blind.output.weight)
    found = measure(["TNO", "interventions"], tmp_path, root, torch.device("cpu"), 1)(blind)
    assert {value for name, value in found.items() if ".lost_" in name} == {0.0}


def test_gates_move_on_by_one_image():
    subject = network()
    images = torch.rand(2, 3, 1, 32, 32, generator=generator(0, 0))
    own = run(subject, *images)
    with _gates_of_the_one_before(subject):
        moved = [run(subject, *images[:, :2]), run(subject, *images[:, 2:])]
    gates = torch.cat([fused.gates["quarter_size"] for fused in moved])  # the first gate, before any has moved on
    expected = own.gates["quarter_size"]
    assert torch.allclose(gates[0], expected[0], atol=1e-6)
    assert torch.allclose(gates[1:], expected[:2], atol=1e-6)
    again = run(subject, *images)
    assert torch.equal(again.luma, own.luma)  # and nothing is left behind


def test_moved_gates_change_nothing_where_all_images_are_one():
    same = torch.rand(2, 1, 1, 48, 64, generator=generator(0, 1)).mul(255).byte()
    batch = (same[0].expand(4, -1, -1, -1), same[1].expand(4, -1, -1, -1))
    found = measures._sets({"MSRS_day": ([batch], [])}, network())
    gained = {name: value for name, value in found.items() if ".shuffled_" in name}
    assert len(gained) == 5 and all(abs(value) < 1e-6 for value in gained.values())
    plain = measures._sets({"MSRS_day": ([batch], [])}, network(integrator="sum"))
    assert not any(".shuffled_" in name for name in plain)


def test_images_together_and_one_by_one_give_the_same_figures(root, tmp_path, monkeypatch):
    parts, subject, found = ["TNO", "MSRS", "shuffled_gates"], network(), []
    for count in (1, 3):
        monkeypatch.setattr(measures, "TOGETHER", {"cpu": count})
        found.append(measure(parts, tmp_path, root, torch.device("cpu"), 1)(subject))
    assert found[0] == pytest.approx(found[1], rel=1e-5, abs=1e-5)


def test_what_cannot_be_measured_is_named(tmp_path):
    with pytest.raises(ValueError, match="called everything"):
        measure(["everything"], tmp_path, tmp_path, torch.device("cpu"), 1)
    with pytest.raises(FileNotFoundError, match="TNO is published at"):
        measure(["TNO"], tmp_path, tmp_path, torch.device("cpu"), 1)
    with pytest.raises(ValueError, match="counterfactuals are measured alone"):
        measure(["counterfactuals", "TNO"], tmp_path, tmp_path, torch.device("cpu"), 1)
    with pytest.raises(ValueError, match="shuffled_gates takes MSRS, which is not measured"):
        measure(["TNO", "interventions", "shuffled_gates"], tmp_path, tmp_path, torch.device("cpu"), 1)
