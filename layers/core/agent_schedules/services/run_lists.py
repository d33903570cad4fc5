"""The use cases of lists of runs and problems over an account."""

from __future__ import annotations

from agent_schedules.domain.caller import Caller
from agent_schedules.domain.paging import Paging, Slice
from agent_schedules.domain.problems import Problem
from agent_schedules.domain.run_filter import RunFilter, Stretch
from agent_schedules.domain.runs import DAY
from agent_schedules.errors import InvalidRequest
from agent_schedules.ports import Ports
from agent_schedules.services.changes import read_schedule
from agent_schedules.services.checks import require_id
from agent_schedules.storage.keys import PROBLEMS
from agent_schedules.storage.runs import RunView
from agent_schedules.timestamps import floor_seconds


def find_runs(ports: Ports, caller: Caller, wanted: RunFilter, paging: Paging) -> Slice[RunView]:
    """Return a page of the matching runs, by due time. Raises InvalidRequest where the filter names no agent and no
    status that is listed, NotFound for the agent or the schedule that it names."""
    if wanted.agent_id is None:
        if wanted.schedule_id is not None:
            raise InvalidRequest("agent_id: is required with `schedule_id`; name the agent of the schedule")
        if wanted.status not in PROBLEMS:
            raise InvalidRequest(
                "agent_id: is required, unless `status` is failed, incomplete or cancelled; name an agent, or one of "
                "these"
            )
    elif wanted.schedule_id is not None:
        read_schedule(ports, caller, wanted.agent_id, wanted.schedule_id)
    else:
        ports.store.runs.agent_must_be_kept(caller.owner, require_id(wanted.agent_id, "agt", "agent"), ports.now())
    return ports.store.run_lists.page(caller.owner, wanted, paging, now=ports.now())


def find_problems(ports: Ports, caller: Caller, asked: Stretch, paging: Paging) -> Slice[Problem]:
    """Return a page of the account's problems in a stretch of time. Without a beginning it is the day up to its end,
    which is the present by default."""
    first = asked.first
    if first is None:
        end = floor_seconds(ports.now()) * 1000 if asked.end is None else asked.end
        first = max(end - DAY * 1000, 0)
    return ports.store.problems.page(caller.owner, Stretch(first, asked.end), paging, now=ports.now())
