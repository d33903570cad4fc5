"""`tenants`: export or erase everything that a tenant, or one of its users, has in a deployment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from agent_schedules_cli.errors import FAILED, Failure
from agent_schedules_cli.options import Stack, Tenant
from agent_schedules_cli.output import Json, print_item, print_json
from agent_schedules_cli.session import Session

if TYPE_CHECKING:
    from agent_schedules_cli.operator.tenant_data import TenantData

app = typer.Typer(
    no_args_is_help=True,
    help="Data of a tenant in a deployment. --on-behalf-of before the command selects one user of the tenant.",
)


@app.command()
def export(ctx: typer.Context, tenant: Tenant, stack: Stack) -> None:
    """Print all data, one line of JSON for each row. API keys are included without their secrets."""
    from agent_schedules_cli.operator.tenant_data import Subject

    session: Session = ctx.obj
    for row in _data_of(session, stack).export(Subject(tenant, session.on_behalf_of)):
        print_json(row, line=True)


@app.command()
def erase(
    ctx: typer.Context,
    tenant: Tenant,
    stack: Stack,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation")] = False,
    as_json: Json = False,
) -> None:
    """Erase all data: rows, EventBridge entries and, of a whole tenant, its API keys. This cannot be undone.

    Ends when a scan of the whole table finds nothing more. Backups keep erased rows for up to 35 days.
    """
    from agent_schedules_cli.operator.tenant_data import EraseIncomplete, Subject

    session: Session = ctx.obj
    subject = Subject(tenant, session.on_behalf_of)
    whose = f"tenant {tenant}" if session.on_behalf_of is None else f"user {session.on_behalf_of} of tenant {tenant}"
    if not yes:
        typer.confirm(f"Erase all data of {whose} in {stack}?", abort=True, err=True)
    try:
        counts = _data_of(session, stack).erase(subject)
    except EraseIncomplete as error:
        raise Failure(str(error), FAILED) from error
    print_item({"erased": dict(sorted(counts.items()))}, as_json=as_json)


def _data_of(session: Session, stack: str) -> TenantData:
    from agent_schedules_cli.deployment import deployment
    from agent_schedules_cli.operator.tenant_data import TenantData

    aws = session.environment.aws
    settings = deployment(aws, stack).settings
    return TenantData(
        aws("dynamodb"),
        aws("scheduler"),
        table=settings.table_name,
        group=settings.schedule_group,
        sleep=session.environment.sleep,
    )
