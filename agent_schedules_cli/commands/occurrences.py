"""`occurrences`: the outcomes of a schedule's nominal times."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from agent_schedules_cli.api_client import schedule_path
from agent_schedules_cli.options import AgentId, All, Limit, ScheduleId, check_time, limit_of
from agent_schedules_cli.output import Json, print_json, print_line, print_list
from agent_schedules_cli.session import service

app = typer.Typer(no_args_is_help=True, help="Occurrences of a schedule, and their outcomes.")

COLUMNS = {
    "time": "scheduled_for", "until": "until", "count": "count", "outcome": "outcome", "reason": "reason",
    "run": "run_id", "run's status": "run_status",
}  # fmt: skip
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


@app.command("list")
def list_occurrences(
    ctx: typer.Context,
    agent_id: AgentId,
    schedule_id: ScheduleId,
    limit: Limit = None,
    everything: All = False,
    as_json: Json = False,
) -> None:
    """List a schedule's occurrences, with their outcomes."""
    path = schedule_path(agent_id, schedule_id, "occurrences")
    print_list(service(ctx).list_items(path, limit_of(limit, everything)), COLUMNS, as_json=as_json)


@app.command()
def why(
    ctx: typer.Context,
    agent_id: AgentId,
    schedule_id: ScheduleId,
    time: Annotated[
        str,
        typer.Argument(help="Time of the occurrence with an offset, such as 2026-05-01T09:00:00Z", callback=check_time),
    ],
    as_json: Json = False,
) -> None:
    """Say why an occurrence did or did not run."""
    occurrence = service(ctx).get(schedule_path(agent_id, schedule_id, "occurrences", time))
    if as_json:
        print_json(occurrence)
    else:
        print_line([in_words(occurrence)])


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
