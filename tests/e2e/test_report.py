"""The report in a real browser: offline, drawn, switchable, and usable on a phone."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from steelyard.services.research.report.page import words, write
from tests.unit.report.sample import WATERFALL, evil_report, report

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
# Share of a canvas that is not its first pixel's colour.
DRAWN = """() => [...document.querySelectorAll('#CHART canvas')].map((canvas) => {
  if (!canvas.width || !canvas.height) return 0;
  const copy = new OffscreenCanvas(canvas.width, canvas.height);
  const context = copy.getContext('2d', { willReadFrequently: true });
  context.drawImage(canvas, 0, 0);
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
  let other = 0;
  for (let i = 4; i < data.length; i += 4) {
    if (data[i] !== data[0] || data[i + 1] !== data[1] || data[i + 2] !== data[2]) other += 1;
  }
  return other;
})"""
FRAMES = """() => new Promise((done) => {
  const wait = (left) => (left ? requestAnimationFrame(() => wait(left - 1)) : done());
  wait(5);
})"""
WIDTH = "() => document.documentElement.scrollWidth - window.innerWidth"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: install the package chromium"),
]


@dataclass
class Visit:
    """One opened report and all it said and asked for."""

    page: Any
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def text(self, selector: str) -> str:
        return str(self.page.inner_text(selector)).replace("\u00a0", " ").replace("\u202f", " ")

    def settle(self) -> None:
        """Let the page draw: charts paint, and watchers are told, with the frames."""
        self.page.evaluate(FRAMES)

    def drawn(self, chart: str) -> list[int]:
        return list(self.page.evaluate(DRAWN.replace("CHART", chart)))


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("reports")
    write(report(bars=6_000, filled=5_100), made / "report.html")
    write(report(bars=0, filled=0, sharpe=None, buy_and_hold=None), made / "bare.html")
    write(report(waterfall={**WATERFALL, "total": "14"}), made / "wrong.html")
    write(evil_report(), made / "evil.html")
    return made


@dataclass
class Desk:
    """Opens reports in fresh browsers, as readers with different screens and languages do."""

    browser: Any
    folder: Path
    open_contexts: list[Any] = field(default_factory=list)

    def visit(
        self, name: str = "report.html", *, width: int = 1440, locale: str = "en-GB",
        scheme: str = "light",
    ) -> Visit:  # fmt: skip
        context = self.browser.new_context(
            viewport={"width": width, "height": 900}, locale=locale, color_scheme=scheme,
            offline=True, has_touch=width < 500, is_mobile=width < 500,
        )  # fmt: skip
        self.open_contexts.append(context)
        seen = Visit(context.new_page())
        seen.page.on("console", lambda said: seen.complaints.append(said.text))
        seen.page.on("pageerror", lambda error: seen.complaints.append(str(error)))
        seen.page.on("request", lambda request: seen.requests.append(request.url))
        seen.page.goto((self.folder / name).as_uri())
        seen.page.wait_for_selector("html[data-ready]", state="attached")
        return seen


@pytest.fixture
def desk(browser: Any, folder: Path) -> Iterator[Desk]:
    made = Desk(browser, folder)
    yield made
    for context in made.open_contexts:
        context.close()


@pytest.mark.parametrize("name", ["report.html", "bare.html", "wrong.html", "evil.html"])
@pytest.mark.parametrize("width", [1440, 390])
def test_it_opens_offline_without_a_complaint(desk: Desk, name: str, width: int) -> None:
    seen = desk.visit(name, width=width)
    seen.settle()

    assert seen.complaints == []
    assert [url.partition(":")[0] for url in seen.requests if not url.startswith("data:")] == [
        "file"
    ]
    assert seen.page.evaluate(WIDTH) <= 0


def test_the_result_stands_beside_holding_and_realism(desk: Desk) -> None:
    seen = desk.visit()
    headline = seen.text("#headline")

    assert "+13.00" in headline
    assert "+0.26 %" in headline
    assert "−99.50" in headline
    assert "−1.99 %" in headline
    assert "Realism 64/100 · grade C" in headline
    assert "112.50 USDT (2.25 percentage points) ahead" in headline
    assert "−3.14 %" in headline
    assert "may be luck" in headline
    assert "no order book" in seen.text("#trust")
    assert "somebody's own words" in seen.text("#assumptions")


def test_the_waterfall_shows_every_decimal_and_its_sum(desk: Desk) -> None:
    seen = desk.visit()
    table = seen.text("#waterfall-table")

    for figure in ("+41.25000001", "−20.10000000", "−0.75000000", "−7.40000000", "+13.00000001"):
        assert figure in table
    assert "+13.00000001 USDT, exactly" in seen.text("#waterfall-sum")
    # Parts that are zero are in the table alone: four parts and the total are drawn.
    assert seen.page.locator("#waterfall-drawing rect.bar").count() == 5


def test_parts_that_do_not_add_up_are_told(desk: Desk) -> None:
    told = desk.visit("wrong.html").text("#waterfall-sum")

    assert "differs by +0.99999999 USDT" in told
    assert "Do not trust this report" in told


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("chart", ["equity-chart", "candle-chart"])
def test_charts_are_drawn(desk: Desk, chart: str, scheme: str) -> None:
    seen = desk.visit(scheme=scheme)
    seen.settle()
    drawn = seen.drawn(chart)

    assert len(drawn) >= 4
    assert max(drawn) > 2_000
    assert seen.page.locator(f"#{chart} #tv-attr-logo").count() == 1


def test_zoom_changes_the_drawing(desk: Desk) -> None:
    seen = desk.visit()
    seen.settle()
    before = seen.drawn("candle-chart")
    seen.page.get_by_role("button", name="All").last.click()
    seen.settle()

    assert seen.drawn("candle-chart") != before
    assert seen.complaints == []


def test_pictures_of_returns_are_drawn(desk: Desk) -> None:
    seen = desk.visit()

    assert seen.page.locator("#histogram rect.bar").count() >= 3
    assert seen.page.locator("#calendar .month").count() == 1
    assert seen.page.locator("#calendar .cell.up, #calendar .cell.down").count() == 5


@pytest.mark.parametrize(
    "locale,language", [("en-US", "en"), ("zh-CN", "zh-CN"), ("zh-TW", "zh-CN"), ("de-DE", "en")]
)
def test_the_browser_chooses_the_language(desk: Desk, locale: str, language: str) -> None:
    assert desk.visit(locale=locale).page.evaluate("document.documentElement.lang") == language


def test_the_language_switch_changes_every_word(desk: Desk) -> None:
    seen = desk.visit()
    english = words("en")
    assert english["equity.title"] in seen.text("main")
    seen.page.get_by_role("button", name="中文").click()
    text = seen.text("main")

    assert "净结果" in text
    assert "没有订单簿" in text
    assert "间距。" in text
    left = [
        word for key, word in english.items()
        if len(word) > 12 and "{" not in word and word in text and not key.startswith("filter")
    ]  # fmt: skip
    assert left == []
    seen.page.get_by_role("button", name="EN").click()
    assert english["equity.title"] in seen.text("main")
    assert seen.complaints == []


def test_the_theme_follows_the_browser_until_it_is_switched(desk: Desk) -> None:
    seen = desk.visit(scheme="dark")
    ground = "getComputedStyle(document.body).backgroundColor"
    dark = seen.page.evaluate(ground)
    seen.page.emulate_media(color_scheme="light")
    seen.settle()
    light = seen.page.evaluate(ground)
    assert dark != light

    seen.page.click("#theme")
    assert seen.page.evaluate(ground) == dark
    seen.settle()
    assert max(seen.drawn("candle-chart")) > 2_000
    seen.page.emulate_media(color_scheme="dark")
    seen.page.emulate_media(color_scheme="light")
    seen.settle()
    assert seen.page.evaluate(ground) == dark


def test_tables_have_pages(desk: Desk) -> None:
    seen = desk.visit()
    fills = "#fills-table tbody tr"
    first = seen.page.inner_text(f"{fills}:first-child")

    assert "The last 5,000 of 5,100 fills are listed" in seen.text("#fills-table")
    assert seen.page.locator(fills).count() == 15
    assert "1–15 of 5,000" in seen.text("#fills-table")
    seen.page.click("#fills-table button[aria-label='Next page']")
    assert "16–30 of 5,000" in seen.text("#fills-table")
    assert seen.page.inner_text(f"{fills}:first-child") != first
    seen.page.click("#fills-table button[aria-label='Last page']")
    assert seen.page.locator("#fills-table button[aria-label='Next page']").is_disabled()


def test_tables_are_sorted_and_filtered(desk: Desk) -> None:
    seen = desk.visit()
    head = "#fills-table thead th:nth-child(3)"
    seen.page.click(f"{head} button")
    assert seen.page.get_attribute(head, "aria-sort") == "ascending"
    assert "3,000" in seen.text("#fills-table tbody tr:first-child")
    seen.page.click(f"{head} button")
    assert seen.page.get_attribute(head, "aria-sort") == "descending"
    assert "3,010" in seen.text("#fills-table tbody tr:first-child")

    seen.page.select_option("#fills-table select >> nth=0", "-1")
    assert "of 2,500" in seen.text("#fills-table")
    assert "Buy" not in seen.text("#fills-table tbody")
    seen.page.fill("#fills-table input", "#5100")
    assert "1–1 of 1" in seen.text("#fills-table")
    seen.page.fill("#fills-table input", "nothing like it")
    assert "Nothing matches." in seen.text("#fills-table")


def test_orders_name_their_status(desk: Desk) -> None:
    seen = desk.visit()

    assert "The last 30 of 90 orders are listed." in seen.text("#orders-table")
    assert seen.page.locator("#orders-table .status.open").count() == 15


@pytest.mark.parametrize("locale", ["en-GB", "zh-CN"])
def test_a_phone_scrolls_one_way_only(desk: Desk, locale: str) -> None:
    seen = desk.visit(width=390, locale=locale)
    seen.settle()

    assert seen.page.evaluate(WIDTH) <= 0
    beyond = """() => [...document.querySelectorAll('main .card > *, .tile, .figure, .reason')]
      .filter((e) => e.getBoundingClientRect().right > window.innerWidth + 1).length"""
    assert seen.page.evaluate(beyond) == 0
    assert max(seen.drawn("equity-chart")) > 1_000


def test_a_name_cannot_run(desk: Desk) -> None:
    seen = desk.visit("evil.html")

    assert seen.page.locator("main img").count() == 0
    assert seen.page.title().startswith("</script><img")
    assert "<img src=x" in seen.text("#strategy")
    assert "<img src=x" in seen.text("#assumptions")
    assert "<img src=x" in seen.text("#parameters")


def test_nothing_missing_reads_as_zero(desk: Desk) -> None:
    seen = desk.visit("bare.html")

    assert "There is no buy-and-hold result" in seen.text("#headline")
    assert "There is nothing to compare with" in seen.text("#headline")
    assert "too few samples to draw" in seen.text("#equity-chart")
    assert "There are no bars to draw" in seen.text("#candle-chart")
