"""AWS's clients, answered in this process."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from dev.fake_aws.clients import AwsError, clients


def test_what_is_not_played_never_leaves_the_process() -> None:
    client = clients({"sqs": {}})
    for call in (client("sqs").list_queues, client("sts").get_caller_identity):
        with pytest.raises(NotImplementedError, match="does not use it"):
            call()


def test_an_aws_error_is_raised_as_botocore_s_exception() -> None:
    def refuse(_: object) -> dict[str, object]:
        raise AwsError("ConditionalCheckFailedException", "No", Item={"pk": {"S": "p"}})

    client = clients({"dynamodb": {"PutItem": refuse}})("dynamodb")
    with pytest.raises(client.exceptions.ConditionalCheckFailedException) as caught:
        client.put_item(TableName="t", Item={})
    assert isinstance(caught.value, ClientError)
    assert caught.value.response["Item"] == {"pk": {"S": "p"}}  # type: ignore[typeddict-item]
