"""How the tools for a deployment fail: as the command line does, one sentence that says what to do."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from agent_schedules_cli.errors import Failure, failing


def explained(work: Callable[[], int]) -> int:
    """Do it, and return its exit code. A reader that has seen enough, as `head` has, is no failure."""
    try:
        with failing():
            return work()
    except Failure as failure:
        print(" ".join(str(failure).split()), file=sys.stderr)
        return failure.code
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
