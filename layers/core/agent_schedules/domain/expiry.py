"""How long the outcomes of a schedule are kept, and which of them may have expired (policies.md#retention). Pure.

A run and a record of occurrences expire some days after they came to be. Their nominal times are older still, so a time
younger than the retention has its outcome. Of an older one nothing may be left, and a backfill would run it again: it
refuses the time. The retention may change, so a state remembers under which its outcomes were written.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from agent_schedules.domain.runs import DAY
from agent_schedules.timestamps import floor_seconds

SLACK = 3_600  # seconds between the clock that decides about a backfill and the one that removes rows
LONGEST_RUN = 604_800  # seconds that a run may take by its schedule's policy


@dataclass(frozen=True)
class Kept:
    """How long the outcomes of a schedule are kept, as far as any of them expires. Days of 0 mean: for ever."""

    days: int = 0
    """Of the outcomes written last."""
    before: int = 0
    """Outcomes of nominal times before this one (UTC seconds) were written when the retention was shorter."""
    days_before: int = 0
    """The shortest that one of those is kept, less than `days`."""
    definition: int = 0
    """The longest that a run of the definition in force is kept."""

    def wrote(self, days: int, settled_until: int) -> Kept:
        """Return it after outcomes were written that are kept for `days`. Every older outcome is of a nominal time up
        to `settled_until` (UTC seconds)."""
        if days == self.days:
            return self
        if self.days and (not days or days > self.days):
            shortest = min(self.days, self.days_before or self.days)
            return replace(self, days=days, before=settled_until + 1, days_before=shortest)
        if self.days_before < days:
            return replace(self, days=days)
        return replace(self, days=days, before=0, days_before=0)

    def ran(self, days: int, settled_until: int) -> Kept:
        """Return the same after runs of the definition in force were written too."""
        definition = max(self.definition, days) if self.definition and days else 0
        return replace(self.wrote(days, settled_until), definition=definition)

    def days_at(self, nominal: int) -> int:
        """Return for how many days the outcome of a nominal time (UTC seconds) that may have expired was kept."""
        return self.days_before if self.days_before and nominal < self.before else self.days

    def gone_before(self, now: int) -> int:
        """Return the nominal time (UTC seconds) before which an outcome may have expired."""
        mark = now - self.days * DAY + SLACK if self.days else 0
        if self.days_before:
            mark = max(mark, min(self.before, now - self.days_before * DAY + SLACK))
        return mark


NOTHING_EXPIRES = Kept()


def work_expires_at(days: int, written: datetime, *, waiting: int, timeout: int) -> int | None:
    """Return when the work of runs may expire that exist at `written`, in UTC seconds; None: never.

    That is after the last of the runs has, if each of them is kept for `days` after its end, `waiting` others go before
    it, and each takes `timeout` seconds by the deployment.
    """
    if not days:
        return None
    return floor_seconds(written) + (waiting + 1) * max(timeout, LONGEST_RUN) + (days + 1) * DAY
