"""Text files."""

from __future__ import annotations

from agent_schedules_cli.fleet_file.problems import InvalidFile, Problem


def text_of_file(data: bytes) -> str:
    """Return the text of a file without its byte order mark. Raises InvalidFile."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidFile(Problem((), _line(data, error.start), "is not UTF-8 text; convert it")) from error
    if "\0" in text:
        raise InvalidFile(Problem((), _line(data, data.index(b"\0")), "has a NUL character, so it is not text"))
    return text


def _line(data: bytes, at: int) -> int:
    return data.count(b"\n", 0, at) + 1
