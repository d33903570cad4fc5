"""The use cases over all agents of an owner: find schedules."""

from __future__ import annotations

from agent_schedules.domain.caller import Caller
from agent_schedules.domain.fleet import ScheduleFilter
from agent_schedules.domain.paging import Paging, Slice
from agent_schedules.ports import Ports
from agent_schedules.services.checks import require_id
from agent_schedules.storage.fleet import FoundSchedule
from agent_schedules.timestamps import floor_seconds


def find_schedules(ports: Ports, caller: Caller, wanted: ScheduleFilter, paging: Paging) -> Slice[FoundSchedule]:
    """Return a page of the matching schedules of live agents. Raises NotFound for the agent that the filter names."""
    if wanted.agent_id is not None:
        require_id(wanted.agent_id, "agt", "agent")
    return ports.store.fleet.page(caller.owner, wanted, paging, now=floor_seconds(ports.now()))
