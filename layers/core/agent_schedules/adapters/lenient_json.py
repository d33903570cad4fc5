"""JSON of other people as a row can hold it and a caller be shown it. Pure.

A run that cannot be written never ends, and one that cannot be shown takes every list it is in along. But its answer is
paid for: what JSON does not have is replaced, not refused. `NaN`, `Infinity` and numbers too large become null, as in
the log probabilities of gateways written in Python. Half of a surrogate pair, which models cut off in the middle of an
emoji leave behind, becomes a question mark.
"""

from __future__ import annotations

import json
import math
from typing import Any

LONGEST_NUMBER = 4_000  # digits; Python reads and writes no whole number of more than 4,300
DEEPEST = 200  # levels of nesting; what writes our own answers gives up at 255


class NestedTooDeeply(ValueError):
    """JSON with more than 200 levels."""


def loads(content: bytes | str) -> Any:
    """The value in `content`. Raises ValueError for what is no JSON at all, or nested too deeply."""
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
