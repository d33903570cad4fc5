"""Errors of the local stack's files, with the remedy."""

from __future__ import annotations

import errno
import sqlite3

FREE_SPACE = "free space on its disk"


class Unusable(Exception):
    """A file cannot be used. The message says why, and the remedy."""


def is_disk_full(error: BaseException) -> bool:
    """Return whether the disk has no space left, or may not have: SQLite then reports an I/O error too."""
    if isinstance(error, OSError):
        return error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the other bits say which step failed
    return code in {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}


def explained(error: BaseException) -> str:
    """Return the error in one line, with the remedy if there is one."""
    said = f"{type(error).__name__}: {error}"
    return f"{said}; free space on the disk of LOCAL_DIR" if is_disk_full(error) else said
