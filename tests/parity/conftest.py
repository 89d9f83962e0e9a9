"""How many markets the parity tests draw.

    pytest tests/parity                        60 markets a property, some seconds
    STEELYARD_LONG=1 pytest tests/parity       1,000 markets a property, three minutes

Both draw the same markets in the same order on every machine, so that a failure is one to repeat.
"""

import os

from hypothesis import HealthCheck, settings

EXAMPLES = 1_000 if os.environ.get("STEELYARD_LONG") else 60

settings.register_profile(
    "parity", parent=settings.get_profile("steelyard"), max_examples=EXAMPLES, derandomize=True,
    deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip
