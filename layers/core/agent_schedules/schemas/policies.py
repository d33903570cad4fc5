"""Parse and check the policies of a request (policies.md). Pure."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any

from pydantic import Field, PlainSerializer, PlainValidator, StrictInt, WithJsonSchema

from agent_schedules.domain.policies import (
    LONGEST_SPREAD,
    MOST_EXCLUDED,
    NO_POLICIES,
    DateRange,
    Misfire,
    Overlap,
    Policies,
)
from agent_schedules.errors import InvalidRequest
from agent_schedules.schemas.body import Body, examples_of
from agent_schedules.schemas.fields import Moment, Whole
from agent_schedules.schemas.moments import bounded_moment, milliseconds

MOST_RUNS = 1_000_000
LONGEST_GRACE = LONGEST_TIMEOUT = 604_800  # seconds, a week
LONGEST_RETENTION = 3_650  # days
SHORTEST_ALERT, LONGEST_ALERT = 60, 31 * 86_400  # seconds
SHORTEST_TIMEOUT = 10  # seconds
FIRST_YEAR, LAST_YEAR = 1970, 2199

_DATE = r"(19[7-9][0-9]|2[01][0-9]{2})-[0-9]{2}-[0-9]{2}"
_DAYS = rf"^{_DATE}(/{_DATE})?$"


def _days(value: Any) -> DateRange:
    if not isinstance(value, str) or not re.fullmatch(_DAYS, value):
        raise ValueError(
            f"must be a date from {FIRST_YEAR} to {LAST_YEAR} or a range of dates: 2026-12-24 or 2026-12-24/2027-01-02"
        )
    first, slash, last = value.partition("/")
    try:
        found = DateRange(date.fromisoformat(first), date.fromisoformat(last if slash else first))
    except ValueError as error:
        raise ValueError(f"{value} is not in the calendar; choose dates that exist") from error
    if found.last < found.first:
        raise ValueError(f"ends before it begins; send {last}/{first}")
    return found


Days = Annotated[
    Any,
    PlainValidator(_days),
    PlainSerializer(str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "dates", "pattern": _DAYS}),
]
"""A DateRange. Its type is not named here, because FastAPI would describe that class in the document."""


class PoliciesBody(Body):
    """What a schedule does where there is a choice. A field that is null or left out has its default."""

    model_config = examples_of(
        {"overlap": "skip", "timeout_seconds": 1800},
        {"start_at": "2026-01-01T00:00:00Z", "end_at": "2099-12-31T23:59:59Z", "exclude": ["2099-12-24/2099-12-26"]},
    )
    start_at: Annotated[
        Moment | None,
        Field(
            description="Only nominal times from then on exist. From 1970 to 2199; without an offset it is local to "
            "the schedule's `timezone`"
        ),
    ] = None
    end_at: Annotated[
        Moment | None,
        Field(
            description="Only nominal times until then exist, itself included; after the last one the schedule is "
            "`completed`. Not before `start_at`; without an offset it is local to the schedule's `timezone`"
        ),
    ] = None
    exclude: Annotated[
        Annotated[list[Days], Field(max_length=MOST_EXCLUDED, json_schema_extra={"uniqueItems": True})] | None,
        Field(
            description="Dates in the schedule's `timezone`, or ranges with both ends included, on which nothing runs. "
            "A range must not end before it begins, and none may occur twice"
        ),
    ] = None
    max_runs: Annotated[
        Annotated[StrictInt, Field(ge=1, le=MOST_RUNS), Whole] | None,
        Field(description="Scheduled runs after which the schedule is `completed`. If omitted, there is no limit"),
    ] = None
    spread_seconds: Annotated[
        Annotated[StrictInt, Field(ge=0, le=LONGEST_SPREAD), Whole] | None,
        Field(
            description="Each run starts up to this long after its nominal time, by an offset that is fixed for the "
            "schedule and the nominal time. The default is 0"
        ),
    ] = None
    overlap: Annotated[
        Overlap | None,
        Field(
            description="What an occurrence does while a run of the schedule is open. `allow`, the default: it runs. "
            "`skip`: it does not run. `queue_one`: one waits. `queue_all`: up to 100 wait, in order. "
            "`cancel_previous`: the open run is cancelled first"
        ),
    ] = None
    misfire: Annotated[
        Misfire | None,
        Field(
            description="Which of the occurrences that are found more than 120 s late run. `run_latest`, the default: "
            "the newest. `skip`: none. `run_all`: the newest 100"
        ),
    ] = None
    misfire_grace_seconds: Annotated[
        Annotated[StrictInt, Field(ge=0, le=LONGEST_GRACE), Whole] | None,
        Field(description="How late an occurrence may still run. If omitted, as the deployment sets it"),
    ] = None
    timeout_seconds: Annotated[
        Annotated[StrictInt, Field(ge=SHORTEST_TIMEOUT, le=LONGEST_TIMEOUT), Whole] | None,
        Field(description="The time of all attempts of a run together. If omitted, as the deployment sets it"),
    ] = None
    run_retention_days: Annotated[
        Annotated[StrictInt, Field(ge=0, le=LONGEST_RETENTION), Whole] | None,
        Field(
            description="How many days a run is kept after its end, and a record of occurrences without a run after it "
            "was written. 0: for ever. If omitted, as the deployment sets it"
        ),
    ] = None
    alert_after_seconds: Annotated[
        Annotated[StrictInt, Field(ge=SHORTEST_ALERT, le=LONGEST_ALERT), Whole] | None,
        Field(
            description="While the schedule is active and no run of it completes for this long, it is silent: an event "
            "says so once. If omitted, it is never silent"
        ),
    ] = None


def policies_in(body: PoliciesBody | None, timezone: str) -> Policies:
    """Return the policies that a body asks for. Its local times and dates are in `timezone`.

    Raises InvalidRequest, naming the field.
    """
    if body is None:
        return NO_POLICIES
    values = {name: value for name, value in dict(body).items() if value is not None}
    for name in {"start_at", "end_at"} & values.keys():
        values[name] = milliseconds(bounded_moment(values[name], timezone, f"policies.{name}"))
    values["exclude"] = _distinct(values.get("exclude", []))
    policies = Policies(**values)
    if policies.start_at is not None and policies.end_at is not None and policies.end_at < policies.start_at:
        raise InvalidRequest("policies.end_at: is before `start_at`; choose a later time")
    return policies


def _distinct(exclude: list[DateRange]) -> tuple[DateRange, ...]:
    for number, days in enumerate(exclude):
        if days in exclude[:number]:
            raise InvalidRequest(f"policies.exclude.{number}: {days} occurs twice; remove one of them")
    return tuple(exclude)
