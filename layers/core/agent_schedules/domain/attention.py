"""When the reconciler looks at a schedule, and when an entry that could not be written is tried again. Pure.

A row whose entry EventBridge did not take is marked as stale, and delayed messages carry its occurrences meanwhile. The
reconciler waits longer after each look that finds no progress. A row without trouble stores none of this.
"""

from __future__ import annotations

from dataclasses import replace

from agent_schedules.domain.entries import LONGEST_DELAY
from agent_schedules.domain.schedules import Schedule, State

SLACK = 300  # seconds after its due time until a row counts as overdue
FIRST = 300  # seconds until the second look or attempt; each further one waits twice as long
LONGEST_LOOK = 600  # seconds between looks at a row that stays overdue
BACKFILL_LOOK = 600  # seconds between looks at a backfill
SOONEST_LOOK = 60  # seconds: a look at a backfill that is farther ahead stays where it is
LONGEST_REPAIR = 3600  # seconds between attempts at an entry that EventBridge keeps refusing
CARRY = LONGEST_DELAY - 60  # seconds before its time that an occurrence of a marked row gets its message


def overdue(state: State, now: int) -> bool:
    """Whether the time of the row's next occurrence, or of the end of its pause, passed more than the slack ago."""
    return state.wakes_at is not None and state.wakes_at + SLACK <= now


def in_trouble(state: State, now: int) -> bool:
    """Whether a sweep after trouble takes the row before its time: it is overdue, or its entry is to be written."""
    return overdue(state, now) or (state.entry_stale and state.wakes_at is not None)


def hurried(state: State) -> State:
    """Return the state whose entry may be tried at once, whatever attempts failed before."""
    return replace(state, repair_at=None)


def own_look(state: State) -> int | None:
    """Return when the reconciler looks at the row, apart from a backfill. UTC seconds; None: never."""
    if state.wakes_at is None:
        return None
    if state.look_at is not None:
        return state.look_at
    return 0 if state.entry_stale else state.wakes_at + SLACK  # 0: marked by an older release


def backfill_look(look_at: int, now: int) -> int:
    """Return the time of the next look at a backfill. One that is far enough ahead stays, because moving it costs two
    write units."""
    return look_at if look_at >= now + SOONEST_LOOK else now + BACKFILL_LOOK


def looked(state: State, now: int) -> State:
    """Return the state after a look of the reconciler. It finds the row again only if there is no progress."""
    state = replace(state, rev=state.rev + 1)
    if state.backfill is not None:
        look_at = backfill_look(state.backfill.look_at, now)
        state = replace(state, backfill=replace(state.backfill, look_at=look_at))
        if ((own := own_look(state)) is None or own > now) and not in_trouble(state, now):
            return state
    return _timed(replace(state, looks=state.looks + 1), now, soonest=_again(state.looks, now))


def silent_alone(state: State, now: int) -> bool:
    """Whether the deadline of its watch is the only reason to look at the row."""
    if state.watch is None or not state.watch.over(now):
        return False
    own = own_look(state)
    return (own is None or own > now) and (state.backfill is None or state.backfill.look_at > now)


def may_repair(state: State, now: int) -> bool:
    """Whether the entry may be tried now: not within the delay after a failed attempt."""
    return state.repair_at is None or state.repair_at <= now


def marked(state: State, now: int) -> State:
    """Return the state marked: its next occurrence is not armed."""
    wait = min(FIRST << min(state.looks, 10), LONGEST_REPAIR)
    repair_at = now + wait if may_repair(state, now) else state.repair_at
    return _timed(replace(state, entry_stale=True, repair_at=repair_at), now, soonest=now + FIRST)


def unrendered(schedule: Schedule, now: int) -> State:
    """Return the state for a write that does not render the entry: one from an older time zone release has to follow,
    and the written row names the release in use."""
    return marked(schedule.state, now) if schedule.outdated else schedule.state


def repaired(state: State) -> State:
    """Return the state without the mark, so that the reconciler looks at it only once it is overdue."""
    return replace(state, entry_stale=False, looks=0, repair_at=None, look_at=None)


def progressed(state: State, now: int, *, armed: bool | None) -> State:
    """Return the state after a settlement. `armed`: whether the next occurrence could be armed; None: not tried."""
    if state.status != "active" or armed or (armed is None and not state.entry_stale):
        return repaired(state)
    if armed is None:
        return _timed(state, now, soonest=now)
    return marked(state if state.entry_stale else repaired(state), now)


def _again(looks: int, now: int) -> int:
    """Return when to look again after `looks` looks without progress."""
    return now + min(FIRST << min(looks, 10), LONGEST_LOOK)


def _timed(state: State, now: int, *, soonest: int) -> State:
    """Return the state with the time of the next look: for a marked row soon enough for its next occurrence."""
    if not state.entry_stale or state.wakes_at is None or overdue(state, now):
        return replace(state, look_at=soonest)
    for_the_next = [at for at in (state.wakes_at - CARRY, state.wakes_at + SLACK) if at > now]
    return replace(state, look_at=min(max(state.repair_at or 0, soonest), *for_the_next))
