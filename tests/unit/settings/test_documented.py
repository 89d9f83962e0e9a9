"""The page about the configuration lists every key with its default, and no other."""

import re

import msgspec
import pytest
from msgspec import Struct

from steelyard.services.settings.changes import _shown
from steelyard.services.settings.decoding import keys
from steelyard.services.settings.schema import Account, Breaking, House, Limits, Paper, Robot
from tests.house.reading import ROOT

PAGE = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
ROW = re.compile(r"\| `([a-z_.]+)` \|([^|]*)\|")


@pytest.mark.parametrize(
    "heading,kind",
    [
        ("`[house]`", House),
        ("`[paper]`", Paper),
        ("`[[accounts]]`", Account),
        ("`[[robots]]`", Robot),
        ("Limits", Limits),
        ("`[breakers]`", Breaking),
    ],
)
def test_every_key_is_there_with_its_default(heading: str, kind: type[Struct]) -> None:
    section = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    written = {name: default.strip() for name, default in ROW.findall(section)}
    required = {one.encode_name for one in msgspec.structs.fields(kind) if one.required}
    expected = {}
    for path, (parameter, meta) in keys(kind).items():
        if path[0] in ("limits", "breakers"):
            continue
        name = ".".join(path)
        default = "" if (meta.extra or {})["time"] else _shown(parameter.default)
        expected[name] = "required" if path[0] in required else default

    assert written == expected
