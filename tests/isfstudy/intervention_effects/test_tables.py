"""Parts of long tables, side by side. Doses are tested with what makes them, in `test_doses`."""

from __future__ import annotations

import pandas as pd

from isfstudy.intervention_effects.effects import average_effects, effects
from isfstudy.intervention_effects.tables import FIGURE6, beside_figure6, claimed, effects_side_by_side, side_by_side
from isfstudy.intervention_effects.treatments import INTERVENTIONS
from tests.helpers.intervention_outcomes import PAPERS, outcomes

ATE = pd.DataFrame(
    [
        ("one", "TNO", "random", "CC", 0.25, 0.125, 0.5),
        ("one", "TNO", "random", "PSNR", 0.5, 0.25, 1.0),
        ("one", "TNO", "random", "AG", 9.0, 8.0, 10.0),
        ("one", "MSRS", "random", "PSNR", 1.5, 1.0, 2.0),
        ("one", "TNO", "visible_only", "PSNR", 2.5, 2.0, 3.0),
        ("one", "MSRS", "visible_only", "PSNR", 2.0, 2.0, 2.0),
        ("one", "TNO", "visible_only", "CC", 0.75, 0.5, 1.0),
        ("a", "TNO", "random", "PSNR", -1.0, -2.0, 0.0),
        ("a", "TNO", "visible_only", "PSNR", -0.5, -2.0, 0.0),
    ],
    columns=["network", "dataset", "intervention", "metric", "ate", "low", "high"],
)


def test_the_metrics_of_figure_6_side_by_side():
    assert set(claimed(ATE)["metric"]) == {"PSNR", "CC"}
    table = side_by_side(ATE, columns="intervention", values="ate")
    assert list(table.columns) == ["metric", "dataset", "network", "random", "visible_only"]
    assert table.to_numpy().tolist() == [
        ["PSNR", "TNO", "one", 0.5, 2.5],
        ["PSNR", "TNO", "a", -1.0, -0.5],
        ["PSNR", "MSRS", "one", 1.5, 2.0],
        ["CC", "TNO", "one", 0.25, 0.75],
    ]
    assert effects_side_by_side(ATE)["random"].iloc[0] == "0.500 [0.250, 1.000]"


def test_figure_6_stands_beside_what_was_found_the_dearest_in_print_first():
    both = pd.concat([outcomes(PAPERS, spread=0), outcomes(PAPERS | {"random_holes": 0.2}, spread=0, dataset="MSRS")])
    per_image = effects(both)
    table = beside_figure6(average_effects(per_image), per_image, "one").set_index("intervention")
    assert set(FIGURE6) == set(INTERVENTIONS) and list(table["in print"].unique()) == ["largest", "moderate", "minimal"]
    assert table.loc["random_holes", ["in print", "hidden", "PSNR, TNO", "PSNR, MSRS"]].tolist() == [
        "minimal", 0.02, "0.10 [0.10, 0.10]", "0.20 [0.20, 0.20]"
    ]  # fmt: skip
