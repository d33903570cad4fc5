"""Handle a hint: read the schedule, settle what is due, start the runs, and only then repair (architecture.md).

Every hint ends here: of EventBridge, delayed messages, dead letters and the reconciler. It carries only the schedule's
key. A hint that is early, late, repeated or stale finds nothing due and changes nothing.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace

from agent_schedules.domain import attention, entries
from agent_schedules.domain.agents import Agent
from agent_schedules.domain.messages import Hint
from agent_schedules.domain.runs import Run
from agent_schedules.domain.schedules import Key, Schedule
from agent_schedules.domain.settlement import Settlement, decide, expiring, settled
from agent_schedules.errors import ConditionFailed, Contended, Unavailable
from agent_schedules.execution import arm, backfill, line, run_lifecycle
from agent_schedules.execution.outcomes import HintOutcome, note_hint, note_records
from agent_schedules.execution.wake import end_pause
from agent_schedules.ids import run_id
from agent_schedules.ports import Ports
from agent_schedules.storage.definitions import fingerprint
from agent_schedules.storage.schedules import HintView
from agent_schedules.telemetry import about, count, logger, measure
from agent_schedules.timestamps import floor_seconds

EARLY = 1  # seconds that a hint may be ahead of the receiving function's clock: the function waits them out
EARLIEST = 180  # seconds: a hint this early (an entry's lead and EventBridge's minute) waits as a delayed message
APART = 2  # seconds between two clocks: a slower one may have consumed the message of a time that near
RETRY = 30  # seconds until a hint is repeated whose claim failed after it had armed the next occurrence
ROUNDS = 6  # lost races and further settlements within one call; then the hint is sent again


def on_hint(ports: Ports, hint: Hint, *, lease: float) -> HintOutcome:
    """Settle a schedule. `lease`: the seconds that the caller has left to start runs. Raises Unavailable.

    Returns only when every claimed run is started or on the queue. Until then the caller must not acknowledge the hint,
    because its redelivery continues the work after a crash.
    """
    _wait_if_just_early(ports, hint.at)
    outcome = _handled(ports, hint, lease=lease)
    note_hint(outcome)
    return outcome


def _wait_if_just_early(ports: Ports, at: int | None) -> None:
    """Wait out the last second before a time (UTC seconds) that the sender's clock had reached already.

    No occurrence runs before its time by the clock of the function that claims it.
    """
    if at is not None and 0 < (left := at - ports.now().timestamp()) <= EARLY:
        ports.pause(left)


def _handled(ports: Ports, hint: Hint, *, lease: float) -> HintOutcome:
    if hint.advance and not hint.repair:  # what is due has hints of its own
        backfill.advance(ports, hint.key)
        return "nothing_due"
    own_run_id = run_id(hint.key.schedule_id, hint.at) if hint.at is not None else None
    found = _settle_due(ports, hint, own_run_id, lease=lease)
    outcome = found.outcome
    if found.run is not None:
        own_outcome = run_lifecycle.continue_claimed(ports, found.run, lease=lease)
        if outcome != "settled":
            outcome = own_outcome or outcome
    if hint.advance or found.line_moves:
        backfill.advance(ports, hint.key)
    if found.schedule is not None:
        schedule, now = found.schedule, floor_seconds(ports.now())
        older = hint.fingerprint not in {None, fingerprint(schedule.definition.timing)}
        if hint.repair or found.rewrite or schedule.outdated or older:
            schedule = arm.repair(ports, schedule, now)
        if outcome is None:
            outcome = _send_again_if_early(ports, hint, schedule, now)
    return outcome or "nothing_due"


def _arm_before_claim(ports: Ports, schedule: Schedule, following: int, now: int) -> bool | None:
    """Try to arm the following occurrence. Returns whether that worked; None: it was not tried.

    This comes before the claim, because each occurrence arms the next, and a crash after the claim would break the
    chain. It need not succeed: the claim happens all the same, and marks the row.

    The claim of an overdue row marks it, and the row is armed afterwards: its claims may have failed for a while, and
    each redelivered message would send one more for the next occurrence.
    """
    if entries.recurs_on_aws(schedule.definition.timing) or attention.overdue(schedule.state, now):
        return None
    near = schedule.timetable.due_at(following) - now <= entries.LONGEST_DELAY  # a message alone arms it
    if not near and not attention.may_repair(schedule.state, now):
        return None
    return arm.try_arm(ports, schedule, following, now)


class _NotCommitted(Unavailable):
    """The claim itself was refused, or got no answer. A failure after the claim is another error."""


@dataclass(frozen=True)
class _Settled:
    """A schedule of which nothing is due any more."""

    outcome: HintOutcome | None
    """None where nothing was due."""
    schedule: Schedule | None
    """As it is stored, if it is active or paused until a time."""
    run: Run | None
    """The run of the hint's own nominal time, if an earlier hint claimed it."""
    rewrite: bool
    """Its entry was removed, because a read found it not active, or is not there yet, because its pause ended."""
    line_moves: bool = False
    """Runs wait for another one of the schedule, or are to be backfilled."""


def _settle_due(ports: Ports, hint: Hint, own_run_id: str | None, *, lease: float) -> _Settled:
    """Claim what is due, round by round. A step that may fail and that a claim does not need comes later or is only
    tried."""
    done = rewrite = line_moves = False
    run: Run | None = None
    armed: dict[tuple[int, int | None], bool | None] = {}  # by definition and occurrence
    for _ in range(ROUNDS):
        view, woken = _awake(ports, hint.key, own_run_id)
        schedule, agent = view.schedule, view.agent
        run = run or (view.run if not done else None)
        done, rewrite = done or woken, rewrite or woken
        if schedule is None:
            arm.deactivate(ports, hint.key, None)
            return _Settled("settled" if done else "gone", None, run, rewrite)
        line_moves = bool(schedule.state.waiting or schedule.state.backfill)
        if schedule.state.status != "active" or agent is None:
            if done or rewrite:
                wakes = schedule if schedule.state.wakes_at is not None else None
                return _Settled("settled" if done else "inactive", wakes, run, rewrite, line_moves)
            arm.deactivate(ports, hint.key, schedule)
            rewrite = True
            continue  # it may have been resumed meanwhile, and the removed entry may be its new one
        _wait_if_just_early(ports, schedule.state.due_at)
        now = floor_seconds(ports.now())
        due = schedule.state.wakes_at is not None and schedule.state.wakes_at <= now
        open_run = line.open_run_id(ports, schedule) if due else None
        if due and open_run is None and schedule.state.waiting and schedule.definition.policies.serial:
            line.advance(ports, hint.key)  # a run that waits comes before the occurrence
            continue
        settlement = decide(schedule, now=now, grace=ports.limits.misfire_grace, open_run_id=open_run)
        if settlement is None:
            return _Settled("settled" if done else None, schedule, run, rewrite, line_moves)
        table = schedule.timetable
        if hint.armed is not None and table.due_at(hint.armed) <= now:
            return _Settled(None, None, run, rewrite)  # that time's message finds what is due
        following = None if settlement.next_run_at is None else table.next_run(table.due_by(now))
        at = schedule.definition.revision, following
        if following is not None and at not in armed:
            # A round may find another definition, or that the occurrence armed by an earlier round is due by now.
            by_message = following == hint.armed and table.due_at(following) - now > APART
            armed[at] = by_message or _arm_before_claim(ports, schedule, following, now)
        try:
            schedule = _claim(
                ports, hint, schedule, agent, settlement, open_run=open_run, armed=armed.get(at), lease=lease
            )
        except (ConditionFailed, Contended):
            continue  # another function moved the clock: read again
        except _NotCommitted:
            if following is None or following == hint.armed or not armed.get(at):
                raise
            # Redelivered unchanged, this hint would arm the next occurrence each time, and so would that one's hints.
            # An entry multiplies too: it becomes a message once the occurrence is near enough for one.
            again = replace(hint, armed=following, fingerprint=None)
            ports.queue.send([again], delay=min(RETRY, table.due_at(following) - now))
            return _Settled("settled" if done else "held", None, None, rewrite)
        done = True
        if not settlement.more:
            still = schedule if schedule.state.status == "active" else None
            return _Settled("settled", still, run, rewrite, line_moves=bool(schedule.state.waiting))
    ports.queue.send([hint], delay=1)
    return _Settled("settled" if done else None, None, run, rewrite)


def _awake(ports: Ports, key: Key, own_run_id: str | None) -> tuple[HintView, bool]:
    """Read a schedule, after the end of its pause if that has come. Returns also whether it had."""
    view = ports.store.schedules.for_hint(key, own_run_id)
    schedule = view.schedule
    if schedule is None or schedule.state.status != "paused" or schedule.state.wakes_at is None:
        return view, False
    _wait_if_just_early(ports, schedule.state.wakes_at)
    if schedule.state.wakes_at > ports.now().timestamp():
        return view, False
    with suppress(ConditionFailed, Contended):  # then another function ended it, or changed it
        end_pause(ports, schedule, view.agent)
    return ports.store.schedules.for_hint(key, own_run_id), True


def _send_again_if_early(ports: Ports, hint: Hint, schedule: Schedule, now: int) -> HintOutcome:
    """Send a hint again for its moment, if it announces an occurrence that is still to come.

    A hint of the reconciler to a marked row announces any occurrence that the queue can hold a message for.
    """
    state, due = schedule.state, schedule.state.wakes_at
    announced = now if hint.at is None else hint.at
    spread = schedule.definition.policies.spread_seconds
    reach = entries.LONGEST_DELAY if state.entry_stale else max(EARLIEST, spread)
    if hint.advance or due is None or announced <= state.settled_until or due - now > reach:
        return "nothing_due"
    ports.queue.send([Hint(hint.key, state.next_run_at)], delay=max(due - now, 0))
    return "early"


def _claim(
    ports: Ports,
    hint: Hint,
    schedule: Schedule,
    agent: Agent,
    settlement: Settlement,
    *,
    open_run: str | None,
    armed: bool | None,
    lease: float,
) -> Schedule:
    """Commit a settlement and start its runs. Returns the schedule as it is then.

    The run of the hint's own occurrence starts here, under a lease. The others go to the queue. They are in the
    attention index until a worker takes them, so none depends on this call finishing. `armed` is the result of
    `_arm_before_claim`.
    """
    now, before = ports.now(), schedule.state
    kept_days = schedule.definition.policies.kept_days(ports.limits.run_retention_days)
    at_once = settlement.runs == (hint.at,) and not settlement.waiting
    inline = at_once and run_lifecycle.has_time(ports, lease)
    runs = [
        line.scheduled_run(
            schedule,
            agent,
            nominal,
            now,
            lease=lease if inline else None,
            waiting=nominal in settlement.waiting,
            kept_days=kept_days,
        )
        for nominal in settlement.runs
    ]
    records = expiring(settlement.records, kept_days, now)
    state = settled(schedule, settlement, open_run_id=open_run, now=now)
    state = replace(state, kept=before.kept.ran(kept_days, before.settled_until))
    recurs = entries.recurs_on_aws(schedule.definition.timing)
    unarmed = armed is None and not recurs and state.repair_at is None  # a marked row is being retried already
    # The claim stores the time zone release in use, so it marks the row whose entry has to follow that release.
    if unarmed or (recurs and schedule.outdated):
        state = replace(state, entry_stale=True)
    state = attention.progressed(state, floor_seconds(now), armed=armed)
    repeats = entries.repeats_evenly(schedule.definition.timing)
    try:
        ports.store.schedules.settle(schedule.key, state, runs, records, repeats=repeats)
    except Contended:
        raise
    except Unavailable as error:
        raise _NotCommitted(error.message) from error
    schedule = replace(schedule, state=state)
    following = state.next_run_at
    # This may be the hint of the next nominal time, whose spread is not over: its entry fires once for that time.
    fired = following is not None and following <= floor_seconds(now) and not settlement.more
    if unarmed and not settlement.more:
        schedule = arm.after_claim(ports, schedule, floor_seconds(now))
    elif armed is None and following is not None and (state.entry_stale or fired):
        arm.send_hint(ports, schedule, following, floor_seconds(now))
    count("OccurrencesRan", len(runs))
    for nominal in settlement.runs:
        measure("Lateness", round(now.timestamp() - schedule.timetable.due_at(nominal), 3))
    note_records(settlement.records)
    missed = sum(record.count for record in settlement.records)
    found = about(schedule.key, generation=state.generation, runs=len(runs), missed=missed)
    # A single run on time is counted only, and its row has the rest: a line for each would be most of the log.
    say = logger.debug if inline and not missed else logger.info
    say("occurrences settled", extra=found)
    if inline:
        run_lifecycle.start(ports, runs[0], agent.configuration, schedule.definition.work, lease=lease)
    else:
        line.enqueue(ports, [run for run in runs if not run.waiting])
    return schedule
