"""What an operator sees: structured logs, and counts in CloudWatch's embedded metric format.

Ids and counts only: prompts, outputs and keys never reach a log (design 3, invariant 8), and a caller's owner reaches
it as a hash. Counts add up during an invocation and are printed as one line at its end; CloudWatch makes metrics of
namespace `AgentSchedules` of it, with the stack's name as their one dimension (docs/reference/monitoring.md).
"""

from __future__ import annotations

import hashlib
import threading
import traceback
from collections import Counter, defaultdict
from typing import Any

from aws_lambda_powertools import Logger, Metrics

from agent_schedules.domain.runs import RunKey
from agent_schedules.domain.schedules import Key

NAMESPACE = "AgentSchedules"
MOST_VALUES = 90  # of one measure in a line, which may have 100

COUNTS = frozenset(
    {
        # What a hint came to; each is one delivery.
        "HintsSettled", "HintsNothingDue", "HintsEarly", "HintsContinued", "HintsHeld", "HintsInactive", "HintsGone",
        # What became of occurrences, with the reason where there was no run.
        "OccurrencesRan", "OccurrencesMissedLate", "OccurrencesSkippedPaused", "OccurrencesSkippedSchedulePaused",
        "OccurrencesSkippedScheduleUpdated", "OccurrencesSkippedScheduleDeleted", "OccurrencesSkippedAgentDeleted",
        # How runs ended, and why they failed where it was not the model's own failure.
        "RunsCompleted", "RunsFailed", "RunsCancelled", "RunsIncomplete", "RunsFailedGatewayUnavailable",
        "RunsFailedGatewayRefused", "RunsFailedGatewayTimeout", "RunsFailedGatewayInvalid", "RunsFailedGatewayFailed",
        "RunsFailedTimeout", "RunsFailedAgentDeleted", "RunsFailedDefinitionLost",
        # What was found amiss, and mended.
        "Overdue", "EntriesNotRendered", "EntriesRenderedAnew", "EntriesRemoved", "RunsNudged", "DeadLetters",
        "PoisonLetters", "LettersDropped", "GatewayErrors", "RunsPutOff",
        # How requests ended, apart from well: 401, other 4xx, 503, other 5xx.
        "RequestsUnauthorized", "RequestsRefused", "RequestsUnavailable", "RequestsFaulty",
    }
)  # fmt: skip
MEASURES = {"Lateness": "Seconds", "GatewayLatency": "Milliseconds"}
"""`Lateness`: from an occurrence's nominal time to its claim. `GatewayLatency`: of one call to the gateway."""

logger = Logger(location=None)
_lock = threading.Lock()
_counts: Counter[str] = Counter()
_values: defaultdict[str, list[float]] = defaultdict(list)


def count(*words: str, number: int = 1) -> None:
    """Add to one of `COUNTS`, named by its words: `count("hints", "nothing_due")`. An unknown name is not counted,
    because nothing that was committed may fail over it."""
    name = "".join(part.capitalize() for word in words for part in word.split("_"))
    if number and name in COUNTS:
        with _lock:
            _counts[name] += number


def measure(name: str, value: float) -> None:
    """Add a value to one of `MEASURES`, in its unit."""
    with _lock:
        values = _values[name]
        full = len(values) >= MOST_VALUES
        if not full:
            values.append(value)
    if full:
        publish()
        measure(name, value)


def taken() -> tuple[dict[str, int], dict[str, list[float]]]:
    """Everything that was counted and measured since the last time, which is forgotten here."""
    with _lock:
        taken_now = dict(_counts), dict(_values)
        _counts.clear()
        _values.clear()
    return taken_now


def publish() -> None:
    """Print what was counted since the last time, if anything was."""
    counts, values = taken()
    if not counts and not values:
        return
    metrics = Metrics(namespace=NAMESPACE)
    for name, number in counts.items():
        metrics.add_metric(name, "Count", number)
    for name, measured in values.items():
        for value in measured:
            metrics.add_metric(name, MEASURES[name], value)
    metrics.flush_metrics()
    metrics.clear_metrics()  # which a flush does not where metrics are disabled


def hashed(owner: str) -> str:
    """An owner as it may be logged: the same for the same one, and telling nothing else."""
    return hashlib.sha256(owner.encode()).hexdigest()[:16]


def about(key: Key | RunKey, **more: Any) -> dict[str, Any]:
    """The fields of a log line about a schedule or a run."""
    subject = {"schedule_id": key.schedule_id} if isinstance(key, Key) else {"run_id": key.run_id}
    return {"owner": hashed(key.owner), "agent_id": key.agent_id, **subject, **more}


def fault(error: BaseException) -> dict[str, Any]:
    """What a log may have of an error that nobody expected: its kind and its way here.

    Its message may quote what a caller sent, as pydantic's do.
    """
    way = traceback.extract_tb(error.__traceback__)
    return {"error": type(error).__name__, "way": [f"{step.name} {step.filename}:{step.lineno}" for step in way]}
