"""Lists in pages: newest first, by `offset` as the contract has it, or by a signed cursor (contract D6).

A cursor names the last item of the page before. Its signature covers the caller, the list and the order, so that it is
valid only for the list it came from.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from agent_schedules.errors import InvalidRequest

T = TypeVar("T")

FARTHEST_OFFSET = 10_000
CANDIDATES = 100
"""The most rows that one page of a filtered list looks at, however few of them match."""
_SIGNATURE = 16  # bytes of the HMAC that are kept


@dataclass(frozen=True)
class Paging:
    """Which part of a list."""

    limit: int = 20
    newest_first: bool = True
    offset: int = 0
    after: str | None = None
    """The id of the last item of the page before. Before `Cursors.verify`: the cursor that the caller sent."""


@dataclass(frozen=True)
class Slice(Generic[T]):
    """A page of a list, and whether more follows."""

    items: Sequence[T]
    more: bool
    last: str | None = None
    """The id of the last row that was looked at, where some are not shown: the next page begins after it. None for a
    list that shows every row: its next page begins after its last item."""


class Cursors:
    """Signs and verifies cursors. The secret is read only when one is needed."""

    def __init__(self, secret: Callable[[], bytes]) -> None:
        self._secret = secret

    def sign(self, scope: Sequence[str], paging: Paging, last_id: str) -> str:
        """Return the cursor of the page after `last_id`. `scope`: the caller and the list."""
        return base64.urlsafe_b64encode(self._signature(scope, paging, last_id) + last_id.encode()).decode().rstrip("=")

    def verify(self, scope: Sequence[str], paging: Paging) -> Paging:
        """Return the paging with the id from its cursor. Raises InvalidRequest for a foreign one."""
        if paging.after is None:
            return paging
        if paging.offset:
            raise InvalidRequest("offset: cannot be combined with `after`; remove one of them")
        try:
            raw = base64.urlsafe_b64decode(paging.after + "=" * (-len(paging.after) % 4))
            signature, last_id = raw[:_SIGNATURE], raw[_SIGNATURE:].decode("ascii")
        except (binascii.Error, ValueError):
            signature, last_id = b"", ""
        if not hmac.compare_digest(signature, self._signature(scope, paging, last_id)):
            raise InvalidRequest(
                "after: is not a cursor of this list; send the `next_cursor` of the previous page with the same "
                "`order` and filters, or omit it to start again"
            )
        return replace(paging, after=last_id)

    def _signature(self, scope: Sequence[str], paging: Paging, last_id: str) -> bytes:
        signed = json.dumps([*scope, paging.newest_first, last_id]).encode()
        return hmac.digest(self._secret(), signed, hashlib.sha256)[:_SIGNATURE]
