"""The page is one safe text that loads nothing, and a file that is whole or absent."""

import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from steelyard.services.research.report import page
from tests.unit.report.sample import EVIL, evil_report, report


class Reading(HTMLParser):
    """Gathers the elements of a page, and the text of each script by its number."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self._inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._inside = tag

    def handle_data(self, data: str) -> None:
        self.texts.append((self._inside, data))

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def text(self, tag: str) -> list[str]:
        return [text for inside, text in self.texts if inside == tag]


def read(text: str) -> Reading:
    reading = Reading()
    reading.feed(text)
    return reading


def data_of(text: str) -> Any:
    found = re.search(
        r'<script type="application/json" id="report">(.*?)</script>', text, re.DOTALL
    )
    assert found
    return json.loads(found[1])


def test_names_cannot_become_markup() -> None:
    harmless, evil = read(page.render(report())), read(page.render(evil_report()))

    assert [tag for tag, _ in evil.elements] == [tag for tag, _ in harmless.elements]
    assert evil.text("title") == [f"{EVIL} · {EVIL} · Steelyard"]


def test_names_arrive_as_they_were() -> None:
    text = page.render(evil_report())

    assert data_of(text)["result"]["strategy"] == EVIL
    assert EVIL not in text


def test_exact_strings_arrive_unchanged() -> None:
    found = data_of(page.render(report()))

    assert found["result"]["pnl"] == "13.00000001"
    assert found["result"]["equity_end"] == "5013.00000001"
    assert dict(found["waterfall"]["parts"])["grid"] == "41.25000001"
    assert found["waterfall"]["sum"] == "13.00000001"


def test_a_dollar_in_the_report_is_text() -> None:
    assert data_of(page.render(report(command="$script $policy ${x} $")))["result"]["command"] == (
        "$script $policy ${x} $"
    )


def test_a_name_that_cannot_be_encoded_is_replaced_in_the_title() -> None:
    text = page.render(report(strategy="a\ud800b"))

    assert "<title>a?b ·" in text
    text.encode("utf-8")


def test_the_page_loads_nothing() -> None:
    for tag, attributes in read(page.render(report())).elements:
        assert "src" not in attributes
        if tag == "link":
            assert str(attributes["href"]).startswith("data:")


def test_the_policy_allows_the_two_scripts_and_no_network() -> None:
    text = page.render(report())
    policy = next(
        str(attributes["content"])
        for _, attributes in read(text).elements
        if attributes.get("http-equiv") == "Content-Security-Policy"
    )
    scripts = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)

    assert len(scripts) == 2
    assert policy.startswith("default-src 'none'")
    assert "connect-src" not in policy
    assert "unsafe-inline" not in policy.partition("script-src")[2].partition(";")[0]
    for script in scripts:
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy


def test_scripts_cannot_end_early() -> None:
    for name in (page.CHARTS, *(f"assets/script/{name}.js" for name in page.SCRIPTS)):
        assert not re.search(r"</script|<script|<!--", page.asset(name), re.IGNORECASE)


def test_scripts_parse_no_markup() -> None:
    for name in page.SCRIPTS:
        script = page.asset(f"assets/script/{name}.js")
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|\beval\b|Function\(",
            script,
        )


def test_the_same_report_gives_the_same_page() -> None:
    assert page.render(report()) == page.render(report())


def test_a_year_of_minutes_stays_below_three_megabytes() -> None:
    text = page.render(report(bars=525_600, filled=20_000))

    assert len(text.encode()) < 3_000_000


def test_the_charts_keep_their_attribution() -> None:
    text = page.render(report())

    assert "https://www.tradingview.com/" in text
    assert "TradingView Lightweight Charts™" in text
    assert "Licensed under Apache License 2.0" in text
    assert "attributionLogo: true" in text
    assert "Apache License" in page.asset("assets/charts/LICENSE")
    assert "TradingView" in page.asset("assets/charts/NOTICE")


def test_a_written_page_is_the_rendered_one(tmp_path: Path) -> None:
    path = tmp_path / "new" / "report.html"
    page.write(report(), path)

    assert path.read_text(encoding="utf-8") == page.render(report())
    assert [found.name for found in path.parent.iterdir()] == ["report.html"]


def test_a_report_that_cannot_be_made_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text("old", encoding="utf-8")
    given = report()

    with pytest.raises(ValueError, match="lacks"):
        page.write(replace(given, result={}), path)
    assert path.read_text(encoding="utf-8") == "old"


def test_a_write_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.mkdir()

    with pytest.raises(OSError, match=r"report\.html"):
        page.write(report(), path)
    assert list(tmp_path.iterdir()) == [path]


def test_a_result_that_is_no_json_is_refused() -> None:
    with pytest.raises(TypeError, match="held a set"):
        page.render(report(venue={"sim"}))


def test_asset_files_keep_to_the_limit() -> None:
    names = [f"assets/script/{name}.js" for name in page.SCRIPTS]
    names += [f"assets/style/{name}.css" for name in page.STYLES]
    names += ["assets/page.html", *(f"assets/words/{name}.json" for name in page.LANGUAGES)]

    assert [name for name in names if len(page.asset(name).splitlines()) > 400] == []
