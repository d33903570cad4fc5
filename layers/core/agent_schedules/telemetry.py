"""Structured logs for the operator, and metrics in CloudWatch's embedded metric format.

Logs hold ids and counts only: prompts, outputs and keys never reach them (invariant 8), and an owner reaches
them as a hash. Counts add up during an invocation and are printed as one line at its end. CloudWatch turns that line
into metrics of the namespace `AgentSchedules`, with the stack's name as their one dimension
(docs/reference/monitoring.md).

The names of the metrics are types, so that mypy refuses a misspelt one. Each is shown on the dashboard.
"""

from __future__ import annotations

import hashlib
import threading
import traceback
from collections import Counter, defaultdict
from typing import Any, Literal, get_args

from aws_lambda_powertools import Logger, Metrics

from agent_schedules.domain.deliveries import DeliveryKey
from agent_schedules.domain.jobs import JobKey
from agent_schedules.domain.runs import RunKey
from agent_schedules.domain.schedules import Key
from agent_schedules.domain.webhooks import WebhookKey

NAMESPACE = "AgentSchedules"
MAX_VALUES = 90  # of one measure in a line; CloudWatch takes 100

Count = Literal[
    # The result of a hint; one count for each delivery.
    "HintsSettled", "HintsNothingDue", "HintsEarly", "HintsContinued", "HintsHeld", "HintsInactive", "HintsGone",
    # The outcomes of occurrences, with the reason if there was no run.
    "OccurrencesRan", "OccurrencesMissedLate", "OccurrencesSkippedPaused", "OccurrencesSkippedSchedulePaused",
    "OccurrencesSkippedScheduleUpdated", "OccurrencesSkippedScheduleDeleted", "OccurrencesSkippedAgentDeleted",
    "OccurrencesSkippedExcluded", "OccurrencesSkippedRequested", "OccurrencesSkippedOverlap", "OccurrencesBackfilled",
    # How runs ended, and why they failed.
    "RunsCompleted", "RunsFailed", "RunsCancelled", "RunsIncomplete", "RunsFailedGatewayUnavailable",
    "RunsFailedGatewayRefused", "RunsFailedGatewayTimeout", "RunsFailedGatewayInvalid", "RunsFailedGatewayFailed",
    "RunsFailedTimeout", "RunsFailedAgentDeleted", "RunsFailedDefinitionLost",
    # Schedules whose dead man's switch was noticed.
    "SchedulesSilent",
    # Failures, and their repair.
    "Overdue", "EntryWritesFailed", "EntriesRepaired", "EntriesRemoved", "RunsRequeued", "DeadLetters",
    "UnreadableDeadLetters", "DroppedDeadLetters", "GatewayErrors", "RunsPutOff",
    # Attempts of deliveries, deliveries that are given up, webhooks that are disabled by what their receivers answer.
    "DeliveriesSucceeded", "DeliveriesFailed", "DeliveriesDead", "WebhooksDisabled",
    # How requests failed: 401, other 4xx, 503, other 5xx.
    "RequestsUnauthorized", "RequestsRefused", "RequestsUnavailable", "Requests5xx",
]  # fmt: skip
Measure = Literal["Lateness", "GatewayLatency"]
"""`Lateness`: from when an occurrence was due (its nominal time and its spread) to its claim. `GatewayLatency`: of one
call to the gateway."""
COUNTS: tuple[Count, ...] = get_args(Count)
UNITS: dict[Measure, str] = {"Lateness": "Seconds", "GatewayLatency": "Milliseconds"}

logger = Logger(location=None)
_lock = threading.Lock()
_counts: Counter[Count] = Counter()
_values: defaultdict[Measure, list[float]] = defaultdict(list)


def count(name: Count, number: int = 1) -> None:
    """Add to a count."""
    if number:
        with _lock:
            _counts[name] += number


def measure(name: Measure, value: float) -> None:
    """Add a value to a measure, in its unit."""
    with _lock:
        values = _values[name]
        full = len(values) >= MAX_VALUES
        if not full:
            values.append(value)
    if full:
        publish()
        measure(name, value)


def taken() -> tuple[dict[Count, int], dict[Measure, list[float]]]:
    """Return everything counted and measured since the last call, and start again from zero."""
    with _lock:
        taken_now = dict(_counts), dict(_values)
        _counts.clear()
        _values.clear()
    return taken_now


def publish() -> None:
    """Print what was counted since the last call, if anything was."""
    counts, values = taken()
    if not counts and not values:
        return
    metrics = Metrics(namespace=NAMESPACE)
    for name, number in counts.items():
        metrics.add_metric(name, "Count", number)
    for measured, found in values.items():
        for value in found:
            metrics.add_metric(measured, UNITS[measured], value)
    metrics.flush_metrics()
    metrics.clear_metrics()  # because a flush does not clear them while metrics are disabled


def hashed(owner: str) -> str:
    """Return an owner's hash, which may be logged."""
    return hashlib.sha256(owner.encode()).hexdigest()[:16]


def about(key: Key | RunKey | JobKey | WebhookKey | DeliveryKey, **more: Any) -> dict[str, Any]:
    """Return the fields of a log line about something: its ids, and more."""
    return {**vars(key), "owner": hashed(key.owner), **more}


def fault(error: BaseException) -> dict[str, Any]:
    """Return the fields of a log line about an unexpected error: its type and its traceback.

    Its message is left out, because it may quote a caller's values, as pydantic's messages do.
    """
    way = traceback.extract_tb(error.__traceback__)
    return {"error": type(error).__name__, "way": [f"{step.name} {step.filename}:{step.lineno}" for step in way]}
