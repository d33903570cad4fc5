"""`If-Match`: a change applies only to the version that its caller has seen (RFC 9110, 13.1.1). Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from agent_schedules.errors import InvalidRequest, PreconditionFailed

_TAG = r'(W/)?"[\x21\x23-\x7e\x80-\xff]*"'
IF_MATCH = rf"^([*]|[ \t,]*{_TAG}([ \t]*,[ \t,]*{_TAG})*[ \t,]*)$"
"""The form of the header: an asterisk, or entity tags between commas (RFC 9110, 5.6.1 and 8.8.3)."""


@dataclass(frozen=True)
class Condition:
    """An `If-Match`."""

    tags: frozenset[str] | None
    """The entity tags as they were sent, in quotes; None for `*`, which any version matches."""

    @classmethod
    def of(cls, header: str) -> Condition:
        """Return the condition of a header. Raises InvalidRequest."""
        if not re.fullmatch(IF_MATCH, header):
            raise InvalidRequest(
                "If-Match: must be `*`, or ETags as the API returned them, in double quotes and separated by commas"
            )
        if header == "*":
            return cls(None)
        return cls(frozenset(found[0] for found in re.finditer(_TAG, header)))

    def must_hold(self, current: str) -> None:
        """Raise PreconditionFailed for a resource with another entity tag. A tag sent as weak matches none."""
        if self.tags is not None and current not in self.tags:
            raise PreconditionFailed(
                f"If-Match: the current ETag is {current} and nothing was changed; read the resource again, and send "
                "the change with that ETag if you still want it"
            )
