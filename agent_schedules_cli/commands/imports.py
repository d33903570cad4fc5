"""`import`: the file of `apply` from the schedules of another scheduler, with a report of what differs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agent_schedules_cli.commands.files import read_bytes, report_problems, write_text
from agent_schedules_cli.session import LOCAL_KEY, Session
from agent_schedules_cli.transport import is_loopback

if TYPE_CHECKING:
    from agent_schedules_cli.importers.report import Imported

INCOMPLETE = 3
"""Something in the source is not in the file."""

app = typer.Typer(
    no_args_is_help=True,
    help="Write the file of `apply` from another scheduler's schedules. Exits with 3 if something cannot be said.",
)

Source = Annotated[str, typer.Argument(metavar="<file>", help="File to read; - is standard input", show_default=False)]
Model = Annotated[str, typer.Option("--model", help="Model of the agents that are written")]
ReportFile = Annotated[
    str | None,
    typer.Option("--report", metavar="<path>", help="File for the report, instead of standard error"),
]


@app.command()
def crontab(
    ctx: typer.Context,
    file: Source,
    zone: Annotated[
        str | None, typer.Option("--tz", help="IANA time zone of the crontab's machine; UTC is assumed without it")
    ] = None,
    system: Annotated[
        bool, typer.Option("--system", help="Entries name a user before the command, as in /etc/crontab")
    ] = False,
    agent: Annotated[
        str, typer.Option("--agent", help="Name of the agent that gets the commands; its key is made of it")
    ] = "crontab",
    model: Model = "auto",
    report: ReportFile = None,
) -> None:
    """Translate a crontab. Each command becomes the input of a schedule of one agent."""
    from agent_schedules_cli.importers.crontab import from_crontab
    from agent_schedules_cli.importers.utf8 import text_of_file

    if not agent.strip():
        raise typer.BadParameter("must not be empty", param_hint="--agent")
    _check_zone(zone)

    def translate(data: bytes, now: datetime) -> Imported:
        return from_crontab(text_of_file(data), now=now, timezone=zone, system=system, agent=agent, model=model)

    _import(ctx, file, report, translate)


@app.command()
def eventbridge(ctx: typer.Context, file: Source, model: Model = "auto", report: ReportFile = None) -> None:
    """Translate the JSON of `aws scheduler get-schedule`, one or many. Each group becomes an agent."""
    from agent_schedules_cli.importers.eventbridge import from_eventbridge
    from agent_schedules_cli.importers.json_documents import documents

    _import(ctx, file, report, lambda data, now: from_eventbridge(documents(data), now=now, model=model))


@app.command()
def temporal(ctx: typer.Context, file: Source, model: Model = "auto", report: ReportFile = None) -> None:
    """Translate the JSON of `temporal schedule describe -o json`, one or many. Each workflow type becomes an agent."""
    from agent_schedules_cli.importers.json_documents import documents
    from agent_schedules_cli.importers.temporal import from_temporal

    _import(ctx, file, report, lambda data, now: from_temporal(documents(data), now=now, model=model))


@app.command()
def mka1(
    ctx: typer.Context,
    url: Annotated[str, typer.Option("--from", help="URL of the other server, not of this service")],
    key: Annotated[
        str | None, typer.Option("--from-key", envvar="MKA1_API_KEY", show_default=False, help="Key of that server")
    ] = None,
    report: ReportFile = None,
) -> None:
    """Translate the agents and schedules of another MKA1 server, read through the vendor's SDK (the extra `mka1`)."""
    from agent_schedules_cli.importers.mka1 import from_mka1
    from agent_schedules_cli.importers.mka1_source import SdkSource

    session: Session = ctx.obj
    if key is None and not is_loopback(url):
        raise typer.BadParameter(f"{url} needs a key: set MKA1_API_KEY", param_hint="--from-key")
    source = SdkSource(url, key or LOCAL_KEY, session.on_behalf_of)
    _write(from_mka1(source, now=session.environment.now()), report)


def _check_zone(zone: str | None) -> None:
    """Raise BadParameter unless a zone is known: the report would name it for each entry."""
    from agent_schedules.errors import InvalidRequest
    from agent_schedules.timing.zones import must_be_zone

    try:
        if zone is not None:
            must_be_zone(zone)
    except InvalidRequest as error:
        raise typer.BadParameter(error.message.partition(": ")[2], param_hint="--tz") from error


def _import(
    ctx: typer.Context, file: str, report: str | None, translate: Callable[[bytes, datetime], Imported]
) -> None:
    """Translate a file, print the YAML, and write the report."""
    session: Session = ctx.obj
    with report_problems(file):
        found = translate(read_bytes(file), session.environment.now())
    _write(found, report)


def _write(found: Imported, report: str | None) -> None:
    from agent_schedules_cli.fleet_file.yaml_writer import file_text

    said = found.report.text(found.agents)
    if report is None:
        typer.echo(said, err=True, nl=False)
    else:
        write_text(Path(report), said)
    typer.echo(file_text(found.agents), nl=False)
    if not found.report.complete:
        raise typer.Exit(INCOMPLETE)
