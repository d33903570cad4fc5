"""Arguments and options that several commands have."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

SHOWN = 20  # of a list, unless somebody says otherwise
LARGEST = 256 * 1024  # bytes that a request may have
_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")
_TIME = re.compile(r"[0-9][0-9A-Za-z:.+-]{0,63}")


def an_id(text: str | None) -> str | None:
    """The text, if it can be an id. Raises BadParameter: `/`, `?` or `..` would lead to another route."""
    if text is not None and not _ID.fullmatch(text):
        raise typer.BadParameter("an id has letters, digits, _ and - only, such as agt_01KB…; `list` shows them")
    return text


def a_time(text: str) -> str:
    """The text, if it can be a time. Raises BadParameter."""
    if not _TIME.fullmatch(text):
        raise typer.BadParameter("must be a time with an offset, such as 2026-05-01T09:00:00Z")
    return text


AgentId = Annotated[str, typer.Argument(help="The agent's id", show_default=False, callback=an_id)]
ScheduleId = Annotated[str, typer.Argument(help="The schedule's id", show_default=False, callback=an_id)]
RunId = Annotated[str, typer.Argument(help="The run's id", show_default=False, callback=an_id)]
OfSchedule = Annotated[
    str | None, typer.Option("--schedule", help="Only the runs of the schedule with that id", callback=an_id)
]
Limit = Annotated[int | None, typer.Option("--limit", min=1, help=f"How many to show; {SHOWN} if it is left out")]
All = Annotated[bool, typer.Option("--all", help="Show all of them")]
Input = Annotated[str | None, typer.Option("--input", help="What the agent is asked")]
InputFile = Annotated[
    str | None,
    typer.Option(
        "--input-file", metavar="<path>", help="A UTF-8 file with what the agent is asked; - is standard input"
    ),
]
"""A text, because an empty one would be the path of the current directory."""


def how_many(limit: int | None, everything: bool) -> int | None:
    """How many of a list are wanted; None for all. Raises BadParameter where both are said."""
    if not everything:
        return limit or SHOWN
    if limit is not None:
        raise typer.BadParameter("give one of --limit and --all")
    return None


def input_text(text: str | None, file: str | None) -> str:
    """What the agent is asked. Raises BadParameter unless it is said exactly once."""
    if text is not None and file is None:
        return text
    if file is not None and text is None:
        return _read(file)
    raise typer.BadParameter("give one of --input and --input-file")


def _read(file: str) -> str:
    """A file as it is meant: without the byte order mark and the carriage returns of Windows."""
    if not file:
        raise typer.BadParameter("is empty; name a file, or - for standard input", param_hint="--input-file")
    try:
        if file != "-":
            with Path(file).open("rb") as opened:
                data = opened.read(LARGEST + 1)
        else:
            data = typer.get_binary_stream("stdin").read(LARGEST + 1)
        text = data.decode("utf-8-sig") if len(data) <= LARGEST else ""
    except OSError as error:
        raise typer.BadParameter(f"{file}: {error.strerror}", param_hint="--input-file") from error
    except UnicodeDecodeError as error:
        raise typer.BadParameter(f"{file}: is not UTF-8 text", param_hint="--input-file") from error
    if len(data) > LARGEST:
        raise typer.BadParameter(f"{file}: has more than the {LARGEST:,} bytes of a request", param_hint="--input-file")
    if not text:
        raise typer.BadParameter(f"{file}: is empty", param_hint="--input-file")
    if "\0" in text:
        raise typer.BadParameter(f"{file}: has a NUL character, so it is no text", param_hint="--input-file")
    return text.replace("\r\n", "\n").replace("\r", "\n")
