"""What the service's own code costs: processor time and memory of one operation inside its handler, with an event of
AWS in and the answer out, beside the AWS calls that it makes, made by nothing but their clients.

    python -m benchmarks.warm [ROUNDS]           the table
    python -m benchmarks.warm profile OPERATION  where the time goes

AWS and the gateway answer from memory. Time is the process's own on all threads, not the clock's.
"""

from __future__ import annotations

import cProfile
import gc
import importlib.util
import io
import json
import os
import pstats
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock

from agent_schedules import agent_service, bootstrap, schedule_service
from agent_schedules.auth import Caller
from agent_schedules.aws import CONFIG
from agent_schedules.bodies import CreateAgentBody, CreateScheduleBody
from agent_schedules.calls import Call
from agent_schedules.key_service import Keyring
from agent_schedules.settings import Settings
from moto import mock_aws
from urllib3 import HTTPResponse, PoolManager

from benchmarks.canned import CannedAws, Exchange
from benchmarks.machine import machine
from dev.functions import Context
from dev.template import table_definition
from tools.built import ROOT

EVENTS = ROOT / "events"
NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
AGO = timedelta(seconds=5400)
PROMPT = "Sum up what happened in the market since yesterday, in five sentences."
HOURLY = {"type": "interval", "interval_seconds": 3600}
VARIABLES = {
    "TABLE_NAME": "bench",
    "SCHEDULE_GROUP": "bench",
    "SCHEDULER_ROLE_ARN": "arn:aws:iam::123456789012:role/bench",
    "RUNNER_ARN": "arn:aws:lambda:eu-central-1:123456789012:function:bench",
    "SCHEDULER_DLQ_ARN": "arn:aws:sqs:eu-central-1:123456789012:dead",
    "GATEWAY_URL": "https://gateway.test/v1",
    "GATEWAY_MODE": "background",
    "CURSOR_SECRET_ID": "cursors",
}
CREDENTIALS = {"AWS_DEFAULT_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}
SCHEDULES = 20
"""How many a list shows."""


@dataclass
class Operation:
    """Something a handler does, and what it cost, in milliseconds and in bytes."""

    name: str
    invoke: Callable[[], Any]
    exchanges: list[Exchange] = field(default_factory=list)
    own: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)
    memory: dict[str, int] = field(default_factory=dict)


class Gateway(PoolManager):
    """Takes every request, and says of each that it is under way."""

    def urlopen(self, method: str, *_: Any, **__: Any) -> Any:
        """One call."""
        status = "queued" if method == "POST" else "in_progress"
        answer = {"id": "resp_1", "object": "response", "status": status, "output": []}
        return HTTPResponse(io.BytesIO(json.dumps(answer).encode()), status=200, preload_content=False)


def main(arguments: list[str]) -> None:
    """Measure all and print the table, or profile one."""
    with _unheard(), _operations() as (aws, operations):
        if arguments[:1] == ["profile"]:
            [chosen] = [one for one in operations if one.name == arguments[1]]
            _profile(aws, chosen)
            return
        rounds = int(arguments[0]) if arguments else 300
        for number in range(rounds + 20):
            for one in operations:
                aws.replay(one.exchanges)
                own = _milliseconds(one.invoke)
                aws.replay(one.exchanges)
                bare = _milliseconds(lambda one=one: aws.bare(one.exchanges))  # type: ignore[misc]
                if number >= 20:  # warm by then
                    one.own.append(own)
                    one.bare.append(bare)
        for one in operations:
            aws.replay(one.exchanges)
            one.memory["own"] = _bytes(one.invoke)
            aws.replay(one.exchanges)
            one.memory["bare"] = _bytes(lambda one=one: aws.bare(one.exchanges))  # type: ignore[misc]
    print(f"{rounds} rounds, medians of processor time; {machine()}\n")
    print(_table(operations))


@contextmanager
def _unheard() -> Iterator[None]:
    """Lines of the log are written, as they would be, but to nowhere."""
    kept = os.dup(1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    try:
        yield
    finally:
        sys.stdout.flush()
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)


@contextmanager
def _operations() -> Iterator[tuple[CannedAws, list[Operation]]]:
    """Every operation with what AWS answers to it, furnished on moto."""
    environment = {**CREDENTIALS, "POWERTOOLS_SERVICE_NAME": "bench", "POWERTOOLS_METRICS_DISABLED": "true"}
    with mock.patch.dict(os.environ, environment):
        aws = CannedAws(CONFIG)
        with mock_aws():
            aws.client("dynamodb").create_table(TableName="bench", **table_definition())
            aws.client("scheduler").create_schedule_group(Name="bench")
            queue = aws.client("sqs").create_queue(QueueName="bench")["QueueUrl"]
            settings = Settings.from_env({**VARIABLES, "QUEUE_URL": queue})
            operations = _furnished(aws, settings)
        yield aws, operations
        bootstrap.forget()


def _furnished(aws: CannedAws, settings: Settings) -> list[Operation]:
    event = json.loads((EVENTS / "api_create_agent.json").read_text(encoding="utf-8"))
    before = bootstrap.wire(settings, now=lambda: NOW - AGO, secret=lambda _: "secret", client=aws.client).ports
    _, key = Keyring(before.store.keys, now=before.now, entropy=before.entropy).create("local", "admin")
    event["headers"]["authorization"] = f"Bearer {key}"
    call = Call(Caller("local"))
    agent = agent_service.create_agent(before, call, CreateAgentBody(name="a", model="m", instructions=PROMPT))
    body = {"schedule": HOURLY, "input": PROMPT}
    schedules = [
        schedule_service.create_schedule(before, call, agent.id, CreateScheduleBody.model_validate(body))
        for _ in range(SCHEDULES)
    ]
    path = f"/api/v1/agents/{agent.id}/schedules"
    one = schedules[0]
    wiring = bootstrap.wire(settings, now=lambda: NOW, secret=lambda _: "secret", client=aws.client, pool=Gateway())
    bootstrap.install(wiring)
    api, runner, worker = _handler("api"), _handler("runner"), _handler("worker")

    def asked(method: str, path: str, body: Any = None) -> Callable[[], Any]:
        sent = json.loads(json.dumps(event))
        sent |= {"rawPath": path, "body": json.dumps(body) if body else None, "isBase64Encoded": False}
        sent["requestContext"]["http"] |= {"method": method, "path": path}
        sent["headers"]["content-length"] = str(len(sent["body"] or ""))

        def invoke() -> None:
            answer = api(sent, Context("api", 29))
            assert answer["statusCode"] < 300, answer

        return invoke

    nominal = one.state.next_run_at
    assert nominal is not None
    fired = json.loads((EVENTS / "runner_hint.json").read_text(encoding="utf-8"))
    fired |= {
        "agent_id": agent.id,
        "schedule_id": one.key.schedule_id,
        "scheduled_time": datetime.fromtimestamp(nominal, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    operations = [
        Operation("create", asked("POST", path, body)),
        Operation("get", asked("GET", f"{path}/{one.key.schedule_id}")),
        Operation(f"list {SCHEDULES}", asked("GET", path)),
        Operation("fire", lambda: runner(fired, Context("runner", 60))),
    ]
    operations[1].invoke()  # reads the API key, which is kept from then on
    for operation in operations:
        operation.exchanges = aws.record(operation.invoke)
    [sent] = [exchange.arguments for exchange in operations[-1].exchanges if exchange.service == "sqs"]
    batch = json.loads((EVENTS / "worker_run.json").read_text(encoding="utf-8"))
    batch["Records"][0]["body"] = sent["MessageBody"] if "MessageBody" in sent else sent["Entries"][0]["MessageBody"]

    def poll() -> None:
        assert worker(batch, Context("worker", 60)) == {"batchItemFailures": []}

    operations.append(Operation("poll", poll))
    operations[-1].exchanges = aws.record(poll)
    return operations


def _handler(name: str) -> Callable[[dict[str, Any], Any], dict[str, Any]]:
    """The handler of functions/, loaded as Lambda does."""
    spec = importlib.util.spec_from_file_location(f"{name}_handler", ROOT / "functions" / name / "handler.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    handler: Callable[[dict[str, Any], Any], dict[str, Any]] = module.lambda_handler
    return handler


def _milliseconds(work: Callable[[], Any]) -> float:
    began = time.process_time_ns()
    work()
    return (time.process_time_ns() - began) / 1e6


def _bytes(work: Callable[[], Any]) -> int:
    """The most memory that it holds at once above what was held before."""
    gc.collect()
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def _table(operations: list[Operation]) -> str:
    lines = [
        "| | AWS calls | in all, ms | calls alone, ms | our own, ms | in all / calls | memory, KB | calls alone, KB |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for one in operations:
        own, bare = statistics.median(one.own), statistics.median(one.bare)
        held = {name: size / 1024 for name, size in one.memory.items()}
        calls = len(one.exchanges)
        lines.append(
            f"| {one.name} | {calls} | {own:.2f} | {bare:.2f} | {own - bare:.2f} | {own / bare:.2f} "
            f"| {held['own']:.0f} | {held['bare']:.0f} |"
        )
    return "\n".join(lines)


def _profile(aws: CannedAws, operation: Operation) -> None:
    profile = cProfile.Profile(time.process_time)
    for number in range(300):
        aws.replay(operation.exchanges)
        if number == 100:
            profile.enable()
        operation.invoke()
    profile.disable()
    for order in ("cumulative", "tottime"):
        pstats.Stats(profile, stream=sys.stderr).sort_stats(order).print_stats(70)


if __name__ == "__main__":
    main(sys.argv[1:])
