"""`keys`: who may call a deployment, or the local stack."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from agent_schedules_cli.api_client import Api, Listed
from agent_schedules_cli.options import an_id
from agent_schedules_cli.output import Json, print_item, print_json, print_list
from agent_schedules_cli.session import LOCAL_KEY, LOCAL_URL, Session
from agent_schedules_cli.transport import is_loopback

if TYPE_CHECKING:
    from agent_schedules_cli.operator.key_backends import Keys

app = typer.Typer(
    no_args_is_help=True,
    help="The API keys of a deployment. With --stack or --table and your AWS credentials, else of the local stack.",
)

COLUMNS = {
    "id": "id", "name": "name", "scope": "scope", "made": "created_at", "expires": "expires_at",
    "revoked": "revoked_at", "last used": "last_used_at",
}  # fmt: skip


class Scope(StrEnum):
    """What a key allows; each allows what those before it do."""

    read = "read"
    write = "write"
    admin = "admin"


Tenant = Annotated[str, typer.Option("--tenant", help="Whom the keys belong to")]
Stack = Annotated[str | None, typer.Option("--stack", help="The deployed stack, for example agent-schedules-dev")]
Table = Annotated[str | None, typer.Option("--table", help="Its table instead, the stack's output TableName")]


@app.command()
def create(
    ctx: typer.Context,
    tenant: Tenant,
    scope: Annotated[
        Scope, typer.Option("--scope", help="To look, to change too, or to act for the tenant's users as well")
    ] = Scope.write,
    name: Annotated[str | None, typer.Option("--name", help="What it is for")] = None,
    days: Annotated[int | None, typer.Option("--days", min=1, max=36_500, help="How long it is valid")] = None,
    stack: Stack = None,
    table: Table = None,
    as_json: Json = False,
) -> None:
    """Make a key and print it. It is shown this once."""
    session: Session = ctx.obj
    expires_at = session.outside.now() + timedelta(days=days) if days is not None else None
    made = keys_of(session, stack, table).create(tenant, scope.value, name, expires_at)
    if as_json:
        print_json(made)
        return
    until = f", valid until {made['expires_at']}" if made["expires_at"] else ""
    typer.echo(f"{made['id']}, scope {made['scope']}, tenant {made['tenant']}{until}", err=True)
    typer.echo(made["key"])


@app.command("list")
def list_keys(
    ctx: typer.Context, tenant: Tenant, stack: Stack = None, table: Table = None, as_json: Json = False
) -> None:
    """List a tenant's keys, oldest first. Those that are over stay on the list for some time."""
    session: Session = ctx.obj
    found = Listed(keys_of(session, stack, table).listed(tenant), has_more=False)
    print_list(found, COLUMNS, as_json=as_json)


@app.command()
def revoke(
    ctx: typer.Context,
    key_id: Annotated[str, typer.Argument(help="The key's id, as it is listed", show_default=False, callback=an_id)],
    tenant: Tenant,
    stack: Stack = None,
    table: Table = None,
    as_json: Json = False,
) -> None:
    """Revoke a key. The functions know it for up to a minute more."""
    session: Session = ctx.obj
    print_item(keys_of(session, stack, table).revoke(tenant, key_id), as_json=as_json)


def keys_of(session: Session, stack: str | None, table: str | None) -> Keys:
    """The keys that are meant. Raises BadParameter, or Failure where the stack cannot be found."""
    if stack is not None and table is not None:
        raise typer.BadParameter("give one of --stack and --table")
    if stack is not None:
        from agent_schedules_cli.deployment import deployment

        table = deployment(session.outside.aws, stack).outputs["TableName"]
    if table is not None:
        from agent_schedules_cli.operator.table_keys import TableKeys

        return TableKeys(session.outside, table)
    from agent_schedules_cli.operator.key_backends import LocalKeys

    url = session.url or LOCAL_URL
    if not is_loopback(url):
        raise typer.BadParameter(f"the keys of {url} are in its table: name it by --stack or --table")
    return LocalKeys(Api(url, LOCAL_KEY, transport=session.outside.transport))
