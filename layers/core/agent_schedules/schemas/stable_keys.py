"""Stable keys: the caller's own names for schedules and agents, by which a PUT finds or makes them."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field

PATTERN = r"^[a-z0-9][a-z0-9._-]{0,62}$"


def _slug(value: str) -> str:
    if not re.fullmatch(PATTERN.removesuffix("$"), value):
        raise ValueError("must be 1-63 of the characters a-z, 0-9, `.`, `_` and `-`, and begin with a letter or digit")
    return value


StableKey = Annotated[str, AfterValidator(_slug), Field(json_schema_extra={"pattern": PATTERN})]
