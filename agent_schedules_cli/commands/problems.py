"""`problems`: what went wrong, over all agents."""

from __future__ import annotations

import typer

from agent_schedules_cli.commands.stretch_options import From, To, stretch_query
from agent_schedules_cli.options import All, Limit, limit_of
from agent_schedules_cli.outcomes import REASONS
from agent_schedules_cli.output import Json, print_list
from agent_schedules_cli.session import service

COLUMNS = {
    "time": "time",
    "what": "type",
    "times": "count",
    "agent": "agent_id",
    "schedule": "schedule_id",
    "run": "run_id",
    "why": "why",
}


def problems(
    ctx: typer.Context,
    first: From = None,
    end: To = None,
    limit: Limit = None,
    everything: All = False,
    as_json: Json = False,
) -> None:
    """List what went wrong in the last 24 hours, the latest first.

    Runs that failed, timed out or were incomplete, and occurrences that were missed or skipped, of all agents.
    """
    found = service(ctx).list_items("/api/v1/problems", limit_of(limit, everything), **stretch_query(first, end))
    rows = (one | {"type": one["type"].replace("_", " "), "why": _why(one)} for one in found.items)
    print_list(found, COLUMNS, as_json=as_json, rows=rows)


def _why(problem: dict[str, str | None]) -> str | None:
    """Return the message of a run's error, or the reason of occurrences without a run in words."""
    reason = problem["reason"]
    if problem["message"] is not None:
        return f"{reason}: {problem['message']}"
    return None if reason is None else REASONS.get(reason, reason)
