"""Types of pydantic models for parts of keys and times in messages of SQS, EventBridge and Lambda. Pure.

They are narrower than the fields of `Key` and `RunKey`, so that no message can name a row of another kind.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

LATEST = 253_402_300_799  # UTC seconds: the end of the year 9999

KeyPart = Annotated[str, Field(pattern=r"^[A-Za-z0-9_:-]{1,200}$")]
"""An owner or an id, without separators of keys and without characters that break a log line."""
Count = Annotated[int, Field(ge=0, le=2**31)]
ResponseId = Annotated[str, Field(min_length=1, max_length=1_000)]
"""A gateway's own, which may have any characters."""
Moment = Annotated[int, Field(ge=0, le=LATEST)]
"""A nominal time in UTC seconds."""
