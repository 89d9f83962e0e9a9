"""Meters and bans, listen keys, and keys of members."""

from steelyard.exchange.hall.keys import ListenKeys, make_members
from steelyard.exchange.hall.meters import Meters
from steelyard.exchange.hall.news import KeyExpired
from steelyard.exchange.hall.port import Charge, HallTerms
from steelyard.exchange.hall.words import Product
from tests.unit.exchange_hall.plain import SECOND, Ears, later, opened

MINUTE = 60 * SECOND
T = 1_000 * MINUTE


def charge(weight: int, *, by_key: bool = False) -> tuple[Charge, ...]:
    return (Charge(meter="w", weight=weight, limit=10, span_ns=MINUTE, by_key=by_key),)


def test_a_window_holds_its_limit_and_a_request_over_it_is_not_counted() -> None:
    meters = Meters(0)
    assert meters.charge(charge(6), "a", -1, T) == ({"w": 6}, 0)
    used, wait = meters.charge(charge(6), "a", -1, T + SECOND)
    assert (used, wait) == ({"w": 12}, 59 * SECOND)
    assert meters.charge(charge(4), "a", -1, T + 2 * SECOND) == ({"w": 10}, 0)
    assert meters.charge(charge(6), "b", -1, T) == ({"w": 6}, 0)
    assert meters.charge(charge(6), "a", -1, T + MINUTE) == ({"w": 6}, 0)


def test_a_meter_of_members_is_one_for_all_their_addresses() -> None:
    meters = Meters(0)
    meters.charge(charge(8, by_key=True), "a", 5, T)
    assert meters.charge(charge(8, by_key=True), "b", 5, T)[1]
    assert not meters.charge(charge(8, by_key=True), "b", 6, T)[1]


def test_who_goes_on_is_shut_out_and_longer_the_next_time() -> None:
    meters = Meters(3)
    meters.charge(charge(10), "a", -1, T)
    for _ in range(2):
        meters.charge(charge(1), "a", -1, T)
        assert not meters.banned_ns("a", T)
    meters.charge(charge(1), "a", -1, T)
    assert meters.banned_ns("a", T) == 2 * MINUTE
    assert not meters.banned_ns("b", T)
    later_ns = T + 2 * MINUTE
    meters.charge(charge(10), "a", -1, later_ns)
    for _ in range(3):
        meters.charge(charge(1), "a", -1, later_ns)
    assert meters.banned_ns("a", later_ns) == 4 * MINUTE


def test_a_listen_key_lives_an_hour_from_its_last_sign_of_use() -> None:
    keys = ListenKeys(60 * MINUTE, seed=1)
    key = keys.give(0, Product.SPOT, T)
    assert keys.give(0, Product.SPOT, T + 30 * MINUTE) == key
    assert keys.give(0, Product.PERP, T) != key
    assert keys.keep(key, T + 80 * MINUTE)
    assert keys.owner(key, T + 139 * MINUTE) == (0, Product.SPOT)
    assert keys.owner(key, T + 140 * MINUTE) is None
    assert not keys.keep(key, T + 141 * MINUTE)
    assert keys.give(0, Product.SPOT, T + 141 * MINUTE) != key


def test_the_sessions_of_a_key_hear_once_that_it_ran_out() -> None:
    hall, came, other = opened(), Ears(), Ears()
    key = hall.listen_key(0, Product.SPOT)
    hall.enter(came, 0, product=Product.SPOT, key=key)
    hall.enter(other, 0)
    for _ in range(3):
        later(hall, 1801)
        hall.flush()
    (news,) = came.private_news
    assert isinstance(news, KeyExpired)
    assert news.key == key
    assert other.private_news == []
    assert hall.key_owner(key) is None


def test_a_fault_ends_the_keys_of_an_account() -> None:
    hall = opened()
    keys = [hall.listen_key(member, Product.PERP) for member in range(3)]
    assert hall.expire_keys([1]) == 1
    assert [hall.key_owner(key) is not None for key in keys] == [True, False, True]


def test_members_have_the_same_keys_for_the_same_seed_and_no_two_the_same() -> None:
    for style in ("alnum", "hex", "uuid"):
        terms = HallTerms(name="x", key_style=style, key_length=32, passphrase=True)
        one = make_members(terms, 200, 1)
        assert one == make_members(terms, 200, 1)
        assert len({m.key for m in one} | {m.secret for m in one}) == 400
        assert one[0].key != make_members(terms, 1, 2)[0].key
        assert one[0].passphrase
