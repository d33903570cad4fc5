"""Secrets are read when they are first needed, kept for a while, and read anew after that."""

from __future__ import annotations

from typing import Any, cast

import boto3
import pytest
from agent_schedules.errors import Unavailable
from agent_schedules.vault import KEPT, Vault
from moto import mock_aws


def test_a_secret_is_read_once_and_anew_when_it_is_old() -> None:
    with mock_aws():
        client = boto3.client("secretsmanager")
        arn = client.create_secret(Name="gateway", SecretString="old")["ARN"]
        made: list[Any] = []
        time = [0.0]

        def make() -> Any:
            made.append(client)
            return client

        vault = Vault(make, monotonic=lambda: time[0])
        assert not made, "many invocations need no secret"
        assert (vault.read("gateway"), vault.read(arn)) == ("old", "old")
        client.put_secret_value(SecretId=arn, SecretString="new")
        time[0] = KEPT - 1
        assert vault.read("gateway") == "old"
        time[0] = KEPT
        assert vault.read("gateway") == "new"
        assert made == [client]


def test_what_cannot_be_read_is_said_and_tried_again() -> None:
    with mock_aws():
        client = boto3.client("secretsmanager")
        vault = Vault(lambda: cast(Any, client))
        with pytest.raises(Unavailable):
            vault.read("gateway")
        client.create_secret(Name="gateway", SecretString="there")
        assert vault.read("gateway") == "there"


def test_a_secret_that_is_not_text_is_said_to_be_so() -> None:
    with mock_aws():
        client = boto3.client("secretsmanager")
        client.create_secret(Name="gateway", SecretBinary=b"\xff")
        with pytest.raises(Unavailable, match="binary"):
            Vault(lambda: cast(Any, client)).read("gateway")
