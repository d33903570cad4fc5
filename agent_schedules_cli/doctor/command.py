"""`doctor`: whether a deployment works, a line for each thing that is looked at."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agent_schedules_cli.errors import FAILED
from agent_schedules_cli.output import Json, print_json, print_line
from agent_schedules_cli.session import LOCAL_URL, Session
from agent_schedules_cli.signals import orderly

if TYPE_CHECKING:
    from agent_schedules_cli.deployment import Deployment
    from agent_schedules_cli.doctor.checks import Check

Stack = Annotated[str | None, typer.Option("--stack", help="The stack's name, for example agent-schedules-dev")]


def doctor(
    ctx: typer.Context,
    stack: Stack = None,
    audit: Annotated[
        bool, typer.Option("--audit", help="Hold every EventBridge entry against the whole table, too")
    ] = False,
    repair: Annotated[bool, typer.Option("--repair", help="Bring what the audit finds in line with the table")] = False,
    fire: Annotated[
        bool,
        typer.Option(
            "--fire",
            help="Create a real schedule, wait three to four minutes for its run, measure its lateness, delete it",
        ),
    ] = False,
    model: Annotated[str | None, typer.Option("--model", help="What --fire runs; it spends a few tokens")] = None,
    as_json: Json = False,
) -> None:
    """Check a deployment. Each line is ok, warn or fail and says what to do.

    It only reads, unless it is told to --repair or to --fire, and spends no tokens unless it is told to --fire. Your
    AWS credentials are used for the stack. The API is the stack's unless --url names another; your key is tried if it
    is given, and --fire needs one.
    """
    if stack is None and not fire:
        raise typer.BadParameter("name a --stack, or --fire at a URL")
    if (audit and stack is None) or (repair and not audit):
        raise typer.BadParameter("--audit needs a --stack, and --repair needs --audit")
    if fire != (model is not None):
        raise typer.BadParameter("--fire and --model go together")
    session: Session = ctx.obj
    found: list[Check] = []
    with orderly(), closing(_checks(session, stack, audit=audit, repair=repair, model=model)) as checks:
        for check in checks:
            found.append(check)
            if not as_json:
                print_line([f"{check.status:<4}", f"{check.name:<14}", check.said])
    failed = any(check.status == "fail" for check in found)
    if as_json:
        print_json({"object": "doctor", "ok": not failed, "checks": [asdict(check) for check in found]})
    if failed:
        raise typer.Exit(FAILED)


def _checks(
    session: Session, name: str | None, *, audit: bool, repair: bool, model: str | None
) -> Generator[Check, None, None]:
    from agent_schedules_cli.deployment import deployment
    from agent_schedules_cli.doctor.aws_checks import aws_checks, gateway_key
    from agent_schedules_cli.doctor.checks import Check
    from agent_schedules_cli.doctor.http_checks import api_checks, gateway_check
    from agent_schedules_cli.doctor.smoke_test import fired

    outside = session.outside
    url = LOCAL_URL
    if name is not None:
        stack = deployment(outside.aws, name)
        url = stack.outputs["ApiUrl"]
        yield from aws_checks(stack, outside.aws)
        key = gateway_key(stack, outside.aws)
        yield key if isinstance(key, Check) else gateway_check(stack.settings.gateway_url, key, outside.transport)
        yield from api_checks(session.api(url, anonymous=session.key is None), with_key=session.key is not None)
        if audit:
            yield from _audited(session, stack, repair=repair)
    if model is not None:
        yield from fired(
            session.api(url),
            model,
            sleep=outside.sleep,
            monotonic=outside.monotonic,
            tell=lambda text: typer.echo(text, err=True),
        )


def _audited(session: Session, stack: Deployment, *, repair: bool) -> Iterator[Check]:
    """A line for each finding, and one for the whole."""
    os.environ.setdefault("POWERTOOLS_LOG_LEVEL", "CRITICAL")  # the service's own lines would be among ours
    from agent_schedules import bootstrap
    from agent_schedules.errors import AgentSchedulesError
    from agent_schedules.timestamps import floor_seconds

    from agent_schedules_cli.doctor.audit import compared, entries_of, repaired, rows_of, schedules_in
    from agent_schedules_cli.doctor.checks import fail, guarded, ok, warn

    def look() -> Iterator[Check]:
        aws: Any = session.outside.aws
        entries = entries_of(aws("scheduler"), stack.settings.schedule_group)
        schedules = list(schedules_in(rows_of(aws("dynamodb"), stack.settings.table_name)))
        findings = compared(schedules, entries, floor_seconds(session.outside.now()))
        ports = bootstrap.wire(stack.settings).ports if repair else None
        for finding in findings:
            said = f"{finding.kind}: {finding.name}: {finding.detail}"
            if ports is None:
                yield fail("drift", f"{said}; --repair brings it in line")
                continue
            try:
                repaired(ports, finding)
                yield warn("drift", f"{said}; repaired")
            except AgentSchedulesError as error:
                yield fail("drift", f"{said}; not repaired: {error.message}")
        active = sum(schedule.state.status == "active" for schedule in schedules)
        yield ok("audit", f"{active} active schedules, {len(entries)} entries, {len(findings)} findings")

    yield from guarded("audit", look)
