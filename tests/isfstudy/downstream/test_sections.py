"""What the sections of both pages say beside the numbers, and which files they write."""

from __future__ import annotations

import pandas as pd
import pytest

from isfstudy.downstream import sections
from isfstudy.downstream.regimes import everything_found
from isfstudy.downstream.setting import Setting, open_setting
from isfstudy.downstream.tables import against
from isfstudy.report.page import Page
from tests.helpers.downstream import TASK, mean_of

COLUMNS = {
    ("own", "Visible"): {"mIoU": mean_of([0.5, 0.6]), "car": mean_of([0.1, 0.2])},
    ("own", "Average"): {"mIoU": mean_of([0.4, 0.5]), "car": mean_of([0.2, 0.3])},
    ("from visible", "Average"): {"mIoU": mean_of([0.4, 0.5]), "car": mean_of([0.2, 0.3])},
    ("adapted", "Visible"): {"mIoU": mean_of([0.4, 0.6]), "car": mean_of([0.1, 0.3])},
    ("adapted", "Average"): {"mIoU": mean_of([0.3, 0.5]), "car": mean_of([0.5, 0.6])},
}


@pytest.fixture
def setting(page: Page) -> Setting:
    return open_setting(page, TASK)._replace(reference="Visible", stems=["a", "b"], unit="2 blocks of frames")


def compared(metric: str) -> pd.DataFrame:
    return against(COLUMNS, metric, ["a", "b"], reference="Visible", resamples=99)


def test_trainings_that_were_made_here_do_not_come_with_the_study(page: Page, setting: Setting) -> None:
    everything_found(setting.bench, setting.comparison)
    shown = sections.trainings(page, setting).data
    assert "0 of 5 come with the study" in shown and (page.folder / "tables/trainings.csv").is_file()


def test_leads_show_two_regimes_and_write_all(page: Page, setting: Setting) -> None:
    shown = sections.leads(page, setting, compared("mIoU"), compared("car")).data
    assert "The file has all protocols, and car." in shown and "from visible" not in shown
    assert "0.450<br><small>[" in shown and "95 % intervals over 2 blocks of frames" in shown
    written = pd.read_csv(page.folder / "tables" / "against.csv")
    assert written["metric"].tolist() == ["mIoU"] * 5 + ["car"] * 5 and set(written["dataset"]) == {"scenes"}


def test_records_of_before_exact_colour_say_so(page: Page, setting: Setting, monkeypatch: pytest.MonkeyPatch) -> None:
    made = {"first loss": 1.0, "machine": "one", "record": "records/downstream/one", "epochs": 1.0}
    for commit, said in ((sections.BEFORE_EXACT_COLOUR, True), ("another", False)):
        monkeypatch.setattr(sections, "made_table", lambda *given, commit=commit: [made | {"commit": commit}])
        assert ("before fused images got their colour exactly" in sections.trainings(page, setting).data) is said


def test_classes_stand_side_by_side_where_every_input_takes_part(page: Page, setting: Setting) -> None:
    shown = sections.by_class(page, setting, [compared("mIoU"), compared("car")]).data
    assert "mIoU and car go different ways: over 2 inputs their ranks correlate by -1.00" in shown
    assert "mIoU is highest for Visible (0.500), where car is 0.200, and car for Average (0.550)" in shown
    written = pd.read_csv(page.folder / "tables" / "by_class.csv")
    assert written["metric"].tolist() == ["mIoU"] * 2 + ["car"] * 2 and set(written["protocol"]) == {"adapted"}


@pytest.mark.parametrize(
    ("regime", "said"), [("own", "4 training and 6 test"), ("adapted", "of the sources, then 2 steps")]
)
def test_beside_print_says_what_its_regime_is_and_is_based_on(
    page: Page, setting: Setting, regime: str, said: str
) -> None:
    rows = pd.DataFrame({"method": ["SAGE"], "row": ["printed"], "pairs": [""], "mIoU": [0.7]})
    shown = sections.beside_print(page, setting, rows, "table4", regime, title="Table 4", note="Apart. ").data
    assert f"Table 4, protocol “{regime}”: " in shown and "Apart. " in shown and said in shown
    assert (page.folder / "tables" / f"table4_{regime}.csv").is_file()


def test_what_a_run_lacks_is_said(page: Page, setting: Setting) -> None:
    columns = ["protocol", "pairs", "score", "lead", "lead_low", "lead_high", "verdict", "steps", "batch", "side"]
    assert (
        "This run has not both networks." in sections.interventions(page, setting, pd.DataFrame(columns=columns)).data
    )
    assert "This run has one seed an input." in sections.seeds(page, setting, pd.DataFrame([])).data
