"""Count and log the outcomes of hints, occurrences and runs, once they are committed.

An outcome, reason or code without a metric of its own is not counted: a run's code may be the gateway's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from agent_schedules.domain.runs import Run
from agent_schedules.domain.settlement import Record
from agent_schedules.telemetry import Count, about, count, logger

HintOutcome = Literal["settled", "nothing_due", "early", "continued", "held", "inactive", "gone"]
HINTS: dict[HintOutcome, Count] = {
    "settled": "HintsSettled",
    "nothing_due": "HintsNothingDue",
    "early": "HintsEarly",
    "continued": "HintsContinued",
    "held": "HintsHeld",
    "inactive": "HintsInactive",
    "gone": "HintsGone",
}
RECORDS: dict[tuple[str, str], Count] = {
    ("missed", "late"): "OccurrencesMissedLate",
    ("skipped", "paused"): "OccurrencesSkippedPaused",
    ("skipped", "schedule_paused"): "OccurrencesSkippedSchedulePaused",
    ("skipped", "schedule_updated"): "OccurrencesSkippedScheduleUpdated",
    ("skipped", "schedule_deleted"): "OccurrencesSkippedScheduleDeleted",
    ("skipped", "agent_deleted"): "OccurrencesSkippedAgentDeleted",
    ("skipped", "excluded"): "OccurrencesSkippedExcluded",
    ("skipped", "skip_requested"): "OccurrencesSkippedRequested",
    ("skipped", "overlap"): "OccurrencesSkippedOverlap",
}
RUNS: dict[str, Count] = {
    "completed": "RunsCompleted",
    "failed": "RunsFailed",
    "cancelled": "RunsCancelled",
    "incomplete": "RunsIncomplete",
}
FAILURES: dict[str, Count] = {
    "gateway_unavailable": "RunsFailedGatewayUnavailable",
    "gateway_refused": "RunsFailedGatewayRefused",
    "gateway_timeout": "RunsFailedGatewayTimeout",
    "gateway_invalid": "RunsFailedGatewayInvalid",
    "gateway_failed": "RunsFailedGatewayFailed",
    "timeout": "RunsFailedTimeout",
    "agent_deleted": "RunsFailedAgentDeleted",
    "definition_lost": "RunsFailedDefinitionLost",
}


def note_hint(outcome: HintOutcome) -> None:
    """Count the result of a hint."""
    count(HINTS[outcome])


def note_records(records: Sequence[Record]) -> None:
    """Count occurrences that made no run, by reason."""
    for record in records:
        if (name := RECORDS.get((record.outcome, record.reason))) is not None:
            count(name, record.count)


def note_end(run: Run) -> None:
    """Count and log a run's outcome."""
    if (name := RUNS.get(run.status)) is not None:
        count(name)
    reason = {}
    if run.status == "failed":
        reason["code"] = code = str((run.error or {}).get("code"))
        if (failure := FAILURES.get(code)) is not None:
            count(failure)
    # A completed run is only counted, and its row has the rest: its line would be a third of the log.
    say = logger.debug if run.status == "completed" else logger.info
    say("run ended", extra=about(run.key, schedule_id=run.schedule_id, status=run.status, **reason))
