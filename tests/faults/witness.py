"""Sees every commit, keeps the history of what callers' changes established, and checks each claim against it.

It reads rows as they are written and knows nothing of the code that writes them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from agent_schedules.domain.schedules import Key
from agent_schedules.storage.table import Check, Delete, Put, Write

from tests.faults import claims, rules, shared
from tests.faults.core import Process, Simulation, Violation
from tests.faults.lines import Lines
from tests.faults.nominal import nominal_times, second_exact
from tests.faults.ports import Rows, key_of
from tests.faults.rules import Definition
from tests.faults.stories import TERMINAL, TOLERANCE, Epoch, Row, Story, seconds_of
from tests.faults.weather import OFF

if TYPE_CHECKING:
    from tests.faults.watch import Watch


class Stories:
    """The witness of a simulation."""

    def __init__(self, sim: Simulation, watch: Watch, wakes: Callable[[str], int], grace: int) -> None:
        self.sim = sim
        self.watch = watch
        self.seq = 0
        self.stories: dict[str, Story] = {}
        self.deletions: dict[str, list[tuple[int, int]]] = {}
        """Of each agent: the number of the commit, and how often it was deleted after it (-1 where it is now)."""
        self.occurrences = 0
        self.listeners: list[Callable[[str, Row], None]] = []
        """Hear of each state that is written."""
        self.lines = Lines(sim)
        self._replaced: dict[tuple[str, int], tuple[Definition, Row] | None] = {}
        """The records that this commit wrote over."""
        self._wakes = wakes
        self._grace = grace

    def committed(self, writes: Sequence[Write], before: Rows, process: Process) -> None:
        """A transaction has taken effect."""
        self.seq += 1
        self._replaced.clear()
        puts: dict[tuple[str, str], Row] = {key_of(write): write.item for write in writes if isinstance(write, Put)}
        for write in writes:
            if (sk := key_of(write)[1]).startswith("O#"):
                self._record(sk, write, before, puts)
        for write in writes:
            _, sk = place = key_of(write)
            kind = sk.partition("#")[0]
            old = before[place]
            if kind == "R" and isinstance(write, Delete):
                self.lines.undone(str(write.key.sk[2:]))
            elif kind == "R" and isinstance(write, Put):
                self._run(write.item, old)
                self.lines.run_is(write.item)
                self.watch.run_is(write.item, process)
            elif kind in {"S", "XS"} and sk.endswith("#s"):
                self._schedule(place, write, old, puts, process)
                if kind == "S":
                    status = str(write.item.get("status")) if isinstance(write, Put) else None
                    self.watch.state_is(sk.split("#")[1], status)
                    self._tell(sk.split("#")[1], write)
            elif kind == "A" and not isinstance(write, Check):
                count = int(write.item["deletions"]) if isinstance(write, Put) else -1
                self.deletions.setdefault(sk[2:], []).append((self.seq, count))
        for place, item in puts.items():
            if place[1].startswith("R#") and "schedule_id" in item and before[place] is None:
                at = place[0], f"S#{item['schedule_id']}#s"
                self._begins(item, process, puts.get(at), before.get(at))
        self.lines.committed()

    def _record(self, sk: str, write: Write, before: Rows, puts: dict[tuple[str, str], Row]) -> None:
        """A record was written, or gave up a time to the run of a backfill."""
        story, first = self.stories[sk.split("#")[1]], int(sk.rpartition("#")[2])
        backfills = any(other.get("trigger") == "backfill" for other in puts.values())
        if not backfills and (isinstance(write, Delete) or first in story.records):
            raise Violation("records", f"{sk} is written over, and no backfill asked for that")
        self._replaced[story.key.schedule_id, first] = story.records.pop(first, None)
        if isinstance(write, Put):
            story.records[first] = story.epochs[-1].spec, write.item
            if not backfills:
                self._reasons(story, write.item, before, puts)
                self._skipped(story, write.item, before, puts)

    def _begins(self, run: Row, process: Process, state: Row | None, before: Row | None) -> None:
        """A run of a schedule was committed, with the schedule's state unless it is deleted."""
        story, trigger = self.stories[str(run["schedule_id"])], str(run["trigger"])
        self.sim.counts[f"policies: {trigger} runs"] += trigger != "schedule"
        if state is None:
            if trigger != "retry" or story.epochs[-1].status != "deleted":
                raise Violation("counters", f"{run['run_id']} was made without its schedule")
            return
        assert before is not None
        made = int(state["run_count"]) - int(before["run_count"])
        other = int(rules.remembered(state).get("other_runs", 0)) - int(rules.remembered(before).get("other_runs", 0))
        if other != (trigger != "schedule") or (other and made != 1):
            raise Violation("counters", f"{run['run_id']} by {trigger} counts {made} runs, {other} besides the clock")
        story.last_run = str(run["run_id"])
        if trigger == "schedule":
            self._claimed(run, process, state, before)
        elif trigger == "backfill":
            replaced = [found[1] for found in self._replaced.values() if found is not None]
            ran = story.runs + story.backfilled
            claims.backfilled(run, story.epochs[-1].spec, before, ran, replaced)
            story.backfilled.append(int(run["scheduled_for"]))
        elif before["settled_until"] != state["settled_until"]:
            raise Violation("clock", f"{run['run_id']} by {trigger} moves the clock of {story.key.schedule_id}")

    def _reasons(self, story: Story, record: Row, before: Rows, puts: dict[tuple[str, str], Row]) -> None:
        """A record has the reason of each of its times: hidden ones their own, and no other has that."""
        key, spec, reason = story.key, story.epochs[-1].spec, str(record["reason"])
        self.sim.counts[f"policies: {reason}"] += int(record["count"])
        skips = rules.skips_of(before[f"{key.owner}#{key.agent_id}", f"S#{key.schedule_id}#s"])
        if not skips and not rules.policy(spec, "exclude") and reason not in {"excluded", "skip_requested"}:
            return
        times = nominal_times(spec, int(record["first"]) - 1, int(record["last"]))
        found = {rules.hidden(spec, skips, time) or reason for time in times}
        crowded = sum(sk.startswith("O#") for _, sk in puts) >= rules.MOST_CLOSED
        if found != {reason} and not crowded:
            raise Violation("reasons", f"{key.schedule_id}: {record} stands for {found}")

    def unanswered(self, writes: Sequence[Write]) -> None:
        """DynamoDB did not say that a transaction took effect: a run's row may not know its response."""
        for write in writes:
            if isinstance(write, Put) and str(write.item["sk"]).startswith("R#"):
                self.watch.lost({"run_id": write.item["run_id"]})
                self.watch.gone({"run_id": write.item["run_id"]})

    def _skipped(self, story: Story, record: Row, before: Rows, puts: dict[tuple[str, str], Row]) -> None:
        """An update skips nothing that is due under both timings: it has a run, or is late."""
        owner, agent_id, schedule_id = story.key.owner, story.key.agent_id, story.key.schedule_id
        place = f"{owner}#{agent_id}", f"S#{schedule_id}"
        if record["reason"] != "schedule_updated" or place not in puts:
            return
        last, spec, at = story.epochs[-1], rules.definition_in(puts[place]), (place[0], f"{place[1]}#s")
        times = {*nominal_times(last.spec, int(record["first"]) - 1, int(record["last"]))}
        due = shared.both(last, spec, before[at], seconds_of(puts[at]["updated_at"]))
        if spec["type"] != "once" and times & due:
            raise Violation("skipped", f"{schedule_id} skips {times & due}, which {spec} selects too")

    def _tell(self, schedule_id: str, write: Write) -> None:
        if isinstance(write, Put):
            for listener in self.listeners:
                listener(schedule_id, write.item)

    def _run(self, new: Row, old: Row | None) -> None:
        if old is not None and old["status"] in TERMINAL:
            raise Violation("terminal", f"{new['run_id']} was {old['status']} and becomes {new['status']}")
        if (new["status"] in TERMINAL) == ("attention_at" in new):
            raise Violation("index", f"the reconciler does not look at {new['run_id']}, which is {new['status']}")

    def _schedule(
        self, place: tuple[str, str], write: Write, old: Row | None, puts: dict[tuple[str, str], Row], by: Process
    ) -> None:
        pk, sk = place
        prefix, schedule_id, _ = sk.split("#")
        gone = prefix == "XS"
        if isinstance(write, Delete):
            if (pk, f"X{sk}") not in puts:
                self.stories[schedule_id].undone = True
            return
        assert isinstance(write, Put)
        new: Row = write.item
        if "status" not in new:
            return  # the empty row that keeps an unanswered create out
        story = self.stories.get(schedule_id)
        definition = puts.get((pk, f"{prefix}#{schedule_id}"))
        spec = self._spec(story, definition)
        self.lines.defined(schedule_id, spec)
        if story is None:
            owner, _, agent_id = pk.rpartition("#")
            story = self.stories[schedule_id] = Story(Key(owner, agent_id, schedule_id), by, [])
            by.created.append(schedule_id)
            story.epochs.append(self._epoch(new, spec, int(new["settled_until"]), by))
            story.epochs[-1].settled = int(new["settled_until"])
            self._near("it begins", int(new["settled_until"]), new, spec)
            return
        last = story.epochs[-1]
        same = rules.times_of(spec) == rules.times_of(last.spec)
        lapsed = old is not None and new["status"] == "paused" != old["status"] and same
        if lapsed and new["pause_reason"] == "agent_deleted":  # what was due by then is recorded when it is resumed
            last.ends = int(new["settled_until"])
            story.epochs.append(self._epoch(new, spec, int(new["settled_until"]), by))
        elif gone or (old is not None and new["generation"] != old["generation"]):
            self._changed(story, new, spec, by, rules.pause_end(old))
        elif new["status"] == "completed":
            last.completed, last.completed_at = True, int(new["settled_until"])
        story.epochs[-1].settled = int(new["settled_until"])
        if old is not None and new["generation"] == old["generation"]:
            kept = {skip for skip in rules.skips_of(old) if skip > int(new["settled_until"])}
            if lost := kept - {*rules.skips_of(new)}:
                raise Violation("skips", f"{schedule_id} forgets that {lost} are to be skipped")
        if old is not None and old["status"] == "active":
            story.idle_since = self.sim.seconds
        if old is not None and int(new["settled_until"]) < int(old["settled_until"]):
            raise Violation(
                "clock", f"{schedule_id}: settled until {old['settled_until']}, then {new['settled_until']}"
            )
        if int(new["settled_until"]) > self.sim.seconds + TOLERANCE and last.spec["type"] != "once":
            raise Violation("clock", f"{schedule_id} is settled until {new['settled_until']}, which is to come")

    @staticmethod
    def _spec(story: Story | None, written: Row | None) -> Definition:
        """Return the definition in force after a write; the first state is written with its definition."""
        if written:
            return rules.definition_in(written)
        assert story is not None
        return story.epochs[-1].spec

    def _changed(self, story: Story, new: Row, spec: Definition, by: Process, until: int | None) -> None:
        """A change was committed: a caller's, or the end of a pause that ends at `until`."""
        last, moment = story.epochs[-1], seconds_of(new["updated_at"])
        if last.status == new["status"] == "paused" and last.settled == new["settled_until"]:
            last.deletions = int(new["agent_deletions"])  # the pause has another end now
        if by.name != "api" and (until is None or until * 1000 > self.sim.now + by.skew):
            raise Violation("pause", f"{story.key.schedule_id} was paused until {until}, and becomes {new['status']}")
        status = "completed" if last.completed else last.status
        same = rules.times_of(spec) == rules.times_of(last.spec)
        if same and new["status"] == status and new["agent_deletions"] == last.deletions:
            last.generation, last.revision = int(new["generation"]), int(new["revision"])
            last.spec = shared.kept(spec, last.spec)
            return
        spec = shared.with_handover(spec, new)
        # What it had settled beyond its change (another clock's) stays; what was due until the change is its own.
        settled = max([last.begins, *story.decided])
        begins = int(new["settled_until"])
        if by.name != "api" and until is not None and begins != max(until, last.settled):
            raise Violation("pause", f"{story.key.schedule_id} was paused until {until}, and resumes from {begins}")
        if until is not None and until <= moment and begins == max(until, last.settled):
            last.ends = max(settled, begins)  # it resumed as of the end of its pause, however late that was
            story.epochs.append(self._epoch(new, spec, begins, by))
            return
        last.ends = max(settled, moment)
        if last.status == new["status"] == "active":
            last.spared = shared.taken_over(last, spec, begins, moment)
        if not last.spared and new["status"] != "deleted":
            self._near("it changed", begins, new, spec)
        story.epochs.append(self._epoch(new, spec, begins, by))

    def _near(self, what: str, begins: int, new: Row, spec: Definition) -> None:
        """A clock that is set by a change stands at that change, or just before a `once` of the last minute."""
        moment = seconds_of(new["updated_at"])
        earliest = moment
        if spec["type"] == "once":
            earliest = min(moment, seconds_of(spec["run_at"]) - 1)
        if not earliest <= begins <= moment + TOLERANCE or abs(moment - self.sim.seconds) > 60:
            raise Violation("clock", f"{what} at {moment}, now is {self.sim.seconds}, and it is settled until {begins}")

    @staticmethod
    def _epoch(new: Row, spec: Definition, begins: int, by: Process) -> Epoch:
        return Epoch(
            generation=int(new["generation"]),
            revision=int(new["revision"]),
            spec=spec,
            status=str(new["status"]),
            begins=begins,
            deletions=int(new["agent_deletions"]),
            by=by,
            completed_at=begins if new["status"] == "completed" else None,
        )

    def _claimed(self, run: Row, process: Process, state: Row, before: Row | None) -> None:
        """A run was claimed: by the newest definition, under a live agent, within the rule about lateness."""
        self.occurrences += 1
        schedule_id, nominal = str(run["schedule_id"]), int(run["scheduled_for"])
        story = self.stories[schedule_id]
        epoch = story.epochs[-1]
        story.runs.append(nominal)
        if epoch.status != "active" or run["revision"] != epoch.revision or story.undone:
            raise Violation("old definition", f"{run['run_id']} of revision {run['revision']}; in force is {epoch}")
        agent_id = story.key.agent_id
        changes = self.deletions[agent_id]
        if changes[-1][1] != epoch.deletions:
            # Decision 4: a hint that has read the agent before its deletion can still claim after it.
            alive = max(seq for seq, count in changes if count == epoch.deletions)
            if process.hint_read >= min(seq for seq, _ in changes if seq > alive):
                raise Violation("old definition", f"{run['run_id']} was claimed after its agent was deleted")
        due = rules.due_of({"due_at": run.get("due_at")}, nominal)
        if "early" not in OFF and due * 1000 > self.sim.now + process.skew:
            raise Violation("early", f"{run['run_id']} was claimed {due * 1000 - self.sim.now} ms early")
        if datetime.fromisoformat(str(run["created_at"])).timestamp() < due:
            raise Violation("early", f"{run['run_id']} was claimed at {run['created_at']}, before its time")
        skips, began = rules.skips_of(before), process.started // 1000 - TOLERANCE
        claims.admitted(run, epoch.spec, skips, made=len(story.runs))
        claims.in_time(run, epoch.spec, skips, began=began, grace=self._grace, since=epoch.begins)
        if second_exact(epoch.spec) and state["status"] == "active" and not state.get("render"):
            furthest = max(process.armed.get(schedule_id, 0), self._wakes(schedule_id))
            if furthest <= nominal:
                raise Violation(
                    "arming", f"{run['run_id']} was claimed, and nothing wakes {schedule_id} after {nominal}"
                )
