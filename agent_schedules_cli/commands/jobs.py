"""`jobs`, and the commands of `schedules` that begin one: `bulk`, `pause-all` and `resume-all`."""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from typing import Annotated, Any

import typer

from agent_schedules_cli.api_client import jobs_path
from agent_schedules_cli.commands.schedule_filters import FilterOptions, OfAgent
from agent_schedules_cli.commands.timing_options import with_seconds
from agent_schedules_cli.errors import FAILED
from agent_schedules_cli.option_groups import grouped
from agent_schedules_cli.options import All, Limit, check_id, limit_of
from agent_schedules_cli.output import Json, print_item, print_list
from agent_schedules_cli.session import Session, service

app = typer.Typer(no_args_is_help=True, help="Changes of many schedules.")

INTERVAL = 1.0  # seconds between polls
SCHEDULES = "/api/v1/schedules"
COLUMNS = {
    "id": "id", "action": "action", "status": "status", "matched": "matched", "changed": "changed",
    "unchanged": "unchanged", "failed": "failed", "created": "created_at",
}  # fmt: skip


class Action(StrEnum):
    """What is done to each schedule."""

    pause = "pause"
    resume = "resume"
    delete = "delete"
    update = "update"


JobId = Annotated[str, typer.Argument(help="Id of the job", show_default=False, callback=check_id)]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation")]
NoWait = Annotated[bool, typer.Option("--no-wait", help="Do not wait until it is done")]
Reason = Annotated[str | None, typer.Option("--reason", help="Shown while a schedule is paused")]


@grouped
def bulk(
    ctx: typer.Context,
    action: Annotated[Action, typer.Argument(help="What to do to each schedule", show_default=False)],
    agent: OfAgent = None,
    *,
    chosen: FilterOptions,
    update: Annotated[
        str | None,
        typer.Option("--update", metavar="<json>", help='With update: the fields to change, such as {"name": "n"}'),
    ] = None,
    reason: Reason = None,
    until: Annotated[
        str | None, typer.Option("--until", help="With pause: resume by itself at a time such as 2026-05-04T08:00Z")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count the schedules")] = False,
    yes: Yes = False,
    no_wait: NoWait = False,
    as_json: Json = False,
) -> None:
    """Pause, resume, delete or update all schedules that match. Without options they are all schedules.

    It counts them first and asks for confirmation.
    """
    body: dict[str, Any] = {"filter": chosen.conditions(agent), "action": action}
    more = {"update": _object(update), "reason": reason, "until": until and with_seconds(until)}
    body |= {field: value for field, value in more.items() if value is not None}
    session: Session = ctx.obj
    api = session.api()
    if dry_run or not yes:
        counted = _finished(session, api.post(f"{SCHEDULES}/bulk", body))
        if dry_run:
            print_item(counted, as_json=as_json)
            return
        _confirm(f"{action.capitalize()} {_schedules(counted['matched'])}?")
    _show(session, api.post(f"{SCHEDULES}/bulk", body | {"dry_run": False}), as_json=as_json, wait=not no_wait)


def pause_all(
    ctx: typer.Context, reason: Reason = None, yes: Yes = False, no_wait: NoWait = False, as_json: Json = False
) -> None:
    """Pause all schedules of the account that are active, or paused until a time.

    `resume-all` ends these pauses and no others, and puts back the earlier ones.
    """
    _confirm("Pause all schedules?", yes=yes)
    body = {"reason": reason} if reason is not None else None
    _show(ctx.obj, service(ctx).post(f"{SCHEDULES}/pause-all", body), as_json=as_json, wait=not no_wait)


def resume_all(
    ctx: typer.Context,
    job: Annotated[str | None, typer.Option("--job", help="Only what this job has paused", callback=check_id)] = None,
    yes: Yes = False,
    no_wait: NoWait = False,
    as_json: Json = False,
) -> None:
    """Resume what `pause-all` has paused, or with `--job` what that job has, also if it is a `bulk pause`.

    Other pauses stay. A pause until a time that `pause-all` replaced comes back, unless that time has passed.
    """
    _confirm("Resume what pause-all has paused?" if job is None else f"Resume what {job} has paused?", yes=yes)
    begun = service(ctx).post(f"{SCHEDULES}/resume-all", {"job_id": job} if job is not None else None)
    _show(ctx.obj, begun, as_json=as_json, wait=not no_wait)


@app.command("list")
def list_jobs(ctx: typer.Context, limit: Limit = None, everything: All = False, as_json: Json = False) -> None:
    """List jobs, newest first. They are kept for 30 days after their end."""
    print_list(service(ctx).list_items(jobs_path(), limit_of(limit, everything)), COLUMNS, as_json=as_json)


@app.command()
def show(ctx: typer.Context, job_id: JobId, as_json: Json = False) -> None:
    """Show a job, with how far it is."""
    print_item(service(ctx).get(jobs_path(job_id)), as_json=as_json)


@app.command()
def cancel(ctx: typer.Context, job_id: JobId, as_json: Json = False) -> None:
    """Stop a job. The schedules in hand, 25 at most, are finished first."""
    print_item(service(ctx).post(jobs_path(job_id, "cancel")), as_json=as_json)


def _show(session: Session, job: dict[str, Any], *, as_json: bool, wait: bool) -> None:
    """Print a job, at its end if that is to be waited for. Exits with 1 unless it changed all that it found."""
    if wait:
        job = _finished(session, job)
    print_item(job, as_json=as_json)
    if job["status"] in {"failed", "cancelled"} or job["failed"]:
        raise typer.Exit(FAILED)


def _finished(session: Session, job: dict[str, Any]) -> dict[str, Any]:
    """Wait for the end of a job. A terminal shows how far it is."""
    api, live = session.api(), sys.stderr.isatty()
    while job["status"] in {"running", "cancelling"}:
        if live:
            done = job["changed"] + job["unchanged"] + job["failed"]
            typer.echo(f"\r{job['id']}: {_schedules(done or job['matched'])} so far ", err=True, nl=False)
        session.environment.sleep(INTERVAL)
        job = api.get(jobs_path(job["id"]))
        if live and job["status"] not in {"running", "cancelling"}:
            typer.echo(err=True)
    return job


def _confirm(question: str, *, yes: bool = False) -> None:
    """Ask. Without an answer of yes, nothing is done."""
    if not yes:
        typer.confirm(question, abort=True, err=True)


def _schedules(number: int) -> str:
    return f"{number:,} schedule{'' if number == 1 else 's'}"


def _object(text: str | None) -> dict[str, Any] | None:
    """Return the JSON object in an option. Raises BadParameter."""
    if text is None:
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise typer.BadParameter('--update: must be a JSON object, such as {"name": "n"}')
    return found
