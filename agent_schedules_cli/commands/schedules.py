"""`schedules`: create, change, pause and delete them."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from agent_schedules_cli.api_client import agents_path, schedule_path
from agent_schedules_cli.commands.policy_options import NoPolicies, Overlap, PolicyOptions, Unset, changed_policies
from agent_schedules_cli.commands.preview import preview_of_schedule
from agent_schedules_cli.commands.runs import show_run
from agent_schedules_cli.commands.schedule_filters import FilterOptions, as_query
from agent_schedules_cli.commands.schedule_texts import show_schedule, timing_text
from agent_schedules_cli.commands.timing_options import (
    At,
    CronText,
    Every,
    NewPrecision,
    NewZone,
    Precision,
    PrecisionChoice,
    Zone,
    changed_timing,
    timing,
    with_seconds,
)
from agent_schedules_cli.option_groups import grouped
from agent_schedules_cli.options import (
    AgentId,
    All,
    DisplayName,
    Input,
    InputFile,
    Limit,
    OwnKey,
    ScheduleId,
    check_id,
    input_text,
    limit_of,
)
from agent_schedules_cli.output import Json, print_item, print_list
from agent_schedules_cli.session import service

app = typer.Typer(no_args_is_help=True, help="Schedules of one agent, or of all.")
app.command("preview")(preview_of_schedule)

COLUMNS = {
    "id": "id", "name": "name", "status": "status", "timing": "timing", "next run": "next_run_at", "runs": "run_count",
}  # fmt: skip
FOUND = {
    "id": "id", "agent": "agent_id", "name": "name", "status": "status", "timing": "timing", "next run": "next_run_at",
    "last run": "last_run_status",
}  # fmt: skip


@app.command("list")
@grouped
def list_schedules(
    ctx: typer.Context,
    agent_id: Annotated[
        str | None, typer.Argument(help="Only schedules of this agent", show_default=False, callback=check_id)
    ] = None,
    *,
    chosen: FilterOptions,
    limit: Limit = None,
    everything: All = False,
    deleted: Annotated[
        bool, typer.Option("--deleted", help="With an agent: only schedules deleted in the last 30 days")
    ] = False,
    as_json: Json = False,
) -> None:
    """List schedules, newest first. Of all agents, if none is named."""
    conditions = chosen.conditions()
    if deleted and (agent_id is None or conditions):
        raise typer.BadParameter("--deleted: name an agent, and no other condition")
    of_one = agent_id is not None and not conditions
    if agent_id is not None and of_one:
        path, query = agents_path(agent_id, "schedules"), {"status": "deleted"} if deleted else {}
    else:
        path, query = "/api/v1/schedules", as_query(conditions | ({} if agent_id is None else {"agent_id": agent_id}))
    page = service(ctx).list_items(path, limit_of(limit, everything), **query)
    rows = ({**one, "timing": timing_text(one["schedule"])} for one in page.items)
    print_list(page, COLUMNS if of_one else FOUND, as_json=as_json, rows=rows)


@app.command()
def get(ctx: typer.Context, agent_id: AgentId, schedule_id: ScheduleId, as_json: Json = False) -> None:
    """Show one schedule. A deleted schedule can be read for 30 days."""
    show_schedule(service(ctx).get(schedule_path(agent_id, schedule_id)), as_json=as_json)


@app.command()
@grouped
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
    key: OwnKey = None,
    paused: Annotated[bool, typer.Option("--paused", help="Create it paused")] = False,
    *,
    policies: PolicyOptions,
    as_json: Json = False,
) -> None:
    """Create a schedule. `preview` shows the times of a timing."""
    body: dict[str, Any] = {"schedule": timing(cron, every, once, zone, precision), "input": input_text(text, file)}
    options = {"name": name, "key": key, "paused": paused or None}
    named = {field: value for field, value in options.items() if value is not None}
    body |= named | policies.field()
    show_schedule(service(ctx).post(agents_path(agent_id, "schedules"), body), as_json=as_json)


@app.command()
@grouped
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
    *,
    policies: PolicyOptions,
    unset: Unset = None,
    no_policies: NoPolicies = False,
    as_json: Json = False,
) -> None:
    """Change a schedule. Fields without an option stay as they are, time zone, precision and policies included.

    If another change comes in between, nothing is changed.
    """
    timing_options = [cron, every, once, zone, precision]
    given = policies.given()
    policy_options = bool(given or unset or no_policies)
    if all(one is None for one in [*timing_options, text, file, name]) and not policy_options:
        raise typer.BadParameter("name something to change: a timing, --tz, --precision, an input, --name or a policy")
    body: dict[str, Any] = {"name": name} if name is not None else {}
    if text is not None or file is not None:
        body["input"] = input_text(text, file)
    api, path = service(ctx), schedule_path(agent_id, schedule_id)
    present = api.get(path) if policy_options or any(one is not None for one in timing_options) else None
    if present is not None and any(one is not None for one in timing_options):
        body["schedule"] = changed_timing(present["schedule"], cron, every, once, zone, precision)
    if present is not None and policy_options:
        limits = api.get("/api/v1/limits")
        body["policies"] = changed_policies(present["policies"], limits, given, unset or [], reset=no_policies)
    show_schedule(api.post(path, body, only_if=None if present is None else present["generation"]), as_json=as_json)


@app.command()
def pause(
    ctx: typer.Context,
    agent_id: AgentId,
    schedule_id: ScheduleId,
    reason: Annotated[str | None, typer.Option("--reason", help="Shown while it is paused")] = None,
    until: Annotated[
        str | None,
        typer.Option(
            "--until",
            help="Resume by itself at a time such as 2026-05-04T08:00 in the schedule's zone, or 2026-05-04T08:00Z",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Pause a schedule. Occurrences during the pause are skipped."""
    body = {} if reason is None else {"reason": reason}
    if until is not None:
        body["until"] = with_seconds(until)
    show_schedule(service(ctx).post(schedule_path(agent_id, schedule_id, "pause"), body or None), as_json=as_json)


@app.command()
def resume(ctx: typer.Context, agent_id: AgentId, schedule_id: ScheduleId, as_json: Json = False) -> None:
    """Resume a schedule. The grid of an interval stays as it was before the pause."""
    show_schedule(service(ctx).post(schedule_path(agent_id, schedule_id, "resume")), as_json=as_json)


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
