"""What Binance says over REST, as typed values: what is read, in the venue's own spelling.

Rule 1: numbers that are money, prices or quantities are read as text, or as exact decimals where
Binance writes them as JSON numbers.
Rule 2: a field without a default must be there, else the message is not understood.
"""

from decimal import Decimal
from typing import TypeAlias

from msgspec import Struct

Number: TypeAlias = str | Decimal


class Words(Struct, frozen=True, rename="camel"):
    """A message over REST or the order socket, camelCase on the wire."""


class Refused(Words, frozen=True):
    """An error body."""

    code: int
    msg: str = ""


class ServerTime(Words, frozen=True):
    """The venue's clock, ms."""

    server_time: int


class Fill(Words, frozen=True):
    """A trade within the answer to a spot order."""

    price: str
    qty: str
    commission: str
    commission_asset: str
    trade_id: int


class Order(Words, frozen=True):
    """An order of either product, as placed, queried, listed or canceled."""

    symbol: str
    order_id: int
    client_order_id: str
    status: str = ""
    side: str = ""
    type: str = ""
    price: str = "0"
    orig_qty: str = "0"
    executed_qty: str = "0"
    time_in_force: str = ""
    orig_client_order_id: str = ""
    orig_type: str = ""
    stop_price: str | None = "0"
    reduce_only: bool = False
    position_side: str = "BOTH"
    time: int = 0
    update_time: int = 0
    transact_time: int = 0
    fills: tuple[Fill, ...] = ()


class ListedOrders(Words, frozen=True):
    """An order list (OCO …) within the answer to canceling everything: its orders' reports."""

    order_reports: tuple[Order, ...] = ()


class Algo(Words, frozen=True):
    """A conditional order of the perpetuals, which live in a namespace of their own."""

    algo_id: int
    client_algo_id: str
    symbol: str = ""
    side: str = ""
    order_type: str = ""
    algo_status: str = ""
    quantity: str = "0"
    trigger_price: str | None = "0"
    price: str | None = "0"
    reduce_only: bool = False
    position_side: str = "BOTH"
    actual_order_id: str | int = ""
    actual_qty: str | None = "0"
    create_time: int = 0
    update_time: int = 0
    code: str | int = ""
    """Only in the answer to a cancel: 200."""


class SpotTrade(Words, frozen=True):
    """A trade of the account on spot."""

    symbol: str
    id: int
    order_id: int
    price: str
    qty: str
    commission: str
    commission_asset: str
    time: int
    is_buyer: bool
    is_maker: bool


class PerpTrade(Words, frozen=True):
    """A trade of the account on the perpetuals."""

    symbol: str
    id: int
    order_id: int
    price: str
    qty: str
    commission: str
    commission_asset: str
    time: int
    side: str
    maker: bool
    position_side: str = "BOTH"


class Income(Words, frozen=True):
    """One entry of the income history."""

    symbol: str
    income_type: str
    income: str
    asset: str
    time: int
    tran_id: int | str


class FundingPaid(Words, frozen=True):
    """A funding rate that was settled."""

    symbol: str
    funding_rate: str
    funding_time: int
    mark_price: str = ""


class SpotBalance(Words, frozen=True):
    """A coin."""

    asset: str
    free: str
    locked: str


class Commission(Words, frozen=True):
    """Fee rates of the spot account."""

    maker: str
    taker: str


class SpotAccount(Words, frozen=True):
    """The spot account."""

    balances: tuple[SpotBalance, ...]
    can_trade: bool = True
    uid: int = 0
    commission_rates: Commission | None = None


class PerpBalance(Words, frozen=True):
    """One asset of the perpetual wallet."""

    asset: str
    balance: str
    account_alias: str = ""


class PerpPosition(Words, frozen=True):
    """A position row."""

    symbol: str
    position_amt: str
    entry_price: str
    un_realized_profit: str
    position_side: str = "BOTH"
    notional: str = ""
    mark_price: str = ""


class PerpConfig(Words, frozen=True):
    """How the perpetual account is set up."""

    dual_side_position: bool
    can_trade: bool = True
    multi_assets_margin: bool = False


class DualSide(Words, frozen=True):
    """The position mode."""

    dual_side_position: bool


class SymbolConfig(Words, frozen=True):
    """Margin type and leverage of an instrument."""

    symbol: str
    margin_type: str
    leverage: int


class CommissionRate(Words, frozen=True):
    """Fee rates of one perpetual."""

    symbol: str
    maker_commission_rate: str
    taker_commission_rate: str


class Restrictions(Words, frozen=True):
    """What a key may do."""

    enable_reading: bool
    enable_withdrawals: bool
    ip_restrict: bool = False
    enable_spot_and_margin_trading: bool = False
    enable_futures: bool = False
    enable_internal_transfer: bool = False
    permits_universal_transfer: bool = False


class ListenKey(Words, frozen=True):
    """The name of a private stream."""

    listen_key: str


class Filter(Words, frozen=True):
    """A filter; of its fields those that orders are checked by."""

    filter_type: str
    tick_size: str = ""
    step_size: str = ""
    min_qty: str = ""
    max_qty: str = ""
    min_notional: str = ""
    notional: str = ""


class Symbol(Words, frozen=True):
    """An instrument as listed."""

    symbol: str
    base_asset: str
    quote_asset: str
    filters: tuple[Filter, ...]
    status: str = ""
    contract_status: str = ""
    contract_type: str = ""
    margin_asset: str = ""
    price_precision: int = -1
    base_asset_precision: int = 8
    is_spot_trading_allowed: bool = True


class ExchangeInfo(Words, frozen=True):
    """Everything listed."""

    symbols: tuple[Symbol, ...]


class BookSnapshot(Words, frozen=True):
    """An order book over REST; `E` only on the perpetuals."""

    last_update_id: int
    bids: tuple[tuple[str, str], ...]
    asks: tuple[tuple[str, str], ...]
    E: int = 0


class BookTicker(Words, frozen=True):
    """The best quote over REST; `time` only on the perpetuals."""

    symbol: str
    bid_price: str
    bid_qty: str
    ask_price: str
    ask_qty: str
    time: int = 0


class Candle(Struct, frozen=True, array_like=True):
    """One candle over REST: a list whose first seven places are read."""

    open_ms: int
    open: str
    high: str
    low: str
    close: str
    volume: str
    close_ms: int
