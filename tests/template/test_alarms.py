"""Each alarm of the template fires when what it is about happens, and not before: on the metrics that our functions
print, and on those that AWS's services are documented to report under the names of this stack."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from agent_schedules import telemetry
from agent_schedules.api.app import create_app
from agent_schedules.domain.schedules import Schedule
from agent_schedules.errors import Unavailable
from agent_schedules.ports import GatewayError
from starlette.testclient import TestClient

from dev.template import TEMPLATE as TEMPLATE_FILE
from dev.template import load_template
from tests.support.cloudwatch import CloudWatch, Dimensions, period_of, series_of
from tests.support.world import World

TEMPLATE = load_template()
RESOURCES: dict[str, dict[str, Any]] = TEMPLATE["Resources"]
VARIABLES: dict[str, Any] = TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]
MONITORING = (TEMPLATE_FILE.parent / "docs" / "reference" / "monitoring.md").read_text(encoding="utf-8")
NOW = 1_772_450_100  # a multiple of 900

# What CloudFormation answers for a deployed stack of this name.
STACK = "agents"
FUNCTIONS = ("api", "runner", "worker", "reconciler", "publisher")
QUEUES = ("DelayQueue", "DeadLetterQueue", "ParkedQueue")
REFERENCES = {"AWS::StackName": STACK, "AWS::Region": "eu-central-1", "Stage": "prod", "AlarmTopicArn": "arn:topic"}
REFERENCES |= {"Table": f"{STACK}-Table-1A", "HttpApi": "a1b2c3", "ScheduleGroup": STACK}
REFERENCES |= {f"{name.capitalize()}Function": f"{STACK}-{name}" for name in FUNCTIONS}
REFERENCES |= {queue: f"https://sqs.eu-central-1.amazonaws.com/123456789012/{STACK}-{queue}-1A" for queue in QUEUES}
REFERENCES |= {f"{queue}.QueueName": f"{STACK}-{queue}-1A" for queue in QUEUES}

# What AWS documents: each namespace's metrics, and the sets of dimensions that it reports them under.
AWS: dict[str, tuple[set[str], list[set[str]]]] = {
    "AWS/SQS": (
        {
            "ApproximateAgeOfOldestMessage",
            "ApproximateNumberOfMessagesVisible",
            "ApproximateNumberOfMessagesDelayed",
        },
        [{"QueueName"}],
    ),
    "AWS/Lambda": (
        {
            "AsyncEventsDropped",
            "ConcurrentExecutions",
            "DestinationDeliveryFailures",
            "Errors",
            "Invocations",
            "IteratorAge",
            "Throttles",
        },
        [{"FunctionName"}],
    ),
    "AWS/ApiGateway": ({"4xx", "5xx", "Count", "Latency"}, [{"ApiId"}]),
    "AWS/Scheduler": (
        {
            "InvocationAttemptCount",
            "InvocationDroppedCount",
            "InvocationThrottleCount",
            "InvocationsFailedToBeSentToDeadLetterCount",
            "InvocationsSentToDeadLetterCount",
            "TargetErrorCount",
        },
        [{"ScheduleGroup"}],
    ),
    "AWS/DynamoDB": (
        {"ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits", "ReadThrottleEvents", "WriteThrottleEvents"},
        [{"TableName"}, {"TableName", "GlobalSecondaryIndexName"}],
    ),
}
NAMES = {*REFERENCES.values(), "by_schedule", "attention"}


def resolved(value: Any) -> Any:
    """A part of the template as CloudFormation deploys it, with every option on."""
    if isinstance(value, list):
        return [resolved(item) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        [(function, argument)] = value.items()
        if function == "Ref":
            return REFERENCES[argument]
        if function == "Fn::GetAtt":
            return REFERENCES[".".join(argument)]
        if function == "Fn::Sub":
            return re.sub(r"\$\{([^}]+)\}", lambda match: REFERENCES[match[1]], argument)
        if function == "Fn::If":
            return resolved(argument[1])
    return {key: resolved(item) for key, item in value.items()}


ALARMS: dict[str, dict[str, Any]] = {
    name: resolved(resource["Properties"])
    for name, resource in RESOURCES.items()
    if resource["Type"] == "AWS::CloudWatch::Alarm"
}

# ------------------------------------------------------------------------- what our functions print in a situation

HOURLY = {"type": "interval", "interval_seconds": 3600}
Situation = Callable[[World], Any]


def due(world: World, *, hours: int = 1, model: str = "echo") -> Schedule:
    """An hourly schedule with that many occurrences behind it, none of them looked at."""
    schedule = world.create(HOURLY, agent=world.agent(model))
    world.queue.messages.clear()
    world.clock.advance(3600 * hours)
    return schedule


def hinted(*, late: float = 0, hours: int = 1, model: str = "echo") -> Situation:
    def provoke(world: World) -> None:
        schedule = due(world, hours=hours, model=model)
        world.clock.advance(late)
        world.hint(schedule, world.now - int(late))

    return provoke


def overdue(world: World) -> None:
    due(world, hours=6)
    world.sweep()


def without_gateway(world: World) -> None:
    def down(_: str) -> None:
        raise GatewayError("unavailable", "down")

    world.gateway.before = down
    hinted()(world)


def not_written(*, times: int) -> Situation:
    def provoke(world: World) -> None:
        def down(_verb: str, _name: str) -> None:
            raise Unavailable("EventBridge is down")

        world.scheduler.before = down
        for _ in range(times):
            world.create(HOURLY)

    return provoke


def asked(failure: type[Exception]) -> Situation:
    def provoke(world: World) -> None:
        def fail(*_: object) -> None:
            raise failure("down")

        with TestClient(create_app(world.ports, world.authenticator), raise_server_exceptions=False) as client:
            world.table.before_read = fail
            client.get("/api/v1/agents", headers={"Authorization": "Bearer local"})

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
    "GatewayAlarm": (without_gateway, hinted(model="reject")),
    "FaultsAlarm": (asked(RuntimeError), asked(Unavailable)),
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
        + [table("ReadThrottleEvents", 1, GlobalSecondaryIndexName=name) for name in ("by_schedule", "attention")]
        + [table("WriteThrottleEvents", 1, GlobalSecondaryIndexName=name) for name in ("by_schedule", "attention")],
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


def test_every_alarm_is_provoked_below() -> None:
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
def test_what_does_not_last_does_not_fire(name: str, printed: Callable[[Situation], list[str]]) -> None:
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


# -------------------------------------------------------------------------------------------- alarms and dashboard


def known(metric: tuple[str, str, Dimensions]) -> bool:
    """Whether anybody reports this metric."""
    namespace, name, dimensions = metric
    if namespace == telemetry.NAMESPACE:
        return name in {*telemetry.COUNTS, *telemetry.UNITS} and dimensions == {("service", STACK)}
    names, sets = AWS[namespace]
    return name in names and {key for key, _ in dimensions} in sets and {value for _, value in dimensions} <= NAMES


def shown() -> list[tuple[str, str, Dimensions]]:
    """Every metric of the dashboard."""
    widgets = json.loads(resolved(RESOURCES["Dashboard"]["Properties"]["DashboardBody"]))["widgets"]
    lines = [
        [part for part in line if isinstance(part, str)]
        for widget in widgets
        for line in widget["properties"]["metrics"]
    ]
    return [(line[0], line[1], frozenset(zip(line[2::2], line[3::2], strict=True))) for line in lines]


@pytest.mark.parametrize("name", sorted(ALARMS))
def test_an_alarm_looks_at_metrics_that_there_are(name: str) -> None:
    assert [metric for metric in series_of(ALARMS[name]) if not known(metric)] == []


def test_the_dashboard_shows_metrics_that_there_are_and_all_of_ours() -> None:
    assert [metric for metric in shown() if not known(metric)] == []
    ours = {name for namespace, name, _ in shown() if namespace == telemetry.NAMESPACE}
    assert ours == {*telemetry.COUNTS, *telemetry.UNITS}


@pytest.mark.parametrize("name", sorted(ALARMS))
def test_an_alarm_says_what_it_means_and_tells_the_topic(name: str) -> None:
    written = RESOURCES[name]["Properties"]
    topic = {"Fn::If": ["HasAlarmTopic", [{"Ref": "AlarmTopicArn"}], {"Ref": "AWS::NoValue"}]}
    assert written["AlarmActions"] == written["OKActions"] == topic
    assert len(re.findall(r"\.(?: |$)", written["AlarmDescription"])) >= 2
    assert len(written["AlarmDescription"]) <= 1024


@pytest.mark.parametrize("name", sorted(ALARMS))
def test_monitoring_md_has_a_row_for_the_alarm(name: str) -> None:
    suffix = ALARMS[name]["AlarmName"].removeprefix(f"{STACK}-")
    [row] = [line for line in MONITORING.splitlines() if line.startswith(f"| `{suffix}` |")]
    assert len([cell for cell in row.strip("|").split("|") if cell.strip()]) == 3


def test_monitoring_md_has_no_row_for_an_alarm_that_is_not_there() -> None:
    section = MONITORING.partition("## What each alarm means")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `([a-z-]+)` \|", section, re.MULTILINE)
    assert sorted(rows) == sorted(alarm["AlarmName"].removeprefix(f"{STACK}-") for alarm in ALARMS.values())
