"""How a command fails: one line on standard error, and an exit code for scripts."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import typer
from agent_schedules.errors import AgentSchedulesError, InvalidRequest
from typer.core import TyperGroup

from agent_schedules_cli.aws_errors import advice, aws_errors
from agent_schedules_cli.output import printable

FAILED = 1
"""A check or a run failed."""
WRONG_USE = 2
"""The command line is wrong, or credentials, a region or a package are missing."""
UNANSWERED = 3
"""The service or AWS did not answer, or failed itself; it may work later."""
REFUSED = 4
"""The service refused the request with a 4xx; repeating it changes nothing."""
BROKEN = 70
"""The command has a defect, or cannot write its output."""

CODES = (
    "Exit codes: 0 success; 1 a check or a run failed; 2 wrong usage, or credentials, a region or a package are "
    "missing; 3 no answer, a 5xx or an error of AWS; 4 refused with a 4xx; 70 a defect; "
    "130 Ctrl-C; 143 SIGTERM; 129 SIGHUP."
)

EXTRAS = {
    "aws_lambda_powertools": "aws", "boto3": "aws", "botocore": "aws", "urllib3": "aws",
    "mcp": "mcp", "meetkai_mka1": "mka1",
}  # fmt: skip
"""The packages that an extra brings, and that extra."""


class Failure(Exception):
    """An expected failure: the message says what went wrong and what to do."""

    def __init__(self, message: str, code: int, *, transient: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.transient = transient or code == UNANSWERED
        """Whether the same call may succeed later."""


class Commands(TyperGroup):
    """The root of all commands. Turns failures into a line and an exit code."""

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Parse the command line; a help text is printed here."""
        with _reported():
            for number, argument in enumerate(args, 1):
                if not _is_utf8(argument):
                    raise Failure(f"Argument {number} is not UTF-8 text: {argument!a}", WRONG_USE)
            return super().make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        with _reported():
            return super().invoke(ctx)


@contextmanager
def as_failures() -> Iterator[None]:
    """Turn the expected exceptions of the core, of botocore and of a missing package into a Failure."""
    try:
        yield
    except AgentSchedulesError as error:
        if isinstance(error.__cause__, aws_errors()):
            raise _of_aws(error.__cause__) from error
        code = WRONG_USE if isinstance(error, InvalidRequest) else REFUSED if error.status < 500 else UNANSWERED
        raise Failure(error.message, code) from error
    except ModuleNotFoundError as error:
        extra = EXTRAS.get((error.name or "").partition(".")[0])
        if extra is None:
            raise
        raise Failure(
            f'This command needs more packages ({error.name} is missing): pip install "agent-schedules[{extra}]"',
            WRONG_USE,
        ) from error
    except aws_errors() as error:
        raise _of_aws(error) from error


@contextmanager
def _reported() -> Iterator[None]:
    """Print an expected failure and exit with its code."""
    try:
        with as_failures():
            yield
            return
    except BrokenPipeError:
        # The reader has read enough, as `head` does. Send to nowhere what is still to be flushed.
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(0) from None
    except Failure as failure:
        message, code = str(failure), failure.code
    except typer.BadParameter as error:
        error.message = _as_the_api_says(error)
        raise
    except typer.Abort:
        message, code = "Not confirmed with yes, so nothing was done", WRONG_USE
    except OSError as error:
        message, code = f"The output cannot be written: {error.strerror or error}", BROKEN
    say(message)
    raise typer.Exit(code)


def say(message: str) -> None:
    """Print a line on standard error, without control characters."""
    typer.echo(f"agent-schedules: {printable(' '.join(message.split()))}", err=True)


def _as_the_api_says(error: typer.BadParameter) -> str:
    """Return the message of an option or argument, in the API's words if pydantic found the error."""
    from agent_schedules.api.validation_errors import problem_of
    from pydantic import ValidationError

    if not isinstance(error.__cause__, ValidationError):
        return error.message
    return problem_of(dict(error.__cause__.errors()[0]))


def _of_aws(error: BaseException) -> Failure:
    message, transient = advice(error)
    return Failure(message, UNANSWERED if transient else WRONG_USE)


def _is_utf8(text: str) -> bool:
    """Return whether an argument was UTF-8: Python decodes any other byte to a lone surrogate, which cannot be sent."""
    return not any("\ud800" <= letter <= "\udfff" for letter in text)
