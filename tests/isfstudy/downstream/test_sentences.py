"""What pages say, built from values."""

from __future__ import annotations

import pandas as pd

from isfstudy.downstream.sentences import ADAPTED, classes_apart, findings, goes_on, in_short, together, unit
from isfstudy.downstream.tables import against
from tests.helpers.downstream import mean_of

COLUMNS = {
    ("own", "one"): {"mIoU": mean_of([0.5, 0.6, 0.7, 0.8])},
    ("own", "other"): {"mIoU": mean_of([0.4, 0.5, 0.6, 0.7])},
    ("adapted", "one"): {"mIoU": mean_of([0.5, 0.6, 0.7, 0.8])},
}
VERDICTS = pd.DataFrame({"quality": ["AG"], "rho": [0.3], "rho of PSNR": [0.0], "verdict": ["yes"]})
VERDICTS = VERDICTS.assign(difference=0.3, low=0.1, high=0.5)


def test_what_intervals_are_over_is_said_where_images_go_together() -> None:
    assert unit(["a", "b"]) == "2 images" and together(["a", "b"]) == []
    assert unit(["a", "b", "b"]) == "2 blocks of frames"
    (said,) = together(["a", "b", "b"])
    assert said.startswith("<b>Intervals and verdicts are over 2 blocks of frames,</b> not over 3 images")
    assert "100 frame numbers" in said and "2 independent observations" in said


def of_class(name: str, scores: list[float]) -> pd.DataFrame:
    return pd.DataFrame({"metric": name, "method": [*"abc"], "score": scores})


def test_whether_classes_go_the_same_way() -> None:
    car = of_class("car", [0.1, 0.2, 0.3])
    assert classes_apart([car, of_class("person", [0.3, 0.5, 0.6])]).startswith("car and person go the same way")
    said = classes_apart([car, of_class("person", [0.7, 0.5, 0.6])])
    assert "different ways: over 3 inputs their ranks correlate by -0.50; car is highest for c (0.300), where" in said
    assert "person is 0.600, and person for a (0.700), where car is 0.100." in said
    assert "cannot be ranked" in classes_apart([car, of_class("person", [0.5] * 3)]) and not classes_apart([car])


def test_how_far_differences_go_on_is_said_of_the_regime_of_all() -> None:
    row = {"metric": "F1", "of_images": 0.1, "of_images_most": 0.3, "of_clusters": -0.2, "of_clusters_most": 0.05}
    table = pd.DataFrame(
        [row | {"protocol": "own", "by_chance": 0.1}, row | {"protocol": "adapted", "by_chance": 0.45}]
    )
    said = goes_on(table, "ISF", "20 blocks of frames")
    assert "in F1 of other inputs from ISF" in said and "by +0.10 (median over inputs; the largest +0.30)" in said
    assert "means over 20 blocks of frames by -0.20 (+0.05; by chance below 0.45)" in said


def test_findings() -> None:
    compared = against(COLUMNS, "mIoU", [*"abcd"], reference="one", resamples=99)
    spread = pd.DataFrame({"method": ["one"], "mIoU range": [0.1]})
    said = findings(compared, VERDICTS, spread, compared[:0], "one")
    assert said[0].startswith("<b>own:</b> mIoU is highest for one (0.650); one takes place 1 of 2 (0.650, 95 % ")
    assert said[0].endswith("By more than chance better: none; worse: other; not apart from it: none.")
    assert said[2] == ADAPTED, "what the regime cannot tell stands below what it says"
    assert "by up to 0.100" in said[3] and "with PSNR by +0.00" in said[4] and "+0.30 (95 % +0.10 to +0.50)" in said[4]
    assert said[4].endswith("AG matters more: yes.")


def test_the_answer_counts_other_inputs_and_says_where_the_plain_ones_stand() -> None:
    rows = [("ISF", ""), ("LRRNet", "worse"), ("Infrared", "undecided"), ("Visible", "worse"), ("Mine", "better")]
    table = pd.DataFrame(rows, columns=["method", "verdict"]).assign(protocol="adapted", metric="mAP50")
    other = table.assign(protocol="own", verdict="better")
    said = in_short(pd.concat([other, table]), "ISF")
    assert said.startswith("<b>More is found in ISF than in 2 of 4 other inputs,</b> less than in 1 (mAP50, beyond")
    assert said.endswith("the plain inputs have: infrared no difference beyond chance, visible less.")
    assert "protocol <i>own</i>" in in_short(other[:2], "ISF") and "none is here" in in_short(other[:2], "ISF")
    alone = table.assign(protocol="from visible", score=[0.2, 0.3, 0.1, 0.4, 0.2])
    assert in_short(pd.concat([table, alone]), "ISF").endswith(
        "visible less; trained on visible images alone (<i>from visible</i>), it takes place 3 of 5."
    )


def test_where_seeds_are_known_they_decide_the_answer() -> None:
    """One seed calls Infrared worse; over five it is undecided; the other base and metric are not counted."""
    rows = [("ISF", ""), ("LRRNet", "worse"), ("Infrared", "worse")]
    compared = pd.DataFrame(rows, columns=["method", "verdict"]).assign(protocol="adapted", metric="mAP50")
    seeds = pd.DataFrame({"method": ["LRRNet", "Infrared"], "verdict": ["worse", "undecided"]})
    seeds = seeds.assign(metric="mAP50", base="average seen", base_seeds=5, matters=0.03)
    others = [seeds.assign(base="average not seen", verdict="better"), seeds.assign(metric="car", verdict="better")]
    said = in_short(compared, "ISF", pd.concat([seeds, *others]))
    assert said.startswith(
        "<b>More is found in ISF than in 1 of 2 other inputs,</b> less than in 0 (mAP50, by 0.03 or more, beyond what "
        "images and 5 seeds decide, protocol"
    )
    assert said.endswith("infrared no difference beyond chance.")
    assert in_short(compared, "ISF", seeds[:0]) == in_short(compared, "ISF")


def test_nobody_whom_the_reference_is_not_apart_from_is_left_out() -> None:
    """A lead over three methods was told, and not that infrared alone is not apart."""
    rows = [("ISF", 0.298, ""), ("LRRNet", 0.226, "worse"), ("Infrared", 0.275, "undecided"), ("Mine", 0.4, "better")]
    table = pd.DataFrame(rows, columns=["method", "score", "verdict"]).assign(protocol="adapted", metric="mAP50")
    table = table.assign(low=0.2, high=0.3)
    of_class = table.assign(metric="car", score=[0.314, 0.3, 0.321, 0.28])
    said = findings(table, VERDICTS[:0], pd.DataFrame([]), table[:0], "ISF", [of_class])
    assert said[0].endswith("better: Mine; worse: LRRNet; not apart from it: Infrared.") and "place 2 of 4" in said[0]
    assert said[1].startswith("<b>car alone:</b> car is highest for Infrared (0.321)")


def test_findings_of_interventions_and_without_further_seeds() -> None:
    compared = against(COLUMNS, "mIoU", [*"abcd"], reference="other", resamples=99)
    effect = compared[(compared["protocol"] == "own") & (compared["method"] == "one")]
    said = findings(compared[compared["protocol"] == "own"], VERDICTS[:0], pd.DataFrame([]), effect, "other")
    assert (
        len(said) == 2
        and said[1] == "<b>Interventions, own:</b> +0.100 mIoU with them (95 % +0.100 to +0.100): better."
    )
