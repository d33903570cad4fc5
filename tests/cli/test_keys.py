"""`keys`, over a deployed table and over the local stack."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from agent_schedules.domain.api_keys import digest_of
from botocore.exceptions import ClientError
from moto import mock_aws

from dev.admin_api import with_admin_api
from tests.support.api import Api
from tests.support.cli import Cli, over
from tests.support.client import Client
from tests.support.deployed import STACK, Deployed

DAY = "2026-03-02T10:00:00.000Z"


class LocalStack(httpx.BaseTransport):
    """The app together with the local stack's route."""

    def __init__(self, api: Api) -> None:
        self._client = Client(with_admin_api(api.client.app, api.world.keyring), base_url="http://127.0.0.1:8000")

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        headers = {name: value for name, value in request.headers.items() if name != "host"}
        answer = self._client.request(
            request.method, request.url.raw_path.decode(), content=request.read(), headers=headers
        )
        return httpx.Response(answer.status_code, headers=dict(answer.headers), content=answer.content)


class Keys(Cli):
    """The command line, a place where keys are, and what the service there thinks of one."""

    def __init__(self, *, where: list[str]) -> None:
        super().__init__(Api())
        self.where = where
        if where:
            self.stack = Deployed()
            self.environment = replace(self.environment, aws=self.stack.client)
        else:
            self.environment = replace(self.environment, transport=over(LocalStack(self.api)))

    def keys(self, *arguments: str) -> Any:
        """Return the JSON of a `keys` command."""
        return self.json("keys", *arguments, *self.where)

    def stored(self, secret: str) -> str | None:
        """The scope that requests with this key find, if they find it."""
        at = {"pk": f"K#{digest_of(secret)}", "sk": "K"}
        if not self.where:
            item = self.api.world.table.items.get((at["pk"], at["sk"]))
            return str(item["scope"]) if item else None
        key = {name: {"S": value} for name, value in at.items()}
        raw = self.stack.aws["dynamodb"].get_item(TableName=STACK, Key=key).get("Item")
        return str(raw["scope"]["S"]) if raw else None


@pytest.fixture(params=[["--stack", STACK], ["--table", STACK], []], ids=["stack", "table", "local"])
def cli(request: pytest.FixtureRequest) -> Iterator[Keys]:
    with mock_aws():
        yield Keys(where=request.param)


def test_a_key_is_made_listed_and_revoked(cli: Keys) -> None:
    made = cli.keys("create", "--tenant", "acme", "--scope", "read", "--name", "ci", "--days", "30")
    secret = made.pop("key")
    assert cli.stored(secret) == "read"
    assert made == {
        "id": made["id"], "tenant": "acme", "scope": "read", "name": "ci", "created_at": DAY,
        "expires_at": "2026-04-01T10:00:00.000Z", "revoked_at": None, "last_used_at": None,
    }  # fmt: skip
    assert cli.keys("list", "--tenant", "acme")["data"] == [made]
    assert cli.keys("list", "--tenant", "other")["data"] == []
    assert cli.keys("revoke", made["id"], "--tenant", "acme") == made | {"revoked_at": DAY}
    assert cli.stored(secret) is None
    table = cli.run("keys", "list", "--tenant", "acme", *cli.where)
    assert made["id"] in table.stdout
    assert secret not in table.output + json.dumps(cli.keys("list", "--tenant", "acme"))


def test_create_prints_only_the_key_to_stdout(cli: Keys) -> None:
    result = cli.run("keys", "create", "--tenant", "acme", *cli.where)
    assert result.exit_code == 0
    assert cli.stored(result.stdout.strip()) == "write"
    assert result.stdout.strip() not in result.stderr
    assert result.stderr.endswith(", scope write, tenant acme\n")


def test_invalid_key_requests_are_refused(cli: Keys) -> None:
    assert "Tenant acme has no key key_1" in cli.fails(4, "keys", "revoke", "key_1", "--tenant", "acme", *cli.where)
    said = cli.fails(2 if cli.where else 4, "keys", "create", "--tenant", "a#b", *cli.where)
    assert "tenant: must be" in said


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--url", "https://api.example", "keys", "list", "--tenant", "a"], "--table"),
        (["keys", "list", "--tenant", "a", "--stack", "x", "--table", "y"], "--table"),
        (["keys", "list"], "--tenant"),
        (["keys", "create", "--tenant", "a", "--scope", "all"], "--scope"),
        (["keys", "create", "--tenant", "a", "--days", "0"], "--days"),
    ],
)
def test_wrong_use_is_a_2(arguments: list[str], named: str) -> None:
    assert named in Cli(Api()).fails(2, *arguments)


def test_local_keys_use_the_local_key(monkeypatch: pytest.MonkeyPatch) -> None:
    cli = Keys(where=[])
    cli.environ["AGENT_SCHEDULES_KEY"] = "of-another-deployment"
    assert cli.keys("list", "--tenant", "acme")["data"] == []


def test_missing_table_is_one_line() -> None:
    with mock_aws():
        cli = Keys(where=["--table", "nothing"])
        said = cli.fails(2, "keys", "list", "--tenant", "acme", *cli.where)
        assert "ResourceNotFoundException" in said
        with pytest.raises(ClientError):
            cli.stack.aws["dynamodb"].describe_table(TableName="nothing")
