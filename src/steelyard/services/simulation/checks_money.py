"""Invariants of positions, fills and money. See `checker`."""

from collections import defaultdict
from collections.abc import Iterator

from steelyard.ledger.accounts import ACCOUNTS, CASH, CLEARING, COINS, SETTLEMENT_ACCOUNTS
from steelyard.ledger.postings import TRANSFER
from steelyard.model import events as ev
from steelyard.model.reports import FundingReport
from steelyard.services.simulation.evidence import Evidence
from steelyard.services.simulation.violations import Violation


def positions(evidence: Evidence) -> Iterator[Violation]:
    """P1, P3: fills and named adjustments add up to what the venue holds."""
    held: dict[tuple[int, int], int] = defaultdict(int)
    for row in evidence.rows:
        event = row.event
        if isinstance(event, ev.Filled):
            intent = evidence.intents.get(event.order)
            if intent is None:
                yield Violation(
                    "P1", row.at_ns, f"a fill of order {event.order}, which has no intent"
                )
                continue
            place = intent[1]
            held[place.instrument, place.position_side] += (
                place.side * event.quantity - event.coin_fee
            )
        elif isinstance(event, ev.Adjusted):
            held[event.instrument, event.position_side] += event.quantity
            if not event.reason or not event.trade:
                yield Violation("P1", row.at_ns, "an adjustment without reason or evidence")
    ours = {where: quantity for where, quantity in held.items() if quantity}
    if ours != evidence.positions:
        yield Violation(
            "P3", evidence.end_ns, f"the journal holds {ours}, the venue {evidence.positions}"
        )


def fills_once(evidence: Evidence) -> Iterator[Violation]:
    """P2, P6, P7: each trade of the venue is booked once, as it was, and nothing else is."""
    truth = {f"{t.instrument}:{t.trade}": t for t in evidence.trades}
    seen: set[str] = set()
    for row, event in evidence.about(ev.Filled | ev.Adjusted):
        key = event.trade
        if key in seen:
            yield Violation("P2", row.at_ns, f"trade {key} is booked twice")
        seen.add(key)
        trade = truth.get(key)
        if trade is None:
            yield Violation("P7", row.at_ns, f"booked {key!r}, which the venue never told: {event}")
            continue
        if isinstance(event, ev.Filled):
            intent = evidence.intents.get(event.order)
            signed = event.quantity * (intent[1].side if intent else 0)
            right = intent is not None and intent[2] == trade.client_id
        else:
            signed, right = int(event.quantity), True
        if signed != trade.side * trade.quantity or event.price != trade.price or not right:
            yield Violation("P2", row.at_ns, f"trade {key} was {trade} and is booked as {event}")
    for key, trade in truth.items():
        if key not in seen:
            yield Violation(
                "P1",
                trade.ts_ns - evidence.epoch_ns,
                f"trade {key} of {trade.client_id!r} is not booked",
            )


def ledger(evidence: Evidence) -> Iterator[Violation]:
    """L1, P4: transfers are whole and positive, accounts sum to zero, money is the venue's."""
    balances = [0] * ACCOUNTS
    for what, a, b, _ in evidence.lines:
        if what != TRANSFER:
            continue
        debit, credit = a >> 8, a & 0xFF
        if b <= 0 or debit == credit or not (0 <= debit < ACCOUNTS and 0 <= credit < ACCOUNTS):
            yield Violation("L1", evidence.end_ns, f"transfer of {b} from {credit} to {debit}")
            continue
        if (debit < COINS) != (credit < COINS):
            yield Violation("L1", evidence.end_ns, f"money became coins: {credit} to {debit}")
        balances[debit] += b
        balances[credit] -= b
    if sum(balances[:SETTLEMENT_ACCOUNTS]) or sum(balances[SETTLEMENT_ACCOUNTS:]):
        yield Violation("L1", evidence.end_ns, f"accounts add up to {sum(balances)}")
    # Robots that net each other out at the venue realise there what they do not here, so the wallet
    # alone proves nothing: what is not yet settled belongs to it, as the venue's entries do.
    equity = balances[CASH] + balances[CLEARING]
    if equity != evidence.equity:
        yield Violation(
            "P4", evidence.end_ns,
            f"wallet less entries is {equity} in the ledger, {evidence.equity} at the venue",
        )  # fmt: skip
    moved = sum(event.amount for _, event in evidence.about(ev.CapitalMoved))
    if moved != evidence.paid_in:
        yield Violation(
            "P4", evidence.end_ns, f"{moved} is booked as paid in, {evidence.paid_in} was"
        )


def funding_once(evidence: Evidence) -> Iterator[Violation]:
    """P2 for funding: each settlement is booked once, in full."""
    booked: dict[str, int] = defaultdict(int)
    for _, event in evidence.about(ev.FundingPaid):
        booked[event.trade.split(":")[1] if ":" in event.trade else event.trade] += event.payment
    for entry in evidence.entries:
        if isinstance(entry, FundingReport) and booked.pop(entry.reference, 0) != entry.payment:
            yield Violation(
                "P2",
                entry.ts_ns - evidence.epoch_ns,
                f"funding {entry.reference} is not booked as it was",
            )
    for reference in booked:
        yield Violation("P2", evidence.end_ns, f"funding {reference} was never settled")


def kept_as_written(evidence: Evidence) -> Iterator[Violation]:
    """L2: what was committed is still there, and as it was."""
    kept = {row.n: row.digest for row in evidence.kept}
    for commit in evidence.commits:
        for row in commit.rows:
            if kept.get(row.n) != row.digest:
                yield Violation("L2", commit.at_ns, f"row {row.n} is not what was committed")
    if [row.n for row in evidence.kept] != list(range(1, len(evidence.kept) + 1)):
        yield Violation("L2", evidence.end_ns, "the journal's rows are not contiguous")
