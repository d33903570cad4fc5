"""The use cases of a backfill: say what it would do, begin it, and stop it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from agent_schedules.domain import transitions
from agent_schedules.domain.agents import Agent
from agent_schedules.domain.backfill import MOST_TIMES, Missing, missing_of, times_in
from agent_schedules.domain.messages import Hint
from agent_schedules.domain.request_context import RequestContext
from agent_schedules.domain.schedules import Schedule
from agent_schedules.domain.transitions import Change
from agent_schedules.errors import InvalidRequest, Unavailable
from agent_schedules.ports import Ports
from agent_schedules.schemas.occurrences import BackfillBody, stretch_of
from agent_schedules.services.changes import change_schedule, refuse_deleted
from agent_schedules.services.checks import now_ms
from agent_schedules.services.schedules import get_schedule
from agent_schedules.telemetry import about, logger
from agent_schedules.timestamps import floor_seconds, stamp


@dataclass(frozen=True)
class Plan:
    """What a backfill does."""

    schedule: Schedule
    dry_run: bool
    first: int
    """The first second of its stretch, UTC."""
    last: int
    missing: list[Missing]
    """The nominal times that get a run, in order."""


def backfill(ports: Ports, call: RequestContext, agent_id: str, schedule_id: str, body: BackfillBody) -> Plan:
    """Give each nominal time of a range that made no run a run. A dry run only returns these times.

    Raises InvalidRequest, also where backfills of the tenant have begun as many runs in this hour as they may,
    NotFound, Unavailable, and Conflict while another backfill is under way.
    """
    if body.dry_run:
        schedule = get_schedule(ports, call.caller, agent_id, schedule_id)
        refuse_deleted(schedule)
        return _plan(ports, schedule, body, now_ms(ports))

    plans: list[Plan] = []

    def change(schedule: Schedule, agent: Agent, now: datetime) -> Change | None:
        plans.append(_plan(ports, schedule, body, now))
        times = [missing.nominal for missing in plans[-1].missing]
        return transitions.backfilling(schedule, times, now, agent_deletions=agent.deletions)

    schedule = change_schedule(ports, call, agent_id, schedule_id, change)
    if plans and schedule.state.backfill is not None:
        try:
            ports.queue.send([Hint(schedule.key, None, advance=True)], delay=0)
        except Unavailable:  # then the reconciler finds it
            logger.warning("backfill not begun", extra=about(schedule.key))
    plan = plans[-1] if plans else _plan(ports, schedule, body, now_ms(ports))
    return Plan(schedule, plan.dry_run, plan.first, plan.last, plan.missing)


def stop_backfill(ports: Ports, call: RequestContext, agent_id: str, schedule_id: str) -> Schedule:
    """Stop a backfill; its open run goes on. A schedule without one stays as it is. Raises NotFound or Unavailable."""
    return change_schedule(
        ports, call, agent_id, schedule_id, lambda schedule, _, now: transitions.without_backfill(schedule, now)
    )


def _plan(ports: Ports, schedule: Schedule, body: BackfillBody, now: datetime) -> Plan:
    first, last = stretch_of(body, schedule.definition.timing.timezone, now)
    times = times_in(schedule, first, last)
    missing: list[Missing] = []
    gone_before = schedule.state.kept.gone_before(floor_seconds(now))
    if times and times[0] < gone_before:
        hour = -(-gone_before // 3600) * 3600  # it moves on while the caller reads this
        raise InvalidRequest(
            f"from: runs of occurrences before {stamp(hour)} may have expired, and none may run twice; choose that "
            "time or a later one"
        )
    if times:
        ran = ports.store.backfills.with_run(schedule.key, times)
        records = ports.store.backfills.records(schedule.key, times[0], times[-1], most=MOST_TIMES)
        if records is None:
            raise InvalidRequest(f"to: the range has more than {MOST_TIMES} outcomes; choose a shorter one")
        missing = missing_of(schedule, times, ran, records)
    return Plan(schedule, body.dry_run, first, last, missing)
