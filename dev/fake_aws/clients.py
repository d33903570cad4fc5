"""botocore clients whose calls are answered in this process, where botocore would begin to prepare a request.

Nothing is validated, signed, sent or parsed, which takes nearly all the time of an emulator. The tests of the adapters
check over moto that their calls have the shape that AWS expects.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from botocore.session import get_session

Operation = Callable[[dict[str, Any]], dict[str, Any]]
"""Takes the arguments of a call as botocore gets them, and returns its response as botocore returns it."""


class AwsError(Exception):
    """An error response of AWS: its code, its message, and further members of the response."""

    def __init__(self, code: str, message: str, **more: Any) -> None:
        super().__init__(message)
        self.response: dict[str, Any] = {"Error": {"Code": code, "Message": message}, **more}


def clients(services: Mapping[str, Mapping[str, Operation]]) -> Callable[[str], Any]:
    """Return a function that makes clients, by service name, whose calls these operations answer.

    Any other call is a NotImplementedError, so that no call reaches the real AWS.
    """
    session = get_session()
    session.set_credentials("local", "local")

    def call(client: Any, operation_name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        service = client.meta.service_model.service_name
        operation = services.get(service, {}).get(operation_name)
        if operation is None:
            raise NotImplementedError(f"{service} {operation_name}: this service does not use it")
        try:
            return operation(arguments)
        except AwsError as error:
            answer = {**error.response, "ResponseMetadata": {"HTTPStatusCode": 400, "RetryAttempts": 0}}
            code = error.response["Error"]["Code"]
            raise client.exceptions.from_code(code)(answer, operation_name) from None

    def play(**event: Any) -> None:
        event["class_attributes"]["_make_api_call"] = call

    session.register("creating-client-class", play)
    return partial(session.create_client, region_name="us-east-1")
