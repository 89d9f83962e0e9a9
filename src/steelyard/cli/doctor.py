"""`steelyard doctor`: what is wrong with an account or a house, and what to do about it."""

import locale
import os
from typing import TYPE_CHECKING, Any, Final

import msgspec

from steelyard.cli.house import DEFAULT_FILE, Config, Json, NotRight, print_json

if TYPE_CHECKING:
    from steelyard.app.findings import Finding

_MARKS: Final = {"fine": "[green]✓[/green]", "note": "[yellow]•[/yellow]", "fix": "[red]✗[/red]"}


def doctor(
    *, account: str | None = None, config: Config = DEFAULT_FILE, json_: Json = False
) -> None:
    """Look at each account: network, clock, key, rights, modes, fees, budget, instruments.

    Nothing is changed. What must be put right before robots trade is marked ✗ and ends the command
    with code 3; • is worth knowing. Words are Chinese where the language of the system is.

    Parameters
    ----------
    account
        Only this one.
    config
        The configuration; without one, every account of the vault is looked at.
    json_
        Print one JSON object, with English and Chinese words.
    """
    from steelyard.app.doctor import look

    findings = look(config, account)
    wrong = sum(one.level == "fix" for one in findings)
    if json_:
        rows: list[dict[str, Any]] = [msgspec.to_builtins(one) for one in findings]
        print_json({"fine": not wrong, "findings": rows})
    else:
        _print(findings)
    if wrong:
        raise NotRight(f"{wrong} of {len(findings)} findings must be put right")


def _print(findings: "list[Finding]") -> None:
    from rich.console import Console
    from rich.markup import escape

    chinese = _is_chinese()
    console = Console(highlight=False)
    before = None
    for one in findings:
        if one.account != before:
            console.print(f"[bold]{escape(one.account or 'house')}[/bold]")
            before = one.account
        text, advice = (one.zh, one.advice_zh) if chinese else (one.en, one.advice_en)
        console.print(f"  {_MARKS[one.level]} {escape(text)}", soft_wrap=True)
        if advice and one.level != "fine":
            console.print(f"      → {escape(advice)}", soft_wrap=True)
    if not findings:
        console.print("there is no account yet; `steelyard account add` adds one")


def _is_chinese() -> bool:
    told = next(
        (os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)),
        locale.getlocale()[0] or "",
    )
    return told.lower().startswith("zh")
