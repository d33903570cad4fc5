"""The world with the real adapters under it, on moto, counting the HTTP requests that leave for AWS."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import boto3
from agent_schedules.adapters.dynamodb import DynamoTable
from agent_schedules.adapters.errors import CONFIG
from agent_schedules.adapters.scheduler import Destination, EventBridgeScheduler
from agent_schedules.adapters.sqs import SqsQueue
from agent_schedules.domain.deliveries import Deliver
from agent_schedules.domain.messages import Message

from dev.template import table_definition
from tests.support.copy_to_moto import copy_to_moto
from tests.support.cost_meter import Calls
from tests.support.delivery_queue import FakeDeliveryQueue, fake_webhooks
from tests.support.fakes import FakeQueue
from tests.support.world import World

ARN = "arn:aws:lambda:us-east-1:123456789012:function:f"


@dataclass(frozen=True)
class Sent:
    """An HTTP request that went out, and its answer."""

    service: str
    bytes_out: int
    bytes_in: int


class Wire:
    """The requests of some clients."""

    def __init__(self, *clients: Any) -> None:
        self.sent: list[Sent] = []
        self._own = threading.local()  # two reads may be under way at once
        for client in clients:
            client.meta.events.register("before-send", self._before)
            client.meta.events.register("response-received", self._after)

    def _before(self, request: Any, **_: Any) -> None:
        self._own.out = len(request.body or b"")

    def _after(self, event_name: str, response_dict: Any, **_: Any) -> None:
        service = event_name.split(".")[1]
        self.sent.append(Sent(service, self._own.out, len(response_dict["body"] or b"")))

    @property
    def calls(self) -> Calls:
        """How many there were."""
        services = [sent.service for sent in self.sent]
        return Calls(services.count("dynamodb"), services.count("scheduler"), services.count("sqs"))


class WiredQueue(FakeQueue):
    """Sends each message with SQS too. Tests take them out here, because moto's delays are real time."""

    def __init__(self, world: World, wired: SqsQueue) -> None:
        super().__init__(world.clock)
        self._wired = wired

    def send(self, messages: Sequence[Message], *, delay: int) -> None:
        """See `Queue.send`."""
        self._wired.send(messages, delay=delay)
        super().send(messages, delay=delay)


class WiredDeliveryQueue(FakeDeliveryQueue):
    """The same for deliveries."""

    def __init__(self, world: World, wired: SqsQueue) -> None:
        super().__init__(world.clock)
        self._wired = wired

    def send(self, messages: Sequence[Deliver], *, delay: int) -> None:
        """See `DeliveryQueue.send`."""
        self._wired.send(messages, delay=delay)
        super().send(messages, delay=delay)


class WiredWorld(World):
    """A deployment on moto. Inside `mock_aws` only; what looks into the fake table or scheduler finds nothing."""

    def __init__(self) -> None:
        super().__init__()
        make: Any = boto3.client
        dynamodb, scheduler, sqs = (make(name, config=CONFIG) for name in ("dynamodb", "scheduler", "sqs"))
        dynamodb.create_table(TableName="table", **table_definition())
        scheduler.create_schedule_group(Name="group")
        self.rows = DynamoTable(dynamodb, "table")
        copy_to_moto(self, self.rows)

        def made(name: str) -> SqsQueue:
            return SqsQueue(sqs, sqs.create_queue(QueueName=name)["QueueUrl"])

        self.queue = WiredQueue(self, made("delay"))
        self.deliveries = WiredDeliveryQueue(self, made("deliveries"))
        self.redeliveries = WiredDeliveryQueue(self, made("redeliveries"))
        self.ports = replace(
            self.ports,
            scheduler=EventBridgeScheduler(scheduler, Destination("group", ARN, ARN, ARN)),
            queue=self.queue,
            webhooks=fake_webhooks(self.deliveries, self.redeliveries),
        )
        self.wire = Wire(dynamodb, scheduler, sqs)
