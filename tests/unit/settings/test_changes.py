"""What a changed file means."""

from decimal import Decimal
from pathlib import Path

import pytest

from steelyard.services.settings.changes import (
    AccountAdded,
    AccountRemoved,
    BreakersChanged,
    Change,
    LimitsChanged,
    ParameterChanged,
    RobotAdded,
    RobotRemoved,
    ScheduleChanged,
    SettingChanged,
    changes,
    needs_of,
)
from steelyard.services.settings.schema import Limits, Needs, Times
from tests.unit.settings.texts import MAIN, parameters_of, settings


def compared(folder: Path, new: str, old: str = MAIN) -> list[Change]:
    before, after = settings(folder, main=old), settings(folder, main=new)
    return list(changes(before, after, parameters_of=parameters_of))


def test_the_same_file_changes_nothing(tmp_path: Path) -> None:
    assert compared(tmp_path, MAIN) == []
    assert compared(tmp_path, MAIN.replace('"1000"', "1000.0")) == []


def test_robots_come_and_go(tmp_path: Path) -> None:
    renamed = MAIN.replace("grid-1", "grid-2")
    removed, added = compared(tmp_path, renamed)

    assert removed == RobotRemoved(robot="grid-1")
    assert isinstance(added, RobotAdded)
    assert added.robot.name == "grid-2"


def test_accounts_come_and_go_with_the_house(tmp_path: Path) -> None:
    found = compared(tmp_path, MAIN.replace('"main"', '"other"'))

    assert found[0] == AccountRemoved(account="main")
    assert isinstance(found[-1], AccountAdded)
    assert needs_of(found[0]) is needs_of(found[-1]) is Needs.HOUSE
    assert found[1] == SettingChanged(
        key="robots.grid-1.account", old="main", new="other", needs=Needs.ROBOT
    )


@pytest.mark.parametrize(
    "text,parameter,old,new,needs",
    [
        ("order_quantity = 40", "order_quantity", "30", "40", Needs.NOTHING),
        ('order_quantity = 30, mode = "short"', "mode", "long", "short", Needs.ROBOT),
        ("order_quantity = 30, post_only = false", "post_only", "true", "false", Needs.ROBOT),
    ],
)
def test_parameters(
    tmp_path: Path, text: str, parameter: str, old: str, new: str, needs: Needs
) -> None:
    (found,) = compared(tmp_path, MAIN.replace("order_quantity = 30", text))

    assert found == ParameterChanged(
        robot="grid-1", parameter=parameter, old=old, new=new, changeable=needs is Needs.NOTHING
    )
    assert needs_of(found) is needs


def test_a_default_that_is_written_down_is_no_change(tmp_path: Path) -> None:
    text = MAIN.replace("order_quantity = 30", 'order_quantity = 30, mode = "long"')

    assert compared(tmp_path, text) == []


def test_limits_of_every_level(tmp_path: Path) -> None:
    text = (
        MAIN.replace('name = "main"', 'name = "main"\nlimits = { open_orders_max = 5 }')
        + "limits = { loss_max = 7 }\n[owners.ann]\nloss_max = 50\n[platform]\nloss_max = 90\n"
    )
    none, ann = Limits(), Limits(loss_max=Decimal(50))

    assert compared(tmp_path, text) == [
        LimitsChanged(level="platform", name="", old=none, new=Limits(loss_max=Decimal(90))),
        LimitsChanged(level="owner", name="ann", old=None, new=ann),
        LimitsChanged(level="account", name="main", old=none, new=Limits(open_orders_max=5)),
        LimitsChanged(level="robot", name="grid-1", old=none, new=Limits(loss_max=Decimal(7))),
    ]
    assert compared(tmp_path, MAIN, text)[1] == LimitsChanged(
        level="owner", name="ann", old=ann, new=None
    )


def test_schedule_target_and_loss_limit(tmp_path: Path) -> None:
    (found,) = compared(tmp_path, MAIN + "loss_limit = 9\nschedule = { max_runtime_s = 60 }\n")

    assert found == ScheduleChanged(
        robot="grid-1", times=Times(max_runtime_s=60), profit_target=Decimal(0),
        loss_limit=Decimal(9),
    )  # fmt: skip


def test_breakers_of_the_house_reach_every_account(tmp_path: Path) -> None:
    (found,) = compared(tmp_path, MAIN + "[breakers]\nfailures = 9\n")

    assert isinstance(found, BreakersChanged)
    assert (found.account, found.old.failures, found.new.failures) == ("main", 3, 9)


@pytest.mark.parametrize(
    "old,new,key,was,now,needs",
    [
        ("[house]", '[house]\ndurability = "flushed"', "house.durability", "synced", "flushed",
         Needs.HOUSE),
        ("[house]", '[house]\non_exit = "flatten"', "house.on_exit", "orders", "flatten",
         Needs.NOTHING),
        ("[paper]", "[paper]\npace = 2.5", "paper.pace", "1", "2.5", Needs.HOUSE),
        ('capital = "1000"', "capital = 900", "robots.grid-1.capital", "1000", "900", Needs.ROBOT),
        ("instrument = ", 'protection = { stop_distance = "0.1" }\ninstrument = ',
         "robots.grid-1.protection.stop_distance", "0", "0.1", Needs.ROBOT),
        ('name = "main"', 'name = "main"\nweight = 3', "accounts.main.weight", "1", "3",
         Needs.NOTHING),
        ('"ETHUSDT"', '"ETHUSDT", "SOLUSDT"', "accounts.main.instruments", "BTC/USDT, ETH/USDT",
         "BTC/USDT, ETH/USDT, SOL/USDT", Needs.HOUSE),
    ],
)  # fmt: skip
def test_other_keys_say_what_they_need(
    tmp_path: Path, old: str, new: str, key: str, was: str, now: str, needs: Needs
) -> None:
    (found,) = compared(tmp_path, MAIN.replace(old, new))

    assert found == SettingChanged(key=key, old=was, new=now, needs=needs)
    assert needs_of(found) is needs


def test_a_changed_secret_is_told_and_not_shown(tmp_path: Path) -> None:
    variable = "STEELYARD_ACCOUNTS__MAIN__API_SECRET"
    before = settings(tmp_path, {variable: "one"}, main=MAIN)
    after = settings(tmp_path, {variable: "two"}, main=MAIN)

    assert changes(before, after, parameters_of=parameters_of) == (
        SettingChanged(
            key="accounts.main.api_secret", old="(secret)", new="(secret)", needs=Needs.HOUSE
        ),
    )
