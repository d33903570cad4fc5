"""Each alarm of the template fires when what it is about happens, and not before: on the metrics that our functions
print, and on those that AWS's services are documented to report under the names of this stack."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from agent_schedules import telemetry
from agent_schedules.errors import Unavailable
from agent_schedules.storage.keys import INDEXES

from tests.support.cloudwatch import CloudWatch, period_of
from tests.support.situations import HOURLY, due, requested, unreachable
from tests.support.world import World
from tests.template.monitoring import ALARMS, FUNCTIONS, STACK, resolved
from tests.template.reading import GLOBALS

VARIABLES: dict[str, Any] = GLOBALS["Environment"]["Variables"]
NOW = 1_772_450_100  # a multiple of 900

# ------------------------------------------------------------------------- what our functions print in a situation

Situation = Callable[[World], Any]


def hinted(*, late: float = 0, hours: int = 1, model: str = "echo") -> Situation:
    def provoke(world: World) -> None:
        schedule = due(world, hours=hours, model=model)
        world.clock.advance(late)
        world.hint(schedule, world.now - int(late))

    return provoke


def overdue(world: World) -> None:
    due(world, hours=6)
    world.sweep()


def not_written(*, times: int) -> Situation:
    def provoke(world: World) -> None:
        def down(_verb: str, _name: str) -> None:
            raise Unavailable("EventBridge is down")

        world.scheduler.before = down
        for _ in range(times):
            world.create(HOURLY)

    return provoke


def repaired(world: World) -> None:
    world.hint(world.create(HOURLY), None, repair=True)


# Each with a situation that fires it when it lasts, and one that is not yet it.
OURS: dict[str, tuple[Situation, Situation]] = {
    "MissedAlarm": (hinted(hours=6), hinted()),
    "LatenessAlarm": (hinted(late=121), hinted(late=119)),
    "OverdueAlarm": (overdue, hinted()),
    "DriftAlarm": (repaired, hinted()),
    "EntryWritesAlarm": (not_written(times=3), not_written(times=2)),
    "GatewayAlarm": (unreachable, hinted(model="reject")),
    "FaultsAlarm": (
        requested("/api/v1/agents", down=RuntimeError),
        requested("/api/v1/agents", down=Unavailable),
    ),
}

# --------------------------------------------------------------------------- what AWS's services report in a situation

Reported = tuple[str, str, dict[str, str], float]


def queue(name: str, metric: str, value: float) -> Reported:
    return "AWS/SQS", metric, {"QueueName": f"{STACK}-{name}-1A"}, value


def function(name: str, metric: str, value: float) -> Reported:
    return "AWS/Lambda", metric, {"FunctionName": f"{STACK}-{name}"}, value


def group(metric: str, value: float) -> Reported:
    return "AWS/Scheduler", metric, {"ScheduleGroup": STACK}, value


def table(metric: str, value: float, **index: str) -> Reported:
    return "AWS/DynamoDB", metric, {"TableName": f"{STACK}-Table-1A", **index}, value


AGE, VISIBLE = "ApproximateAgeOfOldestMessage", "ApproximateNumberOfMessagesVisible"
LOST = "InvocationsFailedToBeSentToDeadLetterCount"
# Each with every report that fires it when it lasts, and those that, all together, are not yet it.
THEIRS: dict[str, tuple[list[Reported], list[Reported]]] = {
    "DeadLettersAlarm": ([queue("DeadLetterQueue", AGE, 901)], [queue("DeadLetterQueue", AGE, 900)]),
    "ParkedAlarm": ([queue("ParkedQueue", VISIBLE, 1)], [queue("ParkedQueue", VISIBLE, 0)]),
    "DeliveriesAlarm": ([queue("DeliveryQueue", AGE, 901)], [queue("DeliveryQueue", AGE, 900)]),
    "RedeliveriesAlarm": ([queue("RedeliveryQueue", AGE, 3601)], [queue("RedeliveryQueue", AGE, 3600)]),
    "DelayQueueAlarm": ([queue("DelayQueue", AGE, 1801)], [queue("DelayQueue", AGE, 1800)]),
    "ApiErrorsAlarm": (
        [("AWS/ApiGateway", "5xx", {"ApiId": "a1b2c3"}, 5)],
        [("AWS/ApiGateway", "5xx", {"ApiId": "a1b2c3"}, 4)],
    ),
    "ErrorsAlarm": (
        [function(name, "Errors", 3) for name in FUNCTIONS],
        [function("api", "Errors", 1), function("runner", "Errors", 1)],
    ),
    "ThrottlesAlarm": (
        [function(name, "Throttles", 1) for name in FUNCTIONS],
        [function(name, "Throttles", 0) for name in FUNCTIONS],
    ),
    "AsyncDroppedAlarm": (
        [function(name, "AsyncEventsDropped", 1) for name in ("runner", "reconciler")],
        [function(name, "AsyncEventsDropped", 0) for name in ("runner", "reconciler")],
    ),
    "DestinationAlarm": (
        [function(name, "DestinationDeliveryFailures", 1) for name in ("runner", "reconciler", "publisher")],
        [function(name, "DestinationDeliveryFailures", 0) for name in ("runner", "reconciler", "publisher")],
    ),
    "SweepsAlarm": ([function("runner", "Invocations", 1)], [function("reconciler", "Invocations", 1)]),
    "SchedulerThrottledAlarm": ([group("InvocationThrottleCount", 1)], [group("InvocationThrottleCount", 0)]),
    "SchedulerDroppedAlarm": (
        [group("InvocationDroppedCount", 1), group(LOST, 1)],
        [group("InvocationDroppedCount", 0), group(LOST, 0)],
    ),
    "TableThrottledAlarm": (
        [table("ReadThrottleEvents", 1), table("WriteThrottleEvents", 1)]
        + [table("ReadThrottleEvents", 1, GlobalSecondaryIndexName=name) for name in INDEXES]
        + [table("WriteThrottleEvents", 1, GlobalSecondaryIndexName=name) for name in INDEXES],
        [table("ReadThrottleEvents", 0), table("ConsumedReadCapacityUnits", 1000)],
    ),
    "PublisherAlarm": (
        [function("publisher", "IteratorAge", 900_001)],
        [function("publisher", "IteratorAge", 900_000)],
    ),
}


def lasting(name: str, report: Callable[[CloudWatch, int], None], *, periods: int | None = None) -> bool:
    """Whether an alarm fires when something is reported in each of its periods, or only in so many of the last."""
    alarm, cloud = ALARMS[name], CloudWatch()
    for back in range(1, (alarm["EvaluationPeriods"] if periods is None else periods) + 1):
        report(cloud, NOW - back * period_of(alarm) + 60)
    return cloud.alarms(alarm, now=NOW)


@pytest.fixture
def printed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[Situation], list[str]]]:
    """The lines that functions of the stack print in a situation."""
    monkeypatch.setenv("POWERTOOLS_METRICS_DISABLED", "false")
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", resolved(VARIABLES["POWERTOOLS_SERVICE_NAME"]))

    def lines(situation: Situation) -> list[str]:
        telemetry.taken()
        capsys.readouterr()
        situation(World())
        telemetry.publish()
        return capsys.readouterr().out.splitlines()

    yield lines
    telemetry.taken()


def reading(lines: list[str]) -> Callable[[CloudWatch, int], None]:
    def report(cloud: CloudWatch, at: int) -> None:
        for line in lines:
            cloud.read(line, at=at)

    return report


def putting(*reports: Reported) -> Callable[[CloudWatch, int], None]:
    def report(cloud: CloudWatch, at: int) -> None:
        for namespace, name, dimensions, value in reports:
            cloud.put(namespace, name, dimensions, value, at=at)

    return report


def test_every_alarm_has_a_situation_that_fires_it() -> None:
    assert set(ALARMS) == {*OURS, *THEIRS}


@pytest.mark.parametrize("name", sorted(OURS))
def test_an_alarm_fires_on_what_our_functions_print(name: str, printed: Callable[[Situation], list[str]]) -> None:
    fires, calm = OURS[name]
    assert lasting(name, reading(printed(fires)))
    assert not lasting(name, reading(printed(calm)))


@pytest.mark.parametrize("name", sorted(THEIRS))
def test_an_alarm_fires_on_what_aws_reports(name: str) -> None:
    fires, calm = THEIRS[name]
    for report in fires:
        assert lasting(name, putting(report)), report
    assert not lasting(name, putting(*calm))


@pytest.mark.parametrize("name", sorted(name for name in ALARMS if ALARMS[name]["EvaluationPeriods"] > 1))
def test_a_situation_that_does_not_last_does_not_fire(name: str, printed: Callable[[Situation], list[str]]) -> None:
    periods = ALARMS[name]["EvaluationPeriods"] - 1
    if name == "SweepsAlarm":  # it fires on silence: a sweep two periods ago is enough
        cloud = CloudWatch()
        putting(function("reconciler", "Invocations", 1))(cloud, NOW - periods * 300 + 60)
        assert not cloud.alarms(ALARMS[name], now=NOW)
    else:
        report = reading(printed(OURS[name][0])) if name in OURS else putting(*THEIRS[name][0])
        assert lasting(name, report)
        assert not lasting(name, report, periods=periods)


@pytest.mark.parametrize("name", sorted(ALARMS))
def test_silence_fires_only_the_alarm_about_silence(name: str) -> None:
    assert CloudWatch().alarms(ALARMS[name], now=NOW) == (name == "SweepsAlarm")


def test_another_stacks_trouble_is_not_ours(printed: Callable[[Situation], list[str]]) -> None:
    lines = [line.replace(f'"{STACK}"', '"another"') for line in printed(hinted(hours=6))]
    assert not lasting("MissedAlarm", reading(lines))
