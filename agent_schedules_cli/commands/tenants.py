"""`tenants`: everything that a tenant, or one of its users, has in a deployment: to hand over, or to erase."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from agent_schedules_cli.errors import FAILED, Failure
from agent_schedules_cli.output import Json, print_item, print_json
from agent_schedules_cli.session import Session

if TYPE_CHECKING:
    from agent_schedules_cli.operator.tenant_data import Erasable

app = typer.Typer(
    no_args_is_help=True,
    help="What a tenant, or with --on-behalf-of before the command one user of it, has in a deployment.",
)

Tenant = Annotated[str, typer.Option("--tenant", help="Whose it is")]
Stack = Annotated[str, typer.Option("--stack", help="The deployed stack, for example agent-schedules-dev")]


@app.command()
def export(ctx: typer.Context, tenant: Tenant, stack: Stack) -> None:
    """Print everything, a line of JSON for each row. API keys are named, but not what opens anything."""
    from agent_schedules_cli.operator.tenant_data import Subject

    session: Session = ctx.obj
    for row in _of(session, stack).exported(Subject(tenant, session.on_behalf_of)):
        print_json(row, line=True)


@app.command()
def erase(
    ctx: typer.Context,
    tenant: Tenant,
    stack: Stack,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask")] = False,
    as_json: Json = False,
) -> None:
    """Erase everything: rows, entries in EventBridge and, of a whole tenant, its API keys. It cannot be undone.

    It ends when a look at the whole table finds nothing more. Backups keep what they have for up to 35 days.
    """
    from agent_schedules_cli.operator.tenant_data import NotErased, Subject

    session: Session = ctx.obj
    subject = Subject(tenant, session.on_behalf_of)
    whose = f"tenant {tenant}" if session.on_behalf_of is None else f"user {session.on_behalf_of} of tenant {tenant}"
    if not yes:
        typer.confirm(f"Erase all that {whose} has in {stack}?", abort=True, err=True)
    try:
        counts = _of(session, stack).erased(subject)
    except NotErased as error:
        raise Failure(str(error), FAILED) from error
    print_item({"erased": dict(sorted(counts.items()))}, as_json=as_json)


def _of(session: Session, name: str) -> Erasable:
    from agent_schedules_cli.deployment import deployment
    from agent_schedules_cli.operator.tenant_data import Erasable

    aws = session.outside.aws
    settings = deployment(aws, name).settings
    return Erasable(
        aws("dynamodb"),
        aws("scheduler"),
        table=settings.table_name,
        group=settings.schedule_group,
        sleep=session.outside.sleep,
    )
