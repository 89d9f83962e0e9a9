"""How a house looks on a terminal.

Rule: a table shows what its JSON says, in the same words; nothing is computed here but sums of
what stands in the same table.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from steelyard.model.decimals import format_decimal

_STATES: Final = {
    "running": "green", "paused": "yellow", "failed": "bold red", "stopping": "yellow",
}  # fmt: skip
_RIGHT: Final = frozenset(
    {"n", "price", "quantity", "filled", "fee", "position", "entry", "unrealised", "open orders"}
)

_LONG: Final = frozenset({"what", "text", "how"})


def print_rows(rows: Sequence[Mapping[str, Any]], names: Sequence[str], nothing: str) -> None:
    """Print rows as a table of these columns; `nothing` is said where there are none."""
    if not rows:
        print(nothing)
        return
    table = Table(*names, box=None, padding=(0, 1, 0, 0))
    for column in table.columns:
        column.justify = "right" if column.header in _RIGHT else "left"
        column.no_wrap = column.header not in _LONG
    for row in rows:
        table.add_row(*(_cell(row.get(name.replace(" ", "_"))) for name in names))
    Console().print(table)


def short_time(text: str) -> str:
    """Return a time without what is the same all year: 11-20 10:54:29."""
    return text[5:-1].replace("T", " ")


def _cell(value: Any) -> Text:
    if value is None:
        return Text("—")
    if isinstance(value, bool):
        return Text("yes" if value else "no")
    return Text(str(value))


def status_page(found: Mapping[str, Any], lang: str) -> RenderableType:
    """Return the whole of `status`."""
    parts: list[RenderableType] = []
    if found.get("kill_switch"):
        parts.append(Text(f"the kill switch is on: {found['kill_switch']}", style="bold red"))
    for book in found["books"]:
        parts += [_heading(book), *_troubles(book)]
        if book["robots"]:
            parts.append(_robots(book["robots"], lang))
        parts.append(Text())
    if not found["books"]:
        parts.append(Text("there is no book yet"))
    return Group(*parts)


def _heading(book: Mapping[str, Any]) -> Text:
    line = Text(str(book["book"]), style="bold")
    line.append(f" on {book.get('venue', '?')}: {book['phase']}", style="default")
    if book.get("as_of"):
        line.append(f"; as of {book['as_of']}", style="default")
    words = []
    if book.get("journal"):
        kept = book["journal"]
        waiting = f", {kept['waiting']} waiting" if kept["waiting"] else ""
        words.append(f"{kept['outcomes']:,} outcomes kept{waiting}")
    if book.get("budget_left"):
        left = book["budget_left"]
        words.append(
            f"requests left: cancel {left['cancel']:,}, create {left['create']:,}, "
            f"read {left['read']:,}"
        )
    if book.get("decision_to_venue_us"):
        span = book["decision_to_venue_us"]
        words.append(
            f"decision to venue: half within {span['p50'] / 1000:.1f} ms, "
            f"99 of 100 within {span['p99'] / 1000:.1f} ms"
        )
    if words:
        line.append("\n  " + " · ".join(words), style="dim")
    return line


def _troubles(book: Mapping[str, Any]) -> Iterable[Text]:
    if book.get("why"):
        yield Text(f"  {book['why']}", style="bold red")
    if book.get("venue_status", "normal") != "normal":
        yield Text(f"  the venue is in {book['venue_status']}", style="bold red")
    if book.get("journal") and not book["journal"]["writes"]:
        yield Text("  the journal does not write: nothing but cancels leaves", style="bold red")
    for one in book.get("drift", ()):
        if not one["small"]:
            yield Text(f"  drift: {drift_words(one)}", style="bold red")
    for one in book.get("breakers", ()):
        if one["state"] != "closed":
            state = one["state"].replace("_", " ")
            yield Text(f"  breaker {one['name']} is {state}: {one['reason']}", style="yellow")


def _robots(robots: Sequence[Mapping[str, Any]], lang: str) -> Table:
    table = Table("robot", "state", "position", "orders", "profit", "data", "last decision",
                  box=None, padding=(0, 2, 0, 0))  # fmt: skip
    table.columns[0].no_wrap = table.columns[4].no_wrap = True
    for at in (2, 3, 4, 5):
        table.columns[at].justify = "right"
    for one in robots:
        age = one["data_age_ms"]
        table.add_row(
            Text(one["robot"]),
            Text(_state(one), style=_STATES.get(one["state"], "")),
            _cell(one["position"]),
            _cell(one["open_orders"]),
            Text(f"{profit(one)} {one['currency']}"),
            Text("—" if age is None else f"{age / 1000:.1f} s"),
            Text(_decision(one, lang)),
        )
    return table


def _state(robot: Mapping[str, Any]) -> str:
    reason = robot["state_reason"]
    return f"{robot['state']} ({reason})" if reason else str(robot["state"])


def profit(robot: Mapping[str, Any]) -> str:
    """Return what a robot made: realised and open profit, fees and funding taken off."""
    total = (
        Decimal(robot["realised"]) + Decimal(robot["unrealised"])
        - Decimal(robot["fees_and_funding"])
    )  # fmt: skip
    return f"{total:+.2f}"


def _decision(robot: Mapping[str, Any], lang: str) -> str:
    if robot["error"]:
        return str(robot["error"])
    causes: Sequence[str] = robot["not_trading"][lang]
    own = str(robot["decision"][lang]) if robot["decision"]["code"] else ""
    comma = "；" if lang == "zh" else "; "
    return comma.join([*causes, *([own] if own else [])]) or (
        "交易中" if lang == "zh" else "trades"
    )


def drift_words(one: Mapping[str, Any]) -> str:
    """Return one difference in words."""
    match one["kind"]:
        case "position":
            return f"{one['instrument']}: the book holds {one['ours']}, the venue {one['theirs']}"
        case "cash":
            return f"money: the book has {one['ours']}, the venue {one['theirs']}"
        case "orphan":
            return f"order {one['what']} is ours by its id, and no journal knows it"
        case "foreign":
            return f"order {one['what']} at {one['instrument']} is somebody else's"
        case _:
            return str(one["what"])


def total_profit(robots: Iterable[Mapping[str, Any]]) -> str:
    """Return what robots made together, by currency."""
    sums: dict[str, Decimal] = {}
    for one in robots:
        sums[one["currency"]] = sums.get(one["currency"], Decimal(0)) + Decimal(profit(one))
    return ", ".join(f"{format_decimal(total)} {money}" for money, total in sums.items())
