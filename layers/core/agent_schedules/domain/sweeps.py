"""When a sweep of the reconciler looks ahead of the attention index. Pure.

A row may be in trouble before its time in the index: frequent occurrences share a place there, and a row that was
looked at waits for its next look. A sweep looks ahead after trouble: if no sweep shortly before it was complete, or if
EventBridge takes entries again. Otherwise it reads only the rows whose time has passed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from agent_schedules.domain.schedules import Key

SWEEP = 300  # seconds between two sweeps, as in template.yaml
MISSED = SWEEP * 3 // 2  # seconds since the last complete sweep after which one must have failed
AHEAD = 3660  # seconds: the longest that a row in trouble is hidden (attention.py, runs.py, keys.py), and a minute


@dataclass(frozen=True)
class SweepNote:
    """The note of a sweep for the next one. All times are UTC seconds."""

    swept_at: int = 0
    """When the last complete sweep began; 0 if none was complete yet."""
    trouble_at: int = 0
    """When a sweep last began to look ahead."""
    canary: Key | None = None
    """A marked row, whose entry each sweep tries again: once it is repaired, the others are tried too."""

    def begun(self, now: int, *, repaired: bool) -> SweepNote:
        """Return the note as a sweep begins. `repaired`: the canary is not marked any more."""
        return replace(self, trouble_at=now) if now - self.swept_at >= MISSED or repaired else self

    def horizon(self, now: int) -> int:
        """Return the time in the index up to which the sweep reads.

        Two sweeps look ahead. The first leaves out rows that became due within the slack; they are overdue by the next.
        """
        return now + AHEAD if now - self.trouble_at < MISSED else now

    def complete(self, now: int, *, canary: Key | None) -> SweepNote:
        """Return the note of a sweep that began at `now`, and saw the marked row `canary`."""
        return replace(self, swept_at=now, canary=canary)
