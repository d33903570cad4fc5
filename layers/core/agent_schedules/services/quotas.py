"""The use cases of limits: what a caller may have and has, and the room that is made for one more."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from agent_schedules.domain.caller import Caller
from agent_schedules.domain.quotas import TenantCount
from agent_schedules.errors import ConditionFailed, Contended, InvalidRequest, NotFound, TooManyRequests
from agent_schedules.ports import Ports
from agent_schedules.services.common import known
from agent_schedules.storage.quotas import Search
from agent_schedules.telemetry import logger
from agent_schedules.timestamps import floor_seconds

SEARCH_AGAIN = 60  # seconds after a search that found nothing in a full agent


@dataclass(frozen=True)
class Usage:
    """What the limits are held against."""

    tenant: TenantCount
    active: int | None
    """None if no agent was asked about."""


def usage(ports: Ports, caller: Caller, agent_id: str | None) -> Usage:
    """What a caller's tenant has, and one of the caller's agents. Raises NotFound."""
    if agent_id is not None:
        known(agent_id, "agt", "agent")
    counts = ports.store.counters.read(caller.owner, agent_id)
    if agent_id is None:
        return Usage(counts.tenant, None)
    if counts.agent is None:
        raise NotFound(f"agent_id: no agent {agent_id}")
    return Usage(counts.tenant, counts.count.active if counts.count else 0)


def make_room(ports: Ports, owner: str, agent_id: str, *, new: bool, hourly: int) -> None:
    """Find room where a counter had none: completed schedules of the agent give their places back.

    `new`: for a new schedule; `hourly`: for so many occurrences more in an hour. Where it returns the change may be
    tried again. Raises InvalidRequest if there is no room, TooManyRequests if the search for it has not come to its
    end.
    """
    most = ports.limits.most
    counts = ports.store.counters.read(owner, agent_id)
    if new and most.schedules and counts.tenant.schedules >= most.schedules:
        raise InvalidRequest(
            f"schedules: your account has {counts.tenant.schedules} schedules and may have {most.schedules}; "
            "delete some that you do not need"
        )
    if most.hourly and hourly > 0 and counts.tenant.hourly + hourly > most.hourly:
        raise InvalidRequest(
            f"schedules: those of your account run up to {counts.tenant.hourly} times in an hour and may run "
            f"{most.hourly} times; this would add {hourly}. Let it, or others, run less often, or delete some"
        )
    count, now = counts.count, floor_seconds(ports.now())
    if count is not None and counts.agent is not None and count.deletions < counts.agent.deletions:
        with suppress(ConditionFailed):  # a release without counters deleted the agent
            ports.store.counters.renew(owner, counts.agent, count)
        return
    if not most.active or count is None or count.active < most.active:
        return  # somebody made room meanwhile, or the agent was deleted
    no_room = InvalidRequest(
        f"schedules: agent {agent_id} has {count.active} active schedules and may have {most.active}; "
        "pause or delete some"
    )
    if now < counts.search.ended + SEARCH_AGAIN:
        raise no_room
    with suppress(ConditionFailed, Contended):
        found, after = ports.store.counters.give_back(owner, agent_id, count.deletions, counts.search)
        logger.info("places looked for", extra={"agent_id": agent_id, "found": found})
        if found and not counts.search.after:
            return
        # What gave places back is begun anew the next time, so that a search that ends has seen everything in vain.
        ended = 0 if found or after else now
        ports.store.counters.remember(owner, agent_id, Search("" if found else after, ended), now=now)
        if after and not found:
            raise TooManyRequests("Completed schedules of this agent are being looked for; send the call again")
        if not found:
            raise no_room
