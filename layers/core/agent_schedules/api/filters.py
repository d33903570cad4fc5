"""The filters of lists, as query parameters."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Query, Request

from agent_schedules.api.dependencies import OfAgent
from agent_schedules.api.lazy_route import OWN_KEY
from agent_schedules.domain.fleet import ScheduleFilter
from agent_schedules.errors import InvalidRequest
from agent_schedules.schemas.fields import LONGEST_KEY, LONGEST_VALUE, MOST_PAIRS
from agent_schedules.schemas.fleet import LastRunStatus, NamePrefix, NextRunBefore, StatusText, second_before

METADATA = "metadata."


async def _metadata(
    request: Request,
    value: Annotated[
        str | None,
        Query(
            alias=f"{METADATA}{OWN_KEY}",
            max_length=LONGEST_VALUE,
            description="Schedules whose metadata has this value under the key that stands for `<key>`. Send one "
            "parameter for each key; all must match",
        ),
    ] = None,
) -> tuple[tuple[str, str], ...]:
    del value  # declared for the description; a caller's parameter has its own key in the name
    sent = request.query_params.items()
    pairs = sorted((name.removeprefix(METADATA), text) for name, text in sent if name.startswith(METADATA))
    if len(pairs) > MOST_PAIRS:
        raise InvalidRequest(f"metadata: a schedule has at most {MOST_PAIRS} keys; name fewer")
    for key, text in pairs:
        if len(key) > LONGEST_KEY:
            raise InvalidRequest(
                f"{METADATA}{key[:60]}: a key has at most {LONGEST_KEY} characters; send a shorter one"
            )
        if len(text) > LONGEST_VALUE:
            raise InvalidRequest(f"{METADATA}{key}: must have at most {LONGEST_VALUE} characters")
    return tuple(pairs)


async def _schedule_filter(
    *,
    agent_id: OfAgent = None,
    status: Annotated[StatusText | None, Query()] = None,
    name: Annotated[NamePrefix | None, Query()] = None,
    metadata: Annotated[tuple[tuple[str, str], ...], Depends(_metadata)],
    next_run_before: Annotated[NextRunBefore | None, Query()] = None,
    last_run_status: Annotated[LastRunStatus | None, Query()] = None,
) -> ScheduleFilter:
    return ScheduleFilter(agent_id, status, name, metadata, second_before(next_run_before), last_run_status)


ScheduleFilterDep = Annotated[ScheduleFilter, Depends(_schedule_filter)]
"""The filter in the query of a list of schedules."""
