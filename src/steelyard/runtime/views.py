"""What people see of a book, as plain data: decimals as text, times as text, reasons in words.

Rule 1: a view reads and changes nothing.
Rule 2: "not trading" always comes with its reason, how far it is from passing, and how old the
data is.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from steelyard.model.decimals import format_units
from steelyard.model.explain import explain
from steelyard.model.instruments import Instrument
from steelyard.model.kinds import (
    BUY,
    PAUSE_BREAKER,
    PAUSE_DRIFT,
    PAUSE_KILL,
    PAUSE_LIFE,
    PAUSE_MODE,
    PAUSE_OPERATOR,
    PAUSE_STALE,
    PAUSE_VENUE,
)
from steelyard.model.orders import OrderStatus
from steelyard.model.reasons import Reason
from steelyard.model.times import time_text
from steelyard.runtime.robots import Receipt
from steelyard.runtime.shell import Shell
from steelyard.state.positions import average_entry, unrealised

ReasonsOf = Callable[[str], Mapping[int, Reason]]
"""A strategy's own reasons by its name."""

CAUSES: Final[dict[int, tuple[str, str]]] = {
    PAUSE_OPERATOR: ("paused by a person", "已人工暂停"),
    PAUSE_BREAKER: ("a breaker is open", "熔断器已打开"),
    PAUSE_STALE: ("its prices are too old", "行情过旧"),
    PAUSE_DRIFT: ("the venue holds something else than the book", "交易所持仓与账簿不符"),
    PAUSE_LIFE: ("it is not running", "机器人未运行"),
    PAUSE_VENUE: ("the venue takes no new orders", "交易所暂不接受新订单"),
    PAUSE_KILL: ("the kill switch is on", "紧急停止已启用"),
    PAUSE_MODE: ("the account's mode or key does not fit", "账户模式或密钥不符"),
}
_TYPES: Final = {1: "limit", 2: "market", 3: "stop", 4: "take_profit", 5: "trailing_stop"}
_LIVE: Final = range(int(OrderStatus.SENT), int(OrderStatus.FILLED))


def book_status(shell: Shell, reasons_of: ReasonsOf) -> dict[str, Any]:
    """Return one book's state with all of its robots."""
    account, writer = shell.account, shell.writer
    left = shell.parts.budget.left(shell.parts.scheduler.elapsed_ns())
    latencies = sorted(shell.guarding.latencies)
    return {
        "book": shell.plan.name,
        "account": shell.plan.account,
        "venue": shell.plan.venue,
        "phase": shell.phase,
        "why": getattr(shell, "why", "") or account.halted,
        "venue_status": account.status,
        "journal": {
            "outcomes": writer.n, "durable": writer.durable_n, "waiting": writer.waiting,
            "writes": writer.healthy,
        },
        "budget_left": {
            "cancel": left.first, "create": left.create, "read": left.read,
            "held_ms": left.held_ns // 1_000_000,
        },
        "decision_to_venue_us": _percentiles(latencies),
        "open_orders": len(account.orders.live),
        "foreign_orders": len(account.orders.foreign),
        "anomalies": account.orders.anomalies,
        "feed": {"gaps": shell.parts.market.gaps, "outliers": shell.parts.market.outliers},
        "drift": [drift_view(shell, one) for one in account.reconciling.drift],
        "breakers": [
            {"name": b.rule.name, "state": b.state.value, "reason": b.reason}
            for b in shell.guarding.tripping.breakers.all
        ],
        "robots": [robot_status(shell, robot, reasons_of) for robot in sorted(shell.robots.lives)],
    }  # fmt: skip


def robot_status(shell: Shell, robot: int, reasons_of: ReasonsOf) -> dict[str, Any]:
    """Return one robot's state: last decision, age of its data, what it holds and made."""
    book, robots = shell.kernel.book, shell.robots
    seated, life = robots.seated[robot], robots.lives[robot]
    row = book.robots[robot]
    instrument = book.instruments[seated.instrument]
    terms = book.terms[seated.instrument]
    reasons = dict(reasons_of(seated.strategy))
    said = explain(int(row["code"]), int(row["have"]), int(row["need"]), instrument, reasons)
    paused = int(row["paused"])
    causes = [words for bit, words in CAUSES.items() if paused & bit]
    age = shell.parts.market.age_ns(instrument.name) if shell.phase == "running" else -1
    at = (robot * int(book.head[0]["instruments"]) + seated.instrument) * 2
    position, last = book.positions[at], int(book.markets[seated.instrument]["last"])
    profit, paid = robots.result(robot)
    open_profit = int(unrealised(terms, position, last)) if last else 0
    session = robots.sessions[robot].open
    return {
        "robot": seated.name,
        "number": robot,
        "state": life.state.value,
        "state_reason": life.reason,
        "since": time_text(life.since_ns) if life.since_ns else None,
        "strategy": seated.strategy,
        "instrument": instrument.name,
        "price": format_units(last, instrument.price_decimals) if last else None,
        "data_age_ms": age // 1_000_000 if age >= 0 else None,
        "decision": said,
        "not_trading": {
            "en": [english for english, _ in causes], "zh": [chinese for _, chinese in causes],
        },
        "position": format_units(int(position["quantity"]), instrument.quantity_decimals),
        "entry": _price(instrument, int(average_entry(terms, position))),
        "open_orders": len(robots.live_orders(robot)),
        "realised": format_units(profit, instrument.money_decimals),
        "fees_and_funding": format_units(paid, instrument.money_decimals),
        "unrealised": format_units(open_profit, instrument.money_decimals),
        "currency": instrument.settle,
        "session": session.number if session else None,
        "stopping": robot in robots.stops,
        "error": str(shell.kernel.failed[robot]) if robot in shell.kernel.failed else None,
    }  # fmt: skip


def orders_view(shell: Shell, *, live: bool = True) -> list[dict[str, Any]]:
    """Return the orders the book remembers, the newest first."""
    book, names = shell.kernel.book, shell.robots.seated
    rows = []
    for order in book.orders:
        status = int(order["status"])
        if not int(order["number"]) or (live and status not in _LIVE):
            continue
        instrument = book.instruments[int(order["instrument"])]
        number, robot = int(order["number"]), int(order["robot"])
        rows.append(
            {
                "number": number,
                "client_id": shell.account.resolving.client_id(robot, int(order["slot"]), number),
                "robot": names[robot].name if robot in names else None,
                "instrument": instrument.name,
                "side": _side(int(order["side"])),
                "type": _TYPES.get(int(order["type"]), "?"),
                "price": _price(instrument, int(order["price"]) or int(order["trigger"])),
                "quantity": format_units(int(order["quantity"]), instrument.quantity_decimals),
                "filled": format_units(int(order["filled"]), instrument.quantity_decimals),
                "status": OrderStatus(status).name.lower(),
                "created": time_text(int(order["created_ns"])),
            }
        )
    return sorted(rows, key=lambda row: -row["number"])


def positions_view(shell: Shell) -> list[dict[str, Any]]:
    """Return what each robot, and the account itself, holds."""
    book = shell.kernel.book
    found = []
    for robot in range(int(book.head[0]["robots"])):
        for (index, side), quantity in shell.robots.held(robot).items():
            instrument, terms = book.instruments[index], book.terms[index]
            at = (robot * int(book.head[0]["instruments"]) + index) * 2 + side
            position, last = book.positions[at], int(book.markets[index]["last"])
            seated = shell.robots.seated.get(robot)
            found.append(
                {
                    "robot": seated.name if seated else "(account)",
                    "instrument": instrument.name,
                    "position": format_units(quantity, instrument.quantity_decimals),
                    "entry": _price(instrument, int(average_entry(terms, position))),
                    "unrealised": format_units(
                        int(unrealised(terms, position, last)) if last else 0,
                        instrument.money_decimals,
                    ),
                    "currency": instrument.settle,
                    "protected": bool(int(book.robots[robot]["stop_rate"])),
                }
            )
    return found


def drift_view(shell: Shell, drift: Any) -> dict[str, Any]:
    """Return one difference in words and decimals."""
    book = shell.kernel.book
    known = 0 <= drift.instrument < len(book.instruments)
    instrument = book.instruments[drift.instrument if known else 0]
    decimals = (
        instrument.quantity_decimals if drift.kind == "position" else (instrument.money_decimals)
    )
    return {
        "kind": drift.kind,
        "instrument": instrument.name if known else None,
        "ours": format_units(drift.ours, decimals),
        "theirs": format_units(drift.theirs, decimals),
        "what": drift.what,
        "repair": drift.repair,
        "small": drift.small,
    }


def receipt_view(shell: Shell, receipt: Receipt) -> dict[str, Any]:
    """Return the proof of a stop."""
    seated = shell.robots.seated[receipt.robot]
    instrument = shell.kernel.book.instruments[seated.instrument]
    return {
        "robot": receipt.name,
        "stop": receipt.stop,
        "asked": time_text(receipt.asked_ns),
        "done": time_text(receipt.done_ns),
        "complete": receipt.complete,
        "open_orders": receipt.open_orders,
        "position": format_units(receipt.position, instrument.quantity_decimals),
        "text": receipt.text,
    }


def _side(side: int) -> str:
    return "buy" if side == BUY else "sell"


def _price(instrument: Instrument, price: int) -> str | None:
    return instrument.price_text(price) if price else None


def _percentiles(ordered: list[int]) -> dict[str, int] | None:
    """Return the median and the 99th percentile, in microseconds."""
    if not ordered:
        return None
    last = len(ordered) - 1
    return {"p50": ordered[last // 2] // 1000, "p99": ordered[last * 99 // 100] // 1000}
