"""Times as people write them: ISO 8601, UTC unless they say otherwise."""

from datetime import UTC, datetime

from steelyard.model.errors import ConfigurationError


def parse_time(text: str, what: str = "time") -> int:
    """Return UTC nanoseconds of `2024-03-01`, `2024-03-01T12:30` or `…+08:00`."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ConfigurationError(
            f"{what} was {text!r}, allowed are ISO dates such as 2024-03-01 or 2024-03-01T12:30"
        ) from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    seconds = int(moment.replace(microsecond=0).timestamp())
    return seconds * 1_000_000_000 + moment.microsecond * 1_000


def time_text(ts_ns: int) -> str:
    """Print UTC nanoseconds to the second."""
    moment = datetime.fromtimestamp(ts_ns // 1_000_000_000, tz=UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
