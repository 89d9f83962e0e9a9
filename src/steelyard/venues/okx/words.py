"""OKX's messages, as typed as they can be read for certain.

Rule 1: numbers come as texts, and leave here as texts; only who knows the instrument converts them.
Rule 2: a field that may be absent has a default; what is not read is not named.
"""

from typing import Generic, TypeVar

from msgspec import Raw, Struct

T = TypeVar("T")


class Envelope(Struct, Generic[T]):
    """What every REST answer looks like; `data` is absent from refusals at the gate."""

    code: str
    msg: str = ""
    data: list[T] = []


class Bare(Struct):
    """An answer of which only the verdict is read."""

    code: str | int
    msg: str = ""
    data: Raw = Raw()


class Verdict(Struct, rename="camel"):
    """What became of one order in a request."""

    s_code: str = "0"
    s_msg: str = ""
    sub_code: str = ""
    ord_id: str = ""
    cl_ord_id: str = ""
    algo_id: str = ""
    algo_cl_ord_id: str = ""
    ts: str = ""


class Clock(Struct):
    """The venue's time in ms."""

    ts: str


class Listing(Struct, rename="camel"):
    """One listed instrument."""

    inst_id: str
    inst_type: str
    state: str = "live"
    base_ccy: str = ""
    quote_ccy: str = ""
    settle_ccy: str = ""
    ct_type: str = ""
    ct_val: str = ""
    ct_mult: str = ""
    ct_val_ccy: str = ""
    tick_sz: str = ""
    lot_sz: str = ""
    min_sz: str = ""
    max_lmt_sz: str = ""
    max_mkt_sz: str = ""
    lever: str = ""
    uly: str = ""
    inst_id_code: int | str | None = None


class OrderWord(Struct, rename="camel"):
    """An order, over REST or the stream; what a fill adds is empty without one."""

    inst_id: str
    ord_id: str
    side: str
    state: str
    sz: str
    inst_type: str = ""
    cl_ord_id: str = ""
    algo_cl_ord_id: str = ""
    algo_id: str = ""
    pos_side: str = "net"
    px: str = ""
    ord_type: str = ""
    acc_fill_sz: str = "0"
    avg_px: str = ""
    tgt_ccy: str = ""
    reduce_only: str | bool = "false"
    category: str = "normal"
    cancel_source: str = ""
    u_time: str = ""
    c_time: str = ""
    # Only on the stream, of the fill this message is about.
    trade_id: str = ""
    fill_px: str = ""
    fill_sz: str = ""
    fill_time: str = ""
    fill_fee: str = ""
    fill_fee_ccy: str = ""
    exec_type: str = ""
    code: str = ""


class AlgoWord(Struct, rename="camel"):
    """A conditional order."""

    algo_id: str
    inst_id: str
    state: str
    side: str
    sz: str = ""
    algo_cl_ord_id: str = ""
    cl_ord_id: str = ""
    ord_id: str = ""
    ord_id_list: list[str] = []
    ord_type: str = ""
    pos_side: str = "net"
    tp_trigger_px: str = ""
    tp_ord_px: str = ""
    sl_trigger_px: str = ""
    sl_ord_px: str = ""
    trigger_px: str = ""
    ord_px: str = ""
    active_px: str = ""
    move_trigger_px: str = ""
    callback_spread: str = ""
    actual_sz: str = ""
    reduce_only: str | bool = "false"
    fail_code: str = ""
    u_time: str = ""
    c_time: str = ""


class FillWord(Struct, rename="camel"):
    """One trade of the account, over REST."""

    inst_id: str
    trade_id: str
    ord_id: str
    bill_id: str
    side: str
    fill_px: str
    fill_sz: str
    fee: str
    fee_ccy: str
    ts: str
    cl_ord_id: str = ""
    pos_side: str = "net"
    exec_type: str = ""
    sub_type: str = ""
    fill_time: str = ""


class Bill(Struct, rename="camel"):
    """One change of the balance; type 8 is funding."""

    bill_id: str
    type: str
    ts: str
    inst_id: str = ""
    sub_type: str = ""
    bal_chg: str = "0"
    pos_bal_chg: str = "0"
    pnl: str = ""
    px: str = ""
    sz: str = ""
    ccy: str = ""


class CoinWord(Struct, rename="camel"):
    """One coin of the account."""

    ccy: str
    cash_bal: str = "0"
    iso_eq: str = ""
    iso_upl: str = ""
    frozen_bal: str = ""
    avail_bal: str = ""
    u_time: str = ""


class BalanceWord(Struct, rename="camel"):
    """The wallet of the account."""

    details: list[CoinWord]
    u_time: str = ""


class PositionWord(Struct, rename="camel"):
    """One position."""

    inst_id: str
    pos_side: str
    pos: str
    inst_type: str = ""
    avg_px: str = ""
    mark_px: str = ""
    upl: str = ""
    lever: str = ""
    mgn_mode: str = ""
    ccy: str = ""
    u_time: str = ""


class ConfigWord(Struct, rename="camel"):
    """How the account stands and what the key may do."""

    uid: str = ""
    acct_lv: str = ""
    pos_mode: str = ""
    perm: str = ""
    ip: str = ""


class FeeWord(Struct, rename="camel"):
    """Fee rates, where a negative number is a charge."""

    maker: str = ""
    taker: str = ""
    maker_u: str = ""
    taker_u: str = ""
    inst_type: str = ""


class LeverWord(Struct, rename="camel"):
    """The leverage of an instrument in one margin mode."""

    lever: str
    mgn_mode: str = ""
    pos_side: str = ""
    inst_id: str = ""
