"""Which images a comparison rests on: those that all have, and nobody left out in silence."""

from __future__ import annotations

import pandas as pd
import pytest

from isfstudy.comparison.common import left_out_said, most_have, on_common_images


def scored(dataset: str, **images: int | list[str]) -> pd.DataFrame:
    """A row an image; of a number of images the first ones."""
    named = {
        method: [f"{place:02}" for place in range(which)] if isinstance(which, int) else which
        for method, which in images.items()
    }
    rows = [(dataset, method, stem) for method, stems in named.items() for stem in stems]
    return pd.DataFrame(rows, columns=["dataset", "method", "stem"]).assign(protocol="paper")


def counts(rows: pd.DataFrame) -> dict[str, int]:
    return rows.groupby("method", sort=False)["stem"].nunique().to_dict()


def test_all_are_compared_on_the_images_that_all_have() -> None:
    rows, left_out = on_common_images(scored("TNO", SAGE=["a", "b", "c"], LRRNet=["b", "c", "d"], Average=list("abcd")))
    assert left_out.empty and left_out_said(left_out) == ""
    assert {method: set(stems) for method, stems in rows.groupby("method")["stem"]} == dict.fromkeys(
        ["SAGE", "LRRNet", "Average"], {"b", "c"}
    )


def test_a_method_with_few_images_is_left_out_and_named_with_its_count() -> None:
    rows, left_out = on_common_images(scored("M3FD", SAGE=10, LRRNet=10, MUFusion=10, IGNet=5, Average=21))
    assert counts(rows) == {"SAGE": 10, "LRRNet": 10, "MUFusion": 10, "Average": 10}
    record = {"dataset": "M3FD", "method": "IGNet", "images": 5, "shared": 5, "others": 10}
    assert left_out.to_dict("records") == [record]
    assert left_out_said(left_out) == "IGNet on M3FD (5 of the 10 images of most others; 5 in all)"


def test_a_method_with_as_many_but_other_images_does_not_cost_the_others_theirs() -> None:
    """DCEvo's ten published images of M3FD are others than those of the methods that were run here, but for two."""
    other = ["00", "01", *(f"{number}" for number in range(30, 38))]
    rows, left_out = on_common_images(scored("M3FD", SAGE=10, LRRNet=10, DCEvo=other, MUFusion=10, Average=40))
    assert set(counts(rows).values()) == {10} and "DCEvo" not in counts(rows)
    assert left_out_said(left_out) == "DCEvo on M3FD (2 of the 10 images of most others; 10 in all)"


def test_what_most_have() -> None:
    assert most_have([{"a", "b"}, {"b", "c"}, {"b", "c", "d"}]) == {"b", "c"}
    assert most_have([{"a", "b"}, {"b"}]) == {"b"} and most_have([["a"]]) == {"a"} and most_have([]) == set()


@pytest.mark.parametrize("whole", [80, 361, 4200])
def test_no_method_is_left_out_because_the_set_grew_for_others(whole: int) -> None:
    """Published images are 80 whatever networks and rules fuse; a new method with all of them pushes none out."""
    networks = {"ISF (released)": whole, "Average": whole}
    rows, left_out = on_common_images(scored("MSRS", SAGE=80, LRRNet=80, MUFusion=80, Mine=whole, **networks))
    assert left_out.empty and set(counts(rows).values()) == {80} and len(counts(rows)) == 6


def test_a_method_that_lacks_one_image_takes_part() -> None:
    rows, left_out = on_common_images(scored("TNO", SAGE=40, Mine=39))
    assert left_out.empty and counts(rows) == {"SAGE": 39, "Mine": 39}


def test_sets_are_apart_and_one_without_two_observations_in_common_has_no_row() -> None:
    table = pd.concat([scored("TNO", SAGE=3, LRRNet=3), scored("M3FD", SAGE=["a", "b"], LRRNet=["b", "c"])])
    rows, left_out = on_common_images(table)
    assert set(rows["dataset"]) == {"TNO"} and left_out.empty
    assert on_common_images(table.assign(cluster="one drive"))[0].empty
    assert len(on_common_images(table.assign(cluster=table["stem"]))[0]) == 6
