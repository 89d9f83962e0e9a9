"""The doctor: looks at a house and its accounts, and says what to do about what it finds.

Rule 1: nothing is changed anywhere: every question is a read.
Rule 2: what cannot be asked is a finding, and the next question is asked all the same.
Rule 3: a level FIX means that no robot should trade before it is put right.
"""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from steelyard.app.accounts import from_configuration, settings_of, vault_of
from steelyard.app.findings import Finding, Level, found
from steelyard.app.probing import Clock, Probe, probe_of
from steelyard.model.decimals import format_decimal
from steelyard.model.errors import ConfigurationError, InputError
from steelyard.model.instruments import rate, rate_decimal
from steelyard.model.reports import Fault, Refusal, Reply, Success
from steelyard.model.venue_tables import listing_at
from steelyard.services.settings.reading import house_of
from steelyard.services.settings.schema import Account, Settings
from steelyard.services.vault.entries import Opened
from steelyard.services.vault.vault import Vault
from steelyard.store.journal.opening import open_to_read
from steelyard.venues.native.dialect import Listed, Permission, Profile
from steelyard.wire.errands import Errand, Reach, run_errand

_MS_NS: Final = 10**6
_CLOCK_NOTE_NS: Final = 250 * _MS_NS
_CLOCK_FIX_NS: Final = 30_000 * _MS_NS
_SHORT: Final = 4
"""A fourth of the budget that is left is little."""
_UNBOUND: Final = "bound to no address"
_SQLITE: Final = "sqlite:///"


def look(config: Path, only: str | None) -> list[Finding]:
    """Look at the house, and at all accounts or one."""
    settings, vault = settings_of(config), vault_of(config)
    names = _names(settings, vault, only)
    findings = list(_journal(config)) if only is None and config.is_file() else []
    for name in names:
        findings += _account(name, settings, vault)
    return findings


def _names(settings: Settings | None, vault: Vault, only: str | None) -> list[str]:
    configured = [] if settings is None else [one.name for one in settings.accounts]
    names = list(dict.fromkeys([*configured, *(one.account for one in vault.places())]))
    if only is None:
        return names
    if only not in names:
        raise ConfigurationError(
            f"account was {only!r}, there are {', '.join(names) or 'none'}: "
            "`steelyard account add` adds one"
        )
    return [only]


def _journal(config: Path) -> Iterator[Finding]:
    url = house_of(config, os.environ).journal
    where = url if url.startswith(_SQLITE) else "PostgreSQL"  # its address may hold a password
    if url.startswith(_SQLITE) and not Path(url.removeprefix(_SQLITE)).exists():
        yield found("", "journal_new", Level.NOTE, where=where)
        return
    try:
        open_to_read(url).close()
    except InputError as error:
        yield found("", "journal_lost", Level.FIX, why=error)
    else:
        yield found("", "journal", Level.FINE, where=where)


def _account(name: str, settings: Settings | None, vault: Vault) -> list[Finding]:
    accounts = () if settings is None else settings.accounts
    known = next((one for one in accounts if one.name == name), None)
    if known is not None and known.venue == "paper":
        return [found(name, "paper", Level.FINE)]
    opened = from_configuration(known) or _from_vault(name, known, vault)
    if isinstance(opened, Finding):
        return [opened]
    here = opened
    try:
        return run_errand(lambda reach: _examine(reach, here, known))
    except ConfigurationError as error:
        return [found(name, "venue_none", Level.FIX, why=error)]


def _from_vault(name: str, known: Account | None, vault: Vault) -> Opened | Finding:
    if not any(one.account == name for one in vault.places()):
        return found(name, "vault_none", Level.FIX)
    try:
        opened = vault.open(name)
    except ConfigurationError as error:
        return found(name, "vault_closed", Level.FIX, why=error)
    place = opened.place
    if known is not None:
        here = (known.venue, known.environment, known.owner)
        there = (place.venue, place.environment, place.owner)
        if here != there:
            words = {"here": " ".join(here).strip(), "there": " ".join(there).strip()}
            return found(name, "vault_other", Level.FIX, **words)
    return opened


def _examine(reach: Reach, opened: Opened, known: Account | None) -> Errand[list[Finding]]:
    names = () if known is None else known.instruments
    hedged = known is not None and known.hedged
    probe = probe_of(reach, opened, names, hedged=hedged)
    try:
        return (yield from _asked(reach, probe, opened, known))
    finally:
        probe.close()


def _asked(
    reach: Reach, probe: Probe, opened: Opened, known: Account | None
) -> Errand[list[Finding]]:
    name = opened.place.account
    findings = [found(name, "lacks", Level.NOTE, what=one) for one in probe.lacks]
    begun_ns = reach.scheduler.elapsed_ns()
    listed: Reply = yield probe.listing
    span_ms = (reach.scheduler.elapsed_ns() - begun_ns) // _MS_NS
    if not isinstance(listed, Success):
        return [*findings, found(name, "rest_lost", Level.FIX, why=listed.text)]
    findings.append(found(name, "rest", Level.FINE, ms=span_ms))
    findings.append(_clock(name, (yield probe.clock)))
    names = () if known is None else known.instruments
    findings += _instruments(name, names, listed.value)
    profile: Reply = yield probe.profile
    findings += _profile(opened, profile, known)
    findings += _streams(name, "public", (yield probe.public_socket))
    if isinstance(profile, Success):
        findings += _streams(name, "private", (yield probe.private_socket))
    findings.append(_budget(name, *probe.budget()))
    return findings


def _clock(name: str, told: Clock | Reply) -> Finding:
    if not isinstance(told, Clock):
        return found(name, "clock_none", Level.NOTE)
    off_ns = abs(told.ahead_ns)
    behind = told.ahead_ns > 0
    values = {
        "ms": off_ns // _MS_NS,
        "side": "behind" if behind else "ahead of",
        "zh_side": "慢" if behind else "快",
    }
    if off_ns <= _CLOCK_NOTE_NS + told.error_ns:
        return found(name, "clock", Level.FINE, **values)
    level = Level.FIX if off_ns > _CLOCK_FIX_NS else Level.NOTE
    return found(name, "clock_off", level, **values)


def _instruments(
    name: str, wanted: tuple[str, ...], listed: tuple[Listed, ...]
) -> Iterator[Finding]:
    status = {one.instrument.name: one.status for one in listed}
    for one in wanted:
        if one not in status:
            yield found(name, "unlisted", Level.FIX, name=one)
        elif status[one] != "trading":
            yield found(name, "halted", Level.FIX, name=one, status=status[one])
        else:
            yield found(name, "listed", Level.FINE, name=one)


def _profile(opened: Opened, reply: Reply, known: Account | None) -> Iterator[Finding]:
    name = opened.place.account
    if isinstance(reply, Refusal) and reply.fault == Fault.AUTH:
        yield found(name, "key_refused", Level.FIX, why=reply.text)
        return
    if not isinstance(reply, Success) or not isinstance(reply.value, Profile):
        why = "an answer of another kind" if isinstance(reply, Success) else reply.text
        yield found(name, "refused", Level.FIX, why=why)
        return
    profile = reply.value
    user = f" ({profile.user})" if profile.user else ""
    yield found(name, "key", Level.FINE, user=user)
    yield from _rights(name, profile, known)
    if known is not None:
        yield from _modes(name, profile, known)
    yield from _fees(name, opened.place.venue, profile.fees)
    for note in profile.notes:
        if _UNBOUND not in note:  # said above, in both languages
            yield found(name, "said", Level.NOTE, what=note)


def _rights(name: str, profile: Profile, known: Account | None) -> Iterator[Finding]:
    if not profile.known:
        yield found(name, "rights_unknown", Level.NOTE)
    else:
        yield found(name, "rights", Level.FINE, rights=", ".join(sorted(profile.permissions)))
        if Permission.TRADE not in profile.permissions:
            yield found(name, "no_trade", Level.FIX)
        if Permission.WITHDRAW in profile.permissions:
            insists = known is not None and known.allow_withdraw_keys
            check = "withdraw_wanted" if insists else "withdraw"
            yield found(name, check, Level.NOTE if insists else Level.FIX)
        if Permission.TRANSFER in profile.permissions:
            yield found(name, "transfer", Level.NOTE)
    if profile.addresses:
        yield found(name, "bound", Level.FINE, addresses=", ".join(profile.addresses))
    elif profile.known or any(_UNBOUND in note for note in profile.notes):
        yield found(name, "unbound", Level.NOTE)


def _modes(name: str, profile: Profile, known: Account) -> Iterator[Finding]:
    perpetuals = [one for one in known.instruments if ":" in one]
    if not perpetuals:
        return
    words = {True: ("hedged", "双向"), False: ("one-way", "单向")}
    (here, zh_here), (there, zh_there) = words[known.hedged], words[profile.hedged]
    if profile.hedged == known.hedged:
        yield found(name, "mode", Level.FINE, here=here, zh_here=zh_here)
    else:
        yield found(
            name, "mode_other", Level.FIX, here=here, there=there, zh_here=zh_here,
            zh_there=zh_there, value=str(profile.hedged).lower(),
        )  # fmt: skip
    if profile.margin_mode == "cash":
        yield found(name, "margin_cash", Level.FIX)
    elif profile.margin_mode:
        yield found(name, "margin", Level.FINE, mode=profile.margin_mode)
    else:
        yield found(name, "margin_unknown", Level.NOTE)


def _fees(name: str, venue: str, fees: Mapping[str, tuple[int, int]]) -> Iterator[Finding]:
    for one, (maker, taker) in fees.items():
        row = listing_at(one, venue)
        if row is None:
            continue
        table = (int(rate(row.maker)), int(rate(row.taker)))
        if (maker, taker) == table:
            yield found(name, "fees", Level.FINE, name=one)
            continue
        texts = [format_decimal(rate_decimal(value)) for value in (maker, taker, *table)]
        names = ("maker", "taker", "table_maker", "table_taker")
        values = dict(zip(names, texts, strict=True))
        yield found(name, "fees_other", Level.NOTE, name=one, **values)


def _streams(name: str, which: str, told: str | None) -> Iterator[Finding]:
    if told is None:
        yield found(name, "untried", Level.NOTE, what=which)
    elif told:
        yield found(name, f"{which}_lost", Level.FIX, why=told)
    else:
        yield found(name, which, Level.FINE)


def _budget(name: str, used: int, whole: int) -> Finding:
    if used < 0 or not whole:
        return found(name, "budget_unknown", Level.FINE)
    short = (whole - used) * _SHORT < whole
    values = {"used": used, "all": whole}
    if short:
        return found(name, "budget_short", Level.NOTE, **values)
    return found(name, "budget", Level.FINE, **values)
