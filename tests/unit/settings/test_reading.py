"""The configuration is read in layers, and refused with every mistake at once."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.model.errors import ConfigurationError
from steelyard.services.settings.reading import files_of, read_settings
from tests.unit.settings.texts import MAIN, mistakes, parameters_of, settings, write


def test_a_small_file_is_enough(tmp_path: Path) -> None:
    found = settings(tmp_path, main=MAIN)

    assert found.house.data_folder == str(tmp_path / "data")
    assert found.house.journal == f"sqlite:///{tmp_path / 'data' / 'journal.db'}"
    assert found.house.durability == "synced"
    assert found.accounts[0].instruments == ("BTC/USDT", "ETH/USDT")
    robot = found.robots[0]
    assert (robot.name, robot.instrument, robot.capital) == ("grid-1", "BTC/USDT", Decimal(1000))
    assert robot.parameters == {"price_interval": "50.5", "order_quantity": "30"}
    assert found.platform.loss_max == 0


def test_every_mistake_is_told_with_its_file_its_key_and_what_is_allowed(tmp_path: Path) -> None:
    text = MAIN.replace('"1000"', '"-5"').replace('"BTCUSDT"', '"SOL/USDT"') + ('colour = "red"\n')
    text = text.replace("price_interval", "price_intervall")
    more = """
    [house]
    durability = "always"
    """

    assert mistakes(tmp_path, {"STEELYARD_ENV": "live"}, main=text, live=more) == [
        "robots.live.toml: house.durability was 'always', allowed is one of synced, flushed",
        (
            "robots.toml: robots.grid-1.colour is no setting, allowed are name, account, strategy, "
            "instrument, capital, autostart, profit_target, loss_limit, parameters, limits, "
            "protection, schedule"
        ),
        "robots.toml: robots.grid-1.capital was '-5', allowed is a decimal above 0 (quote)",
        (
            "robots.toml: robots.grid-1.instrument was 'SOL/USDT', allowed are those of account "
            "main: BTC/USDT, ETH/USDT"
        ),
        (
            "robots.toml: robots.grid-1.parameters.price_intervall is no parameter of grid; "
            "did you mean price_interval?"
        ),
        (
            "robots.toml: robots.grid-1.parameters.price_interval is missing: distance of levels; "
            "allowed is a decimal above 0 (quote)"
        ),
    ]


def test_robots_share_the_cash_of_their_account(tmp_path: Path) -> None:
    text = MAIN.replace('"1000"', '"6000"')

    assert mistakes(tmp_path, main=text) == [
        (
            "robots.toml: accounts.main has robots with a capital of 6000 together, allowed is at "
            "most paper.cash, 5000"
        )
    ]


def test_later_layers_win_key_by_key(tmp_path: Path) -> None:
    live = """
    [house]
    on_exit = "flatten"
    [[robots]]
    name = "grid-1"
    capital = 200
    parameters = { mode = "short" }
    """
    variables = {
        "STEELYARD_ENV": "live",
        "STEELYARD_ROBOTS__GRID_1__CAPITAL": "300",
        "STEELYARD_ROBOTS__GRID_1__PARAMETERS__POST_ONLY": "no",
        "STEELYARD_ACCOUNTS__MAIN__INSTRUMENTS": "BTC-USDT, ETH-USDT",
        "STEELYARD_BREAKERS__FAILURES": "5",
        "STEELYARD_CACHE_DIR": "somebody else's",
        "HOME": "x",
    }
    found = settings(tmp_path, variables, main=MAIN, live=live)

    assert (found.environment, found.house.on_exit) == ("live", "flatten")
    assert found.robots[0].capital == 300
    assert found.robots[0].parameters == {
        "price_interval": "50.5", "order_quantity": "30", "mode": "short", "post_only": "false",
    }  # fmt: skip
    assert found.breakers.failures == found.accounts[0].breakers.failures == 5


def test_an_argument_goes_before_the_variable(tmp_path: Path) -> None:
    file = write(tmp_path, main=MAIN, test="[paper]\nseed = 7")
    found = read_settings(
        file, {"STEELYARD_ENV": "live"}, parameters_of=parameters_of, environment="test"
    )

    assert (found.environment, found.paper.seed) == ("test", 7)


@pytest.mark.parametrize(
    "variable,words",
    [
        ("STEELYARD_HOSE__JOURNAL", "no section is named 'hose'; did you mean house?"),
        ("STEELYARD_HOUSE__JURNAL", "house.jurnal is no setting; did you mean journal?"),
        ("STEELYARD_ROBOTS__GRID_9__CAPITAL", "robots has no GRID_9, there are GRID_1"),
        ("STEELYARD_ROBOTS__GRID_1", "it names no key"),
        ("STEELYARD_PAPER__SEED", "paper.seed was 'x', allowed is a whole number at least 0"),
    ],
)
def test_variables_are_checked_like_files(tmp_path: Path, variable: str, words: str) -> None:
    assert mistakes(tmp_path, {variable: "x"}, main=MAIN) == [f"{variable}: {words}"]


def test_a_file_that_is_not_there_or_no_toml(tmp_path: Path) -> None:
    assert mistakes(tmp_path, {"STEELYARD_ENV": "live"}, main=MAIN) == [
        "robots.live.toml: it cannot be read: No such file or directory"
    ]
    assert mistakes(tmp_path, main="[house")[0].startswith("robots.toml: it is no TOML: ")
    with pytest.raises(ConfigurationError, match="No such file or directory"):
        read_settings(tmp_path / "x.toml", {}, parameters_of=parameters_of)


@given(st.decimals(min_value="0.00000001", max_value=4000, places=8))
def test_a_toml_number_keeps_every_digit(
    tmp_path_factory: pytest.TempPathFactory, number: Decimal
) -> None:
    folder = tmp_path_factory.mktemp("settings")
    text = MAIN.replace('"1000"', f"{number:f}")

    assert settings(folder, main=text).robots[0].capital == number


@pytest.mark.parametrize("number", ["1e3", "inf", "nan", "1.5e-7"])
def test_other_notations_are_refused(tmp_path: Path, number: str) -> None:
    text = MAIN.replace('"1000"', number)

    assert mistakes(tmp_path, main=text) == [
        f"robots.toml: robots.grid-1.capital was {number!r}, allowed is a decimal above 0 (quote)"
    ]


def test_more_digits_than_a_float_has_are_kept(tmp_path: Path) -> None:
    text = MAIN.replace('"1000"', "1_000.123456789012345678")

    assert settings(tmp_path, main=text).robots[0].capital == Decimal("1000.123456789012345678")


@pytest.mark.parametrize(
    "line,words",
    [
        ("leverage = 5", "leverage is for perpetuals, but BTC/USDT, ETH/USDT is spot"),
        ("hedged = true", "hedged is for perpetuals"),
        ("hedged = 3", "hedged was '3', allowed is true or false"),
        ("leverage = true", "leverage was true, allowed is one value"),
        ("leverage = [1]", "leverage was a list, allowed is one value"),
        ("venue = 5", "venue was '5', allowed is text in quotes"),
        ("venue = 'Nasdaq'", "venue was 'Nasdaq', allowed are paper, binance, okx, bitget, gate"),
        ("limits = 3", "limits was '3', allowed is a table"),
        ("limits = { loss_max = -1 }", "limits.loss_max was '-1', allowed is a decimal at least 0"),
        ("owner = 'ann'", "owner was 'ann', which no [owners] names"),
        ("breakers = { jump_ratio = '11' }", "breakers.jump_ratio was '11', allowed is"),
        ("breakers = { by_person = ['luck'] }", "by_person was \"['luck']\", allowed is"),
    ],
)
def test_an_account_is_checked(tmp_path: Path, line: str, words: str) -> None:
    text = MAIN.replace('name = "main"', f'name = "main"\n{line}')
    found = mistakes(tmp_path, main=text)

    assert len(found) == 1
    assert words in found[0]


@pytest.mark.parametrize(
    "line,words",
    [
        ("strategy = 'grit'", "strategy does not do: strategy was 'grit', allowed are grid"),
        ("schedule = { start_at = 'soon' }", "schedule.start_at was 'soon', allowed are ISO dates"),
        (
            "schedule = { start_at = 2024-01-02, stop_at = 2024-01-01T00:00:00Z }",
            "schedule.stop_at is not after start_at",
        ),
        ("protection = { stop_distance = 1.5 }", "stop_distance was '1.5', allowed is"),
        ("profit_target = 2024-01-02", "profit_target was 2024-01-02, allowed is one value"),
    ],
)
def test_a_robot_is_checked(tmp_path: Path, line: str, words: str) -> None:
    text = MAIN.replace('name = "grid-1"', f'name = "grid-1"\n{line}')
    found = mistakes(tmp_path, main=text)

    assert len(found) == 1
    assert words in found[0]


def test_an_unknown_account_is_told_once(tmp_path: Path) -> None:
    text = MAIN.replace('account = "main"', 'account = "mian"')

    assert mistakes(tmp_path, main=text) == [
        (
            "robots.toml: robots.grid-1.account was 'mian', which no [[accounts]] names; "
            "did you mean main?"
        )
    ]
    lacking = MAIN.replace('instruments = ["BTC/USDT", "ETHUSDT"]', "")
    assert mistakes(tmp_path, main=lacking) == [
        "robots.toml: accounts.main.instruments is missing: what it may trade, any spelling in use"
    ]


def test_no_level_is_allowed_more_than_the_one_above(tmp_path: Path) -> None:
    text = (
        MAIN.replace('name = "main"', 'name = "main"\nowner = "ann"\nlimits = { loss_max = 60 }')
        + "limits = { loss_max = 70, open_orders_max = 9 }\n"
        + "[owners.ann]\nloss_max = 50\nopen_orders_max = 5\n[platform]\nopen_orders_max = 4\n"
    )

    assert mistakes(tmp_path, main=text) == [
        "robots.toml: accounts.main.limits.loss_max was 60, allowed is at most owner ann's 50",
        "robots.toml: robots.grid-1.limits.loss_max was 70, allowed is at most account main's 60",
        "robots.toml: owners.ann.open_orders_max was 5, allowed is at most the platform's 4",
    ]


def test_names_are_names(tmp_path: Path) -> None:
    twice = MAIN + '[[robots]]\nname = "grid-1"\naccount = "main"\n'
    assert mistakes(tmp_path, main=twice) == ["robots.toml: robots.grid-1 stands there twice"]
    nameless = MAIN.replace('name = "grid-1"', "")
    assert mistakes(tmp_path, main=nameless) == ["robots.toml: robots number 1 has no name"]
    odd = MAIN.replace('name = "grid-1"', 'name = "Grid 1"')
    assert "has a name that is not allowed" in mistakes(tmp_path, main=odd)[0]


def test_an_account_overrides_the_houses_breakers_key_by_key(tmp_path: Path) -> None:
    text = MAIN.replace('name = "main"', 'name = "main"\nbreakers = { failures = 7 }') + (
        "[breakers]\nfailures = 4\njump_ratio = 0.2\n"
    )
    breakers = settings(tmp_path, main=text).accounts[0].breakers

    assert (breakers.failures, breakers.jump_ratio, breakers.after_s) == (7, Decimal("0.2"), 300)


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    (tmp_path / "tape.csv").write_text("")
    text = MAIN.replace('cash = "5000"', 'cash = 5000\nmarket = "tape.csv"')
    text = text.replace('name = "grid-1"', 'name = "grid-1"\nstrategy = "own/my.py:Mine"')
    text = text.replace("[house]", '[house]\njournal = "sqlite:///j.db"')
    found = settings(tmp_path, main=text)

    assert found.paper.market == str(tmp_path / "tape.csv")
    assert found.robots[0].strategy == f"{tmp_path / 'own/my.py'}:Mine"
    assert found.house.journal == f"sqlite:///{tmp_path / 'j.db'}"
    assert "a file that exists" in mistakes(tmp_path, main=text.replace("tape", "band"))[0]


def test_another_journal_is_refused_without_repeating_its_password(tmp_path: Path) -> None:
    text = MAIN.replace("[house]", '[house]\njournal = "mysql://ann:pw@host/db"')

    assert mistakes(tmp_path, main=text) == [
        (
            "robots.toml: house.journal is no journal, allowed are sqlite:///PATH and "
            "postgresql://USER@HOST/DATABASE"
        )
    ]


def test_times_are_utc_unless_they_say_otherwise(tmp_path: Path) -> None:
    text = (
        MAIN
        + 'schedule.start_at = "2024-03-01T12:30"\nschedule.stop_at = 2024-03-02T08:00:00+08:00'
    )
    times = settings(tmp_path, main=text).robots[0].schedule

    assert times.start_ns == int(datetime(2024, 3, 1, 12, 30, tzinfo=UTC).timestamp()) * 10**9
    assert times.stop_ns == int(datetime(2024, 3, 2, tzinfo=UTC).timestamp()) * 10**9


def test_the_files_to_watch(tmp_path: Path) -> None:
    names = [path.name for path in files_of(tmp_path / "robots.toml", "live")]

    assert names == ["robots.toml", "robots.secrets.toml", "robots.live.toml"]


@given(
    st.recursive(
        st.one_of(st.integers(-5, 5), st.text(max_size=5), st.booleans()),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["name", "house", "robots", "accounts", "limits", "breakers", "x"]),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    ),
    st.sampled_from(["house", "paper", "accounts", "robots", "owners", "platform", "breakers"]),
)
def test_whatever_stands_there_is_answered_in_sentences(
    tmp_path_factory: pytest.TempPathFactory, value: object, section: str
) -> None:
    folder = tmp_path_factory.mktemp("settings")
    for line in mistakes(folder, main=f"{section} = {_toml(value)}"):
        assert line.startswith("robots.toml: ")


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return '"' + "".join(c if c.isalnum() and c.isascii() else "_" for c in value) + '"'
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name} = {_toml(one)}" for name, one in value.items()) + "}"
    return str(value)
