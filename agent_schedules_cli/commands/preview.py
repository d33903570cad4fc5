"""`preview`: the next occurrences of a timing, computed locally by the service's own code."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import typer

from agent_schedules_cli.commands.timing_options import CRON_HELP, At, Every, Precision, PrecisionChoice, Zone, timing
from agent_schedules_cli.errors import WRONG_USE, Failure
from agent_schedules_cli.output import Json, print_json, print_line, print_rows
from agent_schedules_cli.session import Session

SHORTEST = 1  # seconds: the smallest MinimumIntervalSeconds of a deployment


def preview(
    ctx: typer.Context,
    cron: Annotated[str | None, typer.Argument(help=CRON_HELP)] = None,
    every: Every = None,
    at: At = None,
    zone: Zone = "UTC",
    precision: PrecisionChoice = Precision.minute,
    count: Annotated[int, typer.Option("--count", min=1, max=100, help="Number of occurrences")] = 10,
    as_json: Json = False,
) -> None:
    """Show the next occurrences of a timing.

    Computed locally, without a service, with the effects of daylight saving time.
    """
    session: Session = ctx.obj
    shown = previewed(timing(cron, every, at, zone, precision), count, session.environment.now())
    if as_json:
        print_json(shown)
        return
    print_line([f"{shown['description']}, to the {shown['precision']}"])
    for entry in shown["eventbridge"]:
        print_line([f"EventBridge: {entry['expression']} in {entry['timezone']}"])
    print_rows(
        {"local time": "local", "UTC": "at", "clocks": "clocks"},
        [{**occurrence, "clocks": _clocks(occurrence)} for occurrence in shown["occurrences"]],
    )


def previewed(schedule: dict[str, Any], count: int, now: datetime) -> dict[str, Any]:
    """Return the API's preview. Raises InvalidRequest or Failure with the API's own message."""
    from agent_schedules.api.preview_responses import PreviewView
    from agent_schedules.api.validation_errors import field_of, problem_of
    from agent_schedules.domain.policies import NO_POLICIES
    from agent_schedules.domain.preview import of_new
    from agent_schedules.schemas.requests import PreviewBody
    from agent_schedules.schemas.timing import timing_of
    from pydantic import ValidationError

    try:
        body = PreviewBody.model_validate({"schedule": schedule, "count": count})
    except ValidationError as error:
        problems: list[dict[str, Any]] = [dict(problem) for problem in error.errors()]
        messages = [
            f"{field_of(('body', *problem['loc']), problem['type'])}: {problem_of(problem)}" for problem in problems
        ]
        raise Failure("; ".join(messages), WRONG_USE) from error
    meant = timing_of(body.schedule, now=now, minimum_interval=SHORTEST)
    return PreviewView.of(of_new(meant, NO_POLICIES, now, body.count), now).model_dump(mode="json")


def _clocks(occurrence: dict[str, Any]) -> str:
    """Return what a change of the clocks does at an occurrence."""
    notes = ["occurs twice, runs once"] if occurrence["dst_repeated"] else []
    notes += [f"skipped before it: {', '.join(occurrence['dst_skipped'])}"] if occurrence["dst_skipped"] else []
    return "; ".join(notes)
