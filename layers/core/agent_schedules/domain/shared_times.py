"""The occurrences that are due when a timing changes, and that both timings have. Pure.

They run under the new definition, as its misfire policy lets them. The old definition records those that only it has.
Those that only the new one has came before it was in force, and are no occurrences (`timetable.Handover`).
"""

from __future__ import annotations

from agent_schedules.domain.schedules import Schedule
from agent_schedules.domain.settlement import MOST_CLOSED
from agent_schedules.timing.spec import Once

MOST_COMPARED = 128  # steps back from now: up to 120 s late each occurrence runs, which may be one a second
MOST_GAPS = MOST_CLOSED // 2  # stretches between shared times, each of which takes a record


def shared_times(before: Schedule, after: Schedule, now: int) -> tuple[int, ...]:
    """Return the nominal times, in order, that are unsettled and due by `now` under both definitions.

    Only the newest are compared, as many as may still run one by one. A time that one of the two hides, or for another
    reason, is not shared: the old definition records it.
    """
    old, new, since = before.timetable, after.timetable, before.state.settled_until
    if isinstance(new.timing, Once) and not (isinstance(old.timing, Once) and old.timing.at == new.timing.at):
        return ()  # a `run_at` of the last minute runs at once, whatever was due before
    found: list[int] = []
    until, gaps, gap = now, 0, False
    for _ in range(MOST_COMPARED):
        had, has = old.last_in(since, until), new.last_in(since, until)
        if had is None or has is None:
            break
        until = min(had, has)
        if had == has:
            until -= 1
        if had == has and old.hidden(had) == new.hidden(had):
            gaps += gap
            if gaps > MOST_GAPS:
                break
            found.append(had)
            gap = False
        else:
            gap = gap or had >= has
    return tuple(reversed(found))
