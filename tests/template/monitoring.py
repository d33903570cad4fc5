"""The alarms and the dashboard as CloudFormation deploys them: infra/monitoring.yaml with what template.yaml passes to
it, and what AWS documents of the metrics that they look at."""

from __future__ import annotations

import json
import re
from typing import Any

from agent_schedules import telemetry
from agent_schedules.storage.keys import INDEXES

from dev.template import MONITORING, load_template
from tests.support.cloudwatch import Dimensions
from tests.template.reading import RESOURCES as MAIN

TEMPLATE = load_template(MONITORING)
RESOURCES: dict[str, dict[str, Any]] = TEMPLATE["Resources"]

# What CloudFormation answers for a deployed stack of this name.
STACK = "agents"
FUNCTIONS = ("api", "runner", "worker", "reconciler", "publisher", "notifier")
QUEUES = ("DelayQueue", "DeadLetterQueue", "ParkedQueue", "DeliveryQueue", "RedeliveryQueue")
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


def resolved(value: Any, references: dict[str, str] = REFERENCES) -> Any:
    """A part of a template as CloudFormation deploys it, with every option on."""
    if isinstance(value, list):
        return [resolved(item, references) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        [(function, argument)] = value.items()
        if function == "Ref":
            return references[argument]
        if function == "Fn::GetAtt":
            return references[".".join(argument)]
        if function == "Fn::Sub":
            return re.sub(r"\$\{([^}]+)\}", lambda match: references[match[1]], argument)
        if function == "Fn::If":
            return resolved(argument[1], references)
    return {key: resolved(item, references) for key, item in value.items()}


PASSED: dict[str, str] = resolved(MAIN["Monitoring"]["Properties"]["Parameters"])
"""The nested stack's parameters."""
NESTED = {**PASSED, "AWS::Region": REFERENCES["AWS::Region"]}
NAMES = {*PASSED.values(), *INDEXES}
ALARMS: dict[str, dict[str, Any]] = {
    name: resolved(resource["Properties"], NESTED)
    for name, resource in RESOURCES.items()
    if resource["Type"] == "AWS::CloudWatch::Alarm"
}


def known(metric: tuple[str, str, Dimensions]) -> bool:
    """Whether our functions or AWS report this metric."""
    namespace, name, dimensions = metric
    if namespace == telemetry.NAMESPACE:
        return name in {*telemetry.COUNTS, *telemetry.UNITS} and dimensions == {("service", STACK)}
    names, sets = AWS[namespace]
    return name in names and {key for key, _ in dimensions} in sets and {value for _, value in dimensions} <= NAMES


def shown() -> list[tuple[str, str, Dimensions]]:
    """Every metric of the dashboard."""
    widgets = json.loads(resolved(RESOURCES["Dashboard"]["Properties"]["DashboardBody"], NESTED))["widgets"]
    lines = [
        [part for part in line if isinstance(part, str)]
        for widget in widgets
        for line in widget["properties"]["metrics"]
    ]
    return [(line[0], line[1], frozenset(zip(line[2::2], line[3::2], strict=True))) for line in lines]
