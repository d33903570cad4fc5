"""Lambda for the local stack: the real handlers get the events that AWS would send, with AWS's retries."""

from __future__ import annotations

import heapq
import itertools
import json
import secrets
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from dev.kept_messages import KeptMessages
from dev.template import load_template

Handler = Callable[[dict[str, Any], Any], Any]

ASYNC_ATTEMPTS = 3  # Lambda runs an asynchronous event once and twice more
VISIBILITY = 30  # stack seconds until a message comes again whose function failed; shorter than deployed
MOST_RECEIVES = 16  # template.yaml's maxReceiveCount
THREADS = 16  # at work at once; claims may have as many again
DELIVERIES = ("deliveries", "redeliveries")
"""The notifier's queues: first attempts, and later ones."""
WAITING = 256  # further ones that wait for the gateway. Runs take at most half, so that claims never wait for models


@dataclass(frozen=True)
class FunctionLimits:
    """The limits of the functions in a gateway mode, from template.yaml."""

    timeout: int
    """Seconds of one invocation."""
    batch: int
    """The most messages that one invocation takes."""


def function_limits(gateway_mode: str) -> FunctionLimits:
    """Read the limits that are deployed."""
    found = load_template()["Mappings"]["ByGatewayMode"][gateway_mode]
    return FunctionLimits(found["Timeout"], found["BatchSize"])


@dataclass(frozen=True)
class Context:
    """The members of Lambda's context that the handlers and Powertools read."""

    function_name: str
    seconds: float
    aws_request_id: str = field(default_factory=lambda: secrets.token_hex(16))
    memory_limit_in_mb: int = 512
    function_version: str = "$LATEST"
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:123456789012:function:local"

    def get_remaining_time_in_millis(self) -> int:
        """Return stack milliseconds. The timeout is real, and the stack's clock may run faster."""
        return int(self.seconds * 1000)


@dataclass(order=True)
class _Waiting:
    due: datetime
    number: int
    body: str = field(compare=False)
    receives: int = field(compare=False, default=0)
    kept: int | None = field(compare=False, default=None)
    """Its number on disk, if it is there."""


class LambdaRuntime:
    """Invokes handlers on threads: asynchronously for EventBridge, in batches for the queues.

    `send` and `pump` play the delay queue on the stack's own clock.
    """

    def __init__(
        self,
        *,
        runner: Handler,
        worker: Handler,
        reconciler: Handler,
        publisher: Handler,
        notifier: Handler,
        limits: FunctionLimits,
        clock: Callable[[], datetime],
        speed: float,
        kept: KeptMessages,
    ) -> None:
        """`kept` has the messages of the notifier's queues, also those of an earlier process."""
        self._handlers = {"runner": runner, "worker": worker, "reconciler": reconciler, "publisher": publisher}
        self._handlers["notifier"] = notifier
        self._clock = clock
        self._seconds = limits.timeout * max(speed, 1)
        self._batch = limits.batch
        self._threads = ThreadPoolExecutor(max_workers=2 * THREADS + WAITING, thread_name_prefix="function")
        self._own = threading.local()
        self._lock = threading.Lock()
        self._numbers = itertools.count()
        self._hints: list[_Waiting] = []
        self._queue: list[_Waiting] = []
        self._dead: list[_Waiting] = []
        self._deliveries: dict[str, list[_Waiting]] = {name: [] for name in DELIVERIES}
        self._kept = kept
        for one in kept.at_start:
            waiting = _Waiting(one.due, next(self._numbers), one.body, kept=one.number)
            heapq.heappush(self._deliveries[one.queue], waiting)
        self._hidden: dict[str, int] = {}
        self._busy = 0
        self._waiting = 0
        self.parked: list[str] = []
        """Dead letters that the reconciler could not handle: the parked queue."""
        self.errors = 0
        """Invocations that raised."""

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Free the place of the invocation in this thread while the block runs."""
        ours = getattr(self._own, "invocation", False)
        self._count(-ours, ours)
        try:
            yield
        finally:
            self._count(ours, -ours)

    def _count(self, busy: int, waiting: int = 0) -> None:
        with self._lock:
            self._busy += busy
            self._waiting += waiting

    def run_async(self, event: dict[str, Any]) -> None:
        """Invoke the runner asynchronously, as EventBridge does."""
        self._submit(lambda: self._async(event))

    def send(self, body: str, delay: float, *, hint: bool = False) -> None:
        """Put a message on the delay queue.

        Hints go first. AWS runs everything that is due side by side; here an occurrence would otherwise be claimed only
        after the runs before it have ended.
        """
        with self._lock:
            due = self._clock() + timedelta(seconds=delay)
            heapq.heappush(self._hints if hint else self._queue, _Waiting(due, next(self._numbers), body))

    def send_delivery(self, name: str, body: str, delay: float) -> None:
        """Put a message on one of the notifier's queues."""
        with self._lock:
            due = self._clock() + timedelta(seconds=delay)
            number = self._kept.add(name, due, body)
            heapq.heappush(self._deliveries[name], _Waiting(due, next(self._numbers), body, kept=number))

    def hide(self, receipt: str, seconds: int) -> None:
        """Redeliver a message that is being handled after so many stack seconds."""
        self._hidden[receipt] = seconds

    def dead_letter(self, body: str) -> None:
        """Put a message on the dead-letter queue."""
        with self._lock:
            heapq.heappush(self._dead, _Waiting(self._clock(), next(self._numbers), body))

    def pump(self) -> None:
        """Deliver the messages that are due, as far as there are threads for them. The rest keep their turn."""
        for name, queue, busy, waiting in (
            ("worker", self._hints, 2 * THREADS, WAITING),
            ("worker", self._queue, THREADS, WAITING // 2),
            ("reconciler", self._dead, THREADS, WAITING),
        ):
            while self._busy < busy and self._waiting < waiting and (batch := self._due(queue)):
                self._submit(partial(self._consume, name, queue, batch))
        for source, queue in self._deliveries.items():
            while self._waiting < WAITING and (batch := self._due(queue)):
                self._submit(partial(self._notify, source, queue, batch))

    def sweep(self) -> None:
        """Invoke the reconciler's regular sweep."""
        self._submit(lambda: self._invoke("reconciler", {"kind": "sweep"}))

    def announce(self, changes: Sequence[dict[str, Any]]) -> None:
        """Invoke the publisher with a batch of the table's stream, in this thread: one shard has one reader."""
        self._invoke("publisher", {"Records": [{"eventSource": "aws:dynamodb", "dynamodb": one} for one in changes]})

    def stop(self) -> None:
        """Take no more work. Running work may end or not; the next `make run` redelivers it."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _submit(self, work: Callable[[], Any]) -> None:
        self._count(1)

        def done() -> None:
            self._own.invocation = True
            try:
                work()
            finally:
                self._count(-1)

        try:
            self._threads.submit(done)
        except RuntimeError:  # stopping
            self._count(-1)

    def _invoke(self, name: str, event: dict[str, Any]) -> Any:
        try:
            return self._handlers[name](event, Context(f"local-{name}", self._seconds))
        except Exception:  # counted whatever it is, and raised again
            self.errors += 1
            raise

    def _async(self, event: dict[str, Any]) -> None:
        for _ in range(ASYNC_ATTEMPTS):
            try:
                self._invoke("runner", event)
            except Exception:  # noqa: S112  # Lambda retries whatever the handler raises
                continue
            return
        self.dead_letter(json.dumps({"version": "1.0", "requestPayload": event}))  # the on-failure destination

    def _due(self, queue: list[_Waiting]) -> list[_Waiting]:
        with self._lock:
            batch: list[_Waiting] = []
            while queue and len(batch) < self._batch and queue[0].due <= self._clock():
                batch.append(heapq.heappop(queue))
            return batch

    def _notify(self, source: str, queue: list[_Waiting], batch: list[_Waiting]) -> None:
        """Invoke the notifier. It takes no place from the other functions, because it waits for receivers."""
        with self.waiting():
            self._consume("notifier", queue, batch, source=source)

    def _consume(self, name: str, queue: list[_Waiting], batch: list[_Waiting], *, source: str = "local") -> None:
        """Invoke a function with messages. `source` is the queue's name in its ARN."""
        records = [
            {
                "messageId": str(message.number),
                "receiptHandle": str(message.number),
                "body": message.body,
                "attributes": {"ApproximateReceiveCount": str(message.receives + 1)},
                "messageAttributes": {},
                "md5OfBody": "",
                "eventSource": "aws:sqs",
                "eventSourceARN": f"arn:aws:sqs:us-east-1:123456789012:{source}",
                "awsRegion": "us-east-1",
            }
            for message in batch
        ]
        try:
            answer = self._invoke(name, {"Records": records})
            failed = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
        except Exception:  # an invocation that raises fails its whole batch
            failed = {str(message.number) for message in batch}
        for message in batch:
            if str(message.number) in failed:
                self._again(queue, message)
            elif message.kept is not None:
                self._kept.handled(message.kept)

    def _again(self, queue: list[_Waiting], message: _Waiting) -> None:
        message.receives += 1
        wait = self._hidden.pop(str(message.number), VISIBILITY)
        with self._lock:
            if message.receives < MOST_RECEIVES or any(queue is one for one in self._deliveries.values()):
                message.due = self._clock() + timedelta(seconds=wait)
                heapq.heappush(queue, message)
                return
        if queue is not self._dead:
            self.dead_letter(message.body)
        else:
            self.parked.append(message.body)
