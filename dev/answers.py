"""AWS within this process: every call of a boto3 client is answered before it would leave for a network.

botocore has checked the arguments against AWS's own model of the operation by then, and makes its exceptions of what
is refused. Nothing is signed, sent or parsed, which is where an emulator behind HTTP spends its time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

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

    def note(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        context["arguments"] = params

    def answer(model: Any, context: dict[str, Any], **_: Any) -> tuple[AWSResponse, dict[str, Any]]:
        service = model.service_model.service_name
        operation = services.get(service, {}).get(model.name)
        if operation is None:
            raise NotImplementedError(f"{service} {model.name}: this service does not use it")
        try:
            status, parsed = 200, operation(context["arguments"])
        except Refused as refusal:
            status, parsed = 400, refusal.answer
        parsed["ResponseMetadata"] = {"HTTPStatusCode": status, "RetryAttempts": 0}
        return AWSResponse("", status, HTTPHeaders(), None), parsed

    made.events.register("before-parameter-build", note)
    made.events.register("before-call", answer)  # type: ignore[arg-type]  # its answer counts: emit_until_response
    return made
