"""What of a changed configuration holds at once, and what waits, as values."""

from pathlib import Path

import pytest

from steelyard.app.paper import parameters_of
from steelyard.app.reloading import merged, words
from steelyard.services.settings.changes import changes
from steelyard.services.settings.reading import read_settings
from steelyard.services.settings.schema import Settings

TEXT = """
[house]
data_folder = "data"
on_exit = "orders"
[paper]
seed = 1
cash = "10000"
[[accounts]]
name = "main"
instruments = ["BTC/USDT:USDT"]
leverage = 5
[[robots]]
name = "one"
account = "main"
instrument = "BTC/USDT:USDT"
capital = "1000"
parameters = { price_interval = "30", order_quantity = "100" }
"""
SECOND = TEXT[TEXT.index("[[robots]]") :].replace('"one"', '"two"')
ACCOUNT = '[[accounts]]\nname = "other"\ninstruments = ["ETH/USDT:USDT"]\nleverage = 5\n'


def read(folder: Path, text: str) -> Settings:
    file = folder / "robots.toml"
    file.write_text(text)
    return read_settings(file, {}, parameters_of=parameters_of)


def after(folder: Path, text: str) -> tuple[Settings, list[str]]:
    """Return what holds after the file became `text`, and what is told."""
    old, new = read(folder, TEXT), read(folder, text)
    told = [words(change) for change in changes(old, new, parameters_of=parameters_of)]
    return merged(old, new), told


def test_robots_come_and_go(tmp_path: Path) -> None:
    held, told = after(tmp_path, TEXT + SECOND)
    assert [one.name for one in held.robots] == ["one", "two"]
    assert told == ["robot two is new"]

    held, told = after(tmp_path, TEXT[: TEXT.index("[[robots]]")] + SECOND)
    assert [one.name for one in held.robots] == ["two"]
    assert told == ["robot one is gone: it comes to rest", "robot two is new"]


@pytest.mark.parametrize(
    "old,new,says",
    [
        ("seed = 1", "seed = 2", "paper.seed 1 becomes 2 when the house is started again"),
        (
            "leverage = 5", "leverage = 3",
            "accounts.main.leverage 5 becomes 3 when the house is started again",
        ),
    ],
)  # fmt: skip
def test_what_the_house_must_start_for_stays(tmp_path: Path, old: str, new: str, says: str) -> None:
    held, told = after(tmp_path, TEXT.replace(old, new))

    assert held == read(tmp_path, TEXT)
    assert told == [says]


def test_a_new_account_waits_with_its_robots(tmp_path: Path) -> None:
    robot = SECOND.replace('"main"', '"other"').replace("BTC/", "ETH/")
    robot = robot.replace('"30"', '"3"')
    held, told = after(tmp_path, TEXT + ACCOUNT + robot)

    assert ([one.name for one in held.accounts], len(held.robots)) == (["main"], 1)
    assert told == [
        "account other is new when the house is started again", "robot two is new",
    ]  # fmt: skip


def test_policy_limits_and_breakers_hold_at_once(tmp_path: Path) -> None:
    text = TEXT.replace('"orders"', '"flatten"').replace(
        "leverage = 5",
        "leverage = 5\nlimits = { open_orders_max = 9 }\nbreakers = { failures = 7 }",
    )
    held, told = after(tmp_path, text)

    assert held.house.on_exit == "flatten"
    assert held.accounts[0].limits.open_orders_max == 9
    assert held.accounts[0].breakers.failures == 7
    assert "limits of account main changed" in told
    assert "house.on_exit orders becomes flatten" in told


def test_what_a_robot_must_start_for_is_told(tmp_path: Path) -> None:
    _, told = after(tmp_path, TEXT.replace('"30"', '"40"').replace('"1000"', '"2000"'))

    assert told == [
        "robots.one.capital 1000 becomes 2000 when the robot is started again",
        "one: price_interval 30 becomes 40 when the robot is started again",
    ]
