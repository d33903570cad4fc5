"""AWS within this process: every call of a boto3 client is answered where botocore would begin to prepare a request.

Nothing is validated, signed, sent or parsed, which is where nearly all the time of an emulator goes. That the adapters'
calls have the shape of AWS's is held by their tests, over moto.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import boto3

Operation = Callable[[dict[str, Any]], dict[str, Any]]
"""Takes the arguments of a call, as boto3 got them, and gives its answer, as boto3 shows it."""


class Refused(Exception):
    """An error of AWS's: its code, its message, and what else is in the answer."""

    def __init__(self, code: str, message: str, **more: Any) -> None:
        super().__init__(message)
        self.answer: dict[str, Any] = {"Error": {"Code": code, "Message": message}, **more}


def session(services: Mapping[str, Mapping[str, Operation]]) -> boto3.Session:
    """A session whose clients are answered by these operations, by the service's and the operation's names.

    Any other call is a NotImplementedError: nothing ever gets past this to a real AWS.
    """
    made = boto3.Session(aws_access_key_id="local", aws_secret_access_key="local", region_name="us-east-1")  # noqa: S106

    def call(client: Any, operation_name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        service = client.meta.service_model.service_name
        operation = services.get(service, {}).get(operation_name)
        if operation is None:
            raise NotImplementedError(f"{service} {operation_name}: this service does not use it")
        try:
            return operation(arguments)
        except Refused as refusal:
            answer = {**refusal.answer, "ResponseMetadata": {"HTTPStatusCode": 400, "RetryAttempts": 0}}
            code = refusal.answer["Error"]["Code"]
            raise client.exceptions.from_code(code)(answer, operation_name) from None

    def play(class_attributes: dict[str, Any], **_: Any) -> None:
        class_attributes["_make_api_call"] = call

    made.events.register("creating-client-class", play)
    return made
