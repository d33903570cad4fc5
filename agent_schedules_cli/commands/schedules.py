"""`schedules`: create and steer them."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from agent_schedules_cli.api_client import at
from agent_schedules_cli.commands.timing_options import At, CronText, Every, Exactness, Precision, Zone, timing
from agent_schedules_cli.options import AgentId, All, Input, InputFile, Limit, ScheduleId, how_many, input_text
from agent_schedules_cli.output import Json, print_item, print_list
from agent_schedules_cli.session import service

app = typer.Typer(no_args_is_help=True, help="When agents run.")

COLUMNS = {
    "id": "id", "name": "name", "status": "status", "timing": "timing", "next run": "next_run_at", "runs": "run_count",
}  # fmt: skip


@app.command("list")
def list_schedules(
    ctx: typer.Context,
    agent_id: AgentId,
    limit: Limit = None,
    everything: All = False,
    deleted: Annotated[bool, typer.Option("--deleted", help="Only those deleted in the last 30 days")] = False,
    as_json: Json = False,
) -> None:
    """List an agent's schedules, newest first."""
    query = {"status": "deleted"} if deleted else {}
    found = service(ctx).listed(at(agent_id, "schedules"), how_many(limit, everything), **query)
    rows = ({**one, "timing": in_short(one["schedule"])} for one in found.items)
    print_list(found, COLUMNS, as_json=as_json, rows=rows)


@app.command()
def get(ctx: typer.Context, agent_id: AgentId, schedule_id: ScheduleId, as_json: Json = False) -> None:
    """Show one schedule. A deleted one is there for 30 days."""
    _show(service(ctx).get(at(agent_id, "schedules", schedule_id)), as_json=as_json)


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
    named = {"name": name} if name is not None else {}
    _show(service(ctx).post(at(agent_id, "schedules"), body | named), as_json=as_json)


@app.command()
def update(
    ctx: typer.Context,
    agent_id: AgentId,
    schedule_id: ScheduleId,
    cron: CronText = None,
    every: Every = None,
    once: At = None,
    zone: Annotated[str | None, typer.Option("--tz", help="The time zone, an IANA name such as Europe/Lisbon")] = None,
    precision: Annotated[
        Precision | None,
        typer.Option("--precision", help="Whether runs start within their minute, or within about a second"),
    ] = None,
    text: Input = None,
    file: InputFile = None,
    name: Annotated[str | None, typer.Option("--name", help="What people call it")] = None,
    as_json: Json = False,
) -> None:
    """Change a schedule. What is left out stays as it is, the time zone and the precision too."""
    given = [cron, every, once, zone, precision, text, file, name]
    if all(one is None for one in given):
        raise typer.BadParameter("name something to change: a timing, --tz, --precision, an input or --name")
    body: dict[str, Any] = {"name": name} if name is not None else {}
    body |= _changed_input(text, file)
    api, path = service(ctx), at(agent_id, "schedules", schedule_id)
    if any(one is not None for one in given[:5]):
        body["schedule"] = retimed(api.get(path)["schedule"], cron, every, once, zone, precision)
    _show(api.post(path, body), as_json=as_json)


@app.command()
def pause(ctx: typer.Context, agent_id: AgentId, schedule_id: ScheduleId, as_json: Json = False) -> None:
    """Pause a schedule. What falls into the pause is skipped."""
    _show(service(ctx).post(at(agent_id, "schedules", schedule_id, "pause")), as_json=as_json)


@app.command()
def resume(ctx: typer.Context, agent_id: AgentId, schedule_id: ScheduleId, as_json: Json = False) -> None:
    """Resume a schedule. It keeps the grid that it had before the pause."""
    _show(service(ctx).post(at(agent_id, "schedules", schedule_id, "resume")), as_json=as_json)


@app.command()
def delete(ctx: typer.Context, agent_id: AgentId, schedule_id: ScheduleId, as_json: Json = False) -> None:
    """Delete a schedule. Its runs stay readable."""
    print_item(service(ctx).delete(at(agent_id, "schedules", schedule_id)), as_json=as_json)


def retimed(
    present: dict[str, Any],
    cron: str | None,
    every: int | None,
    once: str | None,
    zone: str | None,
    precision: Precision | None,
) -> dict[str, Any]:
    """The `schedule` of a change: a new timing keeps the zone and the precision unless others are given."""
    kept_zone = zone or present["timezone"]
    kept = precision or Precision(present.get("precision") or "minute")
    if cron is not None or every is not None or once is not None:
        return timing(cron, every, once, kept_zone, kept)
    without = {name: value for name, value in present.items() if name not in {"timezone", "precision"}}
    exact = {"precision": "second"} if kept is Precision.second else {}
    return {**without, "timezone": kept_zone, **exact}


def _changed_input(text: str | None, file: str | None) -> dict[str, str]:
    return {} if text is None and file is None else {"input": input_text(text, file)}


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
