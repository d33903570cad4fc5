"""The cost of a million occurrences: counted units times the prices of `prices.toml`.

Only Lambda's time is not counted. It is the sum of its processor time, which `benchmarks.cold` measures, and of its
waiting for AWS and for the gateway, which is assumed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from benchmarks.prices import MILLION, prices
from benchmarks.workload import Counted, Workload, count

GB = 1024**3
FULL_CPU = 1769  # MB of memory that come with one whole processor
EVENT = 26  # bytes that CloudWatch Logs adds to each line
# Lambda's own START, END and REPORT of an invocation in its text format.
OWN_LINES = (80, 66, 170)
MONTH = 730 * 3600  # seconds
SWEEP, LONG_POLL, POLLERS, QUEUES = 300, 20, 5, 2
GOAL = 8.00

SPECS: dict[str, Workload] = {
    "once": Workload({"type": "once", "run_at": "2026-03-02T11:00:00Z"}, 1),
    "daily": Workload({"type": "cron", "cron_expression": "0 11 * * *", "timezone": "UTC"}, 4),
    "hourly": Workload({"type": "interval", "interval_seconds": 3600}, 24),
    "every ten minutes": Workload({"type": "interval", "interval_seconds": 600}, 36),
    "every minute": Workload({"type": "cron", "cron_expression": "* * * * *", "timezone": "UTC"}, 60),
    "every 90 s, second-exact": Workload({"type": "interval", "interval_seconds": 90}, 40),
}
HOURLY = SPECS["hourly"]


@dataclass(frozen=True)
class Deployment:
    """What is not counted: Lambda's time, its processor's by measurement; and what the template sets."""

    memory: int = 256
    """MB."""
    system_lines: bool = False
    """Whether Lambda's START, END and REPORT are logged (LoggingConfig)."""
    cpu_ms: float = 1.3
    """Of a whole processor, for each invocation and each call. MEASURED by `benchmarks.cold`, the largest of all."""
    aws_ms: float = 8.0
    """Waiting for one call to AWS. ASSUMED."""
    send_ms: float = 250.0
    """Waiting for the gateway to accept a run. ASSUMED."""
    look_ms: float = 100.0
    """Waiting for the gateway at one look at a response. ASSUMED."""
    runner_ms: float | None = None
    """MEASURED milliseconds that one invocation of the runner takes at that memory, without the gateway."""
    worker_ms: float | None = None
    """The same for one message of the worker."""


@cache
def counted(workload: Workload) -> Counted:
    """The counts of a workload."""
    return count(workload)


Lines = dict[str, float]
"""Dollars per million occurrences by what is billed."""

GATEWAY = "Lambda GB-s, waiting for the gateway"


def lines(units: Counted, deployment: Deployment) -> Lines:
    """What an occurrence costs, a million times, by what is billed."""
    price = {name: entry.usd for name, entry in prices().items()}
    gb = deployment.memory / 1024
    log_bytes = units.log_bytes + units.log_lines * EVENT
    if deployment.system_lines:
        log_bytes += sum(units.invocations.values()) * (sum(OWN_LINES) + EVENT * len(OWN_LINES))
    total = {
        "EventBridge Scheduler": units.fires * price["scheduler_invocation"],
        "Lambda requests": sum(units.invocations.values()) * price["lambda_request"],
        "Lambda GB-s": _busy_seconds(units, deployment) * gb * price["lambda_gb_second"],
        GATEWAY: _gateway_seconds(units, deployment) * gb * price["lambda_gb_second"],
        "DynamoDB writes": units.write_units * price["dynamodb_write_unit"],
        "DynamoDB reads": units.read_units * price["dynamodb_read_unit"],
        "DynamoDB storage, one month": units.stored_bytes / GB * price["dynamodb_gb_month"],
        "SQS": units.queue_requests * price["sqs_request"],
        "Logs, metrics' lines included": log_bytes / GB * price["logs_gb"],
        "API Gateway, of which an occurrence needs nothing": 0.0,
    }
    return {name: usd / units.occurrences * MILLION for name, usd in total.items()}


def _busy_seconds(units: Counted, deployment: Deployment) -> float:
    """What the functions take apart from the gateway. Less memory is less of a processor, so it takes longer."""
    seconds = 0.0
    works = {"runner": units.invocations["runner"], "worker": units.received}
    measured = {"runner": deployment.runner_ms, "worker": deployment.worker_ms}
    for function, milliseconds in measured.items():
        if milliseconds is not None:
            seconds += works[function] * milliseconds / 1000
            continue
        calls = units.calls[function]
        busy = deployment.cpu_ms * (units.invocations[function] + calls + units.sent[function] + units.looked[function])
        seconds += (busy * FULL_CPU / deployment.memory + calls * deployment.aws_ms) / 1000
    return seconds


def _gateway_seconds(units: Counted, deployment: Deployment) -> float:
    return (units.sent.total() * deployment.send_ms + units.looked.total() * deployment.look_ms) / 1000


def total(costs: Lines, *, gateway: bool = False) -> float:
    """The sum, without the time that the gateway takes unless asked for."""
    return sum(usd for name, usd in costs.items() if gateway or name != GATEWAY)


def monthly(deployment: Deployment) -> Lines:
    """What a stack costs a month if nothing is scheduled."""
    price = {name: entry.usd for name, entry in prices().items()}
    sweeps = MONTH / SWEEP
    return {
        "custom metrics of a stack that runs well": len(counted(HOURLY).metrics) * price["custom_metric_month"],
        "the secret of the cursors": price["secret_month"],
        "Lambda polling two empty queues": QUEUES * POLLERS * MONTH / LONG_POLL * price["sqs_request"],
        "the reconciler's sweeps": sweeps
        * (
            price["scheduler_invocation"]
            + price["lambda_request"]
            + 5 * price["dynamodb_read_unit"]
            + price["dynamodb_write_unit"]
            + 10 * deployment.aws_ms / 1000 * deployment.memory / 1024 * price["lambda_gb_second"]
        ),
    }


def waiting(deployment: Deployment) -> float:
    """Dollars per million occurrences for each second that a synchronous function waits for a model."""
    return deployment.memory / 1024 * prices()["lambda_gb_second"].usd * MILLION
