"""`upcoming` and `summary`: all schedules of all agents at a glance."""

from __future__ import annotations

from typing import Any

import typer

from agent_schedules_cli.commands.schedule_filters import OfAgent
from agent_schedules_cli.commands.stretch_options import From, To, stretch_query
from agent_schedules_cli.options import All, Limit, limit_of
from agent_schedules_cli.output import Json, print_item, print_list
from agent_schedules_cli.session import service

COLUMNS = {"time": "scheduled_for", "schedule": "schedule_id", "name": "schedule_name", "agent": "agent_id"}


def upcoming(
    ctx: typer.Context,
    agent: OfAgent = None,
    first: From = None,
    end: To = None,
    limit: Limit = None,
    everything: All = False,
    as_json: Json = False,
) -> None:
    """List the occurrences to come of all agents' schedules, in the order of time. Of the next day by default.

    With more than 500 schedules they come in groups, the newest schedules first, each group in the order of time.
    """
    query = stretch_query(first, end) | ({} if agent is None else {"agent_id": agent})
    print_list(
        service(ctx).list_items("/api/v1/upcoming", limit_of(limit, everything), **query), COLUMNS, as_json=as_json
    )


def summary(ctx: typer.Context, as_json: Json = False) -> None:
    """Count all schedules by status, what is due in the next hour, and the problems of the last 24 hours."""
    found = _whole(ctx)
    if as_json:
        print_item(found, as_json=True)
        return
    problems = {
        kind: f"{'at least ' if counted['at_least'] else ''}{counted['count']}"
        for kind, counted in found["problems"].items()
    }
    late = found["lateness"]
    print_item(
        {
            **found["schedules"],
            "due in the next hour": found["due_next_hour"],
            **{f"{kind} in the last 24 h": count for kind, count in problems.items()},
            "late in the last hour": f"p50 {late['p50_seconds']:.1f} s, p99 {late['p99_seconds']:.1f} s"
            if late["runs"]
            else None,
        },
        as_json=False,
    )


def _whole(ctx: typer.Context) -> dict[str, Any]:
    """Return the summary of all pages. The lateness is that of the page with the most runs."""
    api = service(ctx)
    found = page = api.get("/api/v1/summary")
    while page["has_more"]:
        page = api.get("/api/v1/summary", after=page["next_cursor"])
        counts = {status: count + page["schedules"][status] for status, count in found["schedules"].items()}
        late = max(found["lateness"], page["lateness"], key=lambda one: int(one["runs"]))
        due = found["due_next_hour"] + page["due_next_hour"]
        found = {**found, "schedules": counts, "due_next_hour": due, "lateness": late}
    return {**found, "has_more": False, "next_cursor": None}
