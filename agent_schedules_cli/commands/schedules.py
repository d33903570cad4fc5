"""`schedules`: create, change, pause and delete them."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer

from agent_schedules_cli.api_client import agents_path, schedule_path
from agent_schedules_cli.commands.runs import show_run
from agent_schedules_cli.commands.timing_options import (
    At,
    CronText,
    Every,
    NewPrecision,
    NewZone,
    Precision,
    PrecisionChoice,
    Zone,
    precision_field,
    timing,
)
from agent_schedules_cli.options import (
    AgentId,
    All,
    DisplayName,
    Input,
    InputFile,
    Limit,
    ScheduleId,
    input_text,
    limit_of,
)
from agent_schedules_cli.output import Json, print_item, print_list
from agent_schedules_cli.session import service

app = typer.Typer(no_args_is_help=True, help="Schedules of an agent.")


class Overlap(StrEnum):
    """What a run does while another one of its schedule is open."""

    allow = "allow"
    skip = "skip"
    queue_one = "queue_one"
    queue_all = "queue_all"
    cancel_previous = "cancel_previous"


COLUMNS = {
    "id": "id", "name": "name", "status": "status", "timing": "timing", "next run": "next_run_at", "runs": "run_count",
}  # fmt: skip


@app.command("list")
def list_schedules(
    ctx: typer.Context,
    agent_id: AgentId,
    limit: Limit = None,
    everything: All = False,
    deleted: Annotated[bool, typer.Option("--deleted", help="Only schedules deleted in the last 30 days")] = False,
    as_json: Json = False,
) -> None:
    """List an agent's schedules, newest first."""
    query = {"status": "deleted"} if deleted else {}
    page = service(ctx).list_items(agents_path(agent_id, "schedules"), limit_of(limit, everything), **query)
    rows = ({**one, "timing": timing_text(one["schedule"])} for one in page.items)
    print_list(page, COLUMNS, as_json=as_json, rows=rows)


@app.command()
def get(ctx: typer.Context, agent_id: AgentId, schedule_id: ScheduleId, as_json: Json = False) -> None:
    """Show one schedule. A deleted schedule can be read for 30 days."""
    _show(service(ctx).get(schedule_path(agent_id, schedule_id)), as_json=as_json)


@app.command()
def create(
    ctx: typer.Context,
    agent_id: AgentId,
    cron: CronText = None,
    every: Every = None,
    once: At = None,
    zone: Zone = "UTC",
    precision: PrecisionChoice = Precision.minute,
    text: Input = None,
    file: InputFile = None,
    name: DisplayName = None,
    as_json: Json = False,
) -> None:
    """Create a schedule. `preview` shows the times of a timing."""
    body = {"schedule": timing(cron, every, once, zone, precision), "input": input_text(text, file)}
    named = {"name": name} if name is not None else {}
    _show(service(ctx).post(agents_path(agent_id, "schedules"), body | named), as_json=as_json)


@app.command()
def update(
    ctx: typer.Context,
    agent_id: AgentId,
    schedule_id: ScheduleId,
    cron: CronText = None,
    every: Every = None,
    once: At = None,
    zone: NewZone = None,
    precision: NewPrecision = None,
    text: Input = None,
    file: InputFile = None,
    name: DisplayName = None,
    as_json: Json = False,
) -> None:
    """Change a schedule. Fields without an option stay as they are, time zone and precision included."""
    timing_options = [cron, every, once, zone, precision]
    if all(one is None for one in [*timing_options, text, file, name]):
        raise typer.BadParameter("name something to change: a timing, --tz, --precision, an input or --name")
    body: dict[str, Any] = {"name": name} if name is not None else {}
    if text is not None or file is not None:
        body["input"] = input_text(text, file)
    api, path = service(ctx), schedule_path(agent_id, schedule_id)
    if any(one is not None for one in timing_options):
        body["schedule"] = changed_timing(api.get(path)["schedule"], cron, every, once, zone, precision)
    _show(api.post(path, body), as_json=as_json)


@app.command()
def pause(ctx: typer.Context, agent_id: AgentId, schedule_id: ScheduleId, as_json: Json = False) -> None:
    """Pause a schedule. Occurrences during the pause are skipped."""
    _show(service(ctx).post(schedule_path(agent_id, schedule_id, "pause")), as_json=as_json)


@app.command()
def resume(ctx: typer.Context, agent_id: AgentId, schedule_id: ScheduleId, as_json: Json = False) -> None:
    """Resume a schedule. The grid of an interval stays as it was before the pause."""
    _show(service(ctx).post(schedule_path(agent_id, schedule_id, "resume")), as_json=as_json)


@app.command()
def trigger(
    ctx: typer.Context,
    agent_id: AgentId,
    schedule_id: ScheduleId,
    text: Input = None,
    file: InputFile = None,
    overlap: Annotated[
        Overlap | None, typer.Option("--overlap", help="Overlap policy of this run, instead of the schedule's")
    ] = None,
    as_json: Json = False,
) -> None:
    """Run a schedule now. Its coming occurrences stay as they are; a paused or completed one runs too."""
    body: dict[str, Any] = {} if overlap is None else {"overlap": overlap.value}
    if text is not None or file is not None:
        body["input"] = input_text(text, file)
    show_run(service(ctx).post(schedule_path(agent_id, schedule_id, "trigger"), body or None), as_json=as_json)


@app.command()
def delete(ctx: typer.Context, agent_id: AgentId, schedule_id: ScheduleId, as_json: Json = False) -> None:
    """Delete a schedule. Its runs stay readable."""
    print_item(service(ctx).delete(schedule_path(agent_id, schedule_id)), as_json=as_json)


def changed_timing(
    present: dict[str, Any],
    cron: str | None,
    every: int | None,
    once: str | None,
    zone: str | None,
    precision: Precision | None,
) -> dict[str, Any]:
    """Return the `schedule` of a change: zone and precision stay unless others are given."""
    new_zone = zone or present["timezone"]
    new_precision = precision or Precision(present.get("precision") or "minute")
    if cron is not None or every is not None or once is not None:
        return timing(cron, every, once, new_zone, new_precision)
    rest = {name: value for name, value in present.items() if name not in {"timezone", "precision"}}
    return {**rest, "timezone": new_zone, **precision_field(new_precision)}


def timing_text(spec: dict[str, Any]) -> str:
    """Return a timing in a few words."""
    texts: dict[str, str] = {
        "cron": f"{spec.get('cron_expression')} {spec['timezone']}",
        "interval": f"every {spec.get('interval_seconds')} s",
        "once": f"at {spec.get('run_at')}",
    }
    return texts[spec["type"]] + (" to the second" if spec.get("precision") == "second" else "")


def _show(schedule: dict[str, Any], *, as_json: bool) -> None:
    print_item(schedule if as_json else {**schedule, "schedule": timing_text(schedule["schedule"])}, as_json=as_json)
