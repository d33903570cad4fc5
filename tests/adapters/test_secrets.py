"""Secrets are read at first use, cached for a while, and then read again."""

from __future__ import annotations

from typing import Any, cast

import boto3
import pytest
from agent_schedules.adapters.secrets import KEPT, OUTLIVED, PAUSE, SecretCache
from agent_schedules.errors import Unavailable
from botocore.exceptions import EndpointConnectionError
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

        cache = SecretCache(make, monotonic=lambda: time[0])
        assert not made, "many invocations need no secret"
        assert (cache.read("gateway"), cache.read(arn)) == ("old", "old")
        client.put_secret_value(SecretId=arn, SecretString="new")
        time[0] = KEPT - 1
        assert cache.read("gateway") == "old"
        time[0] = KEPT
        assert cache.read("gateway") == "new"
        assert made == [client]


def test_what_cannot_be_read_is_said_and_tried_again() -> None:
    with mock_aws():
        client = boto3.client("secretsmanager")
        cache = SecretCache(lambda: cast(Any, client))
        with pytest.raises(Unavailable):
            cache.read("gateway")
        client.create_secret(Name="gateway", SecretString="there")
        assert cache.read("gateway") == "there"


def test_a_refused_secret_is_read_again_but_not_each_time() -> None:
    with mock_aws():
        client = boto3.client("secretsmanager")
        client.create_secret(Name="gateway", SecretString="old")
        time = [0.0]
        cache = SecretCache(lambda: cast(Any, client), monotonic=lambda: time[0])
        cache.forget("gateway")  # before it was ever read
        assert cache.read("gateway") == "old"
        client.put_secret_value(SecretId="gateway", SecretString="new")
        cache.forget("gateway")
        assert cache.read("gateway") == "old"
        time[0] = PAUSE
        cache.forget("gateway")
        assert cache.read("gateway") == "new"


def test_a_secret_that_was_read_outlives_an_outage_for_an_hour() -> None:
    asked: list[str] = []

    class Client:
        def get_secret_value(self, *, SecretId: str) -> dict[str, str]:
            asked.append(SecretId)
            if len(asked) > 1:
                raise EndpointConnectionError(endpoint_url="x")
            return {"SecretString": "known"}

    time = [0.0]
    cache = SecretCache(lambda: cast(Any, Client()), monotonic=lambda: time[0])
    assert cache.read("gateway") == "known"
    for time[0] in (KEPT, KEPT + PAUSE - 1, KEPT + PAUSE, OUTLIVED - 1):
        assert cache.read("gateway") == "known"
    assert len(asked) == 4  # the second of these did not ask
    time[0] = OUTLIVED + PAUSE
    with pytest.raises(Unavailable):
        cache.read("gateway")


def test_a_secret_that_is_not_text_is_said_to_be_so() -> None:
    with mock_aws():
        client = boto3.client("secretsmanager")
        client.create_secret(Name="gateway", SecretBinary=b"\xff")
        with pytest.raises(Unavailable, match="binary"):
            SecretCache(lambda: cast(Any, client)).read("gateway")
