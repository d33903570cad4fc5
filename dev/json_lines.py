"""Append-only files of JSON lines, whose writer may be killed in the middle of a line."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any


def truncate_partial_line(path: Path) -> None:
    """Cut off an unfinished last line, so that the next line does not join it. A missing file stays missing.

    The file is cut in place: if this is killed too, the whole lines are still there.
    """
    if path.exists():
        os.truncate(path, path.read_bytes().rfind(b"\n") + 1)


def append(path: Path, values: Iterable[Any]) -> None:
    """Write each value as a line at the end of the file."""
    with path.open("a", encoding="utf-8") as file:
        file.writelines(json.dumps(value) + "\n" for value in values)
