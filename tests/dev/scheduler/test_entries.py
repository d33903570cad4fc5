"""The entries that EventBridge Scheduler stores."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from dev.scheduler.entries import GROUP_ARN, entry_of

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
LAMBDA = "arn:aws:lambda:eu-west-1:000000000000:function:runner"
QUEUE = "arn:aws:sqs:eu-west-1:000000000000:dead"
INPUT = '{"at": "<aws.scheduler.scheduled-time>"}'


def test_an_entry_is_what_its_request_says_and_what_aws_fills_in() -> None:
    target = {"Arn": LAMBDA, "RoleArn": "arn:r", "Input": INPUT, "DeadLetterConfig": {"Arn": QUEUE}}
    request: dict[str, Any] = {"Name": "a", "ScheduleExpression": "rate(1 hour)", "Target": target, "StartDate": NOON}
    made = entry_of(request, created=NOON, now=NOON)
    arn = f"{GROUP_ARN}default/a"
    assert (made.name, made.arn, made.expression, made.start) == ("a", arn, "rate(1 hour)", NOON)
    assert (made.timezone, made.state, made.end, made.action_after_completion) == ("UTC", "ENABLED", None, "NONE")
    assert (made.target_arn, made.input, made.dlq_arn, made.created) == (LAMBDA, INPUT, QUEUE, NOON)
    assert (made.max_retry_attempts, made.max_event_age_seconds) == (185, 86400)
    bare = entry_of(
        {**request, "Target": {"Arn": LAMBDA, "RetryPolicy": {"MaximumRetryAttempts": 0}}}, created=NOON, now=NOON
    )
    assert (bare.max_retry_attempts, bare.max_event_age_seconds, bare.dlq_arn) == (0, 86400, None)
