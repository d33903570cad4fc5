"""The options `--from` and `--to` of lists."""

from __future__ import annotations

from typing import Annotated

import typer

from agent_schedules_cli.commands.timing_options import with_seconds
from agent_schedules_cli.options import check_time


def _moment(text: str | None) -> str | None:
    return None if text is None else with_seconds(check_time(text))


From = Annotated[
    str | None, typer.Option("--from", help="Not before this time, such as 2026-05-01T20:00Z", callback=_moment)
]
To = Annotated[str | None, typer.Option("--to", help="Before this time", callback=_moment)]


def stretch_query(first: str | None, end: str | None) -> dict[str, str]:
    """Return the query of these options."""
    return {name: text for name, text in (("from", first), ("to", end)) if text is not None}
