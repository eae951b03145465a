"""Tables and figures of a page: the files, the provenance beside them, and what the reader sees."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from PIL import Image

from isfcore.machine import provenance
from isfcore.pairs import Pair
from isfstudy import places
from isfstudy.report import results as report
from isfstudy.report.page import Page, earlier_table, sources, use_fused, use_pairs, use_results
from isfstudy.report.results import badge, callout, save_figure, save_table


@pytest.fixture
def page(tmp_path: Path) -> Page:
    page = Page("03_comparison", tmp_path / "results", tmp_path, {"seed": 7, "datasets": ["TNO"]})
    page.data["TNO test"] = "40 of 40 pairs, pixels 0123456789abcdef"
    page.data["scenes test"] = "24 synthetic pairs, pixels fedcba9876543210"
    page.images["Mine on TNO"] = "40 images, pixels 00ff"
    page.weights["released"] = "e8830268ad16eee1"
    page.names.update({f"{name}: {which}": [f"{name[0]}1", f"{name[0]}2"] for name, which in page.data.items()})
    return page


def shown(html: object) -> BeautifulSoup:
    return BeautifulSoup(html.data, "html.parser")


def cells(html: object) -> list[list[str]]:
    return [[cell.text for cell in row.find_all("td")] for row in shown(html).find("tbody").find_all("tr")]


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_table_files_hold_all_digits(page: Page) -> None:
    frame = pd.DataFrame({"method": ["a", "b"], "AG": [1 / 3, np.nan], "pairs": [40, 8]})
    html = save_table(page, frame, "table1", caption="<b>Means.</b>")
    assert files(page.folder) == ["images.json", "tables/table1.csv", "tables/table1.provenance.json"]
    back = pd.read_csv(page.folder / "tables" / "table1.csv")
    pd.testing.assert_frame_equal(back, frame)
    assert cells(html) == [["a", "0.333", "40"], ["b", "–", "8"]]
    assert shown(html).figcaption.b.text == "Means."


def test_digits_by_column_and_a_part_shown(page: Page) -> None:
    frame = pd.DataFrame({"x": [1.23456, 2.0], "y": [1.23456, 2.0]})
    html = save_table(page, frame, "part", caption="", digits={"x": 1}, shown=frame.head(1))
    assert cells(html) == [["1.2", "1.235"]]
    assert len(pd.read_csv(page.folder / "tables" / "part.csv")) == 2


def test_long_text_is_shown_in_full(page: Page) -> None:
    text = "a claim with many words, " * 20 + "and an end"
    assert cells(save_table(page, pd.DataFrame({"claim": [text]}), "long", caption=""))[0][0] == text
    many = pd.DataFrame({"number": range(200)})
    assert len(cells(save_table(page, many, "many", caption=""))) == 200


def test_text_in_cells_is_no_html(page: Page) -> None:
    frame = pd.DataFrame({"name": ["<b>&</b>"], "where": ["x.csv"]})
    html = save_table(page, frame, "t", caption="", formats={"where": lambda file: f'<a href="{file}">{file}</a>'})
    assert "&lt;b&gt;&amp;&lt;/b&gt;" in html.data
    assert shown(html).find("a")["href"] == "x.csv" and shown(html).find("td").text == "<b>&</b>"


def test_an_empty_table_is_a_table(page: Page) -> None:
    html = save_table(page, pd.DataFrame(columns=["a", "b"]), "none", caption="Nothing.")
    assert [cell.text for cell in shown(html).find_all("th")] == ["a", "b"]
    assert (page.folder / "tables" / "none.csv").read_text() == "a,b\n"


def test_provenance_says_what_a_table_was_made_of(page: Page) -> None:
    save_table(page, pd.DataFrame({"a": [1]}), "t", caption="")
    made = json.loads((page.folder / "tables" / "t.provenance.json").read_text())
    assert made.keys() == {
        "notebook", "commit", "made", "parameters", "data", "weights", "machine", "versions"
    }  # fmt: skip
    assert made["notebook"] == "03_comparison" and made["parameters"] == page.parameters
    assert made["data"] == page.data | page.images and made["weights"] == page.weights
    assert made["commit"] == provenance.commit()
    assert {"processor", "cores", "memory_gib", "gpu"} <= made["machine"].keys()
    assert {"python", "torch", "numpy"} <= made["versions"].keys()
    assert pd.Timestamp(made["made"]).utcoffset() == pd.Timedelta(0)


def test_no_absolute_path_reaches_the_page_or_its_provenance(page: Page, tmp_path: Path) -> None:
    html = save_table(page, pd.DataFrame({"a": [1]}), "t", caption="")
    figure = save_figure(page, plt.figure(), "f", caption="", alt="nothing")
    texts = [html.data, figure.data] + [path.read_text() for path in page.folder.rglob("*.json")]
    for text in texts:
        assert str(tmp_path) not in text and str(places.repository()) not in text


def test_footer_names_file_commit_data_weights_and_seed(page: Page) -> None:
    html = save_table(page, pd.DataFrame({"a": [1]}), "t", caption="")
    line = shown(html).find(class_="provenance").text
    for part in ("tables/t.csv", f"commit {provenance.commit()}", "TNO test: 40 of 40", "scenes test", "seed 7"):
        assert part in line
    assert "weights released e8830268ad" in line
    html = save_table(page, pd.DataFrame({"a": [1]}), "t", caption="", data=["TNO test"])
    line = shown(html).find(class_="provenance").text
    assert "TNO test" in line and "scenes" not in line


def test_figure_files_and_page(page: Page) -> None:
    figure, axis = plt.subplots(figsize=(2, 1))
    axis.plot([0, 1])
    html = save_figure(page, figure, "line", caption="<b>A line.</b>", alt='A "line" & more')
    assert files(page.folder) == ["figures/line.png", "figures/line.provenance.json", "figures/line.svg", "images.json"]
    image = shown(html).img
    assert image["alt"] == 'A "line" & more' and image["src"].startswith("data:image/")
    assert "A line." in shown(html).figcaption.text and "figures/line.png, .svg" in shown(html).figcaption.text
    with Image.open(page.folder / "figures" / "line.png") as saved:
        assert saved.format == "PNG" and saved.width > 100
    assert "<svg" in (page.folder / "figures" / "line.svg").read_text()
    assert not plt.fignum_exists(figure.number), "closed, so that it is not shown twice"


def test_photographs_are_not_written_as_lines(page: Page) -> None:
    figure, axis = plt.subplots(figsize=(2, 1))
    axis.imshow([[0, 1]])
    html = save_figure(page, figure, "scene", content="photographs", caption="", alt="")
    assert files(page.folder) == ["figures/scene.png", "figures/scene.provenance.json", "images.json"]
    assert ".svg" not in shown(html).figcaption.text


def test_figures_are_the_same_bytes_each_time(page: Page) -> None:
    plt.rcParams["svg.hashsalt"] = "fixed"
    written = []
    for _ in range(2):
        figure, axis = plt.subplots(figsize=(2, 1))
        axis.plot([0, 1])
        save_figure(page, figure, "line", caption="", alt="")
        written.append([(page.folder / "figures" / f"line.{kind}").read_bytes() for kind in ("png", "svg")])
    assert written[0] == written[1]


def test_files_appear_whole_or_not_at_all(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    save_table(page, pd.DataFrame({"a": [1]}), "t", caption="")

    def stopped(*paths: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", stopped)
    with pytest.raises(KeyboardInterrupt):
        save_table(page, pd.DataFrame({"a": [2]}), "t", caption="")
    assert (page.folder / "tables" / "t.csv").read_text() == "a\n1\n"


def test_pairs_and_folders_are_entered_with_their_pixels(page: Page, tmp_path: Path) -> None:
    paths = [tmp_path / "01.png", tmp_path / "02.png"]
    for number, path in enumerate(paths):
        Image.fromarray(np.full((4, 4), number, np.uint8)).save(path)
    pairs = [Pair("01", *paths)]
    assert use_pairs(page, "TNO", "test", pairs) == "1 of 40 pairs"
    first = page.data["TNO test"]
    assert first.startswith("1 of 40 pairs, pixels ") and len(first.split()[-1]) == 16
    assert use_pairs(page, "scenes", "test", pairs) == "1 synthetic pairs"
    Image.fromarray(np.full((4, 4), 9, np.uint8)).save(paths[0])
    use_pairs(page, "TNO", "test", pairs)
    assert page.data["TNO test"] != first, "other pixels, another digest"
    use_fused(page, "Mine", "MSRS", {"01": paths[0]})
    assert page.images["Mine on MSRS"].startswith("1 images, pixels ")


def test_start_takes_the_notebooks_parameters_alone() -> None:
    values = {"study": "results/quick", "results": "results/quick/10_scorecard", "other": 3}
    with plt.rc_context():
        page = report.start("10_scorecard", values)
    assert page.folder == places.repository() / "results/quick/10_scorecard"
    assert page.study == places.repository() / "results/quick" and page.parameters == {}


@pytest.mark.parametrize("verdict", report.VERDICTS)
def test_badges_say_the_verdict_in_words(verdict: str) -> None:
    span = BeautifulSoup(badge(verdict), "html.parser").span
    assert span.text.strip().endswith(verdict) and span.find(attrs={"aria-hidden": "true"}).text
    assert len({badge(each).split(">")[0] for each in report.VERDICTS}) == len(report.VERDICTS)


def test_a_verdict_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(KeyError):
        badge("probably")


def test_callouts_are_notes_or_cautions() -> None:
    assert "caution" not in callout("All is well.").data
    assert "caution" in callout("Careful.", kind="caution").data


def test_a_table_of_another_notebook_brings_its_provenance(page: Page, tmp_path: Path) -> None:
    frame = pd.DataFrame({"method": ["a"], "AG": [5.128]})
    save_table(replace(page, folder=page.study / "03_comparison"), frame, "table1", caption="")
    later = Page("09_efficiency", tmp_path / "later", page.study, {})
    pd.testing.assert_frame_equal(earlier_table(later, "03_comparison", "table1"), frame)
    assert (later.data, later.images, later.weights) == (page.data, page.images, page.weights)
    with pytest.raises(FileNotFoundError, match="run notebook 04_ablations first"):
        earlier_table(later, "04_ablations", "table2")


def test_an_interval_stands_below_its_mean(page: Page) -> None:
    rows = pd.DataFrame({"AG": ["-5.10 [-5.80, 4.70]", "see [1, 2] and [3, 4]"]})
    shown = save_table(page, rows, "intervals", caption="c").data
    assert "<td>-5.10<br><small>[-5.80, 4.70]</small></td>" in shown and "<td>see [1, 2] and [3, 4]</td>" in shown
    assert (page.folder / "tables" / "intervals.csv").read_text().splitlines()[1] == '"-5.10 [-5.80, 4.70]"'


def test_sources_lead_to_the_command_and_to_every_image_by_name(page: Page, tmp_path: Path) -> None:
    earlier = replace(page, folder=page.study / "03_comparison")
    save_table(earlier, pd.DataFrame({"AG": [5.1]}), "table1", caption="")
    later = Page("10_scorecard", page.study / "10_scorecard", page.study, {})
    use_results(later)
    assert (later.data, later.images, later.weights, later.names) == (page.data, page.images, page.weights, page.names)
    text = shown(sources(later)).get_text(" ")
    assert f"./run_all.sh {page.study.name} --only 10" in text and provenance.commit() in text
    for source, stems in page.names.items():
        assert source in text and ", ".join(stems) in text
    assert all(sha256 in text for sha256 in page.weights.values())
