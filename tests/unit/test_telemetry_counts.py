"""Every decision is counted with its reason, once it is committed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args

import httpx
import pytest
from agent_schedules import telemetry
from agent_schedules.domain.messages import Hint
from agent_schedules.domain.schedules import Key
from agent_schedules.errors import Unavailable
from agent_schedules.execution import outcomes

from tests.support import situations
from tests.support.lines import busy
from tests.support.notifier import Delivering
from tests.support.world import World


@pytest.fixture(autouse=True)
def _from_nothing() -> None:
    telemetry.taken()


def answered(world: World, status: int) -> None:
    """Make a delivery whose receiver always answers so."""
    one = Delivering(world)
    one.sender.answers = [status]
    one.until_over(one.publish())


def silent(world: World) -> None:
    """Sweep past the deadline of a schedule that has no run in time."""
    world.create({"type": "interval", "interval_seconds": 365 * 86_400}, policies={"alert_after_seconds": 3_600})
    world.clock.advance(3_600)
    world.sweep()


GONE = {
    "owner": "local",
    "agent_id": "agt_01JD0000000000000000000000",
    "schedule_id": "sched_01JD0000000000000000000000",
}
DECISIONS: dict[telemetry.Count, tuple[Callable[[World], Any], int]] = {
    "HintsSettled": (situations.settled, 1),
    "HintsNothingDue": (lambda world: world.hint(world.create(situations.HOURLY), world.now), 1),
    "HintsEarly": (lambda world: world.hint(world.create(situations.MINUTE), world.now + 60), 1),
    "HintsContinued": (situations.continued, 1),
    "HintsHeld": (situations.held, 1),
    "HintsInactive": (lambda world: world.hint(situations.of_a_deleted_agent(world)), 1),
    "HintsGone": (lambda world: world.deliver(Hint(Key(**GONE), None)), 1),
    "OccurrencesRan": (situations.settled, 1),
    "OccurrencesMissedLate": (lambda world: world.hint(situations.due(world, hours=6), world.now), 4),
    "OccurrencesSkippedPaused": (situations.resumed_after_an_hour, 1),
    "OccurrencesSkippedSchedulePaused": (lambda world: situations.paused(world, situations.due(world, hours=2)), 2),
    "OccurrencesSkippedScheduleUpdated": (lambda world: situations.updated(world, situations.due(world, hours=3)), 3),
    "OccurrencesSkippedScheduleDeleted": (lambda world: situations.deleted(world, situations.due(world, hours=4)), 4),
    "OccurrencesSkippedAgentDeleted": (situations.skipped_with_its_agent, 1),
    "OccurrencesSkippedExcluded": (situations.excluded_today, 13),
    "OccurrencesSkippedRequested": (situations.skipped_by_a_caller, 1),
    "OccurrencesSkippedOverlap": (lambda world: busy(world, "skip", occurrences=3), 2),
    "OccurrencesBackfilled": (situations.backfilled, 3),
    "RunsCompleted": (situations.ended, 1),
    "RunsFailed": (lambda world: situations.ended(world, model="fail"), 1),
    "RunsCancelled": (situations.cancelled, 1),
    "RunsIncomplete": (situations.incomplete, 1),
    "RunsPutOff": (situations.put_off, 1),
    "RunsFailedGatewayUnavailable": (situations.unreachable_for_good, 1),
    "RunsFailedGatewayTimeout": (situations.unanswered, 1),
    "RunsFailedGatewayInvalid": (situations.archived, 1),
    "RunsFailedGatewayRefused": (lambda world: situations.settled(world, model="reject"), 1),
    "RunsFailedGatewayFailed": (situations.without_reason, 1),
    "RunsFailedTimeout": (situations.too_slow, 1),
    "RunsFailedAgentDeleted": (situations.agent_gone_before_the_start, 1),
    "RunsFailedDefinitionLost": (situations.definition_gone, 1),
    "Overdue": (lambda world: (situations.due(world, hours=6), world.sweep()), 1),
    "EntryWritesFailed": (situations.not_written, 1),
    "EntriesRepaired": (lambda world: world.hint(world.create(situations.HOURLY), None, repair=True), 1),
    "EntriesRemoved": (lambda world: world.hint(situations.of_a_deleted_agent(world)), 1),
    "RunsRequeued": (situations.requeued, 1),
    "DeadLetters": (situations.dead(GONE | {"scheduled_time": "2026-03-02T10:00:00Z"}), 1),
    "UnreadableDeadLetters": (situations.unreadable, 1),
    "DroppedDeadLetters": (situations.dead(Hint(Key("o", "a", "s"), None, revived=3).body()), 1),
    "GatewayErrors": (situations.asked(httpx.Response(404, json={"error": {"message": "no such response"}})), 1),
    "SchedulesSilent": (silent, 1),
    "DeliveriesSucceeded": (lambda world: answered(world, 200), 1),
    "DeliveriesFailed": (lambda world: answered(world, 500), 10),
    "DeliveriesDead": (lambda world: answered(world, 500), 1),
    "WebhooksDisabled": (lambda world: answered(world, 410), 1),
    "RequestsUnauthorized": (situations.requested("/api/v1/agents", "wrong"), 1),
    "RequestsRefused": (situations.requested("/api/v1/agents?limit=0"), 1),
    "RequestsUnavailable": (situations.requested("/api/v1/agents", down=Unavailable), 1),
    "Requests5xx": (situations.requested("/api/v1/agents", down=RuntimeError), 1),
}  # fmt: skip


def test_every_count_is_provoked_below() -> None:
    assert set(DECISIONS) == set(telemetry.COUNTS)


def test_every_outcome_of_a_hint_has_its_count() -> None:
    assert set(outcomes.HINTS) == set(get_args(outcomes.HintOutcome))


def test_a_code_that_is_the_gateways_own_is_not_counted() -> None:
    world = World()
    situations.ended(world, model="fail")
    ended = [name for name in telemetry.taken()[0] if name.startswith("Runs")]
    assert ended == ["RunsFailed"]


@pytest.mark.parametrize("name", sorted(DECISIONS))
def test_a_decision_is_counted_with_its_reason(name: telemetry.Count) -> None:
    provoke, times = DECISIONS[name]
    provoke(World())
    assert telemetry.taken()[0].get(name) == times


def test_what_was_not_committed_is_not_counted() -> None:
    world = World()
    schedule = situations.due(world, hours=2)

    def down(*_: object) -> None:
        raise Unavailable("down")

    world.table.before_write = down
    with pytest.raises(Unavailable):
        situations.paused(world, schedule)
    with pytest.raises(Unavailable):
        world.hint(schedule, world.now)
    assert telemetry.taken()[0] == {}
