"""`preview`: the next occurrences of a timing, computed locally by the service's own code, and those of a schedule."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import typer

from agent_schedules_cli.api_client import schedule_path
from agent_schedules_cli.commands.policy_options import PolicyOptions
from agent_schedules_cli.commands.timing_options import CRON_HELP, At, Every, Precision, PrecisionChoice, Zone, timing
from agent_schedules_cli.errors import WRONG_USE, Failure
from agent_schedules_cli.option_groups import grouped
from agent_schedules_cli.options import AgentId, ScheduleId
from agent_schedules_cli.output import Json, print_json, print_line, print_rows
from agent_schedules_cli.session import Session, service

COLUMNS = {"local time": "local", "UTC": "at", "clocks": "clocks"}
SOMETIMES = ("runs at", "skipped")
"""Columns that are shown where one of the occurrences has a value for them."""
SHORTEST = 1  # seconds: the smallest MinimumIntervalSeconds of a deployment


Count = Annotated[int, typer.Option("--count", min=1, max=100, help="Number of occurrences")]


@grouped
def preview(
    ctx: typer.Context,
    cron: Annotated[str | None, typer.Argument(help=CRON_HELP)] = None,
    every: Every = None,
    at: At = None,
    zone: Zone = "UTC",
    precision: PrecisionChoice = Precision.minute,
    *,
    policies: PolicyOptions,
    count: Count = 10,
    as_json: Json = False,
) -> None:
    """Show the next occurrences of a timing.

    Computed locally, without a service, with the effects of daylight saving time and of policies.
    """
    session: Session = ctx.obj
    body = {"schedule": timing(cron, every, at, zone, precision), "count": count, **policies.field()}
    _show(previewed(body, session.environment.now()), as_json=as_json)


def preview_of_schedule(
    ctx: typer.Context, agent_id: AgentId, schedule_id: ScheduleId, count: Count = 10, as_json: Json = False
) -> None:
    """Show the next occurrences of a schedule, with those that are to be skipped."""
    _show(service(ctx).get(schedule_path(agent_id, schedule_id, "preview"), count=count), as_json=as_json)


def previewed(sent: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Return the API's preview for the body of a request. Raises InvalidRequest or Failure with the API's own
    message."""
    from agent_schedules.api.preview_responses import PreviewView
    from agent_schedules.api.validation_errors import field_of, problem_of
    from agent_schedules.domain.preview import of_new
    from agent_schedules.schemas.policies import policies_in
    from agent_schedules.schemas.requests import PreviewBody
    from agent_schedules.schemas.timing import timing_of
    from pydantic import ValidationError

    try:
        body = PreviewBody.model_validate(sent)
    except ValidationError as error:
        problems: list[dict[str, Any]] = [dict(problem) for problem in error.errors()]
        messages = [
            f"{field_of(('body', *problem['loc']), problem['type'])}: {problem_of(problem)}" for problem in problems
        ]
        raise Failure("; ".join(messages), WRONG_USE) from error
    meant = timing_of(body.schedule, now=now, minimum_interval=SHORTEST)
    policies = policies_in(body.policies, meant.timezone)
    return PreviewView.of(of_new(meant, policies, now, body.count), now).model_dump(mode="json")


def _show(shown: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(shown)
        return
    print_line([f"{shown['description']}, to the {shown['precision']}"])
    for entry in shown["eventbridge"]:
        print_line([f"EventBridge: {entry['expression']} in {entry['timezone']}"])
    rows = [_row(occurrence, shown["schedule"]) for occurrence in shown["occurrences"]]
    print_rows(COLUMNS | {title: title for title in SOMETIMES if any(row[title] for row in rows)}, rows)


def _row(occurrence: dict[str, Any], spec: dict[str, Any]) -> dict[str, Any]:
    """Return an occurrence as a line of the table."""
    effective = occurrence["effective_at"] or "later, which depends on the id"
    later = effective if effective != occurrence["at"] else ""
    return {
        **occurrence,
        "clocks": _clocks(occurrence, spec),
        "runs at": "" if occurrence["skipped"] else later,
        "skipped": occurrence["skipped"] or "",
    }


def _clocks(occurrence: dict[str, Any], spec: dict[str, Any]) -> str:
    """Return what a change of the clocks does at an occurrence."""
    notes = [_repeated(occurrence, spec)] if occurrence["dst_repeated"] else []
    notes += [f"skipped before it: {', '.join(occurrence['dst_skipped'])}"] if occurrence["dst_skipped"] else []
    return "; ".join(notes)


def _repeated(occurrence: dict[str, Any], spec: dict[str, Any]) -> str:
    """Return what it means that the clocks show the occurrence's local time twice.

    Intervals and crons open in hour, day and month run in both passes, which the answer lists one by one.
    """
    from agent_schedules.timing.spec import Cron
    from agent_schedules.timing.zones import zone

    timezone = spec["timezone"]
    if spec["type"] == "once" or (
        spec["type"] == "cron" and not Cron(spec["cron_expression"], timezone).fields.every_hour
    ):
        return "occurs twice, runs once"
    second = datetime.fromisoformat(occurrence["at"]).astimezone(zone(timezone)).fold
    return f"the {'second' if second else 'first'} of two such times"
