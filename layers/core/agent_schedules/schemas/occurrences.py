"""Bodies about single occurrences: skip one to come, or backfill those of the past. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field, StrictBool

from agent_schedules.errors import InvalidRequest
from agent_schedules.schemas.body import Body, examples_of
from agent_schedules.schemas.fields import Moment
from agent_schedules.schemas.moments import bounded_moment
from agent_schedules.timestamps import ceil_seconds, stamp


class SkipBody(Body):
    """One occurrence of a schedule."""

    model_config = examples_of({"scheduled_for": "2026-12-24T09:00:00Z"}, {"scheduled_for": "2026-12-24T09:00:00"})
    scheduled_for: Annotated[
        Moment,
        Field(description="Its nominal time. A time without an offset is local to the schedule's time zone"),
    ]


class BackfillBody(Body):
    """A stretch of the past, half open: `from` belongs to it, `to` does not."""

    model_config = examples_of(
        {"from": "2026-05-01T00:00:00Z", "to": "2026-05-02T00:00:00Z"},
        {"from": "2026-05-01T00:00:00", "to": "2026-05-02T00:00:00", "dry_run": False},
    )
    first: Annotated[
        Moment,
        Field(alias="from", description="A time without an offset is local to the schedule's time zone, also in `to`"),
    ]
    end: Annotated[
        Moment, Field(alias="to", description="Every occurrence before it must be settled; it is not in the future")
    ]
    dry_run: Annotated[
        StrictBool, Field(description="Only say which occurrences would get a run; send false to make the runs")
    ] = True


def nominal_of(body: SkipBody, timezone: str) -> int:
    """Return the nominal time of a body in UTC seconds. Raises InvalidRequest."""
    moment = bounded_moment(body.scheduled_for, timezone, "scheduled_for")
    if moment.microsecond:
        raise InvalidRequest("scheduled_for: has a fraction of a second, but occurrences are at whole seconds; omit it")
    return int(moment.timestamp())


def stretch_of(body: BackfillBody, timezone: str, now: datetime) -> tuple[int, int]:
    """Return the first and the last second of a stretch (UTC). Raises InvalidRequest."""
    first = ceil_seconds(bounded_moment(body.first, timezone, "from"))
    moment = bounded_moment(body.end, timezone, "to")
    if moment > now:
        raise InvalidRequest(f"to: is in the future (it is {stamp(int(now.timestamp()))}); choose a time in the past")
    last = ceil_seconds(moment) - 1
    if last < first:
        raise InvalidRequest("from: must be before `to`")
    return first, last
