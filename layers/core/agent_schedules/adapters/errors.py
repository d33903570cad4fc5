"""The translation of botocore's errors, and the client settings that every adapter shares."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from agent_schedules.errors import Unavailable, Uncertain

CONFIG = Config(connect_timeout=0.5, read_timeout=1, retries={"mode": "standard", "total_max_attempts": 2})
"""Short, so that the answer arrives before the SDK's timeout of 5 s (architecture.md, invariant 5)."""


def code_of(error: ClientError) -> str:
    """Return AWS's code of the error."""
    return error.response.get("Error", {}).get("Code", "")


@contextmanager
def translated(service: str, *, writing: bool = False) -> Iterator[None]:
    """Turn failures of an AWS service into Unavailable. Errors with a meaning of their own are caught inside.

    A write without a certain result is Uncertain: one of its attempts timed out or was answered with a 5xx.
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
