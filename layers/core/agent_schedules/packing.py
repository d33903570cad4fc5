"""A gateway response as bytes: compressed, small ones in the run's row, larger ones in parts of their own.

In the row a response costs no write of its own, which is what keeps an occurrence within its write units
(docs/decisions/0001). Beyond 4 MB only a marker with its size and id is kept.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from typing import Any

INLINE = 6 * 1024  # bytes: a page of 100 rows with such responses still fits DynamoDB's 1 MB query page
PART = 380 * 1024  # bytes: an item may be 400 KB with its names
LARGEST = 4 * 1024 * 1024  # bytes of JSON that are kept


@dataclass(frozen=True)
class Packed:
    """Where the bytes go."""

    inline: bytes | None
    parts: tuple[bytes, ...]


def pack(response: dict[str, Any]) -> Packed:
    """Compress a response for storage."""
    text = json.dumps(response, ensure_ascii=False, separators=(",", ":")).encode()
    if len(text) > LARGEST:
        marker = {
            "object": "response.too_large",
            "id": response.get("id"),
            "status": response.get("status"),
            "bytes": len(text),
        }
        text = json.dumps(marker).encode()
    data = zlib.compress(text, 6)
    if len(data) <= INLINE:
        return Packed(data, ())
    return Packed(None, tuple(data[start : start + PART] for start in range(0, len(data), PART)))


def unpack(data: bytes) -> dict[str, Any]:
    """The response in the joined bytes."""
    response: dict[str, Any] = json.loads(zlib.decompress(data))
    return response
