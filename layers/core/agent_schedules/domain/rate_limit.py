"""The limit on the runs that callers start for a tenant in a minute, without a write for each. Pure but for its memory.

Each copy of the api function lets a tenant's first runs of a minute through. After those it reserves a block of the
tenant's limit at a time, in the transaction of the run that needs it, and spends the block without further writes. So a
run costs no further call, one in thirty costs 2 more write units, and all copies together start at most the limit and
their first runs.
"""

from __future__ import annotations

from dataclasses import dataclass, field

BLOCK = 30  # runs that are let through first, and that are reserved at a time


@dataclass
class Allowance:
    """The runs that one copy of the function may still start, by tenant. Each minute starts at none."""

    _minute: int = 0
    _left: dict[str, int] = field(default_factory=dict)
    _over: set[str] = field(default_factory=set)

    def block(self, tenant: str, minute: int, most: int) -> int | None:
        """Return how many runs to reserve with the next one: 0 while some are left, None when the limit is reached."""
        if minute != self._minute:
            self._minute, self._left, self._over = minute, {}, set()
        if tenant in self._over:
            return None
        return 0 if self._left.setdefault(tenant, min(BLOCK, most)) else min(BLOCK, most)

    def spend(self, tenant: str, minute: int, block: int) -> None:
        """Note that a run was started, and `block` runs reserved with it."""
        if minute == self._minute:
            self._left[tenant] = self._left.get(tenant, 0) + block - 1

    def end(self, tenant: str, minute: int) -> None:
        """Note that the tenant's limit has no block left in this minute."""
        if minute == self._minute:
            self._over.add(tenant)
