"""`runs`: what came of it."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from agent_schedules_cli.api_client import at
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
    an_id,
    how_many,
    input_text,
)
from agent_schedules_cli.output import Json, print_item, print_json, print_line, print_list
from agent_schedules_cli.session import Session, service

app = typer.Typer(no_args_is_help=True, help="What came of it.")

COLUMNS = {
    "id": "id",
    "status": "status",
    "due": "due",
    "over": "completed_at",
    "schedule": "schedule_id",
    "answer": "answer",
}
BEGINNING = 60  # characters of an answer that a list shows


@app.command("list")
def list_runs(
    ctx: typer.Context,
    agent_id: AgentId,
    schedule: OfSchedule = None,
    limit: Limit = None,
    everything: All = False,
    as_json: Json = False,
) -> None:
    """List an agent's runs, latest due first. With the error, or the beginning of the answer."""
    found = service(ctx).listed(runs_path(agent_id, schedule), how_many(limit, everything))
    rows = (
        {**run, "due": run["scheduled_for"] or run["created_at"], "answer": beginning(answered(run))}
        for run in found.items
    )
    print_list(found, COLUMNS, as_json=as_json, rows=rows)


@app.command()
def get(ctx: typer.Context, agent_id: AgentId, run_id: RunId, as_json: Json = False) -> None:
    """Show one run. With its input, and what the model answered."""
    _show(service(ctx).get(at(agent_id, "runs", run_id)), as_json=as_json)


@app.command()
def start(
    ctx: typer.Context, agent_id: AgentId, text: Input = None, file: InputFile = None, as_json: Json = False
) -> None:
    """Run an agent at once. `watch` shows how the run is doing."""
    _show(service(ctx).post(at(agent_id, "runs"), {"input": input_text(text, file)}), as_json=as_json)


@app.command()
def cancel(ctx: typer.Context, agent_id: AgentId, run_id: RunId, as_json: Json = False) -> None:
    """Cancel a run that is not over."""
    _show(service(ctx).post(at(agent_id, "runs", run_id, "cancel")), as_json=as_json)


@app.command()
def watch(
    ctx: typer.Context,
    agent_id: AgentId,
    run_id: Annotated[
        str | None, typer.Argument(help="One run, to its end", show_default=False, callback=an_id)
    ] = None,
    schedule: OfSchedule = None,
    count: Annotated[int | None, typer.Option("--count", min=1, help="Stop when so many runs are over")] = None,
    as_json: Json = False,
) -> None:
    """Follow runs as they come and end.

    One run to its end, or every run that is under way or new, until Ctrl-C or --count.

    Exits with 1 when a run that ended did not complete.
    """
    session: Session = ctx.obj
    if run_id is not None and (schedule is not None or count is not None):
        raise typer.BadParameter("one run needs neither --schedule nor --count")
    api, sleep, good = session.api(), session.outside.sleep, True
    for run in watched(api, sleep, agent_id, run_id=run_id, schedule_id=schedule, count=count):
        good = good and run["status"] not in {"failed", "cancelled", "incomplete"}
        if as_json:
            print_json(run, line=True)
        else:
            print_line([run["id"], run["scheduled_for"] or run["created_at"], run["status"], answered(run)])
    if not good:
        raise typer.Exit(FAILED)


def answered(run: dict[str, Any]) -> str:
    """The text of what the model answered, or the error, on one line."""
    if run["error"]:
        return f"{run['error'].get('code')}: {run['error'].get('message')}"
    items = (run["gateway_response"] or {}).get("output") or []
    parts = [part for item in items if isinstance(item, dict) for part in item.get("content") or []]
    return " ".join(str(part.get("text", "")) for part in parts if isinstance(part, dict)).replace("\n", " ")


def beginning(text: str) -> str:
    """As much of an answer as a list has room for."""
    return text if len(text) <= BEGINNING else f"{text[: BEGINNING - 1]}…"


def _show(found: dict[str, Any], *, as_json: bool) -> None:
    said = None if found["error"] else answered(found)
    print_item(found if as_json else {**found, "answer": said, "gateway_response": None}, as_json=as_json)
