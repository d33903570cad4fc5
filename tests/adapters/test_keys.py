"""API keys in DynamoDB as a deployment wires them: what `make key` makes opens the service, and its use shows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import boto3
import pytest
from agent_schedules import bootstrap, last_use
from agent_schedules.errors import Unauthorized
from agent_schedules.settings import Settings
from moto import mock_aws

from dev.template import table_definition
from tools import create_key

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


def test_make_key_makes_a_key_that_opens_the_service_until_it_is_revoked(capsys: pytest.CaptureFixture[str]) -> None:
    assert create_key.main(["--table", TABLE, "--tenant", "acme", "--scope", "admin", "--name", "ops"]) == 0
    printed = capsys.readouterr()
    secret = printed.out.strip()
    assert secret not in printed.err
    keyring = bootstrap.keyring(TABLE)
    assert wired().authenticator.caller(f"Bearer {secret}", "ada", "write").tenant == "acme"
    last_use._thread.submit(int).result()  # behind the note, which is written beside the request
    (key,) = keyring.list("acme")
    now = datetime.now(UTC)
    assert key.last_used_at is not None
    assert (now - key.last_used_at).total_seconds() < 2 * 3600
    assert (key.name, key.scope, f"{key.id}, scope admin\n") == ("ops", "admin", printed.err)
    assert keyring.revoke("acme", key.id).revoked_at is not None
    assert keyring.revoke("acme", key.id) == keyring.list("acme")[0]
    with pytest.raises(Unauthorized):
        wired().authenticator.caller(f"Bearer {secret}", None, "read")


def test_make_key_says_what_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    assert create_key.main(["--table", TABLE, "--tenant", "a#b"]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("tenant: must be")
