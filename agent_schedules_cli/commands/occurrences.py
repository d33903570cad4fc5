"""`occurrences`: what became of each time that a schedule had."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from agent_schedules_cli.api_client import at
from agent_schedules_cli.options import AgentId, All, Limit, ScheduleId, a_time, how_many
from agent_schedules_cli.output import Json, print_json, print_line, print_list
from agent_schedules_cli.session import service

app = typer.Typer(no_args_is_help=True, help="What became of each of a schedule's times.")

COLUMNS = {
    "time": "scheduled_for", "until": "until", "count": "count", "outcome": "outcome", "reason": "reason",
    "run": "run_id", "run's status": "run_status",
}  # fmt: skip
REASONS = {
    "late": "too late to run",
    "schedule_paused": "it was due when the schedule was paused",
    "paused": "the schedule was paused",
    "schedule_updated": "the schedule was changed",
    "schedule_deleted": "the schedule was deleted",
    "agent_deleted": "the agent was deleted",
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
    """List what became of a schedule's times."""
    path = at(agent_id, "schedules", schedule_id, "occurrences")
    print_list(service(ctx).listed(path, how_many(limit, everything)), COLUMNS, as_json=as_json)


@app.command()
def why(
    ctx: typer.Context,
    agent_id: AgentId,
    schedule_id: ScheduleId,
    time: Annotated[
        str, typer.Argument(help="The time, with an offset, such as 2026-05-01T09:00:00Z", callback=a_time)
    ],
    as_json: Json = False,
) -> None:
    """Say why a time did or did not run."""
    found = service(ctx).get(at(agent_id, "schedules", schedule_id, "occurrences", time))
    if as_json:
        print_json(found)
    else:
        print_line([in_words(found)])


def in_words(found: dict[str, Any]) -> str:
    """An occurrence's outcome as a sentence."""
    time, outcome = found["scheduled_for"], found["outcome"]
    if outcome == "ran":
        return f"{time} ran: {found['run_id']} is {found['run_status']}."
    if outcome == "pending":
        return f"{time} is still to come, or due now."
    among = f", with {found['count'] - 1} more until {found['until']}" if found["count"] > 1 else ""
    return f"{time} was {outcome}{among}: {REASONS.get(found['reason'], found['reason'])}."
