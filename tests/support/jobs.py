"""Jobs as tests begin and watch them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from agent_schedules.domain.agents import Agent
from agent_schedules.domain.jobs import Job
from agent_schedules.domain.request_context import RequestContext
from agent_schedules.schemas.bulk import BulkBody
from agent_schedules.services import bulk
from agent_schedules.services.jobs import RESULTS
from agent_schedules.storage.table import Put, Write
from pydantic import TypeAdapter

from tests.support.world import World

HOURLY = {"type": "interval", "interval_seconds": 3600}


def fleet(world: World, schedules: int, *, agents: int = 3) -> list[Agent]:
    """Agents with that many schedules in all, the newest of which are younger than a job's clock by a second."""
    made = [world.agent() for _ in range(agents)]
    for number in range(schedules):
        world.create(HOURLY, agent=made[number % agents], name=f"n{number}")
    world.clock.advance(1)
    world.queue.messages.clear()
    return made


def later(world: World) -> RequestContext:
    """A call whose first answer must not wait for any step of a job."""
    return RequestContext(world.caller, elapsed=lambda: 2.5)


def begin(world: World, call: RequestContext | None = None, **body: Any) -> Job:
    """Begin a job that changes something."""
    asked: Any = TypeAdapter(BulkBody).validate_python({"filter": {}, "action": "pause", "dry_run": False, **body})
    return bulk.change_many(world.ports, call or later(world), asked)


def seen(world: World, job: Job) -> Job:
    """The job as it is now."""
    return bulk.get_job(world.ports, world.caller, job.key.job_id)


class Witness:
    """Sees every commit, and counts those that jobs made on each schedule."""

    def __init__(self) -> None:
        self.changes: Counter[str] = Counter()

    def note(self, writes: Sequence[Write]) -> None:
        """A commit has taken place."""
        for write in writes:
            if isinstance(write, Put) and write.item.get("fingerprint") == RESULTS["changed"]:
                self.changes[str(write.item["subject"])] += 1
