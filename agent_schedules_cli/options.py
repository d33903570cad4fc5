"""Arguments and options that several commands share."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

DEFAULT_LIMIT = 20
LARGEST_INPUT = 256 * 1024  # bytes of a request
_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")
_TIME = re.compile(r"[0-9][0-9A-Za-z:.+-]{0,63}")


def check_id(text: str | None) -> str | None:
    """Return the text if it can be an id. Raises BadParameter: `/`, `?` or `..` would lead to another route."""
    if text is not None and not _ID.fullmatch(text):
        raise typer.BadParameter("must be an id such as agt_01KB… (letters, digits, _ and -); `list` shows the ids")
    return text


def check_time(text: str) -> str:
    """Return the text if it can be a time. Raises BadParameter."""
    if not _TIME.fullmatch(text):
        raise typer.BadParameter("must be a time with an offset, such as 2026-05-01T09:00:00Z")
    return text


AgentId = Annotated[str, typer.Argument(help="Id of the agent", show_default=False, callback=check_id)]
ScheduleId = Annotated[str, typer.Argument(help="Id of the schedule", show_default=False, callback=check_id)]
RunId = Annotated[str, typer.Argument(help="Id of the run", show_default=False, callback=check_id)]
OfSchedule = Annotated[
    str | None, typer.Option("--schedule", help="Only runs of the schedule with this id", callback=check_id)
]
DisplayName = Annotated[str | None, typer.Option("--name", help="Display name")]
OwnKey = Annotated[
    str | None, typer.Option("--key", help="Your own name for it, such as daily-report; it cannot be changed later")
]
Limit = Annotated[
    int | None, typer.Option("--limit", min=1, help=f"Largest number of items; {DEFAULT_LIMIT} by default")
]
All = Annotated[bool, typer.Option("--all", help="Show all items")]
Input = Annotated[str | None, typer.Option("--input", help="Input for the agent")]
InputFile = Annotated[
    str | None,
    typer.Option(
        "--input-file", metavar="<path>", help="UTF-8 file with the input for the agent; - reads standard input"
    ),
]
"""A str, because Path("") would be the current directory."""
Tenant = Annotated[str, typer.Option("--tenant", help="Name of the tenant")]
_STACK = typer.Option("--stack", help="Name of the deployed stack, such as agent-schedules-dev")
Stack = Annotated[str, _STACK]
OptionalStack = Annotated[str | None, _STACK]
OptionalTable = Annotated[
    str | None, typer.Option("--table", help="Name of the table, instead of --stack: its output TableName")
]


def limit_of(limit: int | None, everything: bool) -> int | None:
    """Return the number of items to show; None for all. Raises BadParameter if both options are given."""
    if not everything:
        return limit or DEFAULT_LIMIT
    if limit is not None:
        raise typer.BadParameter("give either --limit or --all")
    return None


def input_text(text: str | None, file: str | None) -> str:
    """Return the input for the agent. Raises BadParameter unless exactly one option gives it."""
    if text is not None and file is None:
        return text
    if file is not None and text is None:
        return _read(file)
    raise typer.BadParameter("give either --input or --input-file")


def _read(file: str) -> str:
    """Return a file's text without the byte order mark and the carriage returns of Windows."""
    if not file:
        raise _bad_file("is empty; name a file, or - for standard input")
    try:
        if file != "-":
            with Path(file).open("rb") as opened:
                data = opened.read(LARGEST_INPUT + 1)
        else:
            data = typer.get_binary_stream("stdin").read(LARGEST_INPUT + 1)
        text = data.decode("utf-8-sig") if len(data) <= LARGEST_INPUT else ""
    except OSError as error:
        raise _bad_file(f"{file}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise _bad_file(f"{file}: is not UTF-8 text") from error
    if len(data) > LARGEST_INPUT:
        raise _bad_file(f"{file}: has more than the {LARGEST_INPUT:,} bytes of a request")
    if not text:
        raise _bad_file(f"{file}: is empty")
    if "\0" in text:
        raise _bad_file(f"{file}: has a NUL character, so it is not text")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _bad_file(message: str) -> typer.BadParameter:
    return typer.BadParameter(message, param_hint="--input-file")
