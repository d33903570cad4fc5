"""The outcome of an occurrence in words."""

from __future__ import annotations

from typing import Any

REASONS = {
    "late": "too late to run",
    "excluded": "its date is excluded",
    "skip_requested": "a caller asked to skip it",
    "overlap": "another run of the schedule was open",
    "schedule_paused": "it was due when the schedule was paused",
    "paused": "the schedule was paused",
    "schedule_updated": "the schedule was changed",
    "schedule_deleted": "the schedule was deleted",
    "agent_deleted": "the agent was deleted",
    "not_scheduled": "the schedule did not exist, or had another timing",
}


def in_words(occurrence: dict[str, Any]) -> str:
    """Return the outcome as a sentence."""
    time, outcome = occurrence["scheduled_for"], occurrence["outcome"]
    if outcome == "ran":
        backfilled = occurrence["reason"] and f" A backfill made it; before: {_why(occurrence)}."
        return f"{time} ran: {occurrence['run_id']} is {occurrence['run_status']}.{backfilled or ''}"
    if outcome == "queued":
        return f"{time} is to run: {occurrence['run_id']} waits for another run of the schedule to end."
    if outcome == "pending":
        return f"{time} is still to come, or due now."
    more = f", with {occurrence['count'] - 1} more until {occurrence['until']}" if occurrence["count"] > 1 else ""
    other = f" ({occurrence['run_id']})" if occurrence["run_id"] else ""
    return f"{time} was {outcome}{more}: {_why(occurrence)}{other}."


def _why(occurrence: dict[str, Any]) -> str:
    return str(REASONS.get(occurrence["reason"], occurrence["reason"]))
