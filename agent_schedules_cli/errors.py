"""How a command fails: one line on standard error, and an exit code that a script can act on."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import typer
from agent_schedules.errors import AgentSchedulesError, InvalidRequest
from typer.core import TyperGroup

from agent_schedules_cli.aws_errors import aws_errors, sentence
from agent_schedules_cli.output import printable

FAILED = 1
"""A check failed, or the thing asked for did not come out well."""
WRONG_USE = 2
"""The command line itself is wrong, or what it needs is not set up: credentials, a region, a package."""
UNANSWERED = 3
"""The service, or AWS, did not answer or has a fault of its own; later it may work."""
REFUSED = 4
"""The service refused the request, an HTTP 4xx; repeating it changes nothing."""
BROKEN = 70
"""The command itself has a defect, or cannot write what it has to say."""

CODES = (
    "Exit codes: 0 done; 1 a check or a run failed; 2 wrong use, or credentials, a region or a package are missing; "
    "3 no answer, a 5xx or an error of AWS; 4 refused with a 4xx; 70 a defect; "
    "130 Ctrl-C; 143 SIGTERM; 129 SIGHUP."
)

AWS_PACKAGES = {"aws_lambda_powertools", "boto3", "botocore", "urllib3"}
"""What the extra `aws` installs, as far as it is imported here."""


class Failure(Exception):
    """What went wrong and what to do, for a person."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


class Commands(TyperGroup):
    """The root of all commands, which turns failures into their line and their exit code."""

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Read the command line; a help text is printed here."""
        with _explained():
            for number, argument in enumerate(args, 1):
                if not _is_text(argument):
                    raise Failure(f"Argument {number} is not UTF-8 text: {argument!a}", WRONG_USE)
            return super().make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was asked for."""
        with _explained():
            return super().invoke(ctx)


@contextmanager
def failing() -> Iterator[None]:
    """Turn what is known to go wrong into a Failure."""
    try:
        yield
    except AgentSchedulesError as error:
        if isinstance(error.__cause__, aws_errors()):
            raise _of_aws(error.__cause__) from error
        code = WRONG_USE if isinstance(error, InvalidRequest) else REFUSED if error.status < 500 else UNANSWERED
        raise Failure(error.message, code) from error
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in AWS_PACKAGES:
            raise
        raise Failure(
            f'This command needs AWS\'s SDK ({error.name} is missing): pip install "agent-schedules[aws]"', WRONG_USE
        ) from error
    except aws_errors() as error:
        raise _of_aws(error) from error


@contextmanager
def _explained() -> Iterator[None]:
    """Say what went wrong, if something does, and end with its code."""
    try:
        with failing():
            yield
            return
    except BrokenPipeError:
        # The reader has what it wanted, as `head` does. What is left to be flushed goes nowhere.
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(0) from None
    except Failure as failure:
        message, code = str(failure), failure.code
    except typer.BadParameter as error:
        error.message = _in_our_words(error)
        raise
    except typer.Abort:
        message, code = "The question was not answered with yes, so nothing was done", WRONG_USE
    except OSError as error:
        message, code = f"The answer cannot be written: {error.strerror or error}", BROKEN
    say(message)
    raise typer.Exit(code)


def say(message: str) -> None:
    """A line on standard error, in characters that no terminal obeys."""
    typer.echo(f"agent-schedules: {printable(' '.join(message.split()))}", err=True)


def _in_our_words(error: typer.BadParameter) -> str:
    """The error of an option or argument: as the API says it where typer found it by pydantic."""
    from agent_schedules.api.validation_errors import problem_of
    from pydantic import ValidationError

    if not isinstance(error.__cause__, ValidationError):
        return error.message
    return problem_of(dict(error.__cause__.errors()[0]))


def _of_aws(error: BaseException) -> Failure:
    said, later = sentence(error)
    return Failure(said, UNANSWERED if later else WRONG_USE)


def _is_text(text: str) -> bool:
    """Whether it was UTF-8: Python keeps a byte that was not as half a character, which nothing can send."""
    return not any("\ud800" <= letter <= "\udfff" for letter in text)
