"""What must hold when nothing goes wrong any more, worked out from the rows and from the history of definitions."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

from agent_schedules.domain.entries import Entry

from dev.scheduler import expressions
from tests.faults.core import EPOCH, Violation
from tests.faults.nominal import nominal_times, second_exact
from tests.faults.rules import due_of, hidden, pause_end, remembered, skips_of
from tests.faults.stories import TERMINAL, Row, Story, seconds_of
from tests.faults.users import OWNER

if TYPE_CHECKING:
    from tests.faults.world import SimWorld

REPAIRED = 3600  # seconds of calm after which nothing may be late any more
PUNCTUAL = 130  # seconds after its nominal time by which an occurrence is settled


def in_the_calm(world: SimWorld) -> None:
    """The table and EventBridge agree; nothing is overdue or late."""
    if world.parked:
        raise Violation("parked", f"{world.parked}")
    expected: set[str] = set()
    for story in world.stories.stories.values():
        state = _state(world, story)
        if state is not None and _status(world, story, state) == "active":
            _punctual(world, story, state)
            expected |= _armed(world, story, state)
        elif state is not None and (until := pause_end(state)) is not None:
            expected.add(f"{story.key.schedule_id}-{until}")
            _pause_ends(world, story, until)
    for name, entry in {**world.scheduler.entries}.items():
        # What belongs to no active schedule goes with its first fire, so it must not have fired in the calm.
        story = world.stories.stories[name.partition("-")[0]]
        since = max(world.calm_began, story.idle_since) + 120
        if name not in expected and _next_fire(entry, since) < world.sim.seconds - 120:
            raise Violation("entries", f"{entry} belongs to no active schedule")
    _limits(world)


def _punctual(world: SimWorld, story: Story, state: Row) -> None:
    """Nothing is late any more."""
    if due_of(state, int(state["next_run_at"])) < world.sim.seconds - PUNCTUAL:
        raise Violation("silent", f"{state['sk']} was due at {state['next_run_at']}, it is {world.sim.seconds}")
    missed = [int(record["first"]) for _, record in story.records.values() if record["outcome"] == "missed"]
    if late := [first for first in missed if first > world.calm_began + REPAIRED]:
        raise Violation("silent", f"{state['sk']} missed {late} in the calm")
    if state.get("render"):
        raise Violation("entries", f"{state['sk']} is still to be rendered")


def _pause_ends(world: SimWorld, story: Story, until: int) -> None:
    """A pause with an end is not over, and something ends it."""
    schedule_id, now = story.key.schedule_id, world.sim.seconds
    if until < now - PUNCTUAL:
        raise Violation("silent", f"{schedule_id} was paused until {until}, it is {now}")
    bodies = [held.body for held in world.queue.messages.values()]
    told = any((b.get("schedule_id"), b.get("nominal")) == (schedule_id, until) for b in bodies)
    if not told and f"{schedule_id}-{until}" not in world.scheduler.entries and not _unasked(story):
        raise Violation("entries", f"{schedule_id}: nothing ends its pause at {until}")


def _unasked(story: Story) -> bool:
    """Whether its last change was not answered: it could not be armed, and the reconciler finds it."""
    epoch = story.epochs[-1]
    return epoch.by.helpless or (epoch.by.died and not epoch.answered)


def _armed(world: SimWorld, story: Story, state: Row) -> set[str]:
    """The names that its entries may have; what wakes it next is there."""
    epoch, schedule_id, following = story.epochs[-1], story.key.schedule_id, int(state["next_run_at"])
    due = due_of(state, following)
    names = {schedule_id, f"{schedule_id}-{due}"}
    times = nominal_times(epoch.spec, epoch.begins, world.sim.seconds - REPAIRED) if _unasked(story) else [following]
    if all(hidden(epoch.spec, skips_of(state), time) for time in times):
        return names  # the change could not arm it and was not retried: the reconciler will find the row overdue
    if schedule_id in world.eventbridge.pending:
        return names
    if second_exact(epoch.spec) or following <= world.sim.seconds < due:
        bodies = [held.body for held in world.queue.messages.values()]
        told = any((b.get("schedule_id"), b.get("nominal")) == (schedule_id, following) for b in bodies)
        if f"{schedule_id}-{due}" not in world.scheduler.entries and not told:
            raise Violation("entries", f"{schedule_id}: nothing wakes it at {due}")
        return names - {schedule_id} if second_exact(epoch.spec) else names
    entry = world.scheduler.entries.get(schedule_id)
    if entry is None:
        raise Violation("entries", f"{schedule_id} is active and has no entry")
    if not _wakes(entry, following):
        raise Violation("entries", f"{schedule_id}: {entry} does not fire at {following}")
    return {schedule_id}


def _next_fire(entry: Entry, after: int) -> float:
    """When an entry fires next (UTC seconds), by AWS's own rules."""
    parsed = expressions.parse(entry.expression, timezone=entry.timezone, start=entry.start, end=None, created=EPOCH)
    fire = parsed.next_fire(EPOCH + timedelta(seconds=after))
    return fire.timestamp() if fire else float("inf")


def _wakes(entry: Entry, following: int) -> bool:
    """Whether an entry wakes its schedule for the next nominal time."""
    return _next_fire(entry, following - 1) <= following + (75 if entry.delete_after else 0)


def at_the_end(world: SimWorld) -> None:
    """Every occurrence has one outcome, counters equal rows, and every run is over."""
    runs: dict[str, list[Row]] = {}
    rows: dict[tuple[str, str], Row] = {**world.table.items}
    for (_, sk), row in rows.items():
        if not sk.startswith("R#"):
            continue
        if row["status"] not in TERMINAL:
            raise Violation("terminal", f"{row['run_id']} is still {row['status']}")
        if "definition_lost" in str(row.get("error")):
            raise Violation("definition", f"{row['run_id']} has lost its definition")
        if "schedule_id" in row:
            runs.setdefault(str(row["schedule_id"]), []).append(row)
    for schedule_id, story in world.stories.stories.items():
        _outcomes(world, story)
        state = _state(world, story)
        if story.undone or state is None:
            if runs.get(schedule_id):
                raise Violation("answers", f"{schedule_id} does not exist, its runs do")
            continue
        _counters(story, state, runs.get(schedule_id, []))
    _answers(world)
    _limits(world)
    world.publisher.check()
    if stray := [held.body for held in (*world.queue.messages.values(), *world.dead.messages.values())]:
        raise Violation("messages", f"without end: {stray}")


def _outcomes(world: SimWorld, story: Story) -> None:
    """Each nominal time of each definition in force has exactly one run or exactly one record."""
    if story.undone:
        return
    expected, optional = Counter[int](), Counter[int]()
    for epoch in story.epochs:
        if epoch.status == "deleted":
            continue
        ends = epoch.ends
        if ends is None:
            state = _state(world, story)
            assert state is not None
            ends = int(state["settled_until"])
        if epoch.completed_at is not None:  # after the last run only hidden times are left, which a change records
            optional.update(nominal_times(epoch.spec, epoch.completed_at, ends))
            ends = min(ends, epoch.completed_at)
        expected.update(t for t in nominal_times(epoch.spec, epoch.begins, ends) if t not in epoch.spared)
    found = Counter([*story.runs, *story.backfilled])
    for spec, record in story.records.values():
        times = nominal_times(spec, int(record["first"]) - 1, int(record["last"]))
        if len(times) != record["count"] or times[0] != record["first"]:
            raise Violation("records", f"{record} stands for {len(times)} occurrences of {spec}")
        found.update(times)
    if lost := expected - found:
        raise Violation("lost", f"{story.key.schedule_id}: no outcome for {dict(lost)}; {_told(story)}")
    # A backfill may run a time of the present timing that came before it was in force, or after the last run.
    if extra := found - expected - Counter(story.backfilled) - optional:
        raise Violation("doubled", f"{story.key.schedule_id}: too many outcomes for {dict(extra)}; {_told(story)}")
    if twice := {time: count for time, count in found.items() if count > 1}:
        raise Violation("doubled", f"{story.key.schedule_id}: more than one outcome for {twice}; {_told(story)}")


def _counters(story: Story, state: Row, runs: list[Row]) -> None:
    deleted = seconds_of(state["deleted_at"]) if state["status"] == "deleted" else None
    after = [run for run in runs if run["trigger"] == "retry" and deleted and seconds_of(run["created_at"]) >= deleted]
    if not len(runs) - len(after) <= state["run_count"] <= len(runs):
        raise Violation("counters", f"{state['sk']} counts {state['run_count']} runs, there are {len(runs)}")
    if state.get("last_run_id") != story.last_run:
        raise Violation("counters", f"{state['sk']}: the last run is {story.last_run}, not {state.get('last_run_id')}")
    if "backfill" in remembered(state):
        raise Violation("backfill", f"{state['sk']} has one still to do: {state['policy_state']}")


def _limits(world: SimWorld) -> None:
    """The tenant's counter counts its schedules below live agents, an agent's its own."""
    rows: dict[tuple[str, str], Row] = {**world.table.items}
    of_tenant, most = {"schedules": 0, "hourly": 0}, world.ports.limits.quotas
    for (owner, sk), agent in rows.items():
        if not sk.startswith(("A#", "XA#")):
            continue
        agent_id, live = str(agent["id"]), sk.startswith("A#")
        below = [story for story in world.stories.stories.values() if story.key.agent_id == agent_id]
        states = [state for story in below if (state := _state(world, story)) and state["status"] != "deleted"]
        counts = {"schedules": len(states), "hourly": sum(int(state["hourly"]) for state in states)}
        expected = {**counts, "deletions": agent["deletions"]}
        counter = rows.get((f"{owner}#{agent_id}", "C"), {"deletions": agent["deletions"]})
        if (found := {name: counter.get(name, 0) for name in expected}) != expected:
            raise Violation("limits", f"{agent_id} counts {found}, there are {expected}")
        if most.per_agent and len(states) > most.per_agent:
            raise Violation("limits", f"{agent_id} has {len(states)} schedules and may have {most.per_agent}")
        of_tenant = {name: of_tenant[name] + count * live for name, count in counts.items()}
    if (found := {name: rows.get((OWNER, "C"), of_tenant)[name] for name in of_tenant}) != of_tenant:
        raise Violation("limits", f"the tenant counts {found}, there are {of_tenant}")


def _answers(world: SimWorld) -> None:
    """What callers were told is so: cancelled runs are cancelled, a key made one thing, a 5xx made nothing."""
    for agent_id, run_id in world.users.cancelled:
        rows: dict[tuple[str, str], Row] = {**world.table.items}
        for (pk, sk), row in rows.items():
            if sk == f"R#{run_id}" and pk.endswith(agent_id) and row["status"] != "cancelled":
                raise Violation("answers", f"{run_id} was cancelled and is {row['status']}")
    for key, made in world.users.keyed.items():
        if len(made) > 1:
            raise Violation("answers", f"{key} made {made}")
    for process in world.users.refused:
        if process.helpless:
            continue  # decision 5: neither the create nor the placeholder was answered, so its result is unknown
        for schedule_id in process.created:
            if not world.stories.stories[schedule_id].undone:
                raise Violation("answers", f"{schedule_id} exists, and its create was answered with 503")


def _state(world: SimWorld, story: Story) -> Row | None:
    key = story.key
    pk = f"{key.owner}#{key.agent_id}"
    state = world.table.items.get((pk, f"S#{key.schedule_id}#s"))
    state = state or world.table.items.get((pk, f"XS#{key.schedule_id}#s"))
    return state if state is not None and "status" in state else None


def _status(world: SimWorld, story: Story, state: Row) -> str:
    """The status that a caller reads: paused where the agent was deleted since."""
    agent = world.table.items.get((story.key.owner, f"A#{story.key.agent_id}"))
    if state["status"] == "active" and (agent is None or agent["deletions"] != state["agent_deletions"]):
        return "paused"
    return str(state["status"])


def _told(story: Story) -> str:
    return json.dumps([vars(epoch) for epoch in story.epochs], default=str)
