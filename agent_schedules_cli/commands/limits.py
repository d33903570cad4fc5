"""`limits`: what the account may have, and has."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from agent_schedules_cli.options import an_id
from agent_schedules_cli.output import Json, print_item
from agent_schedules_cli.session import service


def limits(
    ctx: typer.Context,
    agent: Annotated[
        str | None, typer.Option("--agent", help="Count the active schedules of the agent with that id", callback=an_id)
    ] = None,
    as_json: Json = False,
) -> None:
    """Show the limits of the account, and how far they are used."""
    found = service(ctx).get("/api/v1/limits", **({"agent_id": agent} if agent is not None else {}))
    print_item(found if as_json else {name: in_words(value) for name, value in found.items()}, as_json=as_json)


def in_words(value: Any) -> Any:
    """A count with its limit as a person says it."""
    if not isinstance(value, dict):
        return value
    most = "no limit" if value["limit"] is None else f"at most {value['limit']}"
    return most if value["used"] is None else f"{value['used']}, {most}"
