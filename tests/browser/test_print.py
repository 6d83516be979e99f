"""Printed on A4: the whole page on few sheets, no row or border cut, month, source, account and time on it."""

import re
import unicodedata
from pathlib import Path

import pytest

from tests.browser.pdf import Printed, printed
from tests.browser.visits import Visits
from tests.support.shared_platform import DayDone

pytestmark = pytest.mark.backends
A4 = (595, 842)
A4_INSIDE_PX = 702
"""Width between the margins of 12 mm."""


def squeezed(text: str) -> str:
    """Return a text without the spaces and line breaks that printing puts elsewhere."""
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text))  # also ﬁ is f and i


def paper_end(paper: Printed) -> str:
    """Return the text of the last sheet."""
    return squeezed(paper.pages[-1])


async def on_paper(visits: Visits, area: str, folder: Path) -> Printed:
    """Print a page and read it back."""
    page = (await visits.situation(area)).page
    return printed(await page.pdf(path=folder / f"{area}.pdf", format="A4", prefer_css_page_size=True))


@pytest.mark.parametrize(
    ("area", "name", "sheets"),
    [("13.76", "Kota Payakumbuh", 3), ("id", "Indonesia", 3), ("13.76.01.1004", "Bulakan Balai Kandi", 2)],
)
async def test_a_page_fits_on_few_sheets_with_source_and_time(
    visits: Visits, large_day: DayDone, tmp_path: Path, area: str, name: str, sheets: int
) -> None:
    paper = await on_paper(visits, area, tmp_path)
    assert paper.size == A4
    assert 1 <= len(paper.pages) <= sheets
    assert all(len(text) > 100 for text in paper.pages), "an almost empty sheet"
    first, whole = squeezed(paper.pages[0]), squeezed("".join(paper.pages))
    assert "DATACONTOH" in first
    assert re.search(rf"{squeezed(name)},[A-Z][a-z]+20\d\d", first), "no month beside the title"
    assert re.search(r"Dicetak\d+\w+\d{4}\d\d\.\d\d\.\d\dWIBolehakun.+\(analyst\)", whole)
    assert squeezed("Mengetahui (nama, jabatan, tanggal, tanda tangan)") in paper_end(paper)
    assert re.search(r"Dataper\d+\w+\d{4}\d\d\.\d\d\.\d\dWIB", first)
    for said in ("Batas wilayah: cahyadsn/wilayah_boundaries (MIT)", "definisi 2026.2"):
        assert squeezed(said) in whole
    for button in ("Cetak", "Unduh CSV", "Langsung ke isi", "ketuk judul kolom"):
        assert squeezed(button) not in whole


async def test_every_row_stands_whole_on_one_sheet(visits: Visits, large_day: DayDone, tmp_path: Path) -> None:
    paper = await on_paper(visits, "13.76", tmp_path)
    page = (await visits.situation("13.76")).page
    rows = await page.eval_on_selector_all(
        "#areas tbody tr", "(rows) => rows.map((row) => [...row.cells].map((cell) => cell.innerText))"
    )
    assert len(rows) == 47
    sheets = [squeezed(text) for text in paper.pages]
    for cells in rows:
        assert sum(squeezed("".join(cells)) in sheet for sheet in sheets) == 1, cells[0]


@pytest.mark.parametrize("area", ["13.76", "13.76.01.1004"])
async def test_no_border_is_cut_at_the_edge_of_the_paper(visits: Visits, large_day: DayDone, area: str) -> None:
    page = (await visits.situation(area)).page
    await page.emulate_media(media="print")
    await page.set_viewport_size({"width": A4_INSIDE_PX, "height": 1000})
    edges = await page.eval_on_selector_all(
        ".card, .panel, table",
        "(boxes) => boxes.filter((box) => box.checkVisibility()).map((box) => box.getBoundingClientRect().right)",
    )
    assert len(edges) > 6
    assert max(edges) <= A4_INSIDE_PX - 1
