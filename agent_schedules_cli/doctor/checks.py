"""The results of `doctor`: one line for each check."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from agent_schedules_cli.aws_errors import aws_message

Status = Literal["ok", "warn", "fail"]


@dataclass(frozen=True)
class Check:
    """The result of one check."""

    name: str
    status: Status
    said: str
    """The result in words and, unless it is ok, what to do."""


def ok(name: str, said: str) -> Check:
    """Return that all is well."""
    return Check(name, "ok", said)


def warn(name: str, said: str) -> Check:
    """Return that it works, but needs a look."""
    return Check(name, "warn", said)


def fail(name: str, said: str) -> Check:
    """Return that it does not work."""
    return Check(name, "fail", said)


def guarded(name: str, look: Callable[[], Iterator[Check]]) -> Iterator[Check]:
    """Yield the results of a look at AWS. An error of AWS is a failed check."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield from look()
    except ClientError as error:
        yield fail(name, f"{aws_message(error)}; does it exist, and may your credentials read it?")
    except BotoCoreError as error:
        yield fail(name, str(error))
