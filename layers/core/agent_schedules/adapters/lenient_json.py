"""Parse a gateway's JSON, and replace values that a row or an answer cannot hold. Pure.

Such a value must not be stored: a run that cannot be written never ends, and a run that cannot be shown breaks every
list with it. Nor is the answer refused, because the model's work is paid for. `NaN`, `Infinity` and numbers that are
too large become null; gateways written in Python send them in log probabilities. An unpaired surrogate, left by a model
that stops in the middle of an emoji, becomes a question mark.
"""

from __future__ import annotations

import json
import math
from typing import Any

LONGEST_NUMBER = 4_000  # digits; Python's limit for integers is 4,300
DEEPEST = 200  # levels of nesting; pydantic serializes at most 255


class NestedTooDeeply(ValueError):
    """JSON with more than 200 levels."""


def loads(content: bytes | str) -> Any:
    """Return the value in `content`. Raises ValueError if it is not JSON, or is nested too deeply."""
    try:
        value = json.loads(content, parse_constant=_nothing, parse_float=_finite, parse_int=_writable)
        if _depth(value) > DEEPEST:
            raise NestedTooDeeply
        text = json.dumps(value, ensure_ascii=False)
    except RecursionError:
        raise NestedTooDeeply from None
    whole = text.encode(errors="replace").decode()
    return value if whole == text else json.loads(whole)


def _nothing(_: str) -> None:
    return None


def _finite(text: str) -> float | None:
    number = float(text)
    return number if math.isfinite(number) else None


def _writable(text: str) -> int | None:
    return int(text) if len(text) <= LONGEST_NUMBER else None


def _depth(value: Any) -> int:
    match value:
        case dict():
            return 1 + max(map(_depth, value.values()), default=0)
        case list():
            return 1 + max(map(_depth, value), default=0)
    return 0
