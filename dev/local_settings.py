"""The settings of the local stack: those of template.yaml, with names that only this process knows."""

from __future__ import annotations

from agent_schedules.settings import Settings

from dev.fake_aws.lambda_runtime import DELIVERIES
from dev.fake_aws.sqs import LOCAL_QUEUE

REGION = "us-east-1"
ACCOUNT = "123456789012"
NAME = "agent-schedules"  # of the table and the group
# Names of what Secrets Manager holds elsewhere.
GATEWAY_SECRET, CURSOR_SECRET, WEBHOOK_SECRET = "gateway", "cursors", "webhooks"


def local_settings(port: int, *, url: str, mode: str, dialect: str, key: str | None) -> tuple[Settings, dict[str, str]]:
    """Return the settings of a stack on that port, and what its Secrets Manager holds.

    `url`, `mode`, `dialect` and `key` are the gateway's.
    """
    environ = {
        "TABLE_NAME": NAME,
        "SCHEDULE_GROUP": NAME,
        "SCHEDULER_ROLE_ARN": f"arn:aws:iam::{ACCOUNT}:role/local-scheduler",
        "RUNNER_ARN": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:local-runner",
        "SCHEDULER_DLQ_ARN": f"arn:aws:sqs:{REGION}:{ACCOUNT}:local-dead-letters",
        "QUEUE_URL": LOCAL_QUEUE,
        "GATEWAY_URL": url,
        "GATEWAY_MODE": mode,
        "GATEWAY_DIALECT": dialect,
        "GATEWAY_SECRET_ID": GATEWAY_SECRET if key else "",
        "CURSOR_SECRET_ID": CURSOR_SECRET,
        "EVENT_BUS_NAME": "",
        "WEBHOOKS": "on",
        "DELIVERY_QUEUE_URL": f"https://sqs.local/{DELIVERIES[0]}",
        "REDELIVERY_QUEUE_URL": f"https://sqs.local/{DELIVERIES[1]}",
        "WEBHOOK_SECRET_ID": WEBHOOK_SECRET,
        "PUBLIC_URL": f"http://127.0.0.1:{port}" if port else "",
        # These protect tenants from each other; here there is one developer.
        "MAXIMUM_OCCURRENCES_PER_HOUR": "0",
        "MAXIMUM_RUNS_PER_MINUTE": "0",
    }
    held = {GATEWAY_SECRET: key or "", CURSOR_SECRET: "local", WEBHOOK_SECRET: "local"}
    return Settings.from_env(environ, in_the_clear=True), held
