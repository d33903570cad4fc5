"""The root command and the console script."""

from __future__ import annotations

import os
import sys
import traceback

import typer

from agent_schedules_cli.commands import (
    agents,
    as_code,
    fleet,
    imports,
    jobs,
    keys,
    limits,
    maintenance,
    occurrences,
    past_and_coming,
    problems,
    runs,
    schedules,
    tenants,
    webhooks,
)
from agent_schedules_cli.commands.listen import listen
from agent_schedules_cli.commands.mcp import mcp
from agent_schedules_cli.commands.preview import preview
from agent_schedules_cli.doctor.command import doctor
from agent_schedules_cli.errors import BROKEN, CODES, Commands, say
from agent_schedules_cli.session import begin

app = typer.Typer(
    name="agent-schedules",
    cls=Commands,
    no_args_is_help=True,
    epilog=CODES,
    # Help without markup, and tracebacks without local variables, which hold keys.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.callback()(begin)
app.command()(preview)
app.command()(doctor)
app.command("limits")(limits.limits)
app.command()(fleet.upcoming)
app.command()(fleet.summary)
app.command("problems")(problems.problems)
app.add_typer(agents.app, name="agents")
app.add_typer(schedules.app, name="schedules")
schedules.app.command()(past_and_coming.skip)
schedules.app.command()(past_and_coming.unskip)
schedules.app.command()(past_and_coming.backfill)
schedules.app.command()(past_and_coming.stop_backfill)
schedules.app.command()(jobs.bulk)
schedules.app.command()(jobs.pause_all)
schedules.app.command()(jobs.resume_all)
app.add_typer(jobs.app, name="jobs")
app.add_typer(runs.app, name="runs")
app.add_typer(occurrences.app, name="occurrences")
app.add_typer(webhooks.app, name="webhooks")
app.command()(listen)
app.command()(as_code.export)
app.command()(as_code.plan)
app.command()(as_code.apply)
app.command()(mcp)
app.add_typer(imports.app, name="import")
app.add_typer(keys.app, name="keys")
app.add_typer(tenants.app, name="tenants")
app.command("recount")(maintenance.recount)
app.command("reindex")(maintenance.reindex)
app.command("copy-table")(maintenance.copy_table)
app.command("verify-aws")(maintenance.verify_aws)


def main() -> None:
    """Run the console script."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        stream = getattr(sys, name)
        if stream is None:  # closed before the start
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 - until the process ends
        elif mode == "w":
            stream.reconfigure(
                errors="backslashreplace"
            )  # a character that the encoding lacks must not end the command
    # Looking for plugins of pydantic takes as long as a call, and none is wanted.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    try:
        app()
    except Exception:  # the last resort: expected errors were handled in Commands, so this one is a defect
        traceback.print_exc()
        say("This is a defect. Please report the lines above")
        sys.exit(BROKEN)
