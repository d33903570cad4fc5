"""Laws checked while a history happens: requests are sent once, messages stay few, what is lost is found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from agent_schedules.domain.attention import SLACK
from agent_schedules.storage.keys import BUCKET, sweep_key

from tests.faults.aws import Queue
from tests.faults.core import Process, Simulation, Violation
from tests.faults.nominal import second_exact
from tests.faults.rules import due_of
from tests.faults.stories import TERMINAL, TOLERANCE, Row, seconds_of
from tests.faults.weather import OFF

if TYPE_CHECKING:
    from tests.faults.world import SimWorld

SWEEP = 300.0
FOUND = int(2 * SWEEP) + 90  # seconds: two sweeps, and what a late message and its work take
LONGEST_BUCKET = {True: 900, False: 3600}
"""Seconds by which a row that is overdue may become visible to the reconciler later, by whether its times are exact."""
SWEPT = sweep_key()
CONTROL_PLANE = {"scheduler writes", "scheduler deletes"}
LATEST_CLAIM = int(SLACK + BUCKET + 2 * SWEEP)
"""Seconds: claims need no entry, so only a lost message delays one, until a sweep finds its row."""
LATE_WRITE = 10  # seconds: a write that was not answered takes effect within these
EACH, ANYWAY = 4, 60
"""Messages in flight at most: so many for each schedule or run that is open, and so many besides, for those that were
closed while theirs were on the way."""

UNREAD = ("table reads", "table writes", "delivery", "queue")
"""While one of these is out no hint is answered, or no dead letter."""
EACH_UNREAD = 400
"""As many more while the table is out: each hint lives until it is given up, after four times 44 minutes and 20."""
LOOKS = 14
"""As many more for each hour in which SQS delivers nothing: the reconciler's looks, whose messages wait. Each of them
may become two for an occurrence that is near by then."""
HOUR = 3_600_000  # milliseconds
LAST_TRY = 31  # seconds before a run's time is over in which it is not sent again
MOST_BROKEN = 10  # requests of a run that the gateway may have carried out
FIRST_POLL = 2_000
"""Milliseconds that the message with the response waits; a process that stalled may send it after its lease."""
GIVEN_UP = 4 * HOUR  # after which the last of them is gone


class Watch:
    """What was posted, what is open, and what is on its way."""

    def __init__(self, sim: Simulation, run_timeout: float) -> None:
        self.sim = sim
        self.broken: Counter[str] = Counter()
        """How often the gateway took a request for a run and its answer was lost."""
        self._run_timeout = run_timeout
        self.active: set[str] = set()
        self.open: set[str] = set()
        self.posts: dict[str, list[Process]] = {}
        """The processes whose request for a run the gateway has taken."""
        self.explained: set[str] = set()
        """Runs whose request may be sent again: an answer, a message or a process was lost on the way."""
        self.forks: Counter[str] = Counter()
        """How often a delivery about a run was doubled, or died."""
        self.attended: dict[str, int] = {}
        """When somebody last went on with a run (milliseconds)."""
        self.vanished: dict[str, int] = {}
        """When a message about a schedule or a run vanished last (UTC seconds)."""
        self.written: dict[str, tuple[int, Process]] = {}
        """When a run's row was written last (UTC seconds), and by which process."""
        self.claims: dict[str, tuple[Any, Process]] = {}
        """A run's last lease, and the process that wrote it. Others may mark or link a run that is being sent."""
        self.queues: tuple[Queue, ...] = ()
        self.piled = 0.0
        self.piled_until = 0

    # ------------------------------------------------------------------------------------------ what is told to it

    def state_is(self, schedule_id: str, status: str | None) -> None:
        """A schedule's state was written; None where it was removed."""
        if status == "active":
            self.active.add(schedule_id)
        else:
            self.active.discard(schedule_id)

    def run_is(self, row: Row, by: Process) -> None:
        """A run was written."""
        run_id, lease = str(row["run_id"]), row.get("lease_until")
        self.written[run_id] = self.sim.seconds, by
        claim = self.claims.get(run_id)
        if row["status"] != "submitting":
            if claim is not None and claim[1] is by:  # given back, or sent: the next lease may end at the same moment
                del self.claims[run_id]
        elif claim is None or claim[0] != lease:
            self.claims[run_id] = lease, by
        if "gateway_unavailable" in str(row.get("error")):
            self._verdict(row)
        if row["status"] in TERMINAL:
            self.open.discard(str(row["run_id"]))
        else:
            self.open.add(str(row["run_id"]))

    def _verdict(self, row: Row) -> None:
        """A gateway that says "not now" is asked again until the run's time is over."""
        allowed = int(row.get("timeout", self._run_timeout))
        left = seconds_of(row.get("released_at", row["created_at"])) + allowed - self.sim.seconds
        if self.broken[str(row["run_id"])] < MOST_BROKEN and left > LAST_TRY + TOLERANCE:
            raise Violation("verdict", f"{row['run_id']} is given up {left} s before its time: {row['error']}")

    def posted(self, run_id: str, process: Process) -> None:
        """The gateway takes a request."""
        if run_id not in self.claims or self.claims[run_id][1] is not process:
            raise Violation("claims", f"{run_id} is sent by a process that has not claimed it")
        before = self.posts.setdefault(run_id, [])
        if "posts" not in OFF and before and run_id not in self.explained and not self._under_way(run_id, before):
            raise Violation("posts", f"{run_id} was sent before, and nothing was lost since")
        before.append(process)
        process.posted.append(run_id)

    def _under_way(self, run_id: str, before: list[Process]) -> bool:
        """Whether who sent it is still at it, or the message that knows its response is overdue or refused."""
        if any(other in self.sim.stack for other in before):
            return True
        soon = self.sim.now + FIRST_POLL
        held = (message for queue in self.queues for message in queue.messages.values() if message.due <= soon)
        return any(message.body.get("run_id") == run_id and "response_id" in message.body for message in held)

    def ended_badly(self, process: Process) -> None:
        """A process died or failed: what it had sent may not be known to anybody."""
        self.explained |= set(process.posted)

    def lost(self, body: Mapping[str, Any]) -> None:
        """A message vanished, or stayed away for so long that it has to be taken for lost."""
        if "run_id" in body:
            self.explained.add(str(body["run_id"]))

    def forked(self, body: Mapping[str, Any]) -> None:
        """Note that a message was delivered twice, or that its receiver died."""
        if "run_id" in body:
            self.forks[str(body["run_id"])] += 1

    def gone(self, body: Mapping[str, Any]) -> None:
        """Note that a message vanished, which nothing tells to anybody."""
        for name in ("schedule_id", "run_id"):
            if name in body:
                self.vanished[str(body[name])] = self.sim.seconds

    # ------------------------------------------------------------------------------------------------------ checks

    def in_flight(self, world: SimWorld) -> None:
        """Messages are bounded by what is open. What SQS holds back after a crash is not counted."""
        open_work = len(self.active) + len(self.open)
        most = self._each() * open_work + ANYWAY
        if sum(len(queue.messages) for queue in self.queues) + len(world.eventbridge.pending) <= most:
            return  # with those that count for nothing, which are expensive to tell apart after each step
        held = sum(not message.unseen for queue in self.queues for message in queue.messages.values())
        found = held + len(world.eventbridge.pending)
        if found > most:
            kinds = Counter(str(message.body)[:400] for queue in self.queues for message in queue.messages.values())
            raise Violation(
                "in flight",
                f"{found} messages for {len(self.active)} schedules and {len(self.open)} runs: {kinds.most_common(3)}",
            )

    def crowds(self, world: SimWorld) -> None:
        """So are those about any one schedule or run."""
        messages = [message for queue in self.queues for message in queue.messages.values() if not message.unseen]
        about = Counter(str(message.body.get("schedule_id") or message.body.get("run_id")) for message in messages)
        for subject, count in about.most_common(1):
            if count > self._each() + ANYWAY:
                raise Violation("in flight", f"{count} messages about {subject}")

    def _each(self) -> float:
        """Return how many messages each open schedule or run may have. They pile up while no function reads hints."""
        outage = next((o for name in UNREAD if (o := self.sim.outage(name)) and o.refused >= 1), None)
        if outage is not None:
            self.piled = (
                EACH_UNREAD if "delivery" not in outage.services else LOOKS * (self.sim.now - outage.start) / HOUR
            )
            self.piled_until = self.sim.now + GIVEN_UP
        return EACH + (self.piled if self.sim.now < self.piled_until else 0)

    def chains(self, world: SimWorld) -> None:
        """One message at a time goes on with a run that is linked to its response."""
        valid: Counter[str] = Counter()
        for message in world.queue.messages.values():
            body = message.body
            if message.in_hand or "run_id" not in body:
                continue
            row = world.table.items.get((f"{body['owner']}#{body['agent_id']}", f"R#{body['run_id']}"))
            if row is not None and body.get("rev") == row["rev"] and "gateway_response_id" in row:
                valid[str(body["run_id"])] += 1
        for run_id, count in valid.items():
            if count > 1 + self.forks[run_id]:
                raise Violation("chains", f"{count} messages go on with {run_id}")

    def after_the_outage(self, world: SimWorld) -> None:
        """See to it that what is open now is found within two sweeps from now on."""
        self.calm = self.sim.now
        if "found" in OFF:
            return
        note = world.table.items.get((SWEPT.pk, SWEPT.sk))
        self.warned = note is None or self.sim.seconds - int(note["swept_at"]) > SWEEP + TOLERANCE
        for (pk, sk), row in {**world.table.items}.items():
            if sk.startswith("R#") and row["status"] not in TERMINAL:
                self._expect_run(world, (pk, sk), row)
            elif sk.startswith("S#") and sk.endswith("#s") and row.get("status") == "active":
                self._expect_schedule(world, (pk, sk), row)

    def _expect_schedule(self, world: SimWorld, place: tuple[str, str], row: Row) -> None:
        schedule_id = place[1].split("#")[1]
        story = world.stories.stories[schedule_id]
        following, now = due_of(row, int(row["next_run_at"])), self.sim.seconds
        if self._entries_alone_are_out() and following < now - LATEST_CLAIM:
            raise Violation("in time", f"{schedule_id} waits since {following} for EventBridge to take its entry")
        gap = following - int(row["settled_until"])
        if following >= now and not row.get("render"):
            return
        unheard = self.vanished.get(schedule_id, 0) >= int(row["settled_until"]) - TOLERANCE
        seen = now
        if gap < BUCKET and not self.warned and (unheard or story.epochs[-1].by.died):
            seen = max(now, following + SLACK + LONGEST_BUCKET[second_exact(story.epochs[-1].spec)])

        def check() -> None:
            later = world.table.items.get(place)
            if later is None or later["status"] != "active" or later["generation"] != row["generation"]:
                return
            agent = world.table.items.get((place[0].rpartition("#")[0], f"A#{place[0].rpartition('#')[2]}"))
            if agent is None or agent["deletions"] != later["agent_deletions"]:
                return
            if due_of(later, int(later["next_run_at"])) == following and (
                following < self.sim.seconds - FOUND or later.get("render")
            ):
                raise Violation("found", f"{schedule_id} was due at {following}, and was not found: {later}")

        self.sim.later(seen - now + FOUND, check)

    def _entries_alone_are_out(self) -> bool:
        """Whether this was a day on which EventBridge took no entries, and all else worked."""
        outages = self.sim.weather.outages
        return len(outages) == 1 and outages[0].refused >= 1 and set(outages[0].services) <= CONTROL_PLANE

    def _expect_run(self, world: SimWorld, place: tuple[str, str], row: Row) -> None:
        def check() -> None:
            later = world.table.items.get(place)
            if later is None or later["status"] in TERMINAL or later["rev"] != row["rev"]:
                return
            if self.attended.get(str(row["run_id"]), 0) < self.calm:
                raise Violation("found", f"no function continues {later}")

        now, run_id = self.sim.seconds, str(row["run_id"])
        leased = seconds_of(row["lease_until"]) if "lease_until" in row else now
        waiting = (held.due // 1000 for held in world.queue.messages.values() if held.body.get("run_id") == run_id)
        seen = max(now, leased, *waiting)
        written, by = self.written[run_id]
        if row.get("waiting") or (
            not self.warned and (by.died or self.vanished.get(run_id, 0) >= written - LATE_WRITE)
        ):
            seen = max(seen, int(row["attention_at"]))
        self.sim.later(seen - now + FOUND, check)
