"""Parse request bodies strictly (RFC 8259): refuse values that could not be stored and returned as they were sent."""

from __future__ import annotations

import codecs
import json
import math
from collections import Counter
from typing import Any

DEEPEST = 100  # levels of nesting


def loads(body: bytes) -> Any:
    """Return the value in `body`. Raises json.JSONDecodeError for anything that is not valid JSON in UTF-8."""
    if body.startswith(codecs.BOM_UTF8):
        raise json.JSONDecodeError("it begins with a byte order mark; send the JSON without it", "", 0)
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise json.JSONDecodeError("it is not UTF-8", "", error.start) from None
    try:
        whole = _signed if "-0" in text else None  # int itself reads faster
        value = json.loads(
            text, parse_constant=_refused, parse_float=_finite, parse_int=whole, object_pairs_hook=_unique
        )
    except (RecursionError, ValueError) as error:
        if isinstance(error, json.JSONDecodeError):
            raise
        raise json.JSONDecodeError("it is nested too deeply or has a number that is too long", "", 0) from None
    _check(value, DEEPEST)
    return value


def _refused(constant: str) -> float:
    raise json.JSONDecodeError(f"{constant} is not a JSON number", "", 0)


def _signed(text: str) -> int | float:
    """Return a whole number. JSON has a negative zero and Python's integers do not, so -0 becomes -0.0."""
    return -0.0 if text == "-0" else int(text)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise json.JSONDecodeError(f"{text[:20]} is larger than a number can be", "", 0)
    return number


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        times = Counter(name for name, _ in pairs)  # one pass, because a body may have tens of thousands of members
        twice = next(name for name in times if times[name] > 1)
        raise json.JSONDecodeError(f"{twice[:60]!r} occurs twice in one object", "", 0)
    return found


def _check(value: Any, levels: int) -> None:
    """Refuse unpaired surrogates, which UTF-8 cannot encode, and nesting that is too deep for other JSON readers."""
    if levels < 1 and isinstance(value, dict | list):
        raise json.JSONDecodeError(f"it is nested more than {DEEPEST} levels deep", "", 0)
    match value:
        case str():
            if not value.isascii():
                try:
                    value.encode()
                except UnicodeEncodeError:
                    raise json.JSONDecodeError("a string has an unpaired surrogate", "", 0) from None
        case dict():
            for name, member in value.items():
                _check(name, levels)
                _check(member, levels - 1)
        case list():
            for member in value:
                _check(member, levels - 1)
