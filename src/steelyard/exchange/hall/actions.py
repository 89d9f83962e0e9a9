"""What hands from outside do to a running exchange: control requests and rows of a fault script.

Rule 1: an action is a name and plain values; numbers of prices and quantities are texts in quote
and in coins or contracts.
Rule 2: a value that is missing, unknown or wrong is one sentence (ConfigurationError), and nothing
was done.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from msgspec import structs

from steelyard.exchange.hall.accounts import Member
from steelyard.exchange.hall.door import Door
from steelyard.exchange.hall.exchange import Exchange
from steelyard.exchange.hall.faults import read_rule
from steelyard.exchange.hall.words import (
    EVERY,
    HallOrder,
    Permission,
    Product,
    Refused,
    Status,
    Wanted,
)
from steelyard.model.errors import ConfigurationError
from steelyard.model.instruments import rate
from steelyard.model.kinds import BUY, LIMIT, LONG, MARKET, REDUCE_ONLY, SELL, SHORT

Values = Mapping[str, Any]
Act = Callable[[Exchange, "Given"], Any]


class Given:
    """The values of an action, read one by one; what is left over is refused."""

    def __init__(self, name: str, values: Values) -> None:
        """Read `values` for the action `name`."""
        self.name = name
        self._values = dict(values)

    def text(self, key: str, default: str | None = None) -> str:
        """Return a text; without a default it must be there."""
        value = self._values.pop(key, default)
        if value is None:
            raise ConfigurationError(f"{self.name}: {key} is missing")
        return str(value)

    def decimal(self, key: str, default: str | None = None) -> Decimal:
        """Return a number."""
        text = self.text(key, default)
        try:
            return Decimal(text)
        except InvalidOperation:
            raise ConfigurationError(
                f"{self.name}: {key} was {text!r}, allowed is a number"
            ) from None

    def whole(self, key: str, default: int | None = None) -> int:
        """Return a whole number."""
        return int(self.decimal(key, None if default is None else str(default)))

    def flag(self, key: str, default: bool | None = None) -> bool:
        """Return true or false."""
        text = self.text(key, None if default is None else str(default)).lower()
        if text not in ("true", "false"):
            raise ConfigurationError(f"{self.name}: {key} was {text!r}, allowed are true and false")
        return text == "true"

    def one_of(self, key: str, allowed: Mapping[str, Any], default: str | None = None) -> Any:
        """Return what a word means."""
        text = self.text(key, default)
        if text not in allowed:
            raise ConfigurationError(
                f"{self.name}: {key} was {text!r}, allowed are {', '.join(allowed)}"
            )
        return allowed[text]

    def has(self, key: str) -> bool:
        """Say whether a value is given."""
        return key in self._values

    def rest(self) -> dict[str, Any]:
        """Return everything that was not read."""
        left, self._values = self._values, {}
        return left

    def done(self) -> None:
        """Refuse what nobody read."""
        if self._values:
            names = ", ".join(sorted(self._values))
            raise ConfigurationError(f"{self.name}: {names} is no value of it")


def act(exchange: Exchange, name: str, values: Values) -> Any:
    """Do it; return what there is to say of it."""
    if name not in ACTIONS:
        raise ConfigurationError(f"action was {name!r}, allowed are {', '.join(ACTIONS)}")
    exchange.take_time()
    given = Given(name, values)
    found = ACTIONS[name](exchange, given)
    exchange.flush()
    return found


# --- who and what --------------------------------------------------------------------------------


def _doors(exchange: Exchange, given: Given) -> list[Door]:
    """Return the door of `dialect`, or all."""
    name = given.text("dialect", "")
    if name and name not in exchange.doors:
        raise ConfigurationError(
            f"{given.name}: dialect was {name!r}, allowed are {', '.join(exchange.doors)}"
        )
    return [exchange.doors[name]] if name else list(exchange.doors.values())


def _door(exchange: Exchange, given: Given) -> Door:
    doors = _doors(exchange, given)
    if len(doors) != 1:
        raise ConfigurationError(f"{given.name}: dialect is missing")
    return doors[0]


def _account(door: Door, given: Given, default: int | None = None) -> int:
    number = given.whole("account", default)
    count = len(door.hall.members)
    if number != EVERY and not 0 <= number < count:
        raise ConfigurationError(
            f"{given.name}: account was {number}, allowed are 0 to {count - 1}"
        )
    return number


def _instrument(door: Door, given: Given) -> int:
    names = {one.name: k for k, one in enumerate(door.hall.instruments)}
    found: int = given.one_of("instrument", names)
    return found


def _settled(found: object) -> Any:
    if isinstance(found, Refused):
        raise ConfigurationError(f"refused: {found.why} {found.text}".strip())
    return found


# --- actions -------------------------------------------------------------------------------------


def _price(exchange: Exchange, given: Given) -> Any:
    base, price, coins = given.text("base"), given.decimal("price"), given.decimal("coins", "0")
    given.done()
    exchange.path.set_price(base, price, coins or None)
    return {"base": base, "price": str(price)}


def _market(exchange: Exchange, given: Given) -> Any:
    paused = given.flag("paused")
    given.done()
    exchange.path.pause(exchange.scheduler.elapsed_ns(), paused=paused)
    return {"paused": paused}


def _fault(exchange: Exchange, given: Given) -> Any:
    rule = read_rule(given.rest())
    if rule.dialect and rule.dialect not in exchange.doors:
        raise ConfigurationError(
            f"fault: dialect was {rule.dialect!r}, allowed are {', '.join(exchange.doors)}"
        )
    return {"id": exchange.faults.add(rule)}


def _clear(exchange: Exchange, given: Given) -> Any:
    which = given.text("id", "")
    given.done()
    for door in exchange.doors.values():
        door.meters.pardon()
    return {"cleared": exchange.faults.clear(which)}


def _keys(exchange: Exchange, given: Given) -> Any:
    doors = _doors(exchange, given)
    account = given.whole("account", EVERY)
    given.done()
    return {
        "expired": sum(
            door.hall.expire_keys(range(len(door.hall.members)) if account == EVERY else (account,))
            for door in doors
        )
    }


def _drop(exchange: Exchange, given: Given) -> Any:
    doors, account = _doors(exchange, given), given.whole("account", EVERY)
    given.done()
    return {"dropped": sum(door.drop(account) for door in doors)}


def _freeze(exchange: Exchange, given: Given) -> Any:
    doors, seconds = _doors(exchange, given), given.decimal("seconds")
    given.done()
    for door in doors:
        door.freeze(int(seconds * 10**9))
    return {"frozen": [door.name for door in doors]}


def _status(exchange: Exchange, given: Given) -> Any:
    doors = _doors(exchange, given)
    status: Status = given.one_of("status", {str(one): one for one in Status})
    name = given.text("instrument", "")
    given.done()
    for door in doors:
        hall = door.hall
        if not name:
            hall.whole = status
        for k, one in enumerate(hall.instruments):
            if name == one.name and status == Status.CLOSED:
                hall.delist(k)
            elif name == one.name:
                hall.set_status(k, status)
    return {"status": str(status)}


def _filters(exchange: Exchange, given: Given) -> Any:
    door = _door(exchange, given)
    k = _instrument(door, given)
    one = door.hall.instruments[k]
    units = {
        "tick": one.price_decimals, "lot": one.quantity_decimals,
        "quantity_min": one.quantity_decimals, "quantity_max": one.quantity_decimals,
        "notional_min": one.money_decimals,
    }  # fmt: skip
    changes = {
        name: int(given.decimal(name) * 10**decimals)
        for name, decimals in units.items()
        if given.has(name)
    }
    leverage_max = given.whole("leverage_max", 0)
    given.done()
    door.hall.relist(k, leverage_max=leverage_max, **changes)
    door.hall.set_status(k, door.hall.statuses[k], filters=True)
    return {"changed": sorted(changes)}


def _mode(exchange: Exchange, given: Given) -> Any:
    door = _door(exchange, given)
    account, hedged = _account(door, given, 0), given.flag("hedged")
    given.done()
    return {"hedged": _settled(door.hall.set_hedged(account, hedged))}


def _leverage(exchange: Exchange, given: Given) -> Any:
    door = _door(exchange, given)
    account, k, leverage = (
        _account(door, given, 0), _instrument(door, given), given.whole("leverage"),
    )  # fmt: skip
    given.done()
    return {"leverage": _settled(door.hall.set_leverage(account, k, leverage))}


def _order(exchange: Exchange, given: Given) -> Any:
    """Let a person trade by hand on the venue's own page: no client id of ours."""
    door = _door(exchange, given)
    account, k = _account(door, given, 0), _instrument(door, given)
    one = door.hall.instruments[k]
    price = given.decimal("price", "0")
    wanted = Wanted(
        instrument=k, side=given.one_of("side", {"buy": BUY, "sell": SELL}),
        quantity=int(one.quantity(given.decimal("quantity"))), price=int(one.price(price)),
        type=LIMIT if price else MARKET, client_id=given.text("client_id", ""),
        flags=REDUCE_ONLY if given.flag("reduce_only", False) else 0,
        position_side=given.one_of("position_side", {"long": LONG, "short": SHORT}, "long"),
    )  # fmt: skip
    given.done()
    order: HallOrder = _settled(door.hall.place(account, wanted))
    return {"order": order.number, "stage": str(order.stage)}


def _cancel(exchange: Exchange, given: Given) -> Any:
    door = _door(exchange, given)
    account, number = _account(door, given, 0), given.whole("order", 0)
    given.done()
    if not number:
        return {"canceled": len(door.hall.cancel_all(account))}
    _settled(door.hall.cancel(account, order=number))
    return {"canceled": 1}


def _force(exchange: Exchange, given: Given) -> Any:
    door = _door(exchange, given)
    account, k = _account(door, given, 0), _instrument(door, given)
    reason = given.text("reason", "adl")
    quantity = int(door.hall.instruments[k].quantity(given.decimal("quantity", "0")))
    given.done()
    return {"closed": door.hall.force(account, k, reason, quantity)}


def _funding(exchange: Exchange, given: Given) -> Any:
    doors = _doors(exchange, given)
    name, text = given.text("instrument", ""), given.text("rate", "")
    settle = given.flag("settle", True)
    given.done()
    for door in doors:
        hall = door.hall
        for k, one in enumerate(hall.instruments):
            if name in ("", one.name) and hall.product(k) == Product.PERP:
                if text:
                    hall.rates[k] = int(rate(text))
                if settle:
                    hall.settle_funding(hall.now_ns(), k)
    return {"settled": settle}


def _pay(exchange: Exchange, given: Given) -> Any:
    door = _door(exchange, given)
    account, amount = _account(door, given, 0), given.decimal("amount")
    product = given.one_of("product", {str(one): one for one in Product}, "perp")
    given.done()
    door.hall.pay_in(account, amount, product)
    return {"amount": str(amount)}


def _permit(exchange: Exchange, given: Given) -> Any:
    door = _door(exchange, given)
    account = _account(door, given, 0)
    words = [word for word in given.text("permissions").split(",") if word]
    addresses = tuple(word for word in given.text("addresses", "").split(",") if word)
    given.done()
    if not set(words) <= {str(one) for one in Permission}:
        raise ConfigurationError(
            f"{given.name}: permissions was {','.join(words)}, allowed are "
            f"{', '.join(Permission)}, joined by commas"
        )
    member = structs.replace(
        door.hall.members[account],
        permissions=frozenset(Permission(word) for word in words), addresses=addresses,
    )  # fmt: skip
    door.hall.rekey(member)
    return {"permissions": sorted(words)}


def _accounts(exchange: Exchange, given: Given) -> Any:
    door = _door(exchange, given)
    account = _account(door, given, EVERY)
    given.done()
    members = door.hall.members if account == EVERY else [door.hall.members[account]]
    return [{"account": member.number, **keys_of(member)} for member in members]


def _state(exchange: Exchange, given: Given) -> Any:
    given.done()
    return {
        "at_s": exchange.at_s, "paused": exchange.path.paused,
        "prices": {base: str(price) for base, price in exchange.path.prices.items()},
        "faults": exchange.faults.listed(),
        "dialects": {
            name: {
                "status": str(door.hall.whole), "sockets": len(door.talks),
                "requests": door.requests, "frames": door.frames,
                "accounts": len(door.hall.members),
                "instruments": [one.name for one in door.hall.instruments],
            }
            for name, door in exchange.doors.items()
        },
    }  # fmt: skip


def keys_of(member: Member) -> dict[str, Any]:
    """Return what a client needs to come in."""
    keys = {"uid": member.user, "key": member.key, "secret": member.secret}
    return {**keys, "passphrase": member.passphrase} if member.passphrase else keys


ACTIONS: Final[dict[str, Act]] = {
    "state": _state,
    "accounts": _accounts,
    "price": _price,
    "market": _market,
    "fault": _fault,
    "clear": _clear,
    "expire_keys": _keys,
    "drop_sockets": _drop,
    "freeze": _freeze,
    "status": _status,
    "filters": _filters,
    "mode": _mode,
    "leverage": _leverage,
    "order": _order,
    "cancel": _cancel,
    "force": _force,
    "funding": _funding,
    "pay": _pay,
    "permit": _permit,
}
