"""`preview`: what a timing is going to do, worked out here by the code that the service answers with."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import typer

from agent_schedules_cli.commands.timing_options import At, Every, Exactness, Precision, Zone, timing
from agent_schedules_cli.errors import WRONG_USE, Failure
from agent_schedules_cli.output import Json, print_json, print_line, print_rows
from agent_schedules_cli.session import Session

SHORTEST = 1  # seconds: the least that a deployment can ask of an interval


def preview(
    ctx: typer.Context,
    cron: Annotated[str | None, typer.Argument(help='A cron expression, such as "30 9 * * 1-5"')] = None,
    every: Every = None,
    at: At = None,
    zone: Zone = "UTC",
    precision: Exactness = Precision.minute,
    count: Annotated[int, typer.Option("--count", min=1, max=100, help="How many occurrences")] = 10,
    as_json: Json = False,
) -> None:
    """Show what a timing is going to do.

    Worked out here, without a service: when it occurs next, and what changes of the clocks do to it.
    """
    session: Session = ctx.obj
    shown = previewed(timing(cron, every, at, zone, precision), count, session.outside.now())
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
    """The API's answer to the same question. Raises InvalidRequest or Failure with the API's own words."""
    from agent_schedules.api.preview_responses import PreviewView
    from agent_schedules.api.validation_errors import field_of, problem_of
    from agent_schedules.domain.preview import of_new
    from agent_schedules.schemas.requests import PreviewBody
    from agent_schedules.schemas.timing import timing_of
    from pydantic import ValidationError

    try:
        body = PreviewBody.model_validate({"schedule": schedule, "count": count})
    except ValidationError as error:
        problems: list[dict[str, Any]] = [dict(problem) for problem in error.errors()]
        said = [
            f"{field_of(('body', *problem['loc']), problem['type'])}: {problem_of(problem)}" for problem in problems
        ]
        raise Failure("; ".join(said), WRONG_USE) from error
    meant = timing_of(body.schedule, now=now, minimum_interval=SHORTEST)
    return PreviewView.of(of_new(meant, now, body.count), now).model_dump(mode="json")


def _clocks(occurrence: dict[str, Any]) -> str:
    said = ["comes twice, runs once"] if occurrence["dst_repeated"] else []
    said += [f"left out before it: {', '.join(occurrence['dst_skipped'])}"] if occurrence["dst_skipped"] else []
    return "; ".join(said)
