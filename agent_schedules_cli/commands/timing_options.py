"""A timing on the command line: `--cron`, `--every` or `--at`, in a time zone."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Any

import typer

_TO_THE_MINUTE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2})(Z|[+-][0-9]{2}:[0-9]{2})?")


class Precision(StrEnum):
    """How exactly a run starts at its time."""

    minute = "minute"
    second = "second"


CronText = Annotated[str | None, typer.Option("--cron", help='A cron expression, such as "30 9 * * 1-5"')]
Every = Annotated[int | None, typer.Option("--every", help="Every so many seconds")]
At = Annotated[
    str | None,
    typer.Option("--at", help="Once, at a time such as 2026-05-01T09:00, on the clocks of --tz, or 2026-05-01T09:00Z"),
]
Zone = Annotated[str, typer.Option("--tz", help="The time zone, an IANA name such as Europe/Lisbon")]
Exactness = Annotated[
    Precision, typer.Option("--precision", help="Whether runs start within their minute, or within about a second")
]


def timing(cron: str | None, every: int | None, at: str | None, zone: str, precision: Precision) -> dict[str, Any]:
    """The `schedule` of a request. Raises BadParameter unless there is exactly one timing."""
    given = [
        {"type": "cron", "cron_expression": cron} if cron is not None else None,
        {"type": "interval", "interval_seconds": every} if every is not None else None,
        {"type": "once", "run_at": _with_seconds(at)} if at is not None else None,
    ]
    timings = [one for one in given if one is not None]
    if len(timings) != 1:
        raise typer.BadParameter("give one timing: a cron expression, --every or --at")
    exact = {"precision": "second"} if precision is Precision.second else {}
    return {**timings[0], "timezone": zone, **exact}


def _with_seconds(at: str) -> str:
    """The time as the API wants it, with its seconds, which people leave out."""
    written = _TO_THE_MINUTE.fullmatch(at)
    return f"{written[1]}:00{written[2] or ''}" if written else at
