"""Compress a gateway's response for storage: a small one in the run's row, a large one in several items.

A response in the row needs no write of its own, which keeps an occurrence within its write units (docs/decisions/0001).
Of a response over 4 MB only a marker with its size, its id and its token counts is stored.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from typing import Any

from agent_schedules.domain.runs import Work
from agent_schedules.storage.json_text import json_text

INLINE = 6 * 1024  # bytes: a page of 100 rows with such responses still fits DynamoDB's 1 MB query page
PART = 380 * 1024  # bytes: an item may be 400 KB with its names
LARGEST = 4 * 1024 * 1024  # bytes of JSON that are kept
LARGEST_USAGE = 4 * 1024  # bytes: token counts take a few hundred
LARGEST_ANSWER = 5 * 1024 * 1024  # bytes of an answer, as Lambda counts them (see `answer_size`)


@dataclass(frozen=True)
class Packed:
    """A compressed response: in the row or in parts."""

    inline: bytes | None
    parts: tuple[bytes, ...]
    size: int
    """The bytes that it adds to an answer."""


def answer_size(text: str) -> int:
    """Return the bytes that a JSON text takes in Lambda's response, which may have 6 MB (aws.md 3.1).

    Lambda sends the text as a string inside another JSON document, so its quotes and backslashes are escaped again.
    """
    return len(text.encode()) + text.count('"') + text.count("\\")


def pack(response: dict[str, Any]) -> Packed:
    """Compress a response for storage."""
    text = json_text(response)
    if len(text.encode()) > LARGEST or answer_size(text) > LARGEST_ANSWER:
        marker = {name: response.get(name) for name in ("id", "status")} | {"bytes": len(text.encode())}
        if usage := usage_of(response):
            marker["usage"] = usage
        text = json_text({"object": "response.too_large", **marker})
    data = zlib.compress(text.encode(), 6)
    parts = () if len(data) <= INLINE else tuple(data[start : start + PART] for start in range(0, len(data), PART))
    usage_size = answer_size(json_text(usage_of(response) or {}))
    return Packed(None if parts else data, parts, answer_size(text) + usage_size)


def usage_of(response: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return the token counts that a response reports, whatever their names."""
    usage = (response or {}).get("usage")
    return usage if isinstance(usage, dict) and answer_size(json_text(usage)) <= LARGEST_USAGE else None


def work_size(work: Work) -> int:
    """Return the bytes that a run's work adds to an answer."""
    return answer_size(json_text(vars(work)))


def unpack(data: bytes) -> dict[str, Any]:
    """Return the response in the joined bytes, with null for a `NaN` that an older release stored."""
    response: dict[str, Any] = json.loads(zlib.decompress(data), parse_constant=lambda _: None)
    return response
