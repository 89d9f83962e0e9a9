"""Chinese and English say the same things, and all that the page asks for."""

import re
from string import Formatter

import pytest

from steelyard.model.history import Assumption
from steelyard.model.kinds import BAR, FUNDING, TRADE_BUY
from steelyard.services.research.realism import Circumstances, realism
from steelyard.services.research.report import page
from steelyard.services.research.report.phrases import chinese, with_twin

ENGLISH, CHINESE = page.words("en"), page.words("zh")
SOURCES = {name: page.asset(f"assets/script/{name}.js") for name in page.SCRIPTS}


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_both_languages_have_the_same_keys_in_the_same_order() -> None:
    assert list(ENGLISH) == list(CHINESE)


@pytest.mark.parametrize("key", ENGLISH)
def test_both_languages_name_the_same_figures(key: str) -> None:
    assert places(ENGLISH[key]) == places(CHINESE[key])
    assert CHINESE[key].strip()


def test_chinese_is_chinese() -> None:
    assert [text for text in CHINESE.values() if not re.search(r"[\u4e00-\u9fff]", text)] == []


def test_every_word_the_scripts_ask_for_is_there() -> None:
    asked = {
        key
        for text in SOURCES.values()
        for key in re.findall(r'\bt\("([a-z_.-]+)"', text) + re.findall(r'empty\("([^"]+)"', text)
    }

    assert len(asked) > 80
    assert asked - set(ENGLISH) == set()


def test_every_word_the_page_asks_for_is_there() -> None:
    asked = set(re.findall(r'data-(?:word|label)="([^"]+)"', page.asset("assets/page.html")))

    assert len(asked) > 20
    assert asked - set(ENGLISH) == set()


def test_what_lowers_the_score_is_said_in_chinese_too() -> None:
    models = {
        "queue": "touch", "liquidity": "unlimited", "slippage": "none", "latency": "none",
        "path": "pessimistic", "fees": "schedule",
    }  # fmt: skip
    said: list[Assumption] = []
    for kinds in ({BAR}, {TRADE_BUY}, {TRADE_BUY, FUNDING}):
        facts = Circumstances(
            kinds=frozenset(kinds), perpetual=True, models=models, gaps=2, fills=3, pnl=1,
            turnover=1, assumptions=(),
        )  # fmt: skip
        said += realism(facts).items

    unsaid = [text for item in said for text in (item.what, item.why) if chinese(text) is None]
    assert unsaid == []


def test_figures_are_carried_over() -> None:
    assert chinese("12 gaps in the data") == "数据中有 12 处缺口"
    assert chinese("the default; --set price_interval=VALUE sets it") == (
        "默认值；用 --set price_interval=VALUE 设定"
    )


def test_an_unknown_sentence_stays_english() -> None:
    assert chinese("somebody's own words") is None
    assert with_twin({"what": "somebody's own words"})["zh"] == {}


def test_braces_in_a_sentence_are_text() -> None:
    assert chinese("the venue is {x}") == "交易所为 {x}"


def test_a_twin_that_was_given_wins() -> None:
    item = {"what": "leverage 1", "doc": "Distance.", "doc_zh": "间距。", "zh": {"what": "一倍"}}

    assert with_twin(item)["zh"] == {"what": "一倍", "doc": "间距。"}
