"""The values of plain scalars, by the core schema of YAML 1.2 (section 10.3.2).

`on`, `yes`, `12:30` and `2026-12-24` are strings, `0900` is the number 900, `1e3` is 1000.0.
"""

from __future__ import annotations

import re

MOST_DIGITS = 400
_NULLS = {"", "~", "null", "Null", "NULL"}
_BOOLS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_DECIMAL = re.compile(r"[-+]?[0-9]+")
_OCTAL = re.compile(r"0o[0-7]+")
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")


def value_of(text: str) -> str | int | float | bool | None:
    """Return the value of a plain scalar. Raises ValueError, with what to write, for a number that JSON lacks."""
    if text in _NULLS:
        return None
    if text in _BOOLS:
        return _BOOLS[text]
    if _OCTAL.fullmatch(text) or _HEXADECIMAL.fullmatch(text) or _FLOAT.fullmatch(text):
        return _number(text)
    if _NOT_FINITE.fullmatch(text):
        raise ValueError(f"{text} is not a finite number; quote it if it is meant as a string")
    return text


def _number(text: str) -> int | float:
    if len(text) > MOST_DIGITS:
        raise ValueError("is a number with too many digits; quote it if it is meant as a string")
    if _OCTAL.fullmatch(text):
        return int(text[2:], 8)
    if _HEXADECIMAL.fullmatch(text):
        return int(text[2:], 16)
    if _DECIMAL.fullmatch(text):
        return int(text)
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ValueError(f"{text[:40]} is too large a number; quote it if it is meant as a string")
    return value
