"""Published images beside what weights give: made-up ones whose weights and feed are known, and the authors' own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from isfcore.datasets.local import pairs
from isfcore.fusion import fuse
from isfcore.images import join_colour, luma, read_image
from isfcore.inference import prepare
from isfcore.network import exchange
from isfcore.pairs import Pair, read_whole
from isfcore.weights import load_weights
from isfstudy.comparison.protocol import jpeg_file
from isfstudy.trainings.authors_outputs import compared, joined_by_script, outputs_here, pairs_of, sentences
from isfstudy.trainings.released_weights import FEEDS
from tests.helpers.networks import random_network

NETWORK = random_network()


def scene(number: int, *, channels: int = 3) -> np.ndarray:
    """Coarse blocks of random colours."""
    blocks = np.random.default_rng(number).integers(40, 200, (6, 8, channels), dtype=np.uint8)
    return np.kron(blocks, np.ones((16, 16, 1), np.uint8)).squeeze()


@pytest.fixture
def given(tmp_path: Path) -> list[Pair]:
    """Three pairs that show one scene each; the infrared image is half visible."""
    found = []
    for number, stem in enumerate(("a", "b", "c")):
        visible = scene(number)
        infrared = np.uint8(luma(visible) / 2 + scene(number + 10, channels=1) / 2)
        files = [tmp_path / kind / f"{stem}.png" for kind in ("ir", "vi")]
        for file, image in zip(files, (infrared, visible), strict=True):
            file.parent.mkdir(exist_ok=True)
            Image.fromarray(image).save(file)
        found.append(Pair(stem, *files))
    return found


def published(tmp_path: Path, **images: np.ndarray) -> dict[str, Path]:
    folder = tmp_path / "authors_outputs"
    folder.mkdir()
    for name, image in images.items():
        (folder / f"{name}.jpg").write_bytes(jpeg_file(image).getvalue())
    return outputs_here(tmp_path)


def fused(pair: Pair, network=NETWORK) -> np.ndarray:
    infrared, visible = read_whole(pair)
    return joined_by_script(fuse(prepare(network), infrared, visible, colour="grey"), visible)


def mean_of(pair: Pair) -> np.ndarray:
    infrared, visible = read_whole(pair)
    return np.uint8(infrared / 2 + luma(visible) / 2)


def test_outputs_find_their_pairs_by_what_they_show(tmp_path: Path, given: list[Pair]) -> None:
    outputs = published(tmp_path, first=mean_of(given[2]), other=scene(99))
    assert list(outputs) == ["first", "other"]
    assert pairs_of(outputs, given) == {"first": given[2], "other": None}
    assert pairs_of(outputs, []) == {"first": None, "other": None}
    assert outputs_here(tmp_path / "nowhere") == {}


@pytest.mark.parametrize("feed", FEEDS)
def test_the_feed_that_made_an_image_gives_it_pixel_by_pixel(
    tmp_path: Path, given: list[Pair], feed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("isfstudy.trainings.authors_outputs.ALIKE", -1.0)  # random weights show what they like
    network = NETWORK if feed == FEEDS[0] else exchange(NETWORK)
    outputs = published(tmp_path, **{"1": fused(given[0], network)})
    table = compared(NETWORK, outputs, given[:1]).set_index("feed")
    other = FEEDS[1 - FEEDS.index(feed)]
    assert table.loc[feed, ["equal", "within_one", "difference", "largest"]].to_list() == [1, 1, 0, 0]
    assert table.at[other, "equal"] < 0.9 and table.at[other, "difference"] > 1 and (table["pair"] == "a").all()


def test_an_image_of_another_scene_is_said_not_to_be_compared(tmp_path: Path, given: list[Pair]) -> None:
    table = compared(NETWORK, published(tmp_path, far=scene(99)), given)
    assert table[["output", "pair"]].to_numpy().tolist() == [["far", ""]] and table["feed"].isna().all()
    assert sentences(table) == ["<b>Not compared:</b> far, whose pairs are not here."]


def test_what_is_said_of_an_output() -> None:
    rows = [
        {
            "output": "1",
            "pair": "00000",
            "feed": feed,
            "equal": equal,
            "within_one": 1.0,
            "difference": off,
            "largest": 9,
        }
        for feed, equal, off in zip(FEEDS, (0.9995, 0.05), (0.0005, 8.775), strict=True)
    ]
    (line,) = sentences(pd.DataFrame(rows))
    assert "Fed as named, 99.95% of its pixels" in line and "exchanged, 5.0% (8.78 levels)" in line


def test_the_script_s_join_is_ours_but_for_rounded_coefficients() -> None:
    generator = np.random.default_rng(0)
    luma_levels, visible = (generator.integers(60, 190, shape, dtype=np.uint8) for shape in ((40, 40), (40, 40, 3)))
    apart = np.abs(joined_by_script(luma_levels, visible).astype(int) - join_colour(luma_levels, visible))
    assert apart.max() == 1 and 0 < (apart > 0).any(axis=2).mean() < 0.1


def test_the_authors_published_images_are_of_their_weights_fed_as_named(data_root: Path) -> None:
    outputs = outputs_here(data_root)
    if not outputs:
        pytest.skip("needs the authors' published images")
    table = compared(load_weights("released")[0], outputs, pairs("M3FD", root=data_root))
    named, exchanged = (table[table["feed"] == feed].set_index("output") for feed in FEEDS)
    assert {"1": "00000", "4": "04053"}.items() <= named["pair"].to_dict().items()
    assert (named["equal"] > 0.999).all() and (named["difference"] < 0.01).all()
    assert (exchanged["equal"] < 0.2).all() and (exchanged["difference"] > 5).all()
    assert read_image(outputs["1"]).shape == (768, 1024, 3)
