"""What Gate says over REST, as typed values: only the fields that are read.

Rule 1: numbers are Decimal, whether spelt as text or as JSON numbers; times too, since Gate spells
them as seconds or milliseconds, whole or broken.
Rule 2: a field that may be missing has a default that means "not told".
"""

from decimal import Decimal
from typing import Any, Final, TypeAlias

import msgspec
from msgspec import Struct

Text: TypeAlias = str | int
"""An id or size, spelt either way."""

NOTHING: Final = Decimal(0)


# --- REST, public --------------------------------------------------------------------------------


class ServerTime(Struct, frozen=True, kw_only=True):
    """The venue's clock, in milliseconds."""

    server_time: int


class Pair(Struct, frozen=True, kw_only=True):
    """A spot pair; `fee` is in percent."""

    id: str
    base: str
    quote: str
    fee: Decimal = NOTHING
    min_base_amount: Decimal = NOTHING
    min_quote_amount: Decimal = NOTHING
    max_base_amount: Decimal | None = None
    amount_precision: int
    precision: int
    trade_status: str


class Contract(Struct, frozen=True, kw_only=True):
    """A perpetual."""

    name: str
    quanto_multiplier: Decimal
    order_price_round: Decimal
    mark_price_round: Decimal = NOTHING
    order_size_min: Decimal = Decimal(1)
    order_size_max: Decimal = NOTHING
    enable_decimal: bool = False
    leverage_max: Decimal = Decimal(1)
    maintenance_rate: Decimal = NOTHING
    risk_limit_max: Decimal = NOTHING
    maker_fee_rate: Decimal = NOTHING
    taker_fee_rate: Decimal = NOTHING
    in_delisting: bool = False
    status: str = ""
    funding_interval: int = 0
    funding_next_apply: Decimal = NOTHING


class SpotBook(Struct, frozen=True, kw_only=True):
    """A book of coins; `id` is told only if it was asked for."""

    id: int = -1
    current: Decimal = NOTHING
    update: Decimal = NOTHING
    asks: list[tuple[str, str]]
    bids: list[tuple[str, str]]


class PerpLevel(Struct, frozen=True, kw_only=True):
    """A level of a book of contracts."""

    p: str
    s: Text


class PerpBook(Struct, frozen=True, kw_only=True):
    """A book of contracts."""

    id: int = -1
    current: Decimal = NOTHING
    update: Decimal = NOTHING
    asks: list[PerpLevel]
    bids: list[PerpLevel]


class PerpBar(Struct, frozen=True, kw_only=True):
    """A bar of a contract; `v` counts contracts."""

    t: Decimal
    o: str
    h: str
    l: str  # noqa: E741 - the venue's word
    c: str
    v: Text = 0


# --- REST, private -------------------------------------------------------------------------------


class Key(Struct, frozen=True, kw_only=True):
    """What kind of account a key belongs to: 2 is unified."""

    mode: int = 0


class Detail(Struct, frozen=True, kw_only=True):
    """The account behind a key."""

    user_id: int
    ip_whitelist: list[str] | None = None
    currency_pairs: list[str] | None = None
    key: Key = Key()


class Rates(Struct, frozen=True, kw_only=True):
    """The account's fee rates."""

    maker_fee: Decimal
    taker_fee: Decimal
    futures_maker_fee: Decimal = NOTHING
    futures_taker_fee: Decimal = NOTHING


class ContractRates(Struct, frozen=True, kw_only=True):
    """The account's fee rates in one contract."""

    maker_fee: Decimal
    taker_fee: Decimal


class SpotOrder(Struct, frozen=True, kw_only=True):
    """An order in coins. `amount` is quote for a purchase at market."""

    id: Text
    currency_pair: str
    side: str
    amount: Decimal
    left: Decimal
    text: str = ""
    status: str = ""
    event: str = ""
    finish_as: str = ""
    type: str = "limit"
    account: str = ""
    price: Decimal = NOTHING
    filled_amount: Decimal | None = None
    filled_total: Decimal = NOTHING
    avg_deal_price: Decimal = NOTHING
    create_time: Decimal = NOTHING
    update_time: Decimal = NOTHING
    create_time_ms: Decimal = NOTHING
    update_time_ms: Decimal = NOTHING


class SpotOpen(Struct, frozen=True, kw_only=True):
    """The open orders of one pair."""

    currency_pair: str
    total: int = 0
    orders: list[SpotOrder]


class SpotTrade(Struct, frozen=True, kw_only=True):
    """A trade of the account in coins."""

    id: Text
    currency_pair: str = ""
    order_id: Text = ""
    side: str
    role: str = ""
    amount: Decimal
    price: Decimal
    fee: Decimal = NOTHING
    fee_currency: str = ""
    gt_fee: Decimal = NOTHING
    point_fee: Decimal = NOTHING
    text: str = ""
    create_time: Decimal = NOTHING
    create_time_ms: Decimal = NOTHING


class SpotTrigger(Struct, frozen=True, kw_only=True):
    """What a price-triggered order in coins waits for."""

    price: Decimal
    rule: str
    expiration: int = 0


class SpotPut(Struct, frozen=True, kw_only=True):
    """The order that it becomes."""

    side: str
    price: Decimal
    amount: Decimal
    text: str = ""
    type: str = "limit"
    time_in_force: str = ""


class SpotPriceOrder(Struct, frozen=True, kw_only=True):
    """A price-triggered order in coins."""

    id: Text
    market: str
    trigger: SpotTrigger
    put: SpotPut
    status: str = ""
    reason: str = ""
    fired_order_id: Text = 0
    ctime: Decimal = NOTHING
    ftime: Decimal = NOTHING


class SpotAccount(Struct, frozen=True, kw_only=True):
    """What the account has of one currency."""

    currency: str
    available: Decimal
    locked: Decimal = NOTHING


class UnifiedBalance(Struct, frozen=True, kw_only=True):
    """What a unified account has of one currency."""

    available: Decimal
    freeze: Decimal = NOTHING


class UnifiedAccount(Struct, frozen=True, kw_only=True):
    """A unified account, by currency."""

    balances: dict[str, UnifiedBalance]


class PerpOrder(Struct, frozen=True, kw_only=True):
    """An order in contracts; `size` is signed."""

    id: Text
    contract: str
    size: Decimal
    left: Decimal = NOTHING
    price: Decimal = NOTHING
    fill_price: Decimal = NOTHING
    tif: str = "gtc"
    text: str = ""
    status: str = ""
    finish_as: str = ""
    is_reduce_only: bool = False
    is_close: bool = False
    is_liq: bool = False
    create_time: Decimal = NOTHING
    update_time: Decimal = NOTHING
    finish_time: Decimal = NOTHING
    create_time_ms: Decimal = NOTHING
    finish_time_ms: Decimal = NOTHING


class PerpTrade(Struct, frozen=True, kw_only=True):
    """A trade of the account in contracts; `close_size` is how much of it closed."""

    id: Text = ""
    trade_id: Text = ""
    contract: str
    order_id: Text = ""
    size: Decimal
    close_size: Decimal | None = None
    price: Decimal
    role: str = ""
    text: str = ""
    fee: Decimal = NOTHING
    create_time: Decimal = NOTHING
    create_time_ms: Decimal = NOTHING


class PerpTrigger(Struct, frozen=True, kw_only=True):
    """What a price-triggered order in contracts waits for: rule 1 is at or above."""

    price: Text
    rule: int = 0
    price_type: int = 0
    strategy_type: int = 0


class PerpInitial(Struct, frozen=True, kw_only=True):
    """The order that it becomes."""

    contract: str
    price: Decimal
    size: Decimal = NOTHING
    amount: Text | None = None
    text: str = ""
    tif: str = ""
    is_reduce_only: bool = False
    is_close: bool = False
    reduce_only: bool = False
    close: bool = False
    auto_size: str = ""


class PerpPriceOrder(Struct, frozen=True, kw_only=True):
    """A price-triggered order in contracts."""

    id: Text
    id_string: str = ""
    initial: PerpInitial
    trigger: PerpTrigger
    status: str = ""
    finish_as: str = ""
    reason: str = ""
    trade_id: Text = 0
    me_order_id: Text = 0
    order_type: str = ""
    create_time: Decimal = NOTHING
    finish_time: Decimal = NOTHING


class Created(Struct, frozen=True, kw_only=True):
    """The number of a new price-triggered order."""

    id: Text
    id_string: str = ""


class PerpAccount(Struct, frozen=True, kw_only=True):
    """The wallet of contracts; `total` is without unrealised profit."""

    user: int = 0
    currency: str = ""
    total: Decimal
    unrealised_pnl: Decimal = NOTHING
    in_dual_mode: bool = False
    position_mode: str = ""
    margin_mode: int = 0


class Position(Struct, frozen=True, kw_only=True):
    """A position; `leverage` 0 stands for cross margin."""

    contract: str
    size: Decimal
    mode: str = "single"
    leverage: Decimal = NOTHING
    cross_leverage_limit: Decimal = NOTHING
    entry_price: Decimal = NOTHING
    mark_price: Decimal = NOTHING
    unrealised_pnl: Decimal = NOTHING


class BookRow(Struct, frozen=True, kw_only=True):
    """A row of the futures account book."""

    time: Decimal
    change: Decimal
    type: str
    text: str = ""
    contract: str = ""
    id: Text = ""
    trade_id: Text = ""


class Countdown(Struct, frozen=True, kw_only=True, rename={"trigger_time": "triggerTime"}):
    """When all orders end, in milliseconds."""

    trigger_time: Decimal = NOTHING


def decoder(shape: Any) -> "msgspec.json.Decoder[Any]":
    """Return a decoder of a shape."""
    return msgspec.json.Decoder(shape)
