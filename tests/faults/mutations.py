"""Proof that the simulation can fail: each mechanism is taken away, one at a time, and some seed must notice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from unittest.mock import patch

from agent_schedules import (
    changes,
    counters,
    entries,
    items,
    keeper,
    schedule_store,
    schedules,
    settle,
)
from agent_schedules.changes import Change
from agent_schedules.counter_store import CounterStore
from agent_schedules.messages import Attend, Hint, Message
from agent_schedules.ports import Ports
from agent_schedules.runs import Run
from agent_schedules.schedule_store import ScheduleStore
from agent_schedules.schedules import Key, Record, Schedule, Settlement, State
from agent_schedules.table import Add, Put
from agent_schedules.timetable import floor_seconds, next_after

from tests.faults.core import Violation
from tests.faults.world import simulate

MOST = 150  # seeds that a mutation is tried on


Patches = Callable[[], list[AbstractContextManager[Any]]]


@dataclass(frozen=True)
class Mutation:
    """A mechanism, how it is taken away, and the invariants that may fall with it."""

    name: str
    patches: Patches
    expected: frozenset[str]
    out: tuple[str, ...] | None = None
    """It is looked for on days on which these services are out."""
    near: int = 0
    """The seed from which on it is looked for."""


def caught(mutation: Mutation, most: int = MOST) -> tuple[int, str] | None:
    """The first seed that notices, and what it says. Another invariant than the expected ones is passed over."""
    with ExitStack() as stack:
        for applied in mutation.patches():
            stack.enter_context(applied)
        for seed in range(mutation.near, mutation.near + most):
            try:
                simulate(seed, out=mutation.out)
            except Violation as violation:
                if violation.invariant in mutation.expected:
                    return seed, violation.invariant
    return None


def _settle_without_condition() -> list[AbstractContextManager[Any]]:
    def unconditional(
        self: ScheduleStore,
        key: Key,
        state: State,
        runs: Sequence[Run],
        records: Sequence[Record],
        *,
        repeats: bool,
    ) -> None:
        self._table.write(
            Put(items.state_item(key, state, repeats=repeats), "anything"),
            *(Put(items.run_item(run), "anything") for run in runs),
            *(Put(items.record_item(key, record), "anything") for record in records),
        )

    return [patch.object(ScheduleStore, "settle", unconditional)]


def _late_without_record() -> list[AbstractContextManager[Any]]:
    decided = schedules.decide

    def silent(*arguments: Any, **named: Any) -> Settlement | None:
        settlement = decided(*arguments, **named)
        return None if settlement is None else replace(settlement, records=())

    return [patch.object(settle, "decide", silent)]


def _a_second_early() -> list[AbstractContextManager[Any]]:
    """What is due within the next second counts as due."""
    decided = schedules.decide

    def early(*arguments: Any, now: int, **named: Any) -> Settlement | None:
        return decided(*arguments, now=now + 1, **named)

    return [patch.object(settle, "decide", early)]


def _no_lease() -> list[AbstractContextManager[Any]]:
    def always(self: Run, now: datetime) -> bool:
        return self.gateway_response_id is None

    return [patch.object(Run, "abandoned", always)]


def _arm_after_claim() -> list[AbstractContextManager[Any]]:
    """A hint arms what follows only once it has claimed."""
    claimed, prepared = settle._claim, settle._prepared

    def claim(ports: Ports, hint: Hint, schedule: Schedule, *rest: Any, **named: Any) -> Schedule:
        after = claimed(ports, hint, schedule, *rest, **named)
        for arguments in waiting:
            prepared(*arguments)
        waiting.clear()
        return after

    def prepare(*arguments: Any) -> bool:
        waiting.append(arguments)
        return True

    waiting: list[tuple[Any, ...]] = []
    return [patch.object(settle, "_claim", claim), patch.object(settle, "_prepared", prepare)]


def _nobody_sweeps() -> list[AbstractContextManager[Any]]:
    return [patch.object(keeper, "sweep", lambda *_, **__: 0)]


def _repair_renders_nothing() -> list[AbstractContextManager[Any]]:
    return [patch.object(entries, "repair", lambda _ports, schedule, _now: schedule)]


def _open_runs_are_not_looked_at() -> list[AbstractContextManager[Any]]:
    return [patch.object(keeper, "_look_at", lambda *_: None)]


def _held_runs_are_in_no_index() -> list[AbstractContextManager[Any]]:
    claimed = Run.claimed

    def unwatched(self: Run, *, now: datetime, lease: float) -> Run:
        return replace(claimed(self, now=now, lease=lease), look_at=None)

    return [patch.object(Run, "claimed", unwatched)]


def _changes_without_records() -> list[AbstractContextManager[Any]]:
    return [patch.object(changes, "_skipped", lambda *_: ())]


def _undone_is_counted() -> list[AbstractContextManager[Any]]:
    def additions(key: Key, before: State | None, after: State | None, **named: Any) -> list[Add]:
        return counters.additions(key, before, after, **named) if after else []

    return [patch.object(schedule_store, "additions", additions)]


def _places_are_given_back_twice() -> list[AbstractContextManager[Any]]:
    """A completed schedule that gave its place back still has it."""
    return [patch.object(CounterStore, "_displaced", staticmethod(lambda row: Put(row, {"rev": row["rev"]})))]


def _places_go_with_their_occurrence() -> list[AbstractContextManager[Any]]:
    """A completed schedule forgets its place, and the counter does not."""
    decided = schedules.settled

    def settled(*arguments: Any, **named: Any) -> State:
        state = decided(*arguments, **named)
        return replace(state, placed=state.placed and state.status != "completed")

    return [patch.object(settle, "settled", settled)]


def _resume_forgets_the_clock() -> list[AbstractContextManager[Any]]:
    """What is resumed begins at its caller's time, also where another clock has settled more already."""
    resumed = changes.resumed

    def forgetful(schedule: Schedule, now: datetime, *, agent_deletions: int) -> Change | None:
        change = resumed(schedule, now, agent_deletions=agent_deletions)
        if change is None:
            return None
        start = floor_seconds(now)
        following = next_after(schedule.definition.spec, start)
        state = replace(change.schedule.state, settled_until=start, next_run_at=following)
        return replace(change, schedule=replace(change.schedule, state=state))

    return [patch.object(changes, "resumed", forgetful)]


def _both_chains_go_on() -> list[AbstractContextManager[Any]]:
    """A nudge sends its message and leaves the older one valid."""

    def nudge(ports: Ports, run: Run, message: Attend) -> None:
        ports.queue.send([replace(message, rev=run.rev)], delay=0)

    return [patch.object(keeper, "_nudge", nudge)]


def _letters_without_end() -> list[AbstractContextManager[Any]]:
    """A dead letter is revived however often it has been one."""
    revived = keeper._revived

    def fresh(body: str) -> Message:
        message = revived(body)
        return replace(message, revived=0) if isinstance(message, Hint) else message

    return [patch.object(keeper, "_revived", fresh)]


MUTATIONS = (
    Mutation(
        "the settle condition",
        _settle_without_condition,
        frozenset({"counters", "clock", "terminal", "doubled"}),
        near=100,
    ),
    Mutation("the late rule's record", _late_without_record, frozenset({"lost"})),
    Mutation("the time that is waited for", _a_second_early, frozenset({"early"})),
    Mutation("the lease", _no_lease, frozenset({"lease"})),
    Mutation("the arming order", _arm_after_claim, frozenset({"arming"})),
    Mutation("the keeper's sweep", _nobody_sweeps, frozenset({"silent", "entries", "terminal", "found"})),
    Mutation("the keeper's repair", _repair_renders_nothing, frozenset({"entries", "silent"})),
    Mutation("the look at open runs", _open_runs_are_not_looked_at, frozenset({"terminal", "found"})),
    Mutation("the index of held runs", _held_runs_are_in_no_index, frozenset({"index"})),
    Mutation("the records of changes", _changes_without_records, frozenset({"lost"})),
    Mutation("the count of what is undone", _undone_is_counted, frozenset({"limits"}), near=103),
    Mutation("the end of a place", _places_are_given_back_twice, frozenset({"limits"})),
    Mutation("settled_until in a resume", _resume_forgets_the_clock, frozenset({"clock"}), near=45),
    Mutation("the end of the older chain", _both_chains_go_on, frozenset({"chains"}), ("gateway",)),
    Mutation("the end of dead letters", _letters_without_end, frozenset({"in flight"}), ("table reads",)),
    Mutation("the place of what is completed", _places_go_with_their_occurrence, frozenset({"limits"})),
)
