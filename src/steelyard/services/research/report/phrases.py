"""Sentences that other rooms write in English, in Chinese for the Chinese page.

Rule 1: a sentence is found as a whole; `{a}` stands for any text and is carried over.
Rule 2: a sentence nobody translated stays English; nothing is guessed.
"""

import json
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

WRITTEN = ("what", "why", "doc", "reason")


def chinese(sentence: str) -> str | None:
    """Return the sentence in Chinese, or None when it is not known."""
    for pattern, target in _phrases():
        if match := pattern.fullmatch(sentence):
            return target.format(**match.groupdict())
    return None


def with_twin(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return the item with `zh`: what it says, in Chinese, as far as that is known."""
    twin = {
        key: text
        for key in WRITTEN
        if isinstance(item.get(key), str)
        and (text := item.get(f"{key}_zh") or chinese(item[key])) is not None
    }
    given = item.get("zh")
    return {**item, "zh": twin | (dict(given) if isinstance(given, Mapping) else {})}


@cache
def _phrases() -> tuple[tuple[re.Pattern[str], str], ...]:
    source = files("steelyard.services.research.report").joinpath("assets/words/phrases.json")
    pairs: list[tuple[str, str]] = json.loads(source.read_text(encoding="utf-8"))
    return tuple((_pattern(english), target) for english, target in pairs)


def _pattern(english: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w)\}", english)
    text = "".join(
        f"(?P<{part}>.+?)" if place % 2 else re.escape(part) for place, part in enumerate(parts)
    )
    return re.compile(text, re.DOTALL)
