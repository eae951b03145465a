"""What pages say, built from values."""

from __future__ import annotations

import pandas as pd

from isfstudy.downstream.sentences import findings
from isfstudy.downstream.tables import against
from tests.helpers.downstream import mean_of

COLUMNS = {
    ("own", "one"): {"mIoU": mean_of([0.5, 0.6, 0.7, 0.8])},
    ("own", "other"): {"mIoU": mean_of([0.4, 0.5, 0.6, 0.7])},
    ("adapted", "one"): {"mIoU": mean_of([0.5, 0.6, 0.7, 0.8])},
}
VERDICTS = pd.DataFrame({"quality": ["AG"], "rho": [0.3], "rho of PSNR": [0.0], "verdict": ["yes"]})


def test_findings() -> None:
    compared = against(COLUMNS, "mIoU", 4, reference="one", resamples=99)
    spread = pd.DataFrame({"method": ["one"], "mIoU range": [0.1]})
    said = findings(compared, VERDICTS, spread, compared[:0], "one")
    assert said[0].startswith("<b>own:</b> mIoU is highest for one (0.650); one takes place 1 of 2 (0.650, 95 % ")
    assert said[0].endswith("Of the others 0 are better by more than chance, 1 worse, 0 not apart.")
    assert "by up to 0.100" in said[2] and "with PSNR by +0.00" in said[3] and said[3].endswith("AG matters more: yes.")


def test_findings_of_interventions_and_without_further_seeds() -> None:
    compared = against(COLUMNS, "mIoU", 4, reference="other", resamples=99)
    effect = compared[(compared["protocol"] == "own") & (compared["method"] == "one")]
    said = findings(compared[compared["protocol"] == "own"], VERDICTS[:0], pd.DataFrame([]), effect, "other")
    assert (
        len(said) == 2
        and said[1] == "<b>Interventions, own:</b> +0.100 mIoU with them (95 % +0.100 to +0.100): better."
    )
