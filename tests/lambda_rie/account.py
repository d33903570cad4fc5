"""An AWS account with the resources that the functions use, played by moto's server, and a local gateway."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from unittest import mock

import boto3

from dev.echo_gateway.app import create_gateway
from dev.echo_gateway.ledger import Ledger
from dev.server import serve
from dev.template import table_definition
from tools.build.sam_build import ROOT

MOTO_PYTHON = ROOT / ".tools" / "lambda" / "bin" / "python"
REGION = "eu-central-1"
NUMBER = "123456789012"  # moto's
STACK = "test"
BUS = "changes"
DELAYED, PUBLISHED = f"{STACK}-DelayQueue", "published"
GATEWAY_KEY = "the-key-of-the-gateway"

# Ends with its parent: it lives as long as its standard input is open.
MOTO_SERVER = """
import sys
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
server.stop()
"""


class Account:
    """The stack's resources, and what the functions did to them."""

    def __init__(self, environment: dict[str, str], gateway_url: str, gateway: Ledger) -> None:
        self.environment = environment
        """The variables with which a process uses the account."""
        self.gateway = gateway
        self._dynamodb = boto3.client("dynamodb")
        self._sqs = boto3.client("sqs")
        secrets = boto3.client("secretsmanager")
        gateway_secret = secrets.create_secret(Name="gateway", SecretString=GATEWAY_KEY)["ARN"]
        cursor_secret = secrets.create_secret(Name="cursors", SecretString="cursors")["ARN"]
        boto3.client("scheduler").create_schedule_group(Name=STACK)
        self._queues = {name: self._sqs.create_queue(QueueName=name)["QueueUrl"] for name in (DELAYED, PUBLISHED)}
        self._listen()
        self._dynamodb.create_table(TableName=STACK, **table_definition())
        self.known = {
            "AWS::AccountId": NUMBER,
            "AWS::Partition": "aws",
            "AWS::Region": REGION,
            "AWS::StackName": STACK,
            "Table": STACK,
            "ScheduleGroup": STACK,
            "SchedulerRole.Arn": f"arn:aws:iam::{NUMBER}:role/{STACK}-SchedulerRole",
            "DelayQueue": self._queues[DELAYED],
            "DeadLetterQueue": self._queues[DELAYED].replace("DelayQueue", "DeadLetterQueue"),
            "DeadLetterQueue.Arn": f"arn:aws:sqs:{REGION}:{NUMBER}:{STACK}-DeadLetterQueue",
            "CursorSecret": cursor_secret,
            "Webhooks": "on",
            "DeliveryQueue": self._queues[DELAYED].replace("DelayQueue", "DeliveryQueue"),
            "RedeliveryQueue": self._queues[DELAYED].replace("DelayQueue", "RedeliveryQueue"),
            "WebhookSecret": cursor_secret,
            "GatewayUrl": gateway_url,
            "GatewaySecretArn": gateway_secret,
            "EventBusName": BUS,
            "PublicUrl": "https://console.example",
        }
        """The values that only a stack knows, for `tools.build.sam_build.functions`."""

    def clear(self, key: str) -> None:
        """Remove everything except the API key `key` of the tenant `local`."""
        for row in self.rows():
            self._dynamodb.delete_item(TableName=STACK, Key={name: row[name] for name in ("pk", "sk")})
        row = {"pk": f"K#{hashlib.sha256(key.encode()).hexdigest()}", "sk": "K", "tenant": "local"}
        self._dynamodb.put_item(TableName=STACK, Item={name: {"S": value} for name, value in row.items()})
        self.forget_messages()
        self.gateway.by_id.clear()
        self.gateway.by_key.clear()

    def forget_messages(self) -> None:
        """Empty the queues, delayed messages included."""
        for name, url in self._queues.items():
            self._sqs.delete_queue(QueueUrl=url)
            self._sqs.create_queue(QueueName=name)

    def rows(self) -> list[dict[str, Any]]:
        """Return every row of the table, in DynamoDB's format."""
        return self._dynamodb.scan(TableName=STACK)["Items"]

    def messages(self, *, wait: int = 0) -> list[dict[str, Any]]:
        """Receive from the delay queue, waiting up to `wait` seconds for a message."""
        return self._received(DELAYED, wait)

    def events(self) -> list[dict[str, Any]]:
        """Receive the events that the bus delivered."""
        return self._received(PUBLISHED, 0)

    def _listen(self) -> None:
        """Route every event on the bus to a queue."""
        events = boto3.client("events")
        events.create_event_bus(Name=BUS)
        events.put_rule(Name="all", EventBusName=BUS, EventPattern=json.dumps({"source": ["agent-schedules"]}))
        queue = f"arn:aws:sqs:{REGION}:{NUMBER}:{PUBLISHED}"
        events.put_targets(Rule="all", EventBusName=BUS, Targets=[{"Id": "queue", "Arn": queue}])

    def _received(self, queue: str, wait: int) -> list[dict[str, Any]]:
        answer = self._sqs.receive_message(QueueUrl=self._queues[queue], MaxNumberOfMessages=10, WaitTimeSeconds=wait)
        return [json.loads(message["Body"]) for message in answer.get("Messages", [])]


@contextmanager
def account() -> Iterator[Account]:
    """Start an empty account, which this process uses too until the block ends."""
    credentials = dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"), "local")
    environment = {"AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION, **credentials}
    app = create_gateway(lambda: datetime.now(UTC), api_key=GATEWAY_KEY)
    with _moto(environment) as url, serve(app) as gateway:
        environment["AWS_ENDPOINT_URL"] = url
        with mock.patch.dict(os.environ, environment):
            yield Account(environment, gateway.url, app.state.ledger)


@contextmanager
def _moto(environment: dict[str, str]) -> Iterator[str]:
    """Run moto in a process of its own, and yield its URL."""
    process = subprocess.Popen(
        [str(MOTO_PYTHON), "-c", MOTO_SERVER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={"PATH": os.environ.get("PATH", ""), **environment},
    )
    assert process.stdin is not None
    assert process.stdout is not None
    with process:
        port = process.stdout.readline().strip()
        assert port, "moto's server did not start"
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
