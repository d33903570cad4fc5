"""What the table does not do: what DynamoDB cannot do now, what botocore repeats, and what the strict fake refuses."""

from __future__ import annotations

import boto3
import pytest
from agent_schedules.adapters.dynamodb import DynamoTable
from agent_schedules.errors import ConditionFailed, Unavailable
from agent_schedules.storage.table import Add, Delete, Item, ItemKey, Put
from botocore.exceptions import ClientError
from moto import mock_aws

from dev.template import table_definition
from tests.support.fake_table import FakeTable


def item(sk: str, **values: str | int) -> Item:
    """An item of a partition."""
    return {"pk": "p", "sk": sk, **values}


def test_a_put_repeated_by_botocore_is_recognised(monkeypatch: pytest.MonkeyPatch) -> None:
    with mock_aws():
        client = boto3.client("dynamodb")
        client.create_table(TableName="rows", **table_definition())
        table = DynamoTable(client, "rows")
        table.write(Put(item("a", rev=1), "absent"))
        sent = client._make_api_call  # type: ignore[attr-defined]  # where botocore repeats is below it

        def repeated(name: str, arguments: object) -> object:
            sent(name, arguments)
            return sent(name, arguments)

        monkeypatch.setattr(client, "_make_api_call", repeated)
        table.write(Put(item("a", rev=2), {"rev": 1}))
        with pytest.raises(ConditionFailed):
            table.write(Put(item("a", rev=2), {"rev": 1}))


@pytest.mark.parametrize(
    "code", ["ProvisionedThroughputExceededException", "InternalServerError", "ThrottlingException"]
)
def test_what_dynamodb_cannot_do_now_is_unavailable(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    client = boto3.client("dynamodb")

    def fail(*_: object, **__: object) -> None:
        raise ClientError({"Error": {"Code": code, "Message": "secret detail"}}, "any")

    monkeypatch.setattr(client, "_make_api_call", fail)
    table = DynamoTable(client, "rows")
    for call in (
        lambda: table.get([ItemKey("p", "a")]),
        lambda: table.query("p", "S", limit=1, newest_first=True),
        lambda: table.write(Put(item("a"), "absent")),
        lambda: table.write(Put(item("a"), "absent"), Put(item("b"), "absent")),
    ):
        with pytest.raises(Unavailable) as raised:
            call()
        assert "secret detail" not in raised.value.message


def test_the_fake_refuses_what_dynamodb_refuses() -> None:
    fake = FakeTable()
    with pytest.raises(ValueError, match="400 KB"):
        fake.write(Put(item("a", value="x" * 410_000), "absent"))
    with pytest.raises(ValueError, match="one item twice"):
        fake.write(Put(item("a"), "absent"), Delete(ItemKey("p", "a")))
    with pytest.raises(ValueError, match="1 to 100"):
        fake.write(*(Put(item(str(number)), "absent") for number in range(101)))
    with pytest.raises(ValueError, match="1 to 100"):
        fake.get([ItemKey("p", str(number)) for number in range(101)])
    with pytest.raises(ValueError, match="add twice"):
        fake.write(Add(ItemKey("p", "a"), {"n": 1}))
    assert fake.items == {}
