"""botocore's errors, translated in one place, and the client settings every adapter shares."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from agent_schedules.errors import Unavailable

CONFIG = Config(connect_timeout=0.5, read_timeout=1, retries={"mode": "standard", "total_max_attempts": 2})
"""Short, so that a caller hears from us before the SDK's 5 s are over (design 3, invariant 5)."""


def code_of(error: ClientError) -> str:
    """AWS's own name of the error."""
    return error.response.get("Error", {}).get("Code", "")


@contextmanager
def translated(service: str) -> Iterator[None]:
    """Any failure of that AWS service becomes Unavailable; what an adapter understands it catches itself, inside."""
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        detail = code_of(error) if isinstance(error, ClientError) else type(error).__name__
        raise Unavailable(f"{service} did not answer ({detail}); nothing was changed, try again") from error
