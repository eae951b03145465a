"""What pages say, built from values."""

from __future__ import annotations

import pandas as pd

from isfstudy.downstream.sentences import ADAPTED, findings
from isfstudy.downstream.tables import against
from tests.helpers.downstream import mean_of

COLUMNS = {
    ("own", "one"): {"mIoU": mean_of([0.5, 0.6, 0.7, 0.8])},
    ("own", "other"): {"mIoU": mean_of([0.4, 0.5, 0.6, 0.7])},
    ("adapted", "one"): {"mIoU": mean_of([0.5, 0.6, 0.7, 0.8])},
}
VERDICTS = pd.DataFrame({"quality": ["AG"], "rho": [0.3], "rho of PSNR": [0.0], "verdict": ["yes"]})
VERDICTS = VERDICTS.assign(difference=0.3, low=0.1, high=0.5)


def test_findings() -> None:
    compared = against(COLUMNS, "mIoU", 4, reference="one", resamples=99)
    spread = pd.DataFrame({"method": ["one"], "mIoU range": [0.1]})
    said = findings(compared, VERDICTS, spread, compared[:0], "one")
    assert said[0].startswith("<b>own:</b> mIoU is highest for one (0.650); one takes place 1 of 2 (0.650, 95 % ")
    assert said[0].endswith("By more than chance better: none; worse: other; not apart from it: none.")
    assert said[2] == ADAPTED, "what the regime cannot tell stands below what it says"
    assert "by up to 0.100" in said[3] and "with PSNR by +0.00" in said[4] and "+0.30 (95 % +0.10 to +0.50)" in said[4]
    assert said[4].endswith("AG matters more: yes.")


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
    compared = against(COLUMNS, "mIoU", 4, reference="other", resamples=99)
    effect = compared[(compared["protocol"] == "own") & (compared["method"] == "one")]
    said = findings(compared[compared["protocol"] == "own"], VERDICTS[:0], pd.DataFrame([]), effect, "other")
    assert (
        len(said) == 2
        and said[1] == "<b>Interventions, own:</b> +0.100 mIoU with them (95 % +0.100 to +0.100): better."
    )
