"""Real occurrences on the strict fakes: the deployed handlers get the events that AWS would send, and the units that
AWS would bill are counted. Nothing is timed."""

from __future__ import annotations

import io
import json
import os
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from agent_schedules import bootstrap
from agent_schedules.telemetry import logger, measure, taken

from dev.fake_aws.lambda_runtime import Context
from dev.fake_aws.sorted_rows import size_of
from tests.support.fake_table import INDEXES, Meter
from tests.support.fakes import FakeClock, FakeGateway, FakeScheduler
from tests.support.world import World

BATCH = 10  # messages that Lambda hands the worker at once, at most (template.yaml)
SERVICE = "agent-schedules-prod"
REQUEST = "8f2b7a0e-4a36-4f0b-9d40-0123456789ab"
PER_ITEM = 100  # bytes of storage that DynamoDB adds to an item, and to its entry in an index


def text(length: int) -> str:
    """Words, so that they compress as prompts and answers do; the same each time."""
    chosen = random.Random(length)  # noqa: S311 - no secret
    words = ["".join(chosen.choices("etaoinshrdlucmfwyp", k=chosen.randint(2, 9))) for _ in range(600)]
    return " ".join(chosen.choices(words, k=length // 2))[:length]


@dataclass(frozen=True)
class Workload:
    """What is run. `together`: schedules that are due at the same moment, so that messages come in batches."""

    spec: dict[str, Any] = field(hash=False)
    occurrences: int
    """Of each schedule, one after the other."""
    background: bool = True
    prompt: int = 100
    """Bytes."""
    answer: int = 300
    """Bytes of text in the gateway's answer."""
    seconds: int = 1
    """That the model works on an answer."""
    together: int = 1


@dataclass
class Counted:
    """What AWS would bill for a number of occurrences."""

    occurrences: int = 0
    fires: int = 0
    """Invocations by EventBridge Scheduler."""
    invocations: Counter[str] = field(default_factory=Counter)
    """By function."""
    calls: Counter[str] = field(default_factory=Counter)
    """Calls to AWS, by the function that makes them."""
    sent: Counter[str] = field(default_factory=Counter)
    """Runs sent to the gateway, by function."""
    looked: Counter[str] = field(default_factory=Counter)
    """Looks at a response, by function."""
    received: int = 0
    """Messages that the worker got."""
    write_units: int = 0
    read_units: float = 0
    queue_requests: int = 0
    """Sent by us; received and deleted by Lambda, once a batch each."""
    stored_bytes: int = 0
    """Left behind in the table and its indexes."""
    log_lines: int = 0
    log_bytes: int = 0
    """Of both our own lines and the metrics', without what Lambda prints itself."""
    metrics: set[str] = field(default_factory=set)


class TimedGateway(FakeGateway):
    """A gateway whose answers take their time and look like OpenAI's."""

    def __init__(self, clock: FakeClock, workload: Workload) -> None:
        super().__init__(background=workload.background)
        self._clock, self._seconds, self._text = clock, workload.seconds, text(workload.answer)
        self._since: dict[str, datetime] = {}

    def create(self, request: dict[str, Any], **named: Any) -> dict[str, Any]:
        """See `Gateway.create`."""
        measure("GatewayLatency", 250)
        answer = super().create(request, **named)
        self._since[answer["id"]] = self._clock()
        return answer

    def retrieve(self, response_id: str, **named: Any) -> dict[str, Any]:
        """See `Gateway.retrieve`."""
        measure("GatewayLatency", 100)
        return super().retrieve(response_id, **named)

    def _now_of(self, response_id: str) -> dict[str, Any]:
        begun = self._since.get(response_id, self._clock())
        left = (self._clock() - begun).total_seconds() < self._seconds
        self.responses[response_id]["left"] = int(left and self.background)
        answer = super()._now_of(response_id)
        if answer["status"] != "completed":
            return answer
        del answer["output_text"]
        content = [{"type": "output_text", "annotations": [], "logprobs": [], "text": self._text}]
        message = {"id": f"msg_{response_id}", "type": "message", "status": "completed", "role": "assistant"}
        usage = {"input_tokens": 36, "input_tokens_details": {"cached_tokens": 0}, "output_tokens": 87}
        return answer | {
            "created_at": 1_772_447_400, "background": True, "error": None, "incomplete_details": None,
            "instructions": None, "max_output_tokens": None, "model": "gpt-5-mini-2025-08-07",
            "output": [message | {"content": content}], "parallel_tool_calls": True, "previous_response_id": None,
            "reasoning": {"effort": "medium", "summary": None}, "service_tier": "default", "store": True,
            "temperature": 1.0, "text": {"format": {"type": "text"}, "verbosity": "medium"}, "tool_choice": "auto",
            "tools": [], "top_p": 1.0, "truncation": "disabled", "usage": usage | {"total_tokens": 123}, "metadata": {},
        }  # fmt: skip


def count(workload: Workload) -> Counted:
    """Run a workload, from the first fire to the end of the last run, and count what it took."""
    world, counted = World(), Counted(occurrences=workload.occurrences * workload.together)
    world.gateway = TimedGateway(world.clock, workload)
    world.ports = replace(world.ports, gateway=world.gateway)
    bootstrap.install(bootstrap.Wiring(world.ports, world.authenticator))
    try:
        with _captured() as printed:
            _created(world, workload)
            stored = _stored(world)
            printed.seek(0)
            printed.truncate()
            while sum(item.get("status") == "completed" for _, item in _runs(world)) < counted.occurrences:
                _step(world, counted)
    finally:
        bootstrap.forget()
    counted.write_units, counted.read_units = world.table.meter.write_units, world.table.meter.read_units
    counted.queue_requests += world.queue.calls
    counted.stored_bytes = _stored(world) - stored
    _read(printed.getvalue(), counted)
    return counted


def _created(world: World, workload: Workload) -> None:
    """The schedules, and everything that was counted forgotten."""
    agent = world.agent()
    for _ in range(workload.together):
        world.create(workload.spec, agent=agent, input=text(workload.prompt))
    if world.scheduler.entries:
        world.queue.messages.clear()  # the hint that goes with a near first occurrence; the ones after it have none
    world.table.meter, world.queue.calls = Meter(), 0
    world.scheduler.calls.clear()
    taken()  # what was counted for the metrics by whatever ran before


def _runs(world: World) -> Iterator[tuple[Any, Any]]:
    return ((key, item) for key, item in world.table.items.items() if key[1].startswith("R#"))


def _stored(world: World) -> int:
    total = 0
    for item in world.table.items.values():
        total += size_of(item) + PER_ITEM
        for names in INDEXES.values():
            if all(name in item for name in names):
                total += size_of({name: item[name] for name in ("pk", "sk", *names)}) + PER_ITEM
    return total


def _step(world: World, counted: Counted) -> None:
    """Go to the next moment at which EventBridge fires or messages are due, and invoke what is invoked then."""
    fires = {name: _fires_at(world, name) for name in world.scheduler.entries}
    due = [int(delayed.due.timestamp()) for delayed in world.queue.messages]
    world.clock.advance(max(min([*fires.values(), *due]) - world.now, 0))
    for name, at in fires.items():
        if at == world.now:
            entry = world.scheduler.entries[name]
            if entry.delete_after:
                del world.scheduler.entries[name]
            counted.fires += 1
            moment = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            filled = {"scheduled_time": moment, "execution_id": "0" * 16, "attempt": "1"}
            _invoke(world, "runner", entry.input | filled, counted)
    messages = world.queue.take_due()
    for first in range(0, len(messages), BATCH):
        records = [
            {"messageId": str(number), "body": json.dumps(message.body())}
            for number, message in enumerate(messages[first : first + BATCH])
        ]
        counted.queue_requests += 2  # Lambda receives a batch and deletes it
        counted.received += len(records)
        answer = _invoke(world, "worker", {"Records": records}, counted)
        assert answer == {"batchItemFailures": []}


def _fires_at(world: World, name: str) -> int:
    """When EventBridge fires an entry next: what its expression says of once, what the row says of the others."""
    entry = world.scheduler.entries[name]
    if entry.delete_after:
        return int(FakeScheduler.at(entry).timestamp())
    (state,) = [item for key, item in world.table.items.items() if key[1] == f"S#{name}#s"]
    following = state["next_run_at"]
    assert isinstance(following, int)
    return following


def _invoke(world: World, function: str, event: dict[str, Any], counted: Counted) -> Any:
    from functions.runner.handler import lambda_handler as runner  # noqa: PLC0415 - takes the wiring on import
    from functions.worker.handler import lambda_handler as worker  # noqa: PLC0415 - likewise

    def spent() -> tuple[int, int, int]:
        gateway = world.gateway
        aws = len(world.table.meter.calls) + world.queue.calls + len(world.scheduler.calls)
        return aws, len(gateway.posts), len(gateway.retrieved)

    before = spent()
    context = Context(f"{SERVICE}-{function}", 60, REQUEST)
    answer = {"runner": runner, "worker": worker}[function](event, context)
    counted.invocations[function] += 1
    counters = (counted.calls, counted.sent, counted.looked)
    for counter, was, now in zip(counters, before, spent(), strict=True):
        counter[function] += now - was
    return answer


@contextmanager
def _captured() -> Iterator[io.StringIO]:
    """What is printed, as a deployment with the default settings prints it."""
    printed = io.StringIO()
    handler: Any = logger.registered_handler
    stream, level, service = handler.setStream(printed), logger.log_level, logger.service
    quiet = handler.level
    handler.setLevel("INFO")
    variables = dict(os.environ)
    os.environ |= {"POWERTOOLS_METRICS_DISABLED": "false", "POWERTOOLS_SERVICE_NAME": SERVICE}
    logger.append_keys(service=SERVICE)
    logger.setLevel("INFO")
    try:
        with redirect_stdout(printed):
            yield printed
    finally:
        handler.setStream(stream)
        logger.setLevel(level)
        handler.setLevel(quiet)
        logger.append_keys(service=service)
        os.environ.clear()
        os.environ.update(variables)


def _read(printed: str, counted: Counted) -> None:
    # The first line of a process says that it started cold; whichever workload that is, it is not counted as one.
    lines = printed.replace('"cold_start":true', '"cold_start":false').splitlines()
    counted.log_lines = len(lines)
    counted.log_bytes = sum(len(line.encode()) for line in lines)
    for line in map(json.loads, lines):
        for described in line.get("_aws", {}).get("CloudWatchMetrics", []):
            counted.metrics |= {metric["Name"] for metric in described["Metrics"]}
