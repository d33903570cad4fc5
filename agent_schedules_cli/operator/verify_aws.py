"""`verify-aws`: measures in the user's account what the documentation of EventBridge Scheduler leaves open.

Creates a schedule group, two queues and a role, watches them for about six minutes, prints each question with its
answer, and removes them in any case. Costs less than a cent. docs/explanation/unverified.md says what relies on the
answers. The service is right without them, because a fire is only a hint.
"""

from __future__ import annotations

import json
import secrets
import statistics
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

INPUT = json.dumps(
    {
        "probe": "NAME",
        "scheduled": "<aws.scheduler.scheduled-time>",
        "execution": "<aws.scheduler.execution-id>",
        "attempt": "<aws.scheduler.attempt-number>",
    }
)
MISSING = {"ResourceNotFoundException", "NoSuchEntity", "AWS.SimpleQueueService.NonExistentQueue"}
WATCHED = 360  # seconds
PROPAGATION = 15  # seconds until a new role can be assumed
TIMELY = [3, 17, 31, 45, 59, 73, 87, 101, 115, 129]  # seconds from now: one-time entries whose delivery is timed


@dataclass(frozen=True)
class Fire:
    """One message that EventBridge sent."""

    probe: str
    sent: float
    """When SQS received it, in seconds of the epoch."""
    body: dict[str, Any]

    @property
    def late(self) -> float:
        """The seconds from the scheduled time in its body."""
        return self.sent - datetime.fromisoformat(self.body["scheduled"]).timestamp()


@dataclass
class Findings:
    """Questions with their answers, in order."""

    tell: Callable[[str, str], None]
    """Receives each question and answer at once, because a person is waiting."""
    answers: list[tuple[str, str]] = field(default_factory=list)

    def add(self, question: str, answer: str) -> None:
        """Add one more."""
        self.answers.append((question, answer))
        self.tell(question, answer)


class Account:
    """The resources of one verification."""

    wait_seconds = 1  # of a receive from a queue

    def __init__(
        self, aws: Callable[[str], Any], *, sleep: Callable[[float], None], now: Callable[[], datetime]
    ) -> None:
        self._scheduler, self._sqs, self._iam = (aws(name) for name in ("scheduler", "sqs", "iam"))
        self.quotas = aws("service-quotas")
        self.sleep, self.now = sleep, now
        self.name = f"agent-schedules-verify-{secrets.token_hex(4)}"
        self.queue = self.dead = self.role = self.group = ""
        self.left: list[str] = []
        """The resources that could not be deleted."""

    @contextmanager
    def prepared(self) -> Iterator[None]:
        """Create group, queues and role, and remove them at the end."""
        try:
            self.group = self._scheduler.create_schedule_group(Name=self.name)["ScheduleGroupArn"]
            self.queue = self._sqs.create_queue(QueueName=self.name)["QueueUrl"]
            self.dead = self._sqs.create_queue(QueueName=f"{self.name}-dead")["QueueUrl"]
            self.queue_arn, self.dead_arn = self._arn(self.queue), self._arn(self.dead)
            self.role = self._role()
            self.sleep(PROPAGATION)
            yield
        finally:
            self._remove()

    def _arn(self, url: str) -> str:
        attributes = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
        return str(attributes["QueueArn"])

    def _role(self) -> str:
        account = self.group.split(":")[4]
        condition = {"StringEquals": {"aws:SourceAccount": account, "aws:SourceArn": self.group}}
        trust = {"Effect": "Allow", "Principal": {"Service": "scheduler.amazonaws.com"}, "Action": "sts:AssumeRole"}
        send = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": [self.queue_arn, self.dead_arn]}
        role = self._iam.create_role(
            RoleName=self.name, AssumeRolePolicyDocument=_policy(trust | {"Condition": condition})
        )
        self._iam.put_role_policy(RoleName=self.name, PolicyName="send", PolicyDocument=_policy(send))
        return str(role["Role"]["Arn"])

    def _remove(self) -> None:
        if self.group:
            self._delete("schedule group", self._scheduler.delete_schedule_group, Name=self.name)  # and its schedules
        for url in filter(None, (self.queue, self.dead)):
            self._delete("queue", self._sqs.delete_queue, QueueUrl=url)
        self._delete("role policy", self._iam.delete_role_policy, RoleName=self.name, PolicyName="send")
        self._delete("role", self._iam.delete_role, RoleName=self.name)

    def _delete(self, kind: str, operation: Callable[..., Any], **names: str) -> None:
        """Delete a resource, or note that AWS refused it. A resource that does not exist was never created."""
        try:
            operation(**names)
        except ClientError as error:
            if error.response["Error"]["Code"] not in MISSING:
                self.left.append(f"{kind} {' '.join(names.values())}")

    def request(self, probe: str, expression: str, *, target: str | None = None, **more: Any) -> dict[str, Any]:
        """Return the request for a schedule that sends to the queue."""
        return {
            "Name": probe,
            "GroupName": self.name,
            "ScheduleExpression": expression,
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "Target": {
                "Arn": target or self.queue_arn,
                "RoleArn": self.role,
                "Input": INPUT.replace("NAME", probe),
                "RetryPolicy": {"MaximumRetryAttempts": 2, "MaximumEventAgeInSeconds": 60},
                "DeadLetterConfig": {"Arn": self.dead_arn},
            },
            **more,
        }

    def create(self, probe: str, expression: str, **more: Any) -> str:
        """Create a schedule. Returns `accepted`, or AWS's refusal."""
        return self._answer(self._scheduler.create_schedule, self.request(probe, expression, **more))

    def update(self, probe: str, expression: str, **more: Any) -> str:
        """Update a schedule. Returns `accepted`, or AWS's refusal."""
        return self._answer(self._scheduler.update_schedule, self.request(probe, expression, **more))

    @staticmethod
    def _answer(operation: Callable[..., Any], request: dict[str, Any]) -> str:
        try:
            operation(**request)
        except ClientError as error:
            return f"{error.response['Error']['Code']}: {error.response['Error']['Message']}"
        return "accepted"

    def fires(self, url: str) -> list[Fire]:
        """Receive and delete the messages of a queue."""
        found: list[Fire] = []
        while True:
            answer = self._sqs.receive_message(
                QueueUrl=url,
                MaxNumberOfMessages=10,
                WaitTimeSeconds=self.wait_seconds,
                MessageSystemAttributeNames=["SentTimestamp"],
            )
            if not answer.get("Messages"):
                return found
            for message in answer["Messages"]:
                body = json.loads(message["Body"])
                found.append(Fire(body["probe"], int(message["Attributes"]["SentTimestamp"]) / 1000, body))
                self._sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


def _policy(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _at(moment: datetime) -> str:
    return f"at({moment:%Y-%m-%dT%H:%M:%S})"


def ask(account: Account, findings: Findings) -> None:
    """Ask the questions that AWS answers at once."""
    for question, probe, expression in (
        ("A reversed range of hours?", "hours", "cron(0 22-2 * * ? *)"),
        ("A reversed range of weekdays?", "weekdays", "cron(0 0 ? * FRI-MON *)"),
        ("A date that never comes?", "never", "cron(0 0 30 2 ? *)"),
        ("The last weekday of the month?", "last-weekday", "cron(0 0 LW * ? *)"),
        ("Three days before the last?", "before-last", "cron(0 0 L-3 * ? *)"),
        ("A list with the last day?", "last-in-a-list", "cron(0 0 1,L * ? *)"),
        ("A list with the nearest weekday?", "nearest-in-a-list", "cron(0 0 1W,15W * ? *)"),
        ("Two Mondays of the month?", "two-mondays", "cron(0 0 ? * 2#1,2#3 *)"),
    ):
        findings.add(f"{question} {expression}", account.create(probe, expression))
    past = account.now() - timedelta(minutes=10)
    findings.add("A StartDate ten minutes in the past?", account.create("late-start", "rate(1 day)", StartDate=past))
    token = secrets.token_hex(16)
    account.create("token", "rate(1 day)", ClientToken=token)
    findings.add(
        "The same create with the same ClientToken?", account.create("token", "rate(1 day)", ClientToken=token)
    )
    changed = account.create("token", "rate(2 days)", ClientToken=token)
    findings.add("Another create with the same name and ClientToken?", changed)
    for quota in _quotas(account):
        findings.add(f"Quota: {quota['QuotaName']}", f"{quota['Value']:g}")


def _quotas(account: Account) -> list[dict[str, Any]]:
    try:
        pages = account.quotas.get_paginator("list_service_quotas").paginate(ServiceCode="scheduler")
        return [quota for page in pages for quota in page["Quotas"]]
    except ClientError as error:
        return [{"QuotaName": f"not readable ({error.response['Error']['Code']})", "Value": float("nan")}]


def watch(account: Account, findings: Findings) -> None:
    """Ask the questions that the times of fires answer."""
    start = account.now().replace(microsecond=0)
    past = account.create("past", _at(start - timedelta(minutes=2)))
    for seconds in TIMELY:
        account.create(f"timely-{seconds}", _at(start + timedelta(seconds=seconds)))
    first = start + timedelta(seconds=47)
    account.create("phase", "rate(1 minute)", StartDate=first)
    account.create("updated", "rate(1 minute)", StartDate=first)
    account.create("bare", "rate(5 minutes)", StartDate=start + timedelta(hours=1))
    lost = account.queue_arn.replace(account.name, f"{account.name}-nowhere")
    account.create("lost", _at(start + timedelta(seconds=30)), target=lost)
    account.sleep(WATCHED / 3)
    updated = account.now()
    account.update("updated", "rate(1 minute)", StartDate=first)
    account.update("bare", "rate(5 minutes)")
    account.sleep(WATCHED * 2 / 3)
    fires = sorted(account.fires(account.queue), key=lambda fire: fire.sent)
    report(findings, fires, account.fires(account.dead), past=past, first=first, updated=updated)


def report(
    findings: Findings, fires: list[Fire], dead: list[Fire], *, past: str, first: datetime, updated: datetime
) -> None:
    """Derive the answers from the fires. `first` is the StartDate of the rates, `updated` the time of their update."""

    def of(probe: str) -> list[Fire]:
        return [fire for fire in fires if fire.probe == probe]

    fired = ", ".join(f"fired {fire.late:.0f} s after its time" for fire in of("past")) or "never fired"
    findings.add("A one-time entry whose time has passed?", f"{past}; {fired}")
    timely = [fire.late for fire in fires if fire.probe.startswith("timely-")]
    if timely:
        figures = f"{min(timely):.1f} / {statistics.median(timely):.1f} / {max(timely):.1f} s"
        findings.add(
            "Latency of one-time entries seconds ahead?", f"{len(timely)} of {len(TIMELY)}; least/median/most {figures}"
        )
    else:
        findings.add("Latency of one-time entries seconds ahead?", f"none of {len(TIMELY)} fired")
    scheduled = [fire.body["scheduled"] for fire in of("phase")]
    findings.add(f"scheduled-time of a rate() with StartDate {first:%H:%M:%S}?", ", ".join(scheduled) or "never fired")
    again = [f"{fire.sent - updated.timestamp():+.0f} s" for fire in of("updated")]
    findings.add(
        "When a rate() fires that is replaced by itself, from its replacement?", ", ".join(again) or "never fired"
    )
    bare = [f"{fire.sent - updated.timestamp():+.0f} s" for fire in of("bare")]
    findings.add(
        "A rate() replaced without StartDate, from its replacement?", ", ".join(bare) or "not within the watch"
    )
    letters = [json.dumps(letter.body) for letter in dead if letter.probe == "lost"]
    findings.add("The dead letter of an entry whose target is missing?", "; ".join(letters) or "none within the watch")
    repeated = len(fires) - len({(fire.probe, fire.body["scheduled"]) for fire in fires})
    findings.add("Fires that came more than once?", f"{repeated} of {len(fires)}")


def verify(account: Account, tell: Callable[[str, str], None]) -> Findings:
    """Ask everything, and name the question that only one night of the year answers."""
    findings = Findings(tell)
    try:
        with account.prepared():
            ask(account, findings)
            watch(account, findings)
    finally:
        if account.left:
            findings.add("Not deleted; delete it by hand:", ", ".join(account.left))
    findings.add("A cron with chosen hours in the hour that autumn repeats?", "cannot be asked on any other night")
    return findings
