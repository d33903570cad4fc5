"""Bodies on the queues and in the dead-letter queue: messages of ours, or failures of their own record alone."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from agent_schedules import bootstrap
from agent_schedules.domain.messages import ContinueRun, Hint, message_of
from agent_schedules.domain.wire import LATEST
from agent_schedules.execution import reconcile
from agent_schedules.sqs_batch import Retry
from hypothesis import strategies as st

from dev.fake_aws.lambda_runtime import Context
from tests.boundaries.hostile import EVENTS, damaged, event, hostile, is_json, mutants, values, wire
from tests.support.world import World


def body(name: str) -> Any:
    """The first body in an event file."""
    return json.loads(event(name)["Records"][0]["body"])


(RECORD,) = event("worker_hint")["Records"]
MESSAGES = [body("worker_hint"), body("worker_run") | {"rev": 1, "polls": 3, "response_id": "resp_1"}]
LETTERS = [body("reconciler_dead_letter"), body("reconciler_on_failure"), *MESSAGES]
bodies = mutants(*MESSAGES, most=3) | values


@hostile(bodies, examples=400)
def test_a_body_of_any_json_is_a_message_or_none(sent: Any) -> None:
    try:
        message = message_of(sent)
    except ValueError:
        return
    assert is_json(message.body())
    assert "#" not in "".join(vars(message.key).values())
    assert message_of(message.body()) == message
    if isinstance(message, ContinueRun):
        assert message.polls >= 0
    elif isinstance(message, Hint):
        assert message.at is None or 0 <= message.at <= LATEST


GOOD = {"worker": RECORD, "reconciler": RECORD, "notifier": event("notifier_delivery")["Records"][0]}


class Functions:
    """The functions that read queues, as deployed, over a world without rows."""

    def __init__(self) -> None:
        self.world = World()
        wiring = bootstrap.Wiring(self.world.ports, self.world.authenticator)
        wait: dict[bool, Retry] = {True: lambda waits: None, False: lambda waits: None}
        bootstrap.install(replace(wiring, retry_deliveries=wait))
        self.handlers = {name: self._loaded(name) for name in GOOD}

    @staticmethod
    def _loaded(name: str) -> Any:
        path = EVENTS.parent / "functions" / name / "handler.py"
        spec = importlib.util.spec_from_file_location(f"{name}_handler", path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module.lambda_handler

    def failed(self, name: str, *texts: str) -> list[str]:
        """The records that failed, of a batch with those bodies."""
        return self.failed_of(name, *(GOOD[name] | {"body": text} for text in texts))

    def failed_of(self, name: str, *sent: dict[str, Any]) -> list[str]:
        """The records that failed, of a batch of them."""
        records = [record | {"messageId": str(number)} for number, record in enumerate(sent)]
        answer = self.handlers[name]({"Records": records}, Context(name, 60))
        assert is_json(answer)
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


@pytest.fixture(scope="module")
def functions() -> Iterator[Functions]:
    yield Functions()
    bootstrap.forget()


texts = bodies.map(lambda sent: wire(sent).decode()) | damaged(wire(MESSAGES[1])).map(
    lambda data: data.decode("latin-1")
)


@hostile(texts | st.text(), examples=200)
def test_a_bad_record_fails_alone(functions: Functions, text: str) -> None:
    rows = dict(functions.world.table.items)
    good = json.dumps(MESSAGES[0])
    assert set(functions.failed("worker", good, text, good)) <= {"1"}
    assert dict(functions.world.table.items) == rows


deliveries = mutants(body("notifier_delivery"), most=3).map(lambda sent: wire(sent).decode()) | texts


@hostile(deliveries | st.text(), examples=200)
def test_a_bad_delivery_fails_alone(functions: Functions, text: str) -> None:
    good = GOOD["notifier"]["body"]
    assert set(functions.failed("notifier", good, text, good)) <= {"1"}


def damaged_records(name: str) -> st.SearchStrategy[Any]:
    """A record of a function with some of its members changed or left out."""
    found = mutants(GOOD[name], GOOD[name] | {"body": "not json"}, most=3)
    return found.filter(lambda record: isinstance(record, dict)).map(lambda record: (name, record))


@hostile(st.one_of(*map(damaged_records, GOOD)), st.integers(0, 2), examples=240)
def test_a_record_without_its_members_fails_alone(
    functions: Functions, sent: tuple[str, dict[str, Any]], place: int
) -> None:
    name, record = sent
    batch = [GOOD[name]] * 3
    batch[place] = record
    assert set(functions.failed_of(name, *batch)) <= {str(place)}


letters = mutants(*LETTERS, most=3).map(lambda sent: wire(sent).decode()) | texts


@hostile(letters | st.text(), examples=200)
def test_a_bad_letter_fails_alone_and_leaves_only_messages(functions: Functions, text: str) -> None:
    queue = functions.world.queue
    queue.messages.clear()
    good = json.dumps(LETTERS[0])
    assert set(functions.failed("reconciler", good, text, good)) <= {"1"}
    assert 2 <= len(queue.messages) <= 3
    assert all(is_json(sent.message.body()) for sent in queue.messages)


@hostile(letters | st.just("[" * 5_000), examples=100)
def test_a_letter_is_brought_back_or_is_a_value_error(functions: Functions, text: str) -> None:
    try:
        reconcile.on_dead_letter(functions.world.ports, text)
    except ValueError:
        return
