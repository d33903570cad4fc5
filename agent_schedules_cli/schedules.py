"""`schedules`: create and steer them."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from agent_schedules_cli.api import at
from agent_schedules_cli.arguments import AgentId, Input, InputFile, Limit, ScheduleId, input_text
from agent_schedules_cli.output import Json, print_item, print_items
from agent_schedules_cli.session import service
from agent_schedules_cli.timing import At, CronText, Every, Exactness, Precision, Zone, timing

app = typer.Typer(no_args_is_help=True, help="When agents run.")

COLUMNS = {
    "id": "id", "name": "name", "status": "status", "timing": "timing", "next run": "next_run_at", "runs": "run_count",
}  # fmt: skip


@app.command("list")
def list_schedules(ctx: typer.Context, agent_id: AgentId, limit: Limit = 20, as_json: Json = False) -> None:
    """List an agent's schedules, newest first."""
    with service(ctx) as api:
        found = api.listed(at(agent_id, "schedules"), limit)
    shown = found if as_json else [{**one, "timing": in_short(one["schedule"])} for one in found]
    print_items(shown, COLUMNS, as_json=as_json)


@app.command()
def get(ctx: typer.Context, agent_id: AgentId, schedule_id: ScheduleId, as_json: Json = False) -> None:
    """Show one schedule. A deleted one is there for 30 days."""
    with service(ctx) as api:
        _show(api.get(at(agent_id, "schedules", schedule_id)), as_json=as_json)


@app.command()
def create(
    ctx: typer.Context,
    agent_id: AgentId,
    cron: CronText = None,
    every: Every = None,
    once: At = None,
    zone: Zone = "UTC",
    precision: Exactness = Precision.minute,
    text: Input = None,
    file: InputFile = None,
    name: Annotated[str | None, typer.Option("--name", help="What people call it")] = None,
    as_json: Json = False,
) -> None:
    """Create a schedule. `preview` shows what a timing would do."""
    body = {"schedule": timing(cron, every, once, zone, precision), "input": input_text(text, file)}
    with service(ctx) as api:
        _show(api.post(at(agent_id, "schedules"), body | ({"name": name} if name is not None else {})), as_json=as_json)


@app.command()
def pause(ctx: typer.Context, agent_id: AgentId, schedule_id: ScheduleId, as_json: Json = False) -> None:
    """Pause a schedule. What falls into the pause is skipped."""
    with service(ctx) as api:
        _show(api.post(at(agent_id, "schedules", schedule_id, "pause")), as_json=as_json)


@app.command()
def resume(ctx: typer.Context, agent_id: AgentId, schedule_id: ScheduleId, as_json: Json = False) -> None:
    """Resume a schedule. It keeps the grid that it had before the pause."""
    with service(ctx) as api:
        _show(api.post(at(agent_id, "schedules", schedule_id, "resume")), as_json=as_json)


@app.command()
def delete(ctx: typer.Context, agent_id: AgentId, schedule_id: ScheduleId, as_json: Json = False) -> None:
    """Delete a schedule. Its runs stay readable."""
    with service(ctx) as api:
        print_item(api.delete(at(agent_id, "schedules", schedule_id)), as_json=as_json)


def in_short(spec: dict[str, Any]) -> str:
    """A timing in a few words."""
    said: dict[str, str] = {
        "cron": f"{spec.get('cron_expression')} {spec['timezone']}",
        "interval": f"every {spec.get('interval_seconds')} s",
        "once": f"at {spec.get('run_at')}",
    }
    return said[spec["type"]] + (" to the second" if spec.get("precision") == "second" else "")


def _show(found: dict[str, Any], *, as_json: bool) -> None:
    print_item(found if as_json else {**found, "schedule": in_short(found["schedule"])}, as_json=as_json)
