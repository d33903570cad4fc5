"""Files of lines whose writer may be killed in mid-line."""

from __future__ import annotations

import os
from pathlib import Path


def mend(path: Path) -> None:
    """Cut off an unfinished last line, so that the next line does not join it. A missing file stays missing.

    It is cut in place: a mending that is killed too must leave the whole lines where they are.
    """
    if path.exists():
        os.truncate(path, path.read_bytes().rfind(b"\n") + 1)
