"""`agents`: as much of them as schedules need."""

from __future__ import annotations

from typing import Annotated

import typer

from agent_schedules_cli.api import at
from agent_schedules_cli.arguments import AgentId, Limit
from agent_schedules_cli.output import Json, print_item, print_items
from agent_schedules_cli.session import service

app = typer.Typer(no_args_is_help=True, help="The saved agents that schedules run.")

COLUMNS = {"id": "id", "name": "name", "model": "model", "version": "version", "updated": "updated_at"}


@app.command("list")
def list_agents(ctx: typer.Context, limit: Limit = 20, as_json: Json = False) -> None:
    """List agents, the newest first."""
    with service(ctx) as api:
        print_items(api.listed(at(), limit), COLUMNS, as_json=as_json)


@app.command()
def get(ctx: typer.Context, agent_id: AgentId, as_json: Json = False) -> None:
    """Show one agent."""
    with service(ctx) as api:
        print_item(api.get(at(agent_id)), as_json=as_json)


@app.command()
def create(
    ctx: typer.Context,
    name: Annotated[str, typer.Option("--name", help="What people call it")],
    model: Annotated[str, typer.Option("--model", help="A model of the gateway; the local stack's is `echo`")],
    instructions: Annotated[str | None, typer.Option("--instructions", help="What the model is told")] = None,
    as_json: Json = False,
) -> None:
    """Save an agent."""
    body = {"name": name, "model": model} | ({"instructions": instructions} if instructions is not None else {})
    with service(ctx) as api:
        print_item(api.post(at(), body), as_json=as_json)


@app.command()
def delete(ctx: typer.Context, agent_id: AgentId, as_json: Json = False) -> None:
    """Delete an agent and pause its schedules. The API can restore it for some time."""
    with service(ctx) as api:
        print_item(api.delete(at(agent_id)), as_json=as_json)
