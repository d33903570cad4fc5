"""What `doctor` finds: one line for each thing that it looks at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from botocore.exceptions import BotoCoreError, ClientError

from agent_schedules_cli.aws_errors import aws_message

Status = Literal["ok", "warn", "fail"]


@dataclass(frozen=True)
class Check:
    """One thing that was looked at."""

    name: str
    status: Status
    said: str
    """What was found and, unless it is well, what to do."""


def ok(name: str, said: str) -> Check:
    """It is as it should be."""
    return Check(name, "ok", said)


def warn(name: str, said: str) -> Check:
    """It works, but somebody should look."""
    return Check(name, "warn", said)


def fail(name: str, said: str) -> Check:
    """It does not work."""
    return Check(name, "fail", said)


def guarded(name: str, look: Callable[[], Iterator[Check]]) -> Iterator[Check]:
    """What a look finds; where AWS does not let it look, that is what it found."""
    try:
        yield from look()
    except ClientError as error:
        yield fail(name, f"{aws_message(error)}; is it there, and may your credentials do that?")
    except BotoCoreError as error:
        yield fail(name, str(error))
