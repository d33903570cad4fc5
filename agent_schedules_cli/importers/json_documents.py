"""One or many JSON objects in a file: an object, an array of them, or one after the other."""

from __future__ import annotations

import json
from typing import Any

from agent_schedules_cli.fleet_file.problems import InvalidFile, Problem
from agent_schedules_cli.importers.utf8 import text_of_file

LARGEST_FILE = 64 * 1024 * 1024  # bytes


def documents(data: bytes) -> list[dict[str, Any]]:
    """Return the objects of a file. Raises InvalidFile."""
    if len(data) > LARGEST_FILE:
        raise InvalidFile(Problem((), None, f"has more than {LARGEST_FILE:,} bytes; split it into several"))
    text = text_of_file(data).strip()
    decoder, at, found = json.JSONDecoder(), 0, list[Any]()
    try:
        while at < len(text):
            value, at = decoder.raw_decode(text, at)
            found += value if isinstance(value, list) else [value]
            while at < len(text) and text[at].isspace():
                at += 1
    except json.JSONDecodeError as error:
        raise InvalidFile(Problem((), error.lineno, f"is not valid JSON: {error.msg}")) from error
    except RecursionError as error:
        raise InvalidFile(Problem((), None, "is nested too deeply")) from error
    if not found or not all(isinstance(one, dict) for one in found):
        raise InvalidFile(Problem((), None, "must be a JSON object, or several of them"))
    return found
