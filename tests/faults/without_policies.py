"""The service without one mechanism of its policies: each function is a way to take one away (as in `without.py`)."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from unittest.mock import patch

from agent_schedules.domain import transitions
from agent_schedules.domain.runs import Run
from agent_schedules.domain.schedules import Key, Schedule, State
from agent_schedules.domain.timetable import Timetable
from agent_schedules.domain.transitions import Change
from agent_schedules.execution import finish, line, run_lifecycle
from agent_schedules.storage import items
from agent_schedules.storage.backfills import BackfillStore
from agent_schedules.storage.schedules import ScheduleStore
from agent_schedules.storage.table import Put

from tests.faults.without import Patches


def no_open_run_is_read() -> Patches:
    """A settlement takes the line for free, whatever is open."""
    return [patch.object(line, "open_run_id", lambda *_: None)]


def runs_are_counted_afterwards() -> Patches:
    """The runs that count towards `max_runs` are counted after their transaction, where that is answered."""
    made: Counter[str] = Counter()
    settle = ScheduleStore.settle

    def counting(self: ScheduleStore, key: Key, state: State, runs: Sequence[Run], *rest: Any, **named: Any) -> None:
        settle(self, key, state, runs, *rest, **named)
        made[key.schedule_id] += len(runs)

    def remaining(self: Schedule) -> int | None:
        most = self.definition.policies.max_runs
        return None if most is None else max(most - made[self.key.schedule_id], 0)

    return [
        patch.object(ScheduleStore, "settle", counting),
        patch.object(Schedule, "remaining_runs", property(remaining)),
    ]


def an_end_tells_nobody() -> Patches:
    """The end of a run sends no hint to the one that waits for it."""
    return [patch.object(module, "move_line", lambda *_: None) for module in (finish, run_lifecycle)]


def a_release_without_condition() -> Patches:
    """The next run in line is released whatever was written since the line was read."""

    def release(self: ScheduleStore, key: Key, state: State, run: Run) -> None:
        self._table.write(Put(items.state_item(key, state), "anything"), Put(items.run_item(run), "anything"))

    return [patch.object(ScheduleStore, "release", release)]


def the_next_starts_before_the_end() -> Patches:
    """With `cancel_previous` the next run starts when the cancel is asked for."""
    cancel = line._cancel

    def at_once(*arguments: Any) -> bool:
        cancel(*arguments)
        return True

    return [patch.object(line, "_cancel", at_once)]


def a_pause_ends_as_of_now() -> Patches:
    """A pause with an end resumes from the moment on at which that is noticed."""
    ended = transitions.pause_ended

    def late(schedule: Schedule, now: datetime, *, deletions: int | None) -> Change:
        change = transitions.resumed(schedule, now, agent_deletions=schedule.state.agent_deletions)
        return change if change is not None and deletions is not None else ended(schedule, now, deletions=deletions)

    return [patch.object(transitions, "pause_ended", late)]


def a_pause_ends_twice() -> Patches:
    """The end of a pause is committed once more by a function that read it as due, whatever was written since."""
    ended: dict[str, State] = {}
    end_pause, settle = ScheduleStore.end_pause, ScheduleStore.settle

    def end(self: ScheduleStore, before: Schedule, change: Change) -> None:
        end_pause(self, before, change)
        ended[before.key.schedule_id] = change.schedule.state

    def again(self: ScheduleStore, key: Key, *rest: Any, **named: Any) -> None:
        settle(self, key, *rest, **named)
        if (state := ended.pop(key.schedule_id, None)) is not None:
            self._table.write(Put(items.state_item(key, state), "anything"))

    return [patch.object(ScheduleStore, "end_pause", end), patch.object(ScheduleStore, "settle", again)]


def a_backfill_runs_all_again() -> Patches:
    """A backfill makes a run of each nominal time, also of those that have one."""
    runs = BackfillStore.runs

    def none_of_its_own(self: BackfillStore, key: Key, own: str, *others: str) -> list[Run | None]:
        return [None, *(runs(self, key, *others) if others else [])]

    def commit(self: BackfillStore, key: Key, state: State, run: Run, *_: Any) -> None:
        self._table.write(
            Put(items.state_item(key, state), {"rev": state.rev - 1}), Put(items.run_item(run), "anything")
        )

    return [
        patch.object(BackfillStore, "with_run", lambda *_: set()),
        patch.object(BackfillStore, "runs", none_of_its_own),
        patch.object(BackfillStore, "commit", commit),
    ]


def a_backfill_keeps_the_record() -> Patches:
    """A nominal time of which a backfill makes a run stays in its record."""

    def commit(self: BackfillStore, key: Key, state: State, run: Run, *_: Any) -> None:
        self._table.write(Put(items.state_item(key, state), {"rev": state.rev - 1}), Put(items.run_item(run), "absent"))

    return [patch.object(BackfillStore, "commit", commit)]


def spread_without_an_order() -> Patches:
    """An occurrence may be due after the one that follows it."""

    def due_at(self: Timetable, nominal: int) -> int:
        return nominal + zlib.crc32(f"{self.seed}/{nominal}".encode()) % (self.policies.spread_seconds + 1)

    return [patch.object(Timetable, "due_at", due_at)]


def excluded_dates_are_run() -> Patches:
    """Excluded dates are forgotten where an occurrence is decided."""
    return [patch.object(Timetable, "_excluded", lambda *_: False)]


def skips_are_forgotten() -> Patches:
    """An occurrence takes the skips of later ones with it."""
    clocked = Schedule.clocked

    def forgetful(self: Schedule, state: State, settled_until: int, next_run_at: int | None) -> State:
        found = clocked(self, state, settled_until, next_run_at)
        return replace(found, skips=()) if settled_until > self.state.settled_until else found

    return [patch.object(Schedule, "clocked", forgetful)]
