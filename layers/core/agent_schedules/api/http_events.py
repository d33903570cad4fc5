"""Check the events of API Gateway's HTTP API (payload format 2.0) before anything reads them. Pure.

API Gateway sends valid events, but a direct invocation of the function may send anything.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from typing import Any

from agent_schedules.errors import InvalidRequest

LATEST = 2**53  # milliseconds: up to here every JSON reader is exact
_HOST = re.compile(r"[^:]*(:[0-9]{1,5})?")
_PORT = re.compile(r"[0-9]{1,5}")


def request_of(event: Any) -> dict[str, Any]:
    """Return the parts of the event that make a request. Raises InvalidRequest for an event of another kind."""
    if not isinstance(event, dict) or event.get("version") != "2.0":
        raise InvalidRequest("The event is not of an HTTP API with payload format 2.0; call the API over HTTPS")
    context = _member(event, "requestContext")
    http = _member(context, "http")
    epoch = context.get("timeEpoch")
    request: dict[str, Any] = {
        "version": "2.0",
        "rawQueryString": _text("rawQueryString", event.get("rawQueryString") or ""),
        "headers": _headers(event),
        "requestContext": {
            "http": {name: _text(f"requestContext.http.{name}", http.get(name)) for name in ("method", "path")}
            | {"sourceIp": _text("requestContext.http.sourceIp", http.get("sourceIp") or "")}
        },
        "isBase64Encoded": event.get("isBase64Encoded") is True,
    }
    if isinstance(epoch, int) and 0 <= epoch <= LATEST:
        request["requestContext"]["timeEpoch"] = epoch
    body = _text("body", event.get("body") or "")
    if request["isBase64Encoded"]:
        try:
            base64.b64decode(body)
        except (binascii.Error, ValueError):
            raise InvalidRequest(
                "body: is not valid Base64, but `isBase64Encoded` is true; encode it, or send false"
            ) from None
    return request | {"body": body}


def refusal(error: InvalidRequest) -> dict[str, Any]:
    """Return the answer to an invalid event."""
    return {
        "statusCode": error.status,
        "headers": {"content-type": "application/json"},
        "body": json.dumps({"error": {"message": error.message}}),
        "isBase64Encoded": False,
    }


def _headers(event: dict[str, Any]) -> dict[str, str]:
    headers = {
        _text("headers", name).lower(): _text("headers", value) for name, value in _member(event, "headers").items()
    }
    cookies = event.get("cookies") or []
    if not isinstance(cookies, list):
        raise InvalidRequest("cookies: must be an array of strings")
    if cookies:
        headers["cookie"] = "; ".join(_text("cookies", cookie) for cookie in cookies)
    # This service does not read these two headers, and the adapter raises for a port that is not a number.
    if not _HOST.fullmatch(headers.get("host", "")):
        del headers["host"]
    if not _PORT.fullmatch(headers.get("x-forwarded-port", "0")):
        del headers["x-forwarded-port"]
    return headers


def _member(holder: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = holder.get(name)
    if not isinstance(value, dict):
        raise InvalidRequest(f"{name}: must be an object in the event of a request")
    return value


def _text(name: str, value: Any) -> str:
    """Return a string that can be encoded as UTF-8. Raises InvalidRequest."""
    if not isinstance(value, str):
        raise InvalidRequest(f"{name}: must be a string in the event of a request")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise InvalidRequest(f"{name}: has an unpaired surrogate; send valid Unicode") from None
    return value
