"""`doctor`: checks a deployment and prints a line for each check."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agent_schedules_cli.errors import FAILED
from agent_schedules_cli.options import OptionalStack
from agent_schedules_cli.output import Json, print_json, print_line
from agent_schedules_cli.session import LOCAL_URL, Session
from agent_schedules_cli.signals import orderly

if TYPE_CHECKING:
    from agent_schedules_cli.deployment import Deployment
    from agent_schedules_cli.doctor.checks import Check


def doctor(
    ctx: typer.Context,
    stack: OptionalStack = None,
    audit: Annotated[bool, typer.Option("--audit", help="Compare every EventBridge entry with the table, too")] = False,
    repair: Annotated[bool, typer.Option("--repair", help="Correct the differences that the audit finds")] = False,
    fire: Annotated[
        bool,
        typer.Option(
            "--fire",
            help="Create a real schedule, wait 3 to 4 minutes for its run, measure its delay, delete it",
        ),
    ] = False,
    model: Annotated[str | None, typer.Option("--model", help="Model that --fire runs, for a few tokens")] = None,
    as_json: Json = False,
) -> None:
    """Check a deployment. Each line is ok, warn or fail, and says what to do.

    Changes nothing without --repair or --fire, and spends no tokens without --fire. Reads the stack with your AWS
    credentials. Checks the stack's API, or the API at --url, which needs no stack and no credentials. Tries your API
    key if you give one; --fire needs one.
    """
    session: Session = ctx.obj
    if stack is None and session.url is None and not fire:
        raise typer.BadParameter("give --stack, or set AGENT_SCHEDULES_URL to check only an API")
    if (audit and stack is None) or (repair and not audit):
        raise typer.BadParameter("--audit needs a --stack, and --repair needs --audit")
    if fire != (model is not None):
        raise typer.BadParameter("--fire and --model go together")
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
    from agent_schedules_cli.doctor.http_checks import api_checks
    from agent_schedules_cli.doctor.smoke_test import smoke_test

    environment = session.environment
    url = LOCAL_URL
    stack = None
    if name is not None:
        from agent_schedules_cli.deployment import deployment

        stack = deployment(environment.aws, name)
        url = stack.outputs["ApiUrl"]
        yield from _stack_checks(session, stack)
    yield from api_checks(session.api(url, anonymous=session.key is None), with_key=session.key is not None)
    if stack is not None and audit:
        yield from _audited(session, stack, repair=repair)
    if model is not None:
        yield from smoke_test(
            session.api(url),
            model,
            sleep=environment.sleep,
            monotonic=environment.monotonic,
            tell=lambda text: typer.echo(text, err=True),
        )


def _stack_checks(session: Session, stack: Deployment) -> Iterator[Check]:
    """Yield the checks of the stack with AWS, and of its gateway."""
    from agent_schedules_cli.doctor.aws_checks import aws_checks, gateway_key
    from agent_schedules_cli.doctor.checks import Check
    from agent_schedules_cli.doctor.http_checks import gateway_check

    environment = session.environment
    yield from aws_checks(stack, environment.aws)
    key = gateway_key(stack, environment.aws)
    yield key if isinstance(key, Check) else gateway_check(stack.settings.gateway_url, key, environment.transport)


def _audited(session: Session, stack: Deployment, *, repair: bool) -> Iterator[Check]:
    """Yield a check for each difference, and one for the whole."""
    os.environ.setdefault("POWERTOOLS_LOG_LEVEL", "CRITICAL")  # the service's log would be mixed with the checks
    from agent_schedules import bootstrap
    from agent_schedules.errors import AgentSchedulesError
    from agent_schedules.timestamps import floor_seconds

    from agent_schedules_cli.doctor.audit import compared, entries_of, repaired, rows_of, schedules_in
    from agent_schedules_cli.doctor.checks import fail, guarded, ok, warn

    def look() -> Iterator[Check]:
        aws: Any = session.environment.aws
        entries = entries_of(aws("scheduler"), stack.settings.schedule_group)
        schedules = list(schedules_in(rows_of(aws("dynamodb"), stack.settings.table_name)))
        findings = compared(schedules, entries, floor_seconds(session.environment.now()))
        ports = bootstrap.wire(stack.settings).ports if repair else None
        for finding in findings:
            said = f"{finding.kind}: {finding.name}: {finding.detail}"
            if ports is None:
                yield fail("drift", f"{said}; --repair corrects it")
                continue
            try:
                repaired(ports, finding)
                yield warn("drift", f"{said}; repaired")
            except AgentSchedulesError as error:
                yield fail("drift", f"{said}; not repaired: {error.message}")
        active = sum(schedule.state.status == "active" for schedule in schedules)
        yield ok("audit", f"{active} active schedules, {len(entries)} entries, {len(findings)} findings")

    yield from guarded("audit", look)
