"""`runs`: list, start, follow, cancel and retry them."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer

from agent_schedules_cli.api_client import agents_path
from agent_schedules_cli.commands.stretch_options import From, To, stretch_query
from agent_schedules_cli.commands.watch import runs_path, watched
from agent_schedules_cli.errors import FAILED
from agent_schedules_cli.options import (
    AgentId,
    All,
    Input,
    InputFile,
    Limit,
    OfSchedule,
    RunId,
    check_id,
    input_text,
    limit_of,
)
from agent_schedules_cli.output import Json, print_item, print_json, print_line, print_list
from agent_schedules_cli.session import Session, service

app = typer.Typer(no_args_is_help=True, help="Runs of one agent or of all, and their results.")


class Status(StrEnum):
    """The status of a run."""

    queued = "queued"
    submitting = "submitting"
    completed = "completed"
    failed = "failed"
    incomplete = "incomplete"
    cancelled = "cancelled"


class Trigger(StrEnum):
    """What created a run."""

    schedule = "schedule"
    api = "api"
    manual = "manual"
    backfill = "backfill"
    retry = "retry"


COLUMNS = {
    "id": "id",
    "status": "status",
    "due": "due",
    "completed": "completed_at",
    "schedule": "schedule_id",
    "answer": "answer",
}
OF_ALL = {"id": "id", "agent": "agent_id"} | COLUMNS
"""The columns where runs of several agents are listed."""
LISTED = {Status.failed, Status.incomplete, Status.cancelled}
"""The statuses by which the API finds the runs of all agents."""
EXCERPT = 60  # characters of an answer in a list


@app.command("list")
def list_runs(
    ctx: typer.Context,
    agent_id: Annotated[
        str | None, typer.Argument(help="Only runs of this agent", show_default=False, callback=check_id)
    ] = None,
    schedule: OfSchedule = None,
    status: Annotated[
        Status | None,
        typer.Option("--status", help="Only runs with this status"),
    ] = None,
    first: From = None,
    end: To = None,
    trigger: Annotated[Trigger | None, typer.Option("--trigger", help="Only runs that were created so")] = None,
    error_code: Annotated[
        str | None, typer.Option("--error-code", help="Only runs whose error has this code, such as timeout")
    ] = None,
    summary: Annotated[
        bool, typer.Option("--summary", help="Leave out the gateway's response, but for 200 characters of its answer")
    ] = False,
    limit: Limit = None,
    everything: All = False,
    as_json: Json = False,
) -> None:
    """List runs, latest due first. With the error, or the beginning of the answer.

    Name an agent; or a status of failed, incomplete or cancelled, for the runs of all agents that ended so.
    """
    query: dict[str, Any] = stretch_query(first, end)
    query |= {name: one.value for name, one in (("status", status), ("trigger", trigger)) if one is not None}
    query |= {} if error_code is None else {"error_code": error_code}
    if agent_id is None and (schedule is not None or status not in LISTED):
        raise typer.BadParameter(
            "name an agent; or, without --schedule, a --status of failed, incomplete or cancelled for all agents"
        )
    if agent_id is None or query:
        path, of = "/api/v1/runs", {"agent_id": agent_id, "schedule_id": schedule}
        query |= {name: one for name, one in of.items() if one is not None}
    else:
        path = runs_path(agent_id, schedule)
    query |= {"view": "summary"} if summary else {}
    page = service(ctx).list_items(path, limit_of(limit, everything), **query)
    rows = ({**run, "due": _due(run), "answer": excerpt(answer_text(run))} for run in page.items)
    print_list(page, OF_ALL if agent_id is None else COLUMNS, as_json=as_json, rows=rows)


@app.command()
def get(ctx: typer.Context, agent_id: AgentId, run_id: RunId, as_json: Json = False) -> None:
    """Show one run. With its input and the model's answer."""
    show_run(service(ctx).get(agents_path(agent_id, "runs", run_id)), as_json=as_json)


@app.command()
def start(
    ctx: typer.Context, agent_id: AgentId, text: Input = None, file: InputFile = None, as_json: Json = False
) -> None:
    """Run an agent now. `watch` follows the run."""
    show_run(service(ctx).post(agents_path(agent_id, "runs"), {"input": input_text(text, file)}), as_json=as_json)


@app.command()
def cancel(ctx: typer.Context, agent_id: AgentId, run_id: RunId, as_json: Json = False) -> None:
    """Cancel a run that has not ended."""
    show_run(service(ctx).post(agents_path(agent_id, "runs", run_id, "cancel")), as_json=as_json)


@app.command()
def retry(ctx: typer.Context, agent_id: AgentId, run_id: RunId, as_json: Json = False) -> None:
    """Run an ended run again. With the same input, definition and version of the agent."""
    show_run(service(ctx).post(agents_path(agent_id, "runs", run_id, "retry")), as_json=as_json)


@app.command()
def watch(
    ctx: typer.Context,
    agent_id: AgentId,
    run_id: Annotated[
        str | None, typer.Argument(help="Follow only this run", show_default=False, callback=check_id)
    ] = None,
    schedule: OfSchedule = None,
    count: Annotated[int | None, typer.Option("--count", min=1, help="Stop when this many runs have ended")] = None,
    as_json: Json = False,
) -> None:
    """Print runs whenever their status changes.

    Follows one run to its end, or every open and every new run until Ctrl-C or --count.

    It reads the runs by the time they were due, the newest first. So it may leave out a new run that was due long
    before others, such as that of a backfill; `listen` prints their events.

    Exits with 1 if a run ended without completing.
    """
    session: Session = ctx.obj
    if run_id is not None and (schedule is not None or count is not None):
        raise typer.BadParameter("one run needs neither --schedule nor --count")
    api, sleep, all_completed = session.api(), session.environment.sleep, True
    for run in watched(api, sleep, agent_id, run_id=run_id, schedule_id=schedule, count=count):
        all_completed = all_completed and run["status"] not in {"failed", "cancelled", "incomplete"}
        if as_json:
            print_json(run, line=True)
        else:
            print_line([run["id"], _due(run), run["status"], answer_text(run)])
    if not all_completed:
        raise typer.Exit(FAILED)


def answer_text(run: dict[str, Any]) -> str:
    """Return the text of the model's answer, or the error, on one line."""
    if run["error"]:
        return f"{run['error'].get('code')}: {run['error'].get('message')}"
    if "answer" in run:  # a summary
        return (run["answer"] or "").replace("\n", " ")
    items = (run["gateway_response"] or {}).get("output") or []
    parts = [part for item in items if isinstance(item, dict) for part in item.get("content") or []]
    return " ".join(str(part.get("text", "")) for part in parts if isinstance(part, dict)).replace("\n", " ")


def excerpt(text: str) -> str:
    """Return the beginning of an answer."""
    return text if len(text) <= EXCERPT else f"{text[: EXCERPT - 1]}…"


def _due(run: dict[str, Any]) -> Any:
    """Return the run's nominal time; a run started through the API was due when it was created."""
    return run["scheduled_for"] or run["created_at"]


def show_run(run: dict[str, Any], *, as_json: bool) -> None:
    """Print one run, with the model's answer in place of the gateway's response."""
    answer = None if run["error"] else answer_text(run)
    print_item(run if as_json else {**run, "answer": answer, "gateway_response": None}, as_json=as_json)
