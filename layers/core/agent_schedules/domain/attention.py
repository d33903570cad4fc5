"""When the reconciler looks at a schedule, and when an entry that could not be written is tried again. Pure.

A row whose entry EventBridge has not taken is marked, and delayed messages carry it in the meantime. Each look that
brings nothing makes the next one later; progress starts from the beginning. In the steady state none of this is in the
row.
"""

from __future__ import annotations

from dataclasses import replace

from agent_schedules.domain.entries import LONGEST_DELAY
from agent_schedules.domain.schedules import State

SLACK = 300  # seconds after its due time until a row counts as overdue
FIRST = 300  # seconds until the second look or attempt; each further one waits twice as long
LONGEST_LOOK = 600  # seconds: what stays overdue is looked at this often
LONGEST_REPAIR = 3600  # seconds: an entry that stays refused is tried this often
CARRY = LONGEST_DELAY - 60  # seconds before its time that an occurrence of a marked row gets its message


def overdue(state: State, now: int) -> bool:
    """Whether an active row's time has passed by more than the slack."""
    return state.next_run_at is not None and state.next_run_at + SLACK <= now


def looked(state: State, now: int) -> State:
    """After a look of the reconciler, which finds it again only if there is no progress."""
    return _timed(replace(state, looks=state.looks + 1, rev=state.rev + 1), now, soonest=_again(state.looks, now))


def may_repair(state: State, now: int) -> bool:
    """Whether the entry may be tried: not again within the delay after an attempt that failed."""
    return state.repair_at is None or state.repair_at <= now


def marked(state: State, now: int) -> State:
    """With the mark of a row whose next occurrence is not armed."""
    wait = min(FIRST << min(state.looks, 10), LONGEST_REPAIR)
    repair_at = now + wait if may_repair(state, now) else state.repair_at
    return _timed(replace(state, entry_stale=True, repair_at=repair_at), now, soonest=now + FIRST)


def repaired(state: State) -> State:
    """Without the mark, and with nothing that the reconciler has to look at before its time."""
    return replace(state, entry_stale=False, looks=0, repair_at=None, look_at=None)


def progressed(state: State, now: int, *, armed: bool | None) -> State:
    """After a settlement. `armed`: whether the next occurrence could be armed, None where that was not tried."""
    if state.status != "active" or armed or (armed is None and not state.entry_stale):
        return repaired(state)
    if armed is None:
        return _timed(state, now, soonest=now)
    return marked(state if state.entry_stale else repaired(state), now)


def _again(looks: int, now: int) -> int:
    """When to look again after so many looks that brought nothing."""
    return now + min(FIRST << min(looks, 10), LONGEST_LOOK)


def _timed(state: State, now: int, *, soonest: int) -> State:
    """With the time of the next look: after a delay, and for a marked row soon enough for its next occurrence."""
    if not state.entry_stale or state.next_run_at is None or overdue(state, now):
        return replace(state, look_at=soonest)
    for_the_next = [at for at in (state.next_run_at - CARRY, state.next_run_at + SLACK) if at > now]
    return replace(state, look_at=min(max(state.repair_at or 0, soonest), *for_the_next))
