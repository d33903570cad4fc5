"""A change whose removal of the entry comes after the next change has written it."""

from __future__ import annotations

from agent_schedules.domain.caller import Caller
from agent_schedules.domain.request_context import RequestContext
from agent_schedules.services import schedules

from tests.support.world import World


def test_a_late_pause_leaves_no_resumed_schedule_without_entry() -> None:
    world = World()
    schedule = world.create({"type": "interval", "interval_seconds": 3600})
    key = schedule.key
    call = RequestContext(Caller(key.owner))

    def resumed(verb: str, _: str) -> None:
        if verb == "remove":
            world.scheduler.before = lambda *_: None
            schedules.resume_schedule(world.ports, call, key.agent_id, key.schedule_id)

    world.scheduler.before = resumed
    schedules.pause_schedule(world.ports, call, key.agent_id, key.schedule_id)
    assert key.schedule_id not in world.scheduler.entries
    world.clock.advance(30)
    for message in world.queue.take_due():
        world.deliver(message)
    assert key.schedule_id in world.scheduler.entries
