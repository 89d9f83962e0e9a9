"""Risk rules, in the order in which the gate asks them. A new rule is a file and a line here."""

from collections.abc import Callable
from typing import Final

from steelyard.risk.account import account_objection
from steelyard.risk.funds import funds_objection
from steelyard.risk.limits import mandate_objection

RULES: Final[dict[str, Callable[..., int]]] = {
    "funds": funds_objection,
    "mandate": mandate_objection,
    "account": account_objection,
}
