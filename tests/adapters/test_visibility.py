"""A record that failed comes again soon: the functions as deployed, with the wiring of a deployment, on moto."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from agent_schedules import bootstrap
from agent_schedules.settings import Settings
from moto import mock_aws

from dev.fake_aws.lambda_runtime import Context

VISIBILITY = 360  # seconds until a message comes again by itself, as in template.yaml


@pytest.fixture(autouse=True)
def deployed() -> Iterator[None]:
    with mock_aws():
        yield
    bootstrap.forget()


class Account:
    """The queues of a deployment, and the changes of a message's visibility that SQS accepted."""

    def __init__(self) -> None:
        self.changes: list[tuple[str, list[dict[str, Any]]]] = []
        self.sqs = self.client("sqs")
        self.urls = {
            name: self.sqs.create_queue(QueueName=name, Attributes={"VisibilityTimeout": str(VISIBILITY)})["QueueUrl"]
            for name in ("delay", "dead-letters", "deliveries", "redeliveries")
        }

    def client(self, service: str) -> Any:
        """A client, as the wiring makes them. That of SQS tells what it changed."""
        make: Any = boto3.client
        client = make(service)
        if service == "sqs":
            client.meta.events.register("before-parameter-build.sqs.ChangeMessageVisibilityBatch", self._asked)
            client.meta.events.register("after-call.sqs.ChangeMessageVisibilityBatch", self._answered)
        return client

    def _asked(self, params: dict[str, Any], **_: Any) -> None:
        self.changes.append((params["QueueUrl"], params["Entries"]))

    def _answered(self, parsed: dict[str, Any], **_: Any) -> None:
        assert len(parsed["Successful"]) == len(self.changes[-1][1])

    def function(self, name: str, reads: str) -> Any:
        """A function that reads the queue of that name."""
        names = ("schedule_group", "scheduler_role_arn", "runner_arn", "scheduler_dlq_arn", "cursor_secret_id")
        settings = Settings(
            **dict.fromkeys(names, "xxx"),
            table_name="table",
            gateway_url="https://x",
            queue_url=self.urls["delay"],
            source_queue_url=self.urls[reads],
            webhooks="on",
            webhook_secret_id="xxx",
            delivery_queue_url=self.urls["deliveries"],
            redelivery_queue_url=self.urls["redeliveries"],
            public_url="https://x",
        )
        bootstrap.install(bootstrap.wire(settings, client=self.client))
        return importlib.import_module(f"functions.{name}.handler").lambda_handler

    def received(self, queue: str, body: str) -> dict[str, Any]:
        """A message of a queue, as Lambda gives it to the function."""
        self.sqs.send_message(QueueUrl=self.urls[queue], MessageBody=body)
        (message,) = self.sqs.receive_message(QueueUrl=self.urls[queue], AttributeNames=["All"])["Messages"]
        return {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": message["Attributes"],
            "eventSourceARN": f"arn:aws:sqs:us-east-1:123456789012:{queue}",
        }


@pytest.mark.parametrize(
    ("name", "reads"),
    [
        ("worker", "delay"),
        ("reconciler", "dead-letters"),
        ("notifier", "deliveries"),
        ("notifier", "redeliveries"),
    ],
)
def test_a_failed_record_is_visible_again_in_two_seconds(name: str, reads: str) -> None:
    account = Account()
    handler = account.function(name, reads)
    record = account.received(reads, "not json")
    answer = handler({"Records": [record]}, Context(name, 60))
    assert answer == {"batchItemFailures": [{"itemIdentifier": record["messageId"]}]}
    ((queue, (entry,)),) = account.changes
    assert queue == account.urls[reads]
    assert (entry["ReceiptHandle"], entry["VisibilityTimeout"]) == (record["receiptHandle"], 2)
