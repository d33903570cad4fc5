"""`keys`: the API keys of a deployment or of the local stack."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from agent_schedules_cli.api_client import ApiClient, Page
from agent_schedules_cli.options import DisplayName, OptionalStack, OptionalTable, Tenant, check_id
from agent_schedules_cli.output import Json, print_item, print_json, print_list
from agent_schedules_cli.session import LOCAL_KEY, LOCAL_URL, Session
from agent_schedules_cli.transport import is_loopback

if TYPE_CHECKING:
    from agent_schedules_cli.operator.key_backends import KeyBackend

app = typer.Typer(
    no_args_is_help=True,
    help="API keys: of a deployment with --stack or --table and your AWS credentials, else of the local stack.",
)

COLUMNS = {
    "id": "id", "name": "name", "scope": "scope", "created": "created_at", "expires": "expires_at",
    "revoked": "revoked_at", "last used": "last_used_at",
}  # fmt: skip


class Scope(StrEnum):
    """The permissions of a key; each scope includes those before it."""

    read = "read"
    write = "write"
    admin = "admin"


@app.command()
def create(
    ctx: typer.Context,
    tenant: Tenant,
    scope: Annotated[
        Scope, typer.Option("--scope", help="Read; read and write; or also act on behalf of the tenant's users")
    ] = Scope.write,
    name: DisplayName = None,
    days: Annotated[
        int | None, typer.Option("--days", min=1, max=36_500, help="Days until the key expires; never by default")
    ] = None,
    stack: OptionalStack = None,
    table: OptionalTable = None,
    as_json: Json = False,
) -> None:
    """Create a key and print it. It cannot be shown again."""
    session: Session = ctx.obj
    expires_at = session.environment.now() + timedelta(days=days) if days is not None else None
    created = backend_of(session, stack, table).create(tenant, scope.value, name, expires_at)
    if as_json:
        print_json(created)
        return
    until = f", valid until {created['expires_at']}" if created["expires_at"] else ""
    typer.echo(f"{created['id']}, scope {created['scope']}, tenant {created['tenant']}{until}", err=True)
    typer.echo(created["key"])


@app.command("list")
def list_keys(
    ctx: typer.Context, tenant: Tenant, stack: OptionalStack = None, table: OptionalTable = None, as_json: Json = False
) -> None:
    """List a tenant's keys, oldest first. Expired and revoked keys stay listed for some time."""
    session: Session = ctx.obj
    keys = Page(backend_of(session, stack, table).list_keys(tenant), has_more=False)
    print_list(keys, COLUMNS, as_json=as_json)


@app.command()
def revoke(
    ctx: typer.Context,
    key_id: Annotated[str, typer.Argument(help="Id of the key", show_default=False, callback=check_id)],
    tenant: Tenant,
    stack: OptionalStack = None,
    table: OptionalTable = None,
    as_json: Json = False,
) -> None:
    """Revoke a key. The functions may accept it for up to another minute."""
    session: Session = ctx.obj
    print_item(backend_of(session, stack, table).revoke(tenant, key_id), as_json=as_json)


def backend_of(session: Session, stack: str | None, table: str | None) -> KeyBackend:
    """Return the backend that the options name. Raises BadParameter, or Failure if the stack does not exist."""
    if stack is not None and table is not None:
        raise typer.BadParameter("give either --stack or --table")
    if stack is not None:
        from agent_schedules_cli.deployment import deployment

        table = deployment(session.environment.aws, stack).outputs["TableName"]
    if table is not None:
        from agent_schedules_cli.operator.table_keys import TableKeys

        return TableKeys(session.environment, table)
    from agent_schedules_cli.operator.key_backends import LocalKeys

    url = session.url or LOCAL_URL
    if not is_loopback(url):
        raise typer.BadParameter(f"the keys of {url} are in its table: name it by --stack or --table")
    return LocalKeys(ApiClient(url, LOCAL_KEY, transport=session.environment.transport))
