"""`limits`: the account's limits and their use."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from agent_schedules_cli.options import check_id
from agent_schedules_cli.output import Json, print_item
from agent_schedules_cli.session import service


def limits(
    ctx: typer.Context,
    agent: Annotated[
        str | None,
        typer.Option("--agent", help="Count the schedules of the agent with this id", callback=check_id),
    ] = None,
    as_json: Json = False,
) -> None:
    """Show the account's limits and their use."""
    found = service(ctx).get("/api/v1/limits", **({"agent_id": agent} if agent is not None else {}))
    print_item(found if as_json else {name: in_words(value) for name, value in found.items()}, as_json=as_json)


def in_words(value: Any) -> Any:
    """Return a count and its limit as words; any other value as it is."""
    if not isinstance(value, dict):
        return value
    most = "no limit" if value["limit"] is None else f"at most {value['limit']}"
    return most if value["used"] is None else f"{value['used']}, {most}"
