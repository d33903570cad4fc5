"""The use cases of occurrences: their outcomes and the reasons."""

from __future__ import annotations

from agent_schedules.domain.caller import Caller
from agent_schedules.domain.paging import Paging, Slice
from agent_schedules.domain.schedules import Schedule
from agent_schedules.domain.settlement import Record
from agent_schedules.errors import NotFound
from agent_schedules.ports import Ports
from agent_schedules.services.schedules import get_schedule
from agent_schedules.storage.occurrences import Outcome
from agent_schedules.timestamps import floor_seconds, stamp


def list_occurrences(ports: Ports, caller: Caller, agent_id: str, schedule_id: str, paging: Paging) -> Slice[Outcome]:
    """Return a page of the outcomes of a schedule's occurrences, with and without a run. Raises NotFound."""
    schedule = get_schedule(ports, caller, agent_id, schedule_id)
    return ports.store.occurrences.page(schedule.key, paging, now=ports.now())


def get_occurrence(ports: Ports, caller: Caller, agent_id: str, schedule_id: str, nominal: int) -> Outcome:
    """Return the outcome of one nominal time (UTC seconds), pending included. Raises NotFound if it is not one, or
    if its outcome has expired."""
    schedule = get_schedule(ports, caller, agent_id, schedule_id)
    found = ports.store.occurrences.at(schedule.key, nominal, now=ports.now())
    if found is not None and _covers(found, schedule, nominal):
        return found
    if nominal > schedule.state.settled_until and schedule.timetable.matches(nominal):
        to_come = _to_come(schedule, nominal)
        if to_come is not None:
            return to_come
    if found is None and _may_have_expired(schedule, nominal, floor_seconds(ports.now())):
        days = schedule.state.kept.days_at(nominal)
        raise NotFound(
            f"nominal_time: {stamp(nominal)} is older than what is kept; outcomes of this schedule expire after "
            f"{days} day{'' if days == 1 else 's'} (`run_retention_days`)"
        )
    raise NotFound(f"nominal_time: {stamp(nominal)} is not an occurrence of this schedule; see its preview")


def _may_have_expired(schedule: Schedule, nominal: int, now: int) -> bool:
    """Whether a nominal time without an outcome may have had one. Once the timing was changed, every time since the
    creation counts, because the old timing is no longer known."""
    possible = schedule.definition.revision > 1 or schedule.timetable.matches(nominal)
    return possible and schedule.state.created_at.timestamp() <= nominal < schedule.state.kept.gone_before(now)


def _covers(outcome: Outcome, schedule: Schedule, nominal: int) -> bool:
    """Whether the range of an outcome contains that nominal time. Once the timing was changed, every time between its
    first and last counts, because the old timing is no longer known."""
    of = outcome.of
    if not isinstance(of, Record) or nominal in {of.first, of.last} or schedule.definition.revision > 1:
        return True
    return schedule.timetable.matches(nominal)


def _to_come(schedule: Schedule, nominal: int) -> Outcome | None:
    """Return the expected outcome of a nominal time that is not settled; None if no run is left for it.

    A hidden time is expected to be skipped, though a caller may still change that. No record covers times after the
    last run.
    """
    status, hidden = schedule.state.status, schedule.timetable.hidden(nominal)
    if hidden is not None and status != "deleted" and schedule.remaining_runs != 0:
        return Outcome(schedule.key, nominal, Record("skipped", hidden, nominal, nominal, 1))
    if hidden is None and status in {"active", "paused"}:
        return Outcome(schedule.key, nominal, None, due_at=schedule.timetable.due_at(nominal))
    return None
