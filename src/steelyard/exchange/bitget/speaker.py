"""The server of Bitget's dialect: who may ask what, and who answers.

Rule 1: paths are the venue's. One that is not here is 40404, the unified account's too: this is a
classic account, and clients that ask for the other find that out so.
Rule 2: limits count requests by path: public ones of an address, others of a key, in a second.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from steelyard.exchange.bitget.account import Account
from steelyard.exchange.bitget.errors import TROUBLES, Fault, bad, good
from steelyard.exchange.bitget.market import Market
from steelyard.exchange.bitget.plans import Plans
from steelyard.exchange.bitget.reading import Asked
from steelyard.exchange.bitget.signing import asker
from steelyard.exchange.bitget.streams import BitgetSession, Mirrors
from steelyard.exchange.bitget.trading import Trading
from steelyard.exchange.bitget.words import Words
from steelyard.exchange.hall.accounts import Member
from steelyard.exchange.hall.port import Charge, Hall, Request, Response, Trouble, Wire
from steelyard.exchange.hall.words import EVERY

Public = Callable[[Asked], Any]
Private = Callable[[Asked, Member], Any]
_SECOND_NS: Final = 1_000_000_000
_PUBLIC_LIMIT: Final = 20
_PRIVATE_LIMIT: Final = 10
_WHOLE_LIMIT: Final = 6_000
_UNKNOWN: Final = Fault("40404", "Request URL NOT FOUND", status=404)
PUBLIC_PATH: Final = "/v2/ws/public"
PRIVATE_PATH: Final = "/v2/ws/private"


class BitgetSpeaker:
    """Answers requests and takes sockets."""

    name = "bitget"
    ban_after = 0

    def __init__(self, hall: Hall) -> None:
        """Speak for this hall."""
        self._hall = hall
        words = Words(hall)
        self._words, self._mirrors = words, Mirrors(hall)
        self._market = Market(hall)
        self._trading = Trading(hall, words)
        self._public = _public(self._market)
        self._private = {
            **_trading(self._trading),
            **_plans(Plans(hall, words, self._trading)),
            **_account(Account(hall, words)),
        }

    # --- requests --------------------------------------------------------------------------------

    def rest(self, request: Request) -> Response:
        try:
            return good(self._answer(request), request.at_ns)
        except Fault as fault:
            return bad(fault, request.at_ns)

    def _answer(self, request: Request) -> Any:
        place = (request.method, request.path)
        public = self._public.get(place)
        if public is not None:
            return public(Asked.of(self._hall, request))
        private = self._private.get(place)
        if private is None:
            raise _UNKNOWN
        member = asker(self._hall, request)
        return private(Asked.of(self._hall, request), member)

    def weight(self, request: Request) -> Sequence[Charge]:
        place = (request.method, request.path)
        whole = Charge(meter="address", weight=1, limit=_WHOLE_LIMIT, span_ns=60 * _SECOND_NS)
        if place in self._public:
            limit = Charge(meter=request.path, weight=1, limit=_PUBLIC_LIMIT, span_ns=_SECOND_NS)
        else:
            limit = Charge(
                meter=request.path, weight=1, limit=_PRIVATE_LIMIT, span_ns=_SECOND_NS, by_key=True
            )
        return (whole, limit)

    def limited(self, request: Request, retry_after_ns: int, banned: bool) -> Response:
        status = 403 if banned else 429
        return bad(Fault("429", "Too Many Requests", status=status), request.at_ns)

    def broken(self, request: Request, trouble: Trouble) -> Response:
        return bad(TROUBLES[trouble], request.at_ns)

    def who(self, request: Request) -> int:
        member = self._hall.member(request.headers.get("access-key", ""))
        return member.number if member is not None else EVERY

    # --- sockets ---------------------------------------------------------------------------------

    def addresses(self, rest: str, ws: str) -> Mapping[str, str]:
        return {
            "rest": rest, "ws": ws, "ws_public": ws + PUBLIC_PATH, "ws_private": ws + PRIVATE_PATH,
        }  # fmt: skip

    def socket(
        self, path: str, query: str, headers: Mapping[str, str], send: Wire
    ) -> BitgetSession | None:
        if path not in (PUBLIC_PATH, PRIVATE_PATH):
            return None
        return BitgetSession(
            self._hall, self._words, self._market, self._trading, self._mirrors, send,
            private=path == PRIVATE_PATH,
        )  # fmt: skip


_Public = dict[tuple[str, str], Public]
_Private = dict[tuple[str, str], Private]


def _public(market: Market) -> _Public:
    spot, mix = "/api/v2/spot/market/", "/api/v2/mix/market/"
    gets: dict[str, Public] = {
        "/api/v2/public/time": market.time,
        "/api/v2/spot/public/coins": market.coins,
        "/api/v2/spot/public/symbols": market.pairs,
        "/api/v2/margin/currencies": market.nothing,
        "/api/v2/public/annoucements": market.nothing,
        spot + "tickers": market.spot_tickers,
        spot + "orderbook": market.spot_book,
        spot + "merge-depth": market.spot_book,
        spot + "fills": market.spot_trades,
        spot + "fills-history": market.spot_trades,
        spot + "candles": market.spot_candles,
        spot + "history-candles": market.spot_candles,
        mix + "contracts": market.contracts,
        mix + "ticker": market.mix_tickers,
        mix + "tickers": market.mix_tickers,
        mix + "symbol-price": market.symbol_price,
        mix + "merge-depth": market.mix_book,
        mix + "fills": market.mix_trades,
        mix + "fills-history": market.mix_trades,
        mix + "candles": market.mix_candles,
        mix + "history-candles": market.mix_candles,
        mix + "current-fund-rate": market.funding,
        mix + "funding-time": market.funding_time,
        mix + "history-fund-rate": market.fundings,
        mix + "open-interest": market.interest,
        mix + "query-position-lever": market.tiers,
    }
    return {("GET", path): answer for path, answer in gets.items()}


def _trading(trading: Trading) -> _Private:
    spot, mix = "/api/v2/spot/trade/", "/api/v2/mix/order/"
    gets: dict[str, Private] = {
        spot + "orderInfo": trading.detail_spot,
        spot + "unfilled-orders": trading.open_spot,
        spot + "history-orders": trading.history_spot,
        spot + "fills": trading.fills_spot,
        mix + "detail": trading.detail_mix,
        mix + "orders-pending": trading.open_mix,
        mix + "orders-history": trading.history_mix,
        mix + "fills": trading.fills_mix,
        mix + "fill-history": trading.fills_mix,
    }
    posts: dict[str, Private] = {
        spot + "place-order": trading.place_spot,
        spot + "batch-orders": trading.batch_spot,
        spot + "cancel-order": trading.cancel_spot,
        spot + "batch-cancel-order": trading.batch_cancel_spot,
        spot + "cancel-symbol-order": trading.cancel_symbol,
        spot + "cancel-replace-order": trading.replace_spot,
        mix + "place-order": trading.place_mix,
        mix + "batch-place-order": trading.batch_mix,
        mix + "cancel-order": trading.cancel_mix,
        mix + "batch-cancel-orders": trading.batch_cancel_mix,
        mix + "cancel-all-orders": trading.cancel_all_mix,
        mix + "modify-order": trading.modify_mix,
    }
    return _both(gets, posts)


def _plans(plans: Plans) -> _Private:
    spot, mix = "/api/v2/spot/trade/", "/api/v2/mix/order/"
    gets: dict[str, Private] = {
        spot + "current-plan-order": plans.current_spot,
        spot + "history-plan-order": plans.history_spot,
        spot + "plan-sub-order": plans.sub_orders,
        mix + "orders-plan-pending": plans.pending_mix,
        mix + "orders-plan-history": plans.history_mix,
        mix + "plan-sub-order": plans.sub_orders,
    }
    posts: dict[str, Private] = {
        spot + "place-plan-order": plans.place_spot,
        spot + "cancel-plan-order": plans.cancel_spot,
        spot + "batch-cancel-plan-order": plans.batch_cancel_spot,
        mix + "place-plan-order": plans.place_plan,
        mix + "place-tpsl-order": plans.place_tpsl,
        mix + "cancel-plan-order": plans.cancel_mix,
        mix + "modify-plan-order": plans.modify_plan,
        mix + "modify-tpsl-order": plans.modify_tpsl,
    }
    return _both(gets, posts)


def _account(account: Account) -> _Private:
    spot, mix = "/api/v2/spot/", "/api/v2/mix/"
    gets: dict[str, Private] = {
        spot + "account/info": account.info,
        spot + "account/assets": account.assets,
        "/api/v2/common/trade-rate": account.fee,
        mix + "account/account": account.single,
        mix + "account/accounts": account.wallets,
        mix + "account/bill": account.bills,
        mix + "position/all-position": account.positions,
        mix + "position/single-position": account.positions,
    }
    posts: dict[str, Private] = {
        spot + "wallet/transfer": account.transfer,
        mix + "account/set-leverage": account.set_leverage,
        mix + "account/set-margin-mode": account.set_margin_mode,
        mix + "account/set-position-mode": account.set_position_mode,
    }
    return _both(gets, posts)


def _both(gets: dict[str, Private], posts: dict[str, Private]) -> _Private:
    return {("GET", path): answer for path, answer in gets.items()} | {
        ("POST", path): answer for path, answer in posts.items()
    }
