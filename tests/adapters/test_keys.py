"""API keys in DynamoDB as a deployment wires them: a key opens the service, and its use shows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import boto3
import pytest
from agent_schedules import bootstrap
from agent_schedules.errors import Unauthorized
from agent_schedules.settings import Settings
from moto import mock_aws

from dev.template import table_definition

TABLE = "rows"


@pytest.fixture(autouse=True)
def table() -> Iterator[None]:
    with mock_aws():
        boto3.client("dynamodb").create_table(TableName=TABLE, **table_definition())
        yield


def wired() -> bootstrap.Wiring:
    """What an execution environment starts with."""
    names = ("schedule_group", "scheduler_role_arn", "runner_arn", "scheduler_dlq_arn", "queue_url", "cursor_secret_id")
    return bootstrap.wire(Settings(**dict.fromkeys(names, "xxx"), table_name=TABLE, gateway_url="https://x"))


def test_a_key_opens_the_service_until_it_is_revoked() -> None:
    keyring = bootstrap.keyring(TABLE)
    made, secret = keyring.create("acme", "admin", name="ops")
    assert wired().authenticator.caller(f"Bearer {secret}", "ada", "write").tenant == "acme"
    (key,) = keyring.list("acme")
    now = datetime.now(UTC)
    assert key.last_used_at is not None
    assert (now - key.last_used_at).total_seconds() < 2 * 3600
    assert (key.name, key.scope, key.id) == ("ops", "admin", made.id)
    assert keyring.revoke("acme", key.id).revoked_at is not None
    assert keyring.revoke("acme", key.id) == keyring.list("acme")[0]
    with pytest.raises(Unauthorized):
        wired().authenticator.caller(f"Bearer {secret}", None, "read")
