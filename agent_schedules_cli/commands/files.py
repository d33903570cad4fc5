"""Files that commands read and write."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer

from agent_schedules_cli.errors import WRONG_USE, Failure, say

LARGEST_FILE = 64 * 1024 * 1024  # bytes


def read_bytes(file: str) -> bytes:
    """Return the bytes of a file; `-` is standard input. Raises Failure."""
    if not file:
        raise Failure("The name of the file is empty: name a file, or - for standard input", WRONG_USE)
    try:
        if file == "-":
            data = typer.get_binary_stream("stdin").read(LARGEST_FILE + 1)
        else:
            with Path(file).open("rb") as opened:
                data = opened.read(LARGEST_FILE + 1)
    except OSError as error:
        raise Failure(f"{file}: {error.strerror}", WRONG_USE) from error
    if len(data) > LARGEST_FILE:
        raise Failure(f"{file}: has more than {LARGEST_FILE:,} bytes; split it into several", WRONG_USE)
    return data


def write_text(path: Path, text: str) -> None:
    """Write a file. Raises Failure."""
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise Failure(f"{path}: {error.strerror}", WRONG_USE) from error


@contextmanager
def report_problems(file: str) -> Iterator[None]:
    """Print the problems of an invalid file, a line each, and exit."""
    from agent_schedules_cli.fleet_file.problems import InvalidFile

    try:
        yield
    except InvalidFile as error:
        for problem in error.problems:
            say(f"{'standard input' if file == '-' else file}: {problem}")
        raise typer.Exit(WRONG_USE) from error
