"""All commands."""

from __future__ import annotations

import typer

from agent_schedules_cli import agents, keys, occurrences, runs, schedules, tenants
from agent_schedules_cli.doctor import doctor
from agent_schedules_cli.failures import CODES, Commands
from agent_schedules_cli.preview import preview
from agent_schedules_cli.session import begin

app = typer.Typer(
    name="agent-schedules",
    cls=Commands,
    no_args_is_help=True,
    epilog=CODES,
    # Plain help, and no locals in a traceback: they hold keys.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.callback()(begin)
app.command()(preview)
app.command()(doctor)
app.add_typer(agents.app, name="agents")
app.add_typer(schedules.app, name="schedules")
app.add_typer(runs.app, name="runs")
app.add_typer(occurrences.app, name="occurrences")
app.add_typer(keys.app, name="keys")
app.add_typer(tenants.app, name="tenants")


def main() -> None:
    """The console script."""
    app()
