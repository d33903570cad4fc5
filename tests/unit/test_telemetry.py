"""Every decision is counted with its reason, once it is committed, and printed as CloudWatch's embedded metric
format."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import count
from typing import Any

import httpx
import pytest
from agent_schedules import telemetry
from agent_schedules.adapters.responses_gateway import ResponsesGateway
from agent_schedules.api.app import create_app
from agent_schedules.domain.agents import Agent
from agent_schedules.domain.messages import Hint
from agent_schedules.domain.schedules import Key, Schedule
from agent_schedules.errors import Unavailable
from agent_schedules.execution import reconcile
from agent_schedules.lambda_handler import observed
from agent_schedules.ports import GatewayError
from agent_schedules.schemas.requests import CreateRunBody, UpdateScheduleBody
from agent_schedules.services import agents as agent_service
from agent_schedules.services import runs
from agent_schedules.services import schedules as schedule_service
from starlette.testclient import TestClient

from dev.fake_aws.lambda_runtime import Context
from tests.support.upstream import Pool
from tests.support.world import LEASE, World

HOURLY = {"type": "interval", "interval_seconds": 3600}
MINUTE = {"type": "interval", "interval_seconds": 60}


@pytest.fixture(autouse=True)
def _from_nothing() -> None:
    telemetry.taken()


def due(world: World, *, model: str = "echo", hours: int = 1) -> Schedule:
    """An hourly schedule with that many occurrences behind it."""
    schedule = world.create(HOURLY, agent=world.agent(model))
    world.queue.messages.clear()
    world.clock.advance(3600 * hours)
    return schedule


def settled(world: World, *, model: str = "echo") -> Schedule:
    """One whose hint has come."""
    schedule = due(world, model=model)
    world.hint(schedule, world.now)
    return schedule


def ended(world: World, *, model: str = "echo") -> None:
    """A run that is over."""
    settled(world, model=model)
    world.pass_time(3)


def paused(world: World, schedule: Schedule) -> None:
    schedule_service.pause_schedule(world.ports, world.call, schedule.key.agent_id, schedule.key.schedule_id)


def resumed(world: World, schedule: Schedule) -> None:
    schedule_service.resume_schedule(world.ports, world.call, schedule.key.agent_id, schedule.key.schedule_id)


def deleted(world: World, schedule: Schedule) -> None:
    schedule_service.delete_schedule(world.ports, world.call, schedule.key.agent_id, schedule.key.schedule_id)


def updated(world: World, schedule: Schedule) -> None:
    body = UpdateScheduleBody.model_validate({"schedule": {"type": "interval", "interval_seconds": 60}})
    schedule_service.update_schedule(world.ports, world.call, schedule.key.agent_id, schedule.key.schedule_id, body)


def claimed_and_died(world: World) -> Schedule:
    """One whose runner died between its claim and the gateway."""

    def die(_: str) -> None:
        raise RuntimeError

    schedule = due(world)
    world.gateway.before = die
    with pytest.raises(RuntimeError):
        world.hint(schedule, world.now)
    world.gateway.before = lambda _: None
    return schedule


def continued(world: World) -> None:
    schedule = claimed_and_died(world)
    world.clock.advance(LEASE + 1)
    world.hint(schedule, world.now - int(LEASE) - 1)


def held(world: World) -> None:
    schedule = claimed_and_died(world)
    world.hint(schedule, world.now)


def of_a_deleted_agent(world: World) -> Schedule:
    schedule = due(world)
    agent_service.delete_agent(world.ports, world.call, schedule.key.agent_id)
    return schedule


def skipped_with_its_agent(world: World) -> None:
    schedule = of_a_deleted_agent(world)
    agent_service.restore_agent(world.ports, world.call, schedule.key.agent_id)
    resumed(world, schedule)


def resumed_after_an_hour(world: World) -> None:
    schedule = world.create(HOURLY)
    paused(world, schedule)
    world.clock.advance(3600)
    resumed(world, schedule)


def run_of(world: World, agent: Agent | None = None) -> str:
    agent = agent or world.agent()
    view = runs.create_run(world.ports, world.call, agent.id, CreateRunBody(input="x"))
    return view.run.key.run_id


def cancelled(world: World) -> None:
    agent = world.agent()
    runs.cancel_run(world.ports, world.call, agent.id, run_of(world, agent))


def incomplete(world: World) -> None:
    settled(world)
    for response in world.gateway.responses.values():
        response["final"] = "incomplete"
    world.pass_time(3)


def unreachable(world: World) -> None:
    def down(_: str) -> None:
        raise GatewayError("unavailable", "down")

    world.gateway.before = down
    settled(world)


def put_off(world: World) -> None:
    unreachable(world)
    assert world.queue.messages


def unreachable_for_good(world: World) -> None:
    world.with_limits(run_timeout=60)
    unreachable(world)
    world.pass_time(60)


def unanswered(world: World) -> None:
    def slow(_: str) -> None:
        raise GatewayError("timed_out", "slow", waited=world.gateway.patience)

    world.gateway.before = slow
    settled(world)


def archived(world: World) -> None:
    settled(world)

    def strange(_: str) -> None:
        raise GatewayError("strange", "its status is 'archived'")

    world.gateway.before = strange
    world.pass_time(600)


def without_reason(world: World) -> None:
    settled(world)
    world.gateway.responses.update(
        {name: {**found, "final": "failed"} for name, found in world.gateway.responses.items()}
    )
    answer = world.gateway.retrieve
    world.gateway.retrieve = lambda *args, **named: {**answer(*args, **named), "error": None}  # type: ignore[method-assign]
    world.pass_time(3)


def too_slow(world: World) -> None:
    world.with_limits(run_timeout=60)
    world.gateway.polls = 1000
    settled(world)
    world.pass_time(120)


def agent_gone_before_the_start(world: World) -> None:
    agent = world.agent()
    run_of(world, agent)
    agent_service.delete_agent(world.ports, world.call, agent.id)
    world.work()


def definition_gone(world: World) -> None:
    run_of(world)
    for key in [key for key in world.table.items if "#V#" in f"#{key[1]}" or key[1].startswith("D#")]:
        del world.table.items[key]
    world.work()


def not_rendered(world: World) -> None:
    def down(_verb: str, _name: str) -> None:
        raise Unavailable("EventBridge is down")

    world.scheduler.before = down
    world.create(HOURLY)


def nudged(world: World) -> None:
    run_of(world)
    world.queue.messages.clear()
    world.clock.advance(1800)
    world.sweep()


def dead(letter: dict[str, Any]) -> Callable[[World], None]:
    def provoke(world: World) -> None:
        reconcile.on_dead_letter(world.ports, json.dumps(letter))

    return provoke


def poison(world: World) -> None:
    with pytest.raises(ValueError, match="kind"):
        reconcile.on_dead_letter(world.ports, '{"kind": "no such kind"}')


def asked(answer: httpx.Response) -> Callable[[World], None]:
    """The gateway's adapter gets that answer."""

    def provoke(_: World) -> None:
        gateway = ResponsesGateway(
            "https://gateway.test/v1",
            api_key=lambda: None,
            background=True,
            pool=Pool(lambda _: answer),
            monotonic=count(0, 0.25).__next__,  # a quarter of a second from look to look
        )
        try:
            gateway.retrieve("resp_1", on_behalf_of=None, seconds=5)
        except GatewayError:
            pass
        finally:
            gateway.close()

    return provoke


def requested(path: str, key: str = "local", *, down: type[Exception] | None = None) -> Callable[[World], None]:
    def provoke(world: World) -> None:
        def fail(*_: object) -> None:
            if down is not None:
                raise down("down")

        with TestClient(create_app(world.ports, world.authenticator), raise_server_exceptions=False) as client:
            client.get("/api/v1/agents", headers={"Authorization": "Bearer local"})
            world.table.before_read = fail
            client.get(path, headers={"Authorization": f"Bearer {key}"})

    return provoke


GONE = {
    "owner": "local",
    "agent_id": "agt_01JD0000000000000000000000",
    "schedule_id": "sched_01JD0000000000000000000000",
}
DECISIONS: dict[str, tuple[Callable[[World], Any], int]] = {
    "HintsSettled": (settled, 1),
    "HintsNothingDue": (lambda world: world.hint(world.create(HOURLY), world.now), 1),
    "HintsEarly": (lambda world: world.hint(world.create(MINUTE), world.now + 60), 1),
    "HintsContinued": (continued, 1),
    "HintsHeld": (held, 1),
    "HintsInactive": (lambda world: world.hint(of_a_deleted_agent(world)), 1),
    "HintsGone": (lambda world: world.deliver(Hint(Key(**GONE), None)), 1),
    "OccurrencesRan": (settled, 1),
    "OccurrencesMissedLate": (lambda world: world.hint(due(world, hours=6), world.now), 4),
    "OccurrencesSkippedPaused": (resumed_after_an_hour, 1),
    "OccurrencesSkippedSchedulePaused": (lambda world: paused(world, due(world, hours=2)), 2),
    "OccurrencesSkippedScheduleUpdated": (lambda world: updated(world, due(world, hours=3)), 3),
    "OccurrencesSkippedScheduleDeleted": (lambda world: deleted(world, due(world, hours=4)), 4),
    "OccurrencesSkippedAgentDeleted": (skipped_with_its_agent, 1),
    "RunsCompleted": (ended, 1),
    "RunsFailed": (lambda world: ended(world, model="fail"), 1),
    "RunsCancelled": (cancelled, 1),
    "RunsIncomplete": (incomplete, 1),
    "RunsPutOff": (put_off, 1),
    "RunsFailedGatewayUnavailable": (unreachable_for_good, 1),
    "RunsFailedGatewayTimeout": (unanswered, 1),
    "RunsFailedGatewayInvalid": (archived, 1),
    "RunsFailedGatewayRefused": (lambda world: settled(world, model="reject"), 1),
    "RunsFailedGatewayFailed": (without_reason, 1),
    "RunsFailedTimeout": (too_slow, 1),
    "RunsFailedAgentDeleted": (agent_gone_before_the_start, 1),
    "RunsFailedDefinitionLost": (definition_gone, 1),
    "Overdue": (lambda world: (due(world, hours=6), world.sweep()), 1),
    "EntriesNotRendered": (not_rendered, 1),
    "EntriesRenderedAnew": (lambda world: world.hint(world.create(HOURLY), None, repair=True), 1),
    "EntriesRemoved": (lambda world: world.hint(of_a_deleted_agent(world)), 1),
    "RunsNudged": (nudged, 1),
    "DeadLetters": (dead(GONE | {"scheduled_time": "2026-03-02T10:00:00Z"}), 1),
    "PoisonLetters": (poison, 1),
    "LettersDropped": (dead(Hint(Key("o", "a", "s"), None, revived=3).body()), 1),
    "GatewayErrors": (asked(httpx.Response(404, json={"error": {"message": "no such response"}})), 1),
    "RequestsUnauthorized": (requested("/api/v1/agents", "wrong"), 1),
    "RequestsRefused": (requested("/api/v1/agents?limit=0"), 1),
    "RequestsUnavailable": (requested("/api/v1/agents", down=Unavailable), 1),
    "RequestsFaulty": (requested("/api/v1/agents", down=RuntimeError), 1),
}  # fmt: skip


def test_every_count_is_provoked_below() -> None:
    assert set(DECISIONS) == telemetry.COUNTS


@pytest.mark.parametrize("name", sorted(DECISIONS))
def test_a_decision_is_counted_with_its_reason(name: str) -> None:
    provoke, times = DECISIONS[name]
    provoke(World())
    assert telemetry.taken()[0].get(name) == times


def test_what_was_not_committed_is_not_counted() -> None:
    world = World()
    schedule = due(world, hours=2)

    def down(*_: object) -> None:
        raise Unavailable("down")

    world.table.before_write = down
    with pytest.raises(Unavailable):
        paused(world, schedule)
    with pytest.raises(Unavailable):
        world.hint(schedule, world.now)
    assert telemetry.taken()[0] == {}


def test_lateness_is_the_time_from_the_nominal_time_to_the_claim() -> None:
    world = World()
    schedule = due(world)
    world.clock.advance(7.5)
    world.hint(schedule, world.now)
    assert telemetry.taken()[1]["Lateness"] == [7.5]


def test_each_call_to_the_gateway_is_measured() -> None:
    asked(httpx.Response(200, json={"id": "resp_1", "status": "completed"}))(World())
    # The clock is looked at where the answer begins, after its one part, and when it is there.
    assert telemetry.taken()[1]["GatewayLatency"] == [3 * 250]


def emitted(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """The lines of the embedded metric format that were printed."""
    return [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]


def test_an_invocation_prints_one_line_whatever_it_counted(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POWERTOOLS_METRICS_DISABLED", "false")
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "agent-schedules-test")

    @observed
    def handler(_event: dict[str, Any], _context: Any) -> dict[str, Any]:
        telemetry.count("hints", "settled")
        telemetry.count("hints", "settled")
        telemetry.count("occurrences", "skipped", "no_such_reason")
        telemetry.measure("Lateness", 1.5)
        telemetry.measure("Lateness", 2.5)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        handler({}, Context("runner", 60))
    (line,) = emitted(capsys)
    (described,) = line["_aws"]["CloudWatchMetrics"]
    assert described["Namespace"] == telemetry.NAMESPACE
    assert described["Dimensions"] == [["service"]]
    assert line["service"] == "agent-schedules-test"
    assert {metric["Name"]: metric["Unit"] for metric in described["Metrics"]} == {
        "HintsSettled": "Count",
        "Lateness": "Seconds",
    }
    assert (line["HintsSettled"], line["Lateness"]) == ([2.0], [1.5, 2.5])


def test_nothing_counted_prints_nothing(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POWERTOOLS_METRICS_DISABLED", "false")
    observed(lambda _event, _context: {})({}, Context("runner", 60))
    assert emitted(capsys) == []


def test_more_values_than_a_line_may_have_make_more_lines(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POWERTOOLS_METRICS_DISABLED", "false")
    for value in range(250):
        telemetry.measure("Lateness", value)
    telemetry.publish()
    assert sorted(value for line in emitted(capsys) for value in line["Lateness"]) == list(range(250))
