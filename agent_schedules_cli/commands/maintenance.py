"""`recount`, `reindex`, `copy-table`, `verify-aws`: an operator's commands for a deployment's table and account."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from agent_schedules_cli.errors import FAILED
from agent_schedules_cli.options import OptionalStack, OptionalTable
from agent_schedules_cli.output import print_json
from agent_schedules_cli.session import Session
from agent_schedules_cli.signals import orderly


def recount(
    ctx: typer.Context,
    stack: OptionalStack = None,
    table: OptionalTable = None,
    repair: Annotated[bool, typer.Option("--repair", help="Correct the counters that are wrong")] = False,
) -> None:
    """Compare the counters behind the limits with the table's rows.

    Prints one line of JSON for each difference and exits with 1 if one stays. Reads the whole table twice.
    """
    from agent_schedules_cli.operator.recount import recounted

    dynamodb, name = _table(ctx, stack, table)
    stays = False
    for finding in recounted(dynamodb, name, repair=repair):
        print_json(finding, line=True)
        stays = stays or not finding["repaired"]
    if stays:
        raise typer.Exit(FAILED)


def reindex(ctx: typer.Context, stack: OptionalStack = None, table: OptionalTable = None) -> None:
    """Put schedules, runs and records of older releases into the lists over all agents.

    Needed once, after the upgrade that brings these lists. Can be repeated, and run while the service works. Reads the
    whole table once, and writes the rows that are in no list yet.
    """
    from agent_schedules_cli.operator.reindex import reindexed

    done = reindexed(*_table(ctx, stack, table))
    typer.echo(f"{done.listed} rows were put into the lists")
    if done.changed:
        typer.echo(f"{done.changed} rows changed meanwhile; run reindex again", err=True)
        raise typer.Exit(FAILED)


def _table(ctx: typer.Context, stack: str | None, table: str | None) -> tuple[Any, str]:
    """Return a client of DynamoDB, and the name of the table that the options mean."""
    from agent_schedules_cli.deployment import deployment

    if (stack is None) == (table is None):
        raise typer.BadParameter("give either --stack or --table")
    session: Session = ctx.obj
    aws = session.environment.aws
    return aws("dynamodb"), table or deployment(aws, stack or "").outputs["TableName"]


def copy_table(
    ctx: typer.Context,
    source: Annotated[str, typer.Option("--from", help="The restored table")],
    target: Annotated[str, typer.Option("--to", help="The new stack's output TableName")],
) -> None:
    """Copy a restored table into the table of a new stack, which must be empty."""
    from agent_schedules_cli.operator.copy_table import copied

    session: Session = ctx.obj
    count = copied(session.environment.aws("dynamodb"), source, target)
    typer.echo(f"{count} rows copied. Next: agent-schedules doctor --stack <the new stack> --audit --repair")


def verify_aws(ctx: typer.Context) -> None:
    """Measure in your AWS account what EventBridge's documentation leaves open.

    Creates a schedule group, two queues and a role, watches them for six minutes and removes them again, also when it
    is interrupted. Costs less than a cent.
    """
    from agent_schedules_cli.operator.verify_aws import Account, verify

    session: Session = ctx.obj
    environment = session.environment
    with orderly():
        verify(
            Account(environment.aws, sleep=environment.sleep, now=environment.now),
            tell=lambda question, answer: typer.echo(f"{question}\n    {answer}"),
        )
