"""`occurrences`: the outcomes of a schedule's nominal times."""

from __future__ import annotations

from typing import Annotated

import typer

from agent_schedules_cli.api_client import schedule_path
from agent_schedules_cli.options import AgentId, All, Limit, ScheduleId, check_time, limit_of
from agent_schedules_cli.outcomes import in_words
from agent_schedules_cli.output import Json, print_json, print_line, print_list
from agent_schedules_cli.session import service

app = typer.Typer(no_args_is_help=True, help="Occurrences of a schedule, and their outcomes.")

COLUMNS = {
    "time": "scheduled_for", "until": "until", "count": "count", "outcome": "outcome", "reason": "reason",
    "run": "run_id", "run's status": "run_status",
}  # fmt: skip


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
