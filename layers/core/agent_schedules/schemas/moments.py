"""The times of a request as instants. Pure."""

from __future__ import annotations

from datetime import UTC, datetime

from agent_schedules.errors import InvalidRequest
from agent_schedules.timing.dst import utc_of
from agent_schedules.timing.spec import LATEST
from agent_schedules.timing.zones import zone


def moment_of(value: datetime, timezone: str, name: str) -> datetime:
    """Return a caller's time in UTC. A time without an offset is local to `timezone` (contract D10).

    Raises InvalidRequest, naming the field, for a local time that a clock change skips.
    """
    if value.tzinfo is not None:
        return value.astimezone(UTC)
    local = value.replace(tzinfo=zone(timezone), fold=0)
    if utc_of(local.replace(microsecond=0)) is None:
        raise InvalidRequest(
            f"{name}: {value.isoformat()} does not exist in {timezone} (clocks go forward); choose another time"
        )
    return local.astimezone(UTC)


def bounded_moment(value: datetime, timezone: str, name: str) -> datetime:
    """Return a caller's time as `moment_of` does. Raises InvalidRequest also for a time before 1970 or after 2199."""
    try:
        moment = moment_of(value, timezone, name)
    except OverflowError:
        moment = None
    if moment is None or not 0 <= moment.timestamp() <= LATEST:
        raise InvalidRequest(f"{name}: must be between 1970 and 2199")
    return moment


def milliseconds(moment: datetime) -> datetime:
    """Cut to milliseconds, the precision of rows and answers (contract D11)."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
