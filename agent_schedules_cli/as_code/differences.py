"""The fields in which two entries differ, and how people read them."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

LONGEST_VALUE = 100  # characters shown of one value
MOST_LINES = 30  # shown of a text


@dataclass(frozen=True)
class Difference:
    """A field, and its values before and after. None: it is not set."""

    path: str
    before: Any
    after: Any

    def lines(self) -> list[str]:
        """Return the difference as lines: of a text of several lines those that differ."""
        if isinstance(self.before, str) and isinstance(self.after, str) and "\n" in self.before + self.after:
            found = difflib.unified_diff(self.before.splitlines(), self.after.splitlines(), lineterm="", n=1)
            shown = [line for line in found if not line.startswith(("---", "+++", "@@"))]
            more = [f"  … {len(shown) - MOST_LINES} more lines"] if len(shown) > MOST_LINES else []
            return [f"{self.path}:", *(f"  {line}" for line in shown[:MOST_LINES]), *more]
        return [f"{self.path}: {_shown(self.before)} -> {_shown(self.after)}"]


def differences(before: dict[str, Any], after: dict[str, Any], path: str = "") -> Iterator[Difference]:
    """Yield the fields that differ, in order. Objects are compared by their members, lists as a whole."""
    for name in dict.fromkeys([*after, *before]):
        one, other = before.get(name), after.get(name)
        if isinstance(one, dict) and isinstance(other, dict):
            yield from differences(one, other, f"{path}{name}.")
        elif one != other or type(one) is not type(other):
            yield Difference(f"{path}{name}", one, other)


def _shown(value: Any) -> str:
    if value is None:
        return "(not set)"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…"
