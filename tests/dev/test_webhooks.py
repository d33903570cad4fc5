"""Webhooks in the local stack: the deployed notifier posts real requests to a receiver on this machine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from standardwebhooks.webhooks import Webhook

from dev.stack import KEYS, LocalStack, Options
from tests.support.waiting import until
from tests.support.webhook_receiver import Receiver

pytestmark = pytest.mark.slow
PATIENCE = 30.0  # real seconds


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as listening:
        yield listening


@pytest.fixture
def client(tmp_path: Path) -> Iterator[httpx.Client]:
    with LocalStack(Options(port=0, directory=tmp_path)) as stack:
        headers = {"Authorization": f"Bearer {next(iter(KEYS))}"}
        with httpx.Client(base_url=f"{stack.url}/api/v1", headers=headers, timeout=PATIENCE) as made:
            yield made


def created(client: httpx.Client, receiver: Receiver, **body: Any) -> Any:
    answer = client.post("/webhooks", json={"url": receiver.url, **body})
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_test_event_arrives_and_verifies(client: httpx.Client, receiver: Receiver) -> None:
    receiver.answers = [500, 204]
    made = created(client, receiver)
    assert client.post(f"/webhooks/{made['id']}/test").status_code == 202
    attempts = [receiver.received.get(timeout=PATIENCE) for _ in range(2)]
    ids = {Webhook(made["secret"]).verify(body, headers)["id"] for body, headers in attempts}
    assert len(ids) == 1
    assert json.loads(attempts[0][0])["type"] == "webhook.test"


def test_events_of_a_run_arrive(client: httpx.Client, receiver: Receiver) -> None:
    made = created(client, receiver, events=["run.completed"], include_output=True)
    agent = client.post("/agents", json={"name": "a", "model": "echo"}).json()["id"]
    run = client.post(f"/agents/{agent}/runs", json={"input": "hello"}).json()["id"]
    event = receiver.event(made)
    assert (event["type"], event["data"]["run_id"], event["data"]["output"]) == ("run.completed", run, "hello")
    listed = until(lambda: client.get(f"/webhooks/{made['id']}/deliveries").json()["data"], PATIENCE)
    assert [one["event"]["id"] for one in listed] == [event["id"]]
