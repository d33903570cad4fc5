"""The use cases of previews. Nothing is stored."""

from __future__ import annotations

from agent_schedules.domain.caller import Caller
from agent_schedules.domain.preview import Preview, of_new
from agent_schedules.ports import Ports
from agent_schedules.schemas.policies import policies_in
from agent_schedules.schemas.requests import PreviewBody
from agent_schedules.schemas.timing import timing_of
from agent_schedules.services.checks import now_ms
from agent_schedules.services.schedules import get_schedule
from agent_schedules.timestamps import floor_seconds


def preview(ports: Ports, body: PreviewBody) -> Preview:
    """Return the preview of a schedule created now. Raises InvalidRequest where `create_schedule` would."""
    now = now_ms(ports)
    timing = timing_of(body.schedule, now=now, minimum_interval=ports.limits.minimum_interval)
    return of_new(timing, policies_in(body.policies, timing.timezone), now, body.count)


def preview_schedule(ports: Ports, caller: Caller, agent_id: str, schedule_id: str, count: int) -> Preview:
    """Return the preview of a schedule, empty if it is completed or deleted. Raises NotFound."""
    schedule = get_schedule(ports, caller, agent_id, schedule_id)
    state, after = schedule.state, schedule.state.settled_until
    if state.status == "paused":
        until = state.pause.until if state.pause else None
        after = max(after, floor_seconds(ports.now()) if until is None else until)
    return Preview(schedule, after, count if state.status in {"active", "paused"} else 0, stored=True)
