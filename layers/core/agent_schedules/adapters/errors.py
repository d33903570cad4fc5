"""botocore's errors, translated in one place, and the client settings every adapter shares."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from agent_schedules.errors import Unavailable, Uncertain

CONFIG = Config(connect_timeout=0.5, read_timeout=1, retries={"mode": "standard", "total_max_attempts": 2})
"""Short, so that a caller hears from us before the SDK's 5 s are over (architecture.md, invariant 5)."""


def code_of(error: ClientError) -> str:
    """AWS's own name of the error."""
    return error.response.get("Error", {}).get("Code", "")


@contextmanager
def translated(service: str, *, writing: bool = False) -> Iterator[None]:
    """Any failure of that AWS service becomes Unavailable; what an adapter understands it catches itself, inside.

    A write that got no answer is Uncertain: it timed out, or met a 5xx, or so did an attempt before the last one.
    """
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        detail = code_of(error) if isinstance(error, ClientError) else type(error).__name__
        if writing and _may_have_happened(error):
            raise Uncertain(f"{service} did not answer ({detail}); send the call again") from error
        raise Unavailable(f"{service} did not answer ({detail}); nothing was changed, try again") from error


def _may_have_happened(error: ClientError | BotoCoreError) -> bool:
    if not isinstance(error, ClientError):
        return True
    about: Any = error.response.get("ResponseMetadata", {})
    return bool(about.get("HTTPStatusCode", 500) >= 500 or about.get("RetryAttempts", 0) > 0)
