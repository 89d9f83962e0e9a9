"""Bitget's messages over REST, as far as they are read; names are the venue's.

Rule 1: a number stays the text it was spelt as; `Raw` where the venue spells it either way.
Rule 2: a field without a default is one without which the message means nothing.
"""

from decimal import Decimal
from typing import Annotated, Final, TypeAlias

from msgspec import Meta, Raw, Struct, field

NULL: Final = Raw(b"null")
Stamp: TypeAlias = str | int
"""Milliseconds, as a text or a number."""
Candle: TypeAlias = Annotated[list[str], Meta(min_length=6)]


class Envelope(Struct, frozen=True, rename="camel"):
    """What every REST answer comes in."""

    code: str | int
    data: Raw = NULL
    msg: str | None = None
    message: str | None = None
    request_time: int | None = None


# --- market --------------------------------------------------------------------------------------


class Depth(Struct, frozen=True, rename="camel"):
    """A book over REST; futures print numbers instead of texts."""

    asks: list[tuple[Decimal, Decimal]]
    bids: list[tuple[Decimal, Decimal]]
    ts: Stamp


class RestTicker(Struct, frozen=True, rename="camel"):
    """A ticker over REST; prices are null where nobody bids or offers."""

    symbol: str
    ts: Stamp
    bid_pr: str | None = None
    ask_pr: str | None = None
    bid_sz: str | None = None
    ask_sz: str | None = None


class ServerTime(Struct, frozen=True, rename="camel"):
    """The venue's clock."""

    server_time: Stamp


class Pair(Struct, frozen=True, rename="camel"):
    """A spot pair."""

    symbol: str
    base_coin: str
    quote_coin: str
    price_precision: str
    quantity_precision: str
    taker_fee_rate: str
    maker_fee_rate: str
    status: str
    min_trade_amount: str = ""
    max_trade_amount: str = ""
    min_trade_usdt: str = field(default="", name="minTradeUSDT")


class Contract(Struct, frozen=True, rename="camel"):
    """A futures contract."""

    symbol: str
    base_coin: str
    quote_coin: str
    support_margin_coins: list[str]
    min_trade_num: str
    price_end_step: str
    volume_place: str
    price_place: str
    size_multiplier: str
    symbol_type: str
    symbol_status: str
    maker_fee_rate: str
    taker_fee_rate: str
    min_trade_usdt: str = field(default="", name="minTradeUSDT")
    max_order_qty: str = ""


# --- orders --------------------------------------------------------------------------------------


class Placed(Struct, frozen=True, rename="camel"):
    """What a create or cancel is answered with."""

    order_id: str | None = ""
    client_oid: str | None = None


class Failed(Struct, frozen=True, rename="camel"):
    """A part of a batch that was not done."""

    order_id: str | None = ""
    client_oid: str | None = None
    error_msg: str = ""
    error_code: str = ""


class Batch(Struct, frozen=True, rename="camel"):
    """What a batch is answered with."""

    success_list: list[Placed] | None = None
    failure_list: list[Failed] | None = None


class Outcome(Struct, frozen=True, rename="camel"):
    """What the cancel of a spot plan is answered with."""

    result: str


class FeeDetail(Struct, frozen=True, rename="camel"):
    """A fee: paid is negative. Two spellings of the same."""

    fee_coin: str = ""
    total_fee: str | None = None
    fee: str | None = None


class Order(Struct, frozen=True, rename="camel"):
    """An order of either product, over REST or stream, plans included."""

    order_id: str
    client_oid: str | None = ""
    symbol: str = ""
    inst_id: str = ""
    side: str = ""
    order_type: str = ""
    size: str = ""
    price: str | None = None
    price_avg: str | None = None
    base_price: str | None = None
    status: str = ""
    state: str = ""
    plan_status: str = ""
    plan_type: str = ""
    trigger_price: str | None = None
    execute_price: str | None = None
    execute_order_id: str | None = None
    base_volume: str | None = None
    acc_base_volume: str | None = None
    force: str | None = None
    pos_side: str | None = None
    pos_mode: str | None = None
    trade_side: str | None = None
    reduce_only: str | None = None
    enter_point_source: str | None = None
    order_source: str | None = None
    c_time: Stamp = ""
    u_time: Stamp | None = None
    # of a push that tells a fill
    trade_id: str | None = None
    fill_price: str | None = None
    fill_time: Stamp | None = None
    fill_fee: str | None = None
    fill_fee_coin: str | None = None
    trade_scope: str | None = None


class Orders(Struct, frozen=True, rename="camel"):
    """A page of orders."""

    entrusted_list: list[Order] | None = None
    order_list: list[Order] | None = None
    end_id: str | None = None
    next_flag: bool | None = None
    id_less_than: str | None = None


class Fill(Struct, frozen=True, rename="camel"):
    """A trade of the account: spot says `priceAvg` and `size`, futures `price` and `baseVolume`."""

    trade_id: str
    order_id: str
    symbol: str
    side: str
    trade_scope: str
    c_time: Stamp
    client_oid: str | None = None
    price: str | None = None
    price_avg: str | None = None
    size: str | None = None
    base_volume: str | None = None
    trade_side: str | None = None
    pos_mode: str | None = None
    fee_detail: list[FeeDetail] | FeeDetail | None = None


class Fills(Struct, frozen=True, rename="camel"):
    """A page of futures trades."""

    fill_list: list[Fill] | None = None
    end_id: str | None = None


class Bill(Struct, frozen=True, rename="camel"):
    """A movement of the futures wallet."""

    bill_id: str
    amount: str
    business_type: str
    coin: str
    c_time: Stamp
    symbol: str = ""


class Bills(Struct, frozen=True, rename="camel"):
    """A page of them."""

    bills: list[Bill] | None = None
    end_id: str | None = None


# --- account -------------------------------------------------------------------------------------


class Position(Struct, frozen=True, rename="camel"):
    """A futures position."""

    symbol: str
    hold_side: str
    total: Raw
    open_price_avg: Raw
    unrealized_pl: Raw = field(default=NULL, name="unrealizedPL")
    pos_mode: str = ""


class Wallet(Struct, frozen=True, rename="camel"):
    """The futures account."""

    margin_coin: str
    account_equity: Raw
    unrealized_pl: Raw = field(default=NULL, name="unrealizedPL")
    crossed_unrealized_pl: Raw = field(default=NULL, name="crossedUnrealizedPL")
    isolated_unrealized_pl: Raw = field(default=NULL, name="isolatedUnrealizedPL")
    pos_mode: str = ""
    margin_mode: str = ""
    asset_mode: str = ""


class Asset(Struct, frozen=True, rename="camel"):
    """A coin of the spot account."""

    coin: str
    available: Raw
    frozen: Raw
    locked: Raw
    limit_available: Raw = NULL


class KeyInfo(Struct, frozen=True, rename="camel"):
    """What the key may do."""

    user_id: str | int
    authorities: list[str]
    ips: str | None = ""


class FeeRate(Struct, frozen=True, rename="camel"):
    """Fee rates of one instrument."""

    maker_fee_rate: str
    taker_fee_rate: str


class Mode(Struct, frozen=True, rename="camel"):
    """The position mode after it was set."""

    pos_mode: str
