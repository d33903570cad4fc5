"""The service without one mechanism: each function is a way to take one away."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from datetime import datetime
from typing import Any
from unittest.mock import patch

from agent_schedules.domain import settlement, transitions
from agent_schedules.domain.events import Event
from agent_schedules.domain.messages import ContinueJob, ContinueRun, Hint, Message
from agent_schedules.domain.request_context import RequestContext
from agent_schedules.domain.runs import Run
from agent_schedules.domain.schedules import Key, Schedule, State
from agent_schedules.domain.settlement import Record, Settlement
from agent_schedules.domain.sweeps import SweepNote
from agent_schedules.domain.transitions import Change
from agent_schedules.errors import Unavailable
from agent_schedules.execution import arm as entries
from agent_schedules.execution import reconcile, run_lifecycle, settle, verdicts
from agent_schedules.execution.publish import Outlets, publish
from agent_schedules.ports import GatewayError, Ports
from agent_schedules.storage import counters, items, keys
from agent_schedules.storage import schedules as schedule_store
from agent_schedules.storage.schedules import ScheduleStore
from agent_schedules.storage.table import Add, Item, Put, Write
from agent_schedules.timestamps import floor_seconds

from tests.faults import publisher
from tests.faults.ports import SimTable

Patches = list[AbstractContextManager[Any]]
"""While all of them are in force the mechanism is gone."""


def settle_without_condition() -> Patches:
    """A settlement is written whatever was written since the row was read."""

    def unconditional(
        self: ScheduleStore, key: Key, state: State, runs: Sequence[Run], records: Sequence[Record], *, repeats: bool
    ) -> None:
        self._table.write(
            Put(items.state_item(key, state, repeats=repeats), "anything"),
            *(Put(items.run_item(run), "anything") for run in runs),
            *(Put(items.record_item(key, record), "anything") for record in records),
        )

    return [patch.object(ScheduleStore, "settle", unconditional)]


def late_without_record() -> Patches:
    """An occurrence that is too late for a run leaves no record."""
    decided = settlement.decide

    def silent(*arguments: Any, **named: Any) -> Settlement | None:
        settlement = decided(*arguments, **named)
        return None if settlement is None else replace(settlement, records=())

    return [patch.object(settle, "decide", silent)]


def a_second_early() -> Patches:
    """An occurrence of the next second counts as due."""
    decided = settlement.decide

    def early(*arguments: Any, now: int, **named: Any) -> Settlement | None:
        return decided(*arguments, now=now + 1, **named)

    return [patch.object(settle, "decide", early)]


def no_lease() -> Patches:
    """A run that another process holds is taken over at once."""

    def always(self: Run, now: datetime) -> bool:
        return self.gateway_response_id is None

    return [patch.object(Run, "abandoned", always)]


def arm_after_claim() -> Patches:
    """A hint arms what follows only once it has claimed."""
    claimed, prepared = settle._claim, settle._arm_before_claim

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
    return [patch.object(settle, "_claim", claim), patch.object(settle, "_arm_before_claim", prepare)]


def no_sweep() -> Patches:
    """The reconciler makes no pass."""
    return [patch.object(reconcile, "sweep", lambda *_, **__: 0)]


def repair_renders_nothing() -> Patches:
    """A marked row gets no entry."""
    return [patch.object(entries, "repair", lambda _ports, schedule, _now: schedule)]


def open_runs_are_not_looked_at() -> Patches:
    """A pass of the reconciler leaves open runs alone."""
    return [patch.object(reconcile, "_recheck", lambda *_: None)]


def held_runs_are_in_no_index() -> Patches:
    """A run that a process holds is not in the attention index."""
    claimed = Run.claimed

    def unwatched(self: Run, *, now: datetime, lease: float) -> Run:
        return replace(claimed(self, now=now, lease=lease), look_at=None)

    return [patch.object(Run, "claimed", unwatched)]


def changes_without_records() -> Patches:
    """A change leaves no record of the occurrences that it skips."""
    return [patch.object(transitions, "_skipped", lambda *_: ())]


def undone_is_counted() -> Patches:
    """The counters keep a create that was taken back."""

    def additions(key: Key, before: State | None, after: State | None, **named: Any) -> list[Add]:
        return counters.additions(key, before, after, **named) if after else []

    return [patch.object(schedule_store, "additions", additions)]


def counters_forget_deletions() -> Patches:
    """A change that read an agent before its deletion is counted once more after it."""

    def additions(*arguments: Any, **named: Any) -> list[Add]:
        found = counters.additions(*arguments, **named)
        return [replace(add, same={"v": add.same["v"]}) for add in found]

    return [patch.object(schedule_store, "additions", additions)]


def resume_forgets_the_clock() -> Patches:
    """A resumed schedule begins at its caller's time, also where another clock has settled more already."""
    resumed = transitions.resumed

    def forgetful(schedule: Schedule, now: datetime, *, agent_deletions: int) -> Change | None:
        change = resumed(schedule, now, agent_deletions=agent_deletions)
        if change is None:
            return None
        start = floor_seconds(now)
        following = schedule.definition.timing.next_after(start)
        state = replace(change.schedule.state, settled_until=start, next_run_at=following)
        return replace(change, schedule=replace(change.schedule, state=state))

    return [patch.object(transitions, "resumed", forgetful)]


def both_chains_go_on() -> Patches:
    """A nudge sends its message and leaves the older one valid."""

    def nudge(ports: Ports, run: Run, message: ContinueRun) -> None:
        ports.queue.send([replace(message, rev=run.rev)], delay=0)

    return [patch.object(reconcile, "_requeue", nudge)]


def letters_without_end() -> Patches:
    """A dead letter is revived however often it has been one."""
    revived = reconcile._message_in

    def fresh(body: str) -> Message:
        message = revived(body)
        return message if isinstance(message, ContinueJob) else replace(message, revived=0)

    return [patch.object(reconcile, "_message_in", fresh)]


def undone_although_it_ran() -> Patches:
    """A create is taken back although its schedule has run."""
    undone = ScheduleStore.undo_create

    def undo(self: ScheduleStore, call: RequestContext, schedule: Schedule) -> None:
        state_of = items.state_of
        with patch.object(items, "state_of", lambda row: replace(state_of(row), run_count=0)):
            undone(self, call, schedule)

    return [patch.object(ScheduleStore, "undo_create", undo)]


def letters_forget_the_response() -> Patches:
    """A dead letter is revived without the response id that only it knows."""
    revived = reconcile._message_in

    def forgetful(body: str) -> Message:
        message = revived(body)
        return replace(message, response_id=None) if isinstance(message, ContinueRun) else message

    return [patch.object(reconcile, "_message_in", forgetful)]


def one_bad_answer_ends_a_run() -> Patches:
    """A gateway that says "not now" once has refused the run."""

    def at_once(error: GatewayError, **_: Any) -> verdicts.Fail:
        return verdicts.Fail("gateway_unavailable", error.message)

    return [patch.object(run_lifecycle, "after_send", at_once)]


def repair_comes_first() -> Patches:
    """A marked row is claimed only once its entry is written."""
    settle_due = settle._settle_due

    def repaired_first(ports: Ports, hint: Hint, own_run_id: str | None, *, lease: float) -> Any:
        schedule = ports.store.schedules.for_hint(hint.key, None).schedule
        if schedule is not None and schedule.state.status == "active" and (hint.repair or schedule.state.entry_stale):
            now = floor_seconds(ports.now())
            following = schedule.definition.timing.next_after(now)
            if following is not None:
                entries.arm(ports, schedule, following, now, expect_new=False)
        return settle_due(ports, hint, own_run_id, lease=lease)

    return [patch.object(settle, "_settle_due", repaired_first)]


def looks_without_delay() -> Patches:
    """Each pass of the reconciler sends one more message for what it finds."""

    def look(self: ScheduleStore, key: Key, *, now: int, early: bool = False) -> State | None:
        (row,) = self._table.get([keys.state_key(key)])
        return items.state_of(row) if row else None

    return [patch.object(ScheduleStore, "look", look)]


def equal_writes_are_own() -> Patches:
    """A write whose condition fails succeeds where the stored item equals it, also if another function wrote that."""

    def own(write: Write, stored: Item | None) -> bool:
        return isinstance(write, Put) and write.item == stored

    return [patch.object(SimTable, "_own", staticmethod(own))]


def no_sweep_looks_ahead() -> Patches:
    """Each sweep reads only the rows whose time in the attention index has passed."""
    return [patch.object(SweepNote, "horizon", lambda _, now: now)]


def no_row_is_tried_with_each_sweep() -> Patches:
    """All marked rows wait for the end of their own delays."""
    complete = SweepNote.complete

    def alone(self: SweepNote, now: int, *, canary: Key | None) -> SweepNote:
        return replace(complete(self, now, canary=canary), canary=None)

    return [patch.object(SweepNote, "complete", alone)]


def messages_ahead_of_their_row_are_void() -> Patches:
    """A message that comes before its row is put off leaves one that the row then voids."""
    rechecked = run_lifecycle._recheck_after_lease
    return [patch.object(run_lifecycle, "_recheck_after_lease", lambda ports, run, *_: rechecked(ports, run))]


def nothing_is_shared() -> Patches:
    """An update skips all that was due, also where the new timing selects it too."""
    return [patch.object(transitions, "shared_times", lambda *_: ())]


def new_times_are_made_up_for() -> Patches:
    """A new timing begins where the shared times do, with all that it selects since."""
    return [patch.object(transitions, "Handover", lambda *_: None)]


def the_bus_is_not_heard() -> Patches:
    """The publisher takes a batch for published although the bus refused it."""

    def deaf(outlets: Outlets, events: Sequence[Event]) -> int:
        with suppress(Unavailable):
            return publish(outlets, events)
        return 0

    return [patch.object(publisher, "publish", deaf)]
