"""What the doctor can find has words in both languages, and says what to do."""

from string import Formatter

import pytest

from steelyard.app.findings import TEXTS, Level, found

LEFT_AS_IT_IS = frozenset(
    {"clock", "fees", "key", "listed", "mode", "margin", "paper", "private", "public", "journal",
     "rest", "rights", "bound", "budget", "budget_unknown", "untried", "margin_unknown"}
)  # fmt: skip
"""What is fine, or can only be known."""


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("check", TEXTS)
def test_both_languages_say_the_same(check: str) -> None:
    text = TEXTS[check]

    plain = {one.removeprefix("zh_") for one in fields(text.zh)}
    assert fields(text.en) == plain or check in {"lacks", "said"}
    assert bool(text.advice_en) == bool(text.advice_zh)
    assert fields(text.advice_en) == fields(text.advice_zh)


@pytest.mark.parametrize("check", sorted(set(TEXTS) - LEFT_AS_IT_IS))
def test_what_is_not_fine_has_advice(check: str) -> None:
    assert TEXTS[check].advice_en


def test_a_finding_is_put_into_words() -> None:
    one = found("main", "vault_none", Level.FIX)

    assert one.advice_en == "steelyard account add main"
    assert one.zh == "密钥库中没有该账户的凭证"
