"""`schedules skip`, `unskip`, `backfill` and `stop-backfill`: single occurrences to come, and those of the past."""

from __future__ import annotations

import re
from typing import Annotated

import typer

from agent_schedules_cli.api_client import schedule_path
from agent_schedules_cli.commands.schedule_texts import show_schedule
from agent_schedules_cli.commands.timing_options import with_seconds
from agent_schedules_cli.options import AgentId, ScheduleId
from agent_schedules_cli.outcomes import REASONS
from agent_schedules_cli.output import Json, print_json, print_rows
from agent_schedules_cli.session import service

_LOCAL = "without an offset it is local to the schedule's time zone"


def occurrence_time(text: str) -> str:
    """Return the time with its seconds. Raises BadParameter for text that cannot be a time."""
    if not re.fullmatch(r"[0-9]{4}-[0-9Tt:.Zz+-]+", text):
        raise typer.BadParameter("must be a time, such as 2026-05-01T09:00Z")
    return with_seconds(text)


OccurrenceTime = Annotated[
    str,
    typer.Argument(help=f"Time of the occurrence, such as 2026-05-01T09:00Z; {_LOCAL}", callback=occurrence_time),
]


def skip(
    ctx: typer.Context, agent_id: AgentId, schedule_id: ScheduleId, time: OccurrenceTime, as_json: Json = False
) -> None:
    """Skip one occurrence to come."""
    body = {"scheduled_for": time}
    show_schedule(service(ctx).post(schedule_path(agent_id, schedule_id, "skip"), body), as_json=as_json)


def unskip(
    ctx: typer.Context, agent_id: AgentId, schedule_id: ScheduleId, time: OccurrenceTime, as_json: Json = False
) -> None:
    """Take back the skip of an occurrence to come."""
    body = {"scheduled_for": time}
    show_schedule(service(ctx).post(schedule_path(agent_id, schedule_id, "unskip"), body), as_json=as_json)


def backfill(
    ctx: typer.Context,
    agent_id: AgentId,
    schedule_id: ScheduleId,
    first: Annotated[
        str,
        typer.Option("--from", help=f"First time of the range; {_LOCAL}", callback=with_seconds, show_default=False),
    ],
    end: Annotated[
        str, typer.Option("--to", help="End of the range, not part of it", callback=with_seconds, show_default=False)
    ],
    run: Annotated[bool, typer.Option("--run", help="Make the runs. Otherwise only list the times")] = False,
    as_json: Json = False,
) -> None:
    """List the past times of a range that made no run. With --run, give them one run each, the oldest first."""
    body = {"from": first, "to": end, "dry_run": not run}
    found = service(ctx).post(schedule_path(agent_id, schedule_id, "backfill"), body)
    if as_json:
        print_json(found)
        return
    rows = [one | {"reason": REASONS.get(one["reason"], one["reason"])} for one in found["occurrences"]]
    print_rows({"time": "scheduled_for", "why it did not run": "reason"}, rows)
    times = f"{found['count']} time{'' if found['count'] == 1 else 's'}"
    if not run:
        typer.echo(f"{times} without a run; --run makes the runs", err=True)
    else:
        typer.echo(f"{times} will get a run, one after the other", err=True)


def stop_backfill(ctx: typer.Context, agent_id: AgentId, schedule_id: ScheduleId, as_json: Json = False) -> None:
    """Stop a backfill. Its open run goes on."""
    show_schedule(service(ctx).delete(schedule_path(agent_id, schedule_id, "backfill")), as_json=as_json)
