"""`agents`: the fields of agents that schedules need."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from agent_schedules_cli.api_client import agents_path
from agent_schedules_cli.options import AgentId, All, DisplayName, Limit, OwnKey, limit_of
from agent_schedules_cli.output import Json, print_item, print_list
from agent_schedules_cli.session import service

app = typer.Typer(no_args_is_help=True, help="Saved agents, which schedules run.")

COLUMNS = {"id": "id", "name": "name", "model": "model", "version": "version", "updated": "updated_at"}
VERSION_COLUMNS = {
    "version": "version", "current": "is_current", "name": "name", "model": "model", "created": "created_at",
    "rolled back to": "restored_from_version",
}  # fmt: skip

Instructions = Annotated[str | None, typer.Option("--instructions", help="Instructions for the model")]


@app.command("list")
def list_agents(
    ctx: typer.Context,
    limit: Limit = None,
    everything: All = False,
    deleted: Annotated[
        bool, typer.Option("--deleted", help="Only deleted agents, which `restore` brings back")
    ] = False,
    as_json: Json = False,
) -> None:
    """List agents, newest first."""
    query = {"deleted": "true"} if deleted else {}
    print_list(service(ctx).list_items(agents_path(), limit_of(limit, everything), **query), COLUMNS, as_json=as_json)


@app.command()
def get(ctx: typer.Context, agent_id: AgentId, as_json: Json = False) -> None:
    """Show one agent."""
    print_item(service(ctx).get(agents_path(agent_id)), as_json=as_json)


@app.command()
def create(
    ctx: typer.Context,
    name: Annotated[str, typer.Option("--name", help="Display name")],
    model: Annotated[str, typer.Option("--model", help="Model of the gateway; the local stack has `echo`")],
    instructions: Instructions = None,
    key: OwnKey = None,
    as_json: Json = False,
) -> None:
    """Create an agent."""
    named = {"key": key} if key is not None else {}
    print_item(service(ctx).post(agents_path(), _body(name, model, instructions) | named), as_json=as_json)


@app.command()
def update(
    ctx: typer.Context,
    agent_id: AgentId,
    name: DisplayName = None,
    model: Annotated[str | None, typer.Option("--model", help="Model of the gateway")] = None,
    instructions: Instructions = None,
    as_json: Json = False,
) -> None:
    """Change an agent. Fields without an option stay as they are. The change becomes the next version."""
    body = _body(name, model, instructions)
    if not body:
        raise typer.BadParameter("give at least one of --name, --model and --instructions")
    print_item(service(ctx).post(agents_path(agent_id), body), as_json=as_json)


@app.command()
def delete(ctx: typer.Context, agent_id: AgentId, as_json: Json = False) -> None:
    """Delete an agent and pause its schedules. `restore` undoes it until the retention ends."""
    print_item(service(ctx).delete(agents_path(agent_id)), as_json=as_json)


@app.command()
def restore(ctx: typer.Context, agent_id: AgentId, as_json: Json = False) -> None:
    """Restore a deleted agent. Its schedules stay paused."""
    print_item(service(ctx).post(agents_path(agent_id, "restore")), as_json=as_json)


@app.command()
def versions(
    ctx: typer.Context, agent_id: AgentId, limit: Limit = None, everything: All = False, as_json: Json = False
) -> None:
    """List an agent's versions, newest first."""
    page = service(ctx).list_items(agents_path(agent_id, "versions"), limit_of(limit, everything))
    print_list(page, VERSION_COLUMNS, as_json=as_json)


@app.command()
def rollback(
    ctx: typer.Context,
    agent_id: AgentId,
    version: Annotated[int, typer.Argument(help="Number of the version", min=1, show_default=False)],
    as_json: Json = False,
) -> None:
    """Copy an older version to a new one, which becomes the current version."""
    print_item(service(ctx).post(agents_path(agent_id, "versions", str(version), "rollback")), as_json=as_json)


def _body(name: str | None, model: str | None, instructions: str | None) -> dict[str, Any]:
    """Return the fields that were given."""
    fields = {"name": name, "model": model, "instructions": instructions}
    return {field: value for field, value in fields.items() if value is not None}
