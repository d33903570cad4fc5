"""The strict fakes behind the ports, with the dice between them and the code: every call may fail, also after it took
effect, or take effect later than it failed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from agent_schedules.domain.entries import LONGEST_DELAY, Entry
from agent_schedules.domain.messages import Hint, Message
from agent_schedules.errors import ConditionFailed, Contended, Unavailable, Uncertain
from agent_schedules.storage.keys import ATTENTION
from agent_schedules.storage.table import Bound, Item, ItemKey, Page, Put, Value, Write

from tests.faults.core import Process, Simulation, Violation
from tests.support.fake_table import FakeTable
from tests.support.fakes import FakeScheduler

Rows = dict[tuple[str, str], Item | None]


class Witness(Protocol):
    """Who sees every commit."""

    seq: int

    def committed(self, writes: Sequence[Write], before: Rows, process: Process) -> None:
        """A transaction has taken effect; `before` are its items as they were."""
        ...

    def unanswered(self, writes: Sequence[Write]) -> None:
        """DynamoDB did not say that a transaction took effect."""
        ...


def key_of(write: Write) -> tuple[str, str]:
    """Where a write goes."""
    if isinstance(write, Put):
        return str(write.item["pk"]), str(write.item["sk"])
    return write.key.pk, write.key.sk


class Watch(Protocol):
    """Who hears of each request that the gateway takes."""

    broken: Counter[str]

    def posted(self, run_id: str, process: Process) -> None:
        """The gateway takes a request."""
        ...

    def lost(self, body: Mapping[str, Any]) -> None:
        """Something about a run was lost."""
        ...

    def forked(self, body: Mapping[str, Any]) -> None:
        """A message may be sent twice."""
        ...

    def gone(self, body: Mapping[str, Any]) -> None:
        """A message vanished, which nothing tells to anybody."""
        ...


class SimTable(FakeTable):
    """DynamoDB on a bad day."""

    def __init__(self, sim: Simulation) -> None:
        super().__init__()
        self.metered = False
        self.sim = sim
        self.witness: Witness
        self.stream: Callable[[Sequence[Write], Rows], None] = lambda *_: None
        """Hears of every commit, in order."""

    def get(self, keys: Sequence[ItemKey]) -> list[Item | None]:
        """See `Table.get`."""
        self._reading(f"get {keys[0].sk}")
        found = super().get(keys)
        if any(key.sk.endswith("#s") for key in keys):
            self.sim.current.hint_read = self.witness.seq
        return found

    def query_index(
        self,
        index: str,
        values: Mapping[str, Value],
        *,
        bound: Bound | None,
        limit: int,
        newest_first: bool,
        start_after: Item | None = None,
    ) -> Page:
        """The attention index, which may lag behind the table."""
        assert index == ATTENTION
        self._reading(f"attention {values}")
        page = super().query_index(
            index, values, bound=bound, limit=limit, newest_first=newest_first, start_after=start_after
        )
        return Page([row for row in page.items if not self.sim.chance(self.sim.rates.drop)], more=page.more)

    def query(
        self, pk: str, prefix: str, *, limit: int, newest_first: bool, start_after: str | None = None, skip: int = 0
    ) -> Page:
        """See `Table.query`."""
        self._reading(f"query {prefix}")
        return super().query(pk, prefix, limit=limit, newest_first=newest_first, start_after=start_after, skip=skip)

    def _reading(self, what: str) -> None:
        self.sim.boundary(what)
        if self.sim.fault("table reads", ("refused",)):
            raise Unavailable("DynamoDB did not answer")
        self.sim.note(what)

    def write(self, *writes: Write) -> None:
        """See `Table.write`. A write without an answer may be lost, done, or done only later."""
        what = "write " + ", ".join(key_of(write)[1] for write in writes)
        self.sim.boundary(what)
        kinds = ("refused", "lost", "unanswered", "delayed", "contended")
        kind = self.sim.fault("table writes", kinds if len(writes) > 1 else kinds[:4])
        process = self.sim.current
        if len(writes) == 1 and isinstance(writes[0], Put) and set(writes[0].item) == {"pk", "sk", "v", "ttl"}:
            process.helpless = kind is not None
        if kind is not None:
            self.witness.unanswered(writes)
        match kind:
            case "refused":
                raise Unavailable("DynamoDB did not answer; nothing was changed")
            case "contended":
                raise Contended("The resource is being changed by another call")
            case "lost":
                raise Uncertain("DynamoDB did not answer")
            case "delayed":
                self.sim.later(self.sim.dice.uniform(0.01, 8), lambda: self._arrives(writes, process))
                raise Uncertain("DynamoDB did not answer")
        self._apply(writes, process)
        if kind == "unanswered":
            raise Uncertain("DynamoDB did not answer")
        self.sim.boundary(f"after {what}")

    def _arrives(self, writes: Sequence[Write], process: Process) -> None:
        try:
            self._apply(writes, process)
        except ConditionFailed:
            return

    def _apply(self, writes: Sequence[Write], process: Process) -> None:
        what = ", ".join(key_of(write)[1] for write in writes)
        before: Rows = {key_of(write): self.items.get(key_of(write)) for write in writes}
        try:
            self._commit(writes)
        except ConditionFailed as lost:
            self.sim.note(f"refused at {lost.index}: {what}")
            if len(writes) == 1 and self._own(writes[0], before[key_of(writes[0])]):
                self.sim.count("table own", what)
                return
            raise
        self.sim.note(f"committed {what}")
        self.witness.committed(writes, before, process)
        self.stream(writes, before)

    @staticmethod
    def _own(_write: Write, _stored: Item | None) -> bool:
        """Whether what is stored is this very write, of which botocore repeated the call: its token says so, and never
        that of another writer, however equal their items are."""
        return False


class SimScheduler(FakeScheduler):
    """EventBridge Scheduler on a bad day; its firing side hears of every change."""

    def __init__(self, sim: Simulation, changed: Callable[[str], None]) -> None:
        super().__init__(lambda: sim.true_clock)
        self.sim = sim
        self._changed = changed

    def put(self, entry: Entry, *, expect_new: bool) -> None:
        """See `Scheduler.put`."""

        def effect() -> None:
            super(SimScheduler, self).put(entry, expect_new=expect_new)
            self._changed(entry.name)

        self._call("scheduler writes", f"put {entry.name} {entry.expression}", effect)
        schedule_id, _, nominal = entry.name.partition("-")
        if nominal:
            armed = self.sim.current.armed
            armed[schedule_id] = max(armed.get(schedule_id, 0), int(nominal))

    def remove(self, name: str) -> None:
        """See `Scheduler.remove`."""

        def effect() -> None:
            super(SimScheduler, self).remove(name)
            self._changed(name)

        self._call("scheduler deletes", f"remove {name}", effect)

    def _call(self, service: str, what: str, effect: Callable[[], None]) -> None:
        self.sim.boundary(what)
        kind = self.sim.fault(service, ("refused", "unanswered", "delayed"))
        self.sim.note(what)
        if kind == "delayed":
            self.sim.later(self.sim.dice.uniform(0.01, 5), effect)
        if kind in {"refused", "delayed"}:
            raise Unavailable("EventBridge Scheduler did not answer")
        effect()
        if kind == "unanswered":
            raise Unavailable("EventBridge Scheduler did not answer")
        self.sim.boundary(f"after {what}")


class SimQueue:
    """SQS's sending side on a bad day."""

    def __init__(self, sim: Simulation, watch: Watch, deliver: Callable[[dict[str, Any], float], None]) -> None:
        self.sim = sim
        self.watch = watch
        self._deliver = deliver

    def send(self, messages: Sequence[Message], *, delay: int) -> None:
        """See `Queue.send`. Of a batch some may be taken and others not."""
        if not messages or not 0 <= delay <= LONGEST_DELAY:
            raise Violation("ports", f"{len(messages)} messages, delay {delay}")
        what = f"send {', '.join(str(message.body()) for message in messages)} in {delay} s"
        self.sim.boundary(what)
        kind = self.sim.fault("queue", ("refused", "unanswered", "partial"))
        if kind in {"refused", "partial"} and any(isinstance(message, Hint) and message.repair for message in messages):
            self.sim.current.helpless = True
        refused = {"refused": len(messages), "partial": len(messages) - len(messages) // 2}.get(kind or "", 0)
        taken = messages[: len(messages) - refused]
        if self.sim.current.name == "api":  # it answers all the same, and the reconciler alone finds the rest
            for message in messages[len(taken) :]:
                self.watch.gone(message.body())
        if kind == "refused":
            raise Unavailable("SQS did not answer")
        self.sim.note(what)
        for message in taken:
            if kind is not None:
                self.watch.forked(message.body())
            self._deliver(message.body(), delay)
            if isinstance(message, Hint) and message.at is not None:
                armed = self.sim.current.armed
                armed[message.key.schedule_id] = max(armed.get(message.key.schedule_id, 0), message.at)
        if kind is not None:
            raise Unavailable("SQS did not take all messages")
        self.sim.boundary(f"after {what}")
