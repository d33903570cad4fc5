"""How a command fails: one line on standard error, and an exit code that a script can act on."""

from __future__ import annotations

from typing import Any

import typer
from agent_schedules.errors import AgentSchedulesError, InvalidRequest
from typer.core import TyperGroup

from agent_schedules_cli.output import printable

FAILED = 1
"""A check failed, or the thing asked for did not come out well."""
WRONG_USE = 2
"""The command line itself is wrong."""
UNANSWERED = 3
"""The service, or AWS, did not answer or has a fault of its own; later it may work."""
REFUSED = 4
"""The service refused the request, an HTTP 4xx; repeating it changes nothing."""

CODES = (
    "Exit codes: 0 done; 1 a check or a run failed; 2 wrong use; 3 no answer, a 5xx or an error of AWS; "
    "4 refused with a 4xx."
)


class Failure(Exception):
    """What went wrong and what to do, for a person."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


class Commands(TyperGroup):
    """The root of all commands, which turns failures into their line and their exit code."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was asked for."""
        try:
            return super().invoke(ctx)
        except Failure as failure:
            message, code = str(failure), failure.code
        except AgentSchedulesError as error:
            message, code = error.message, REFUSED if error.status < 500 else UNANSWERED
            code = WRONG_USE if isinstance(error, InvalidRequest) else code
        typer.echo(f"agent-schedules: {printable(' '.join(message.split()))}", err=True)
        raise typer.Exit(code)
