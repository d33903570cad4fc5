"""Routes run where the server's loop is, without a change of thread.

Starlette gives each a thread because it may wait for a network. Here nothing does: the table, the scheduler and the
queue are in memory. Two changes of thread took a third of a request's time. Only cancelling a run asks the gateway,
and holds up other requests until that answers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import anyio.to_thread


async def _run_sync(function: Callable[..., Any], *arguments: Any, **_: Any) -> Any:
    return function(*arguments)


def install() -> Callable[[], None]:
    """Do so in this process; returns what undoes it."""
    before = anyio.to_thread.run_sync
    anyio.to_thread.run_sync = _run_sync  # type: ignore[assignment]

    def undo() -> None:
        anyio.to_thread.run_sync = before

    return undo
