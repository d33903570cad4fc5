"""The environment of a function that starts but reaches no service."""

from __future__ import annotations

VARIABLES = {
    "AWS_DEFAULT_REGION": "us-east-1",
    "TABLE_NAME": "table",
    "SCHEDULE_GROUP": "group",
    "SCHEDULER_ROLE_ARN": "arn:aws:iam::123456789012:role/r",
    "RUNNER_ARN": "arn:aws:lambda:us-east-1:123456789012:function:r",
    "SCHEDULER_DLQ_ARN": "arn:aws:sqs:us-east-1:123456789012:d",
    "QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/q",
    "GATEWAY_URL": "https://gateway.test/v1",
    "GATEWAY_MODE": "background",
    "GATEWAY_DIALECT": "openai",
    "CURSOR_SECRET_ID": "secret",
    "EVENT_BUS_NAME": "default",
}
WEBHOOKS = {
    "WEBHOOKS": "on",
    "DELIVERY_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/first",
    "REDELIVERY_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/later",
    "WEBHOOK_SECRET_ID": "master",
}
"""What a deployment with webhooks has in addition."""
