"""`agents`: as much of them as schedules need."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from agent_schedules_cli.api_client import at
from agent_schedules_cli.options import AgentId, All, Limit, how_many
from agent_schedules_cli.output import Json, print_item, print_list
from agent_schedules_cli.session import service

app = typer.Typer(no_args_is_help=True, help="The saved agents that schedules run.")

COLUMNS = {"id": "id", "name": "name", "model": "model", "version": "version", "updated": "updated_at"}
VERSIONS = {
    "version": "version", "current": "is_current", "name": "name", "model": "model", "made": "created_at",
    "rolled back to": "restored_from_version",
}  # fmt: skip

Instructions = Annotated[str | None, typer.Option("--instructions", help="What the model is told")]


@app.command("list")
def list_agents(
    ctx: typer.Context,
    limit: Limit = None,
    everything: All = False,
    deleted: Annotated[bool, typer.Option("--deleted", help="Only deleted ones, which `restore` brings back")] = False,
    as_json: Json = False,
) -> None:
    """List agents, the newest first."""
    query = {"deleted": "true"} if deleted else {}
    print_list(service(ctx).listed(at(), how_many(limit, everything), **query), COLUMNS, as_json=as_json)


@app.command()
def get(ctx: typer.Context, agent_id: AgentId, as_json: Json = False) -> None:
    """Show one agent."""
    print_item(service(ctx).get(at(agent_id)), as_json=as_json)


@app.command()
def create(
    ctx: typer.Context,
    name: Annotated[str, typer.Option("--name", help="What people call it")],
    model: Annotated[str, typer.Option("--model", help="A model of the gateway; the local stack's is `echo`")],
    instructions: Instructions = None,
    as_json: Json = False,
) -> None:
    """Save an agent."""
    print_item(service(ctx).post(at(), _body(name, model, instructions)), as_json=as_json)


@app.command()
def update(
    ctx: typer.Context,
    agent_id: AgentId,
    name: Annotated[str | None, typer.Option("--name", help="What people call it")] = None,
    model: Annotated[str | None, typer.Option("--model", help="A model of the gateway")] = None,
    instructions: Instructions = None,
    as_json: Json = False,
) -> None:
    """Change an agent. What is left out stays as it is; the change becomes its next version."""
    body = _body(name, model, instructions)
    if not body:
        raise typer.BadParameter("give at least one of --name, --model and --instructions")
    print_item(service(ctx).post(at(agent_id), body), as_json=as_json)


@app.command()
def delete(ctx: typer.Context, agent_id: AgentId, as_json: Json = False) -> None:
    """Delete an agent and pause its schedules. `restore` brings it back for some time."""
    print_item(service(ctx).delete(at(agent_id)), as_json=as_json)


@app.command()
def restore(ctx: typer.Context, agent_id: AgentId, as_json: Json = False) -> None:
    """Bring a deleted agent back. Its schedules stay paused."""
    print_item(service(ctx).post(at(agent_id, "restore")), as_json=as_json)


@app.command()
def versions(
    ctx: typer.Context, agent_id: AgentId, limit: Limit = None, everything: All = False, as_json: Json = False
) -> None:
    """List an agent's versions, the newest first."""
    found = service(ctx).listed(at(agent_id, "versions"), how_many(limit, everything))
    print_list(found, VERSIONS, as_json=as_json)


@app.command()
def rollback(
    ctx: typer.Context,
    agent_id: AgentId,
    version: Annotated[int, typer.Argument(help="The version's number", min=1, show_default=False)],
    as_json: Json = False,
) -> None:
    """Make an older version the current one, as a new version."""
    print_item(service(ctx).post(at(agent_id, "versions", str(version), "rollback")), as_json=as_json)


def _body(name: str | None, model: str | None, instructions: str | None) -> dict[str, Any]:
    """The fields that were given."""
    fields = {"name": name, "model": model, "instructions": instructions}
    return {field: value for field, value in fields.items() if value is not None}
