"""The options of a timing: `--cron`, `--every` or `--at`, with `--tz` and `--precision`."""

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


_TZ = typer.Option("--tz", help="IANA time zone, such as Europe/Lisbon")
_PRECISION = typer.Option("--precision", help="Whether runs start within their minute, or within about a second")

CRON_HELP = 'Cron expression, such as "30 9 * * 1-5" or "0 18 LW * *"'
CronText = Annotated[str | None, typer.Option("--cron", help=CRON_HELP)]
Every = Annotated[int | None, typer.Option("--every", help="Interval in seconds")]
At = Annotated[
    str | None,
    typer.Option("--at", help="Once, at a time such as 2026-05-01T09:00 in the zone of --tz, or 2026-05-01T09:00Z"),
]
Zone = Annotated[str, _TZ]
NewZone = Annotated[str | None, _TZ]
PrecisionChoice = Annotated[Precision, _PRECISION]
NewPrecision = Annotated[Precision | None, _PRECISION]


def timing(cron: str | None, every: int | None, at: str | None, zone: str, precision: Precision) -> dict[str, Any]:
    """Return the `schedule` of a request. Raises BadParameter unless exactly one timing is given."""
    given = [
        {"type": "cron", "cron_expression": cron} if cron is not None else None,
        {"type": "interval", "interval_seconds": every} if every is not None else None,
        {"type": "once", "run_at": with_seconds(at)} if at is not None else None,
    ]
    timings = [one for one in given if one is not None]
    if len(timings) != 1:
        raise typer.BadParameter("give one timing: a cron expression, --every or --at")
    return {**timings[0], "timezone": zone, **precision_field(precision)}


def precision_field(precision: Precision) -> dict[str, str]:
    """Return the `precision` of a request, which is left out if it is the default."""
    return {"precision": "second"} if precision is Precision.second else {}


def with_seconds(at: str) -> str:
    """Return the time with its seconds, which the API requires and people omit."""
    written = _TO_THE_MINUTE.fullmatch(at)
    return f"{written[1]}:00{written[2] or ''}" if written else at


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
