"""Keys made of names."""

from __future__ import annotations

import re
from typing import Any

LONGEST_KEY = 63
_TAIL = 8  # characters of an id that tell it from others


def slug(text: str, otherwise: str) -> str:
    """Return a key made of a name: lower case, with `-` for what a key cannot have."""
    found = re.sub(r"[^a-z0-9._]+", "-", text.lower()).strip("-._")
    return found[:LONGEST_KEY].rstrip("-._") or otherwise


def key_of(resource: dict[str, Any]) -> str:
    """Return the key of an agent or a schedule of the API. One without has a key made of its name and its id.

    It depends on nothing else, so it is the same in each export, and `is_made_of` finds the resource again.
    """
    if resource["key"] is not None:
        return str(resource["key"])
    tail = _tail(resource["id"])
    name = slug(str(resource["name"] or ""), "unnamed")[: LONGEST_KEY - len(tail) - 1].rstrip("-._")
    return f"{name}-{tail}"


def is_made_of(key: str, resource: dict[str, Any]) -> bool:
    """Whether a key was made for this resource, which has none, also if it has another name now."""
    return resource["key"] is None and key.endswith(f"-{_tail(resource['id'])}")


def _tail(resource_id: str) -> str:
    return resource_id[-_TAIL:].lower()
