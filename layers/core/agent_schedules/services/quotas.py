"""The use cases of limits: return their use, and explain a refusal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn

from agent_schedules.domain.caller import Caller
from agent_schedules.domain.quotas import TenantCount
from agent_schedules.errors import InvalidRequest, NotFound
from agent_schedules.ports import Ports
from agent_schedules.services.checks import require_id


@dataclass(frozen=True)
class Usage:
    """The current use of the limits."""

    tenant: TenantCount
    of_agent: int | None
    """None if the request names no agent."""


def usage(ports: Ports, caller: Caller, agent_id: str | None) -> Usage:
    """Return the use of a caller's tenant and of one of the caller's agents. Raises NotFound."""
    if agent_id is not None:
        require_id(agent_id, "agt", "agent")
    counts = ports.store.counters.read(caller.owner, agent_id)
    if agent_id is None:
        return Usage(counts.tenant, None)
    if counts.agent is None:
        raise NotFound(f"agent_id: no agent {agent_id}")
    return Usage(counts.tenant, counts.count.schedules if counts.count else 0)


def refuse_if_full(ports: Ports, owner: str, agent_id: str, *, new: bool, hourly: int) -> None:
    """Raise InvalidRequest that names the limit which a change reached.

    `new`: the change creates a schedule. `hourly`: the occurrences that it adds to an hour. Returns if there is room by
    now; the caller may then retry the change.
    """
    quotas = ports.limits.quotas
    counts = ports.store.counters.read(owner, agent_id)
    if new and quotas.schedules and counts.tenant.schedules >= quotas.schedules:
        raise InvalidRequest(
            f"schedules: your account has {counts.tenant.schedules} schedules and may have {quotas.schedules}; "
            "delete some that you do not need"
        )
    if quotas.hourly and hourly > 0 and counts.tenant.hourly + hourly > quotas.hourly:
        raise InvalidRequest(
            f"schedules: those of your account may run {quotas.hourly} times in an hour; they run up to "
            f"{counts.tenant.hourly} times and this would add {hourly}. Choose fewer times, or delete some"
        )
    if new and quotas.per_agent and counts.count is not None and counts.count.schedules >= quotas.per_agent:
        raise InvalidRequest(
            f"schedules: agent {agent_id} has {counts.count.schedules} schedules and may have {quotas.per_agent}; "
            "delete some that you do not need"
        )


def refuse_backfill(ports: Ports, runs: int, now: datetime) -> NoReturn:
    """Raise InvalidRequest for a backfill of that many runs, which this hour has no room for."""
    most, minutes = ports.limits.quotas.backfilled, 60 - now.minute
    raise InvalidRequest(
        f"backfill: those of your account may begin {most} runs in an hour, and this one would begin {runs} more than "
        f"were begun; choose a shorter range, or send the call again in {minutes} minutes"
    )
