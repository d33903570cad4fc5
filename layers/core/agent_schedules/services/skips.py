"""The use cases of single occurrences to come: skip one, and take a skip back."""

from __future__ import annotations

from datetime import datetime

from agent_schedules.domain import transitions
from agent_schedules.domain.agents import Agent
from agent_schedules.domain.request_context import RequestContext
from agent_schedules.domain.schedules import Schedule
from agent_schedules.domain.transitions import Change
from agent_schedules.ports import Ports
from agent_schedules.schemas.occurrences import SkipBody, nominal_of
from agent_schedules.services.changes import change_schedule


def skip_occurrence(ports: Ports, call: RequestContext, agent_id: str, schedule_id: str, body: SkipBody) -> Schedule:
    """Skip one occurrence; a skipped one stays so. Raises InvalidRequest, Conflict, NotFound or Unavailable."""

    def change(schedule: Schedule, _: Agent, now: datetime) -> Change | None:
        return transitions.skipping(schedule, nominal_of(body, schedule.definition.timing.timezone), now)

    return change_schedule(ports, call, agent_id, schedule_id, change)


def unskip_occurrence(ports: Ports, call: RequestContext, agent_id: str, schedule_id: str, body: SkipBody) -> Schedule:
    """Take back the skip of an occurrence. Raises as `skip_occurrence` does."""

    def change(schedule: Schedule, _: Agent, now: datetime) -> Change | None:
        return transitions.unskipping(schedule, nominal_of(body, schedule.definition.timing.timezone), now)

    return change_schedule(ports, call, agent_id, schedule_id, change)
