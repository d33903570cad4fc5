"""The OpenAPI document: FastAPI derives it, and this module corrects and completes it. It is committed as
`docs/openapi.json`."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from agent_schedules.api.lazy_route import OWN_KEY, LazyRoute

DESCRIPTION = """\
Saved LLM agents, run on a schedule: once, every N seconds, or cron in a time zone. Wire-compatible with MKA1's Agent
Schedules API; everything marked as an extension is an addition to it.

Every error has the body `ErrorEnvelope`. In addition to the errors that each operation lists, an unknown path is a 404,
and an unsupported method is a 405 whose `Allow` header lists the supported ones. Under `/api/` both require an API key.
HEAD is answered as GET, without a body. A 400 names the field. Neither a 400 nor a 503 writes anything.

Reads require a key with the scope `read`, changes require `write`, and `X-On-Behalf-Of` requires `admin`. Each scope
includes the ones before it. A key that lacks the required scope gets a 403.

A request body is uncompressed UTF-8 JSON of at most 256 KB, sent as `application/json`. NaN, unpaired surrogates, more
than 100 levels of nesting and a member that occurs twice in one object are refused. An operation that lists no request
body refuses one with a 400. A schedule, run or agent may take up to 384 KB when it is stored.
"""

_INFO = {
    "contact": {"name": "The maintainers of agent schedules"},
    "license": {"name": "Apache License 2.0", "identifier": "Apache-2.0"},
}
_SERVERS = [{"url": "/", "description": "The service that serves this document"}]
_TAGS = {
    "service": "The health of the service",
    "agents": "Saved configurations that runs use",
    "agent versions": "The history of each agent's configuration",
    "agent schedules": "The times at which an agent runs",
    "agent runs": "Single executions of an agent, with their input and response",
    "previews": "The coming occurrences of a timing",
    "occurrences": "The outcome of each time that a schedule was due",
    "limits": "The account's limits and its current use of them",
    "fleet": "Schedules and runs over all agents of the account",
    "webhooks": "Events sent to a URL, and their deliveries",
}
_LINKED = {
    # A path parameter: the operations whose answer has its value as `id`.
    "agent_id": ("create_agent",),
    "schedule_id": ("create_agent_schedule",),
    "run_id": ("create_agent_run",),
    "webhook_id": ("create_webhook",),
    "delivery_id": (),
}
_ERRORS = {
    "400": "BadRequest",
    "401": "Unauthorized",
    "403": "Forbidden",
    "404": "NotFound",
    "409": "Conflict",
    "412": "PreconditionFailed",
    "429": "TooManyRequests",
    "500": "Fault",
    "502": "BadGateway",
    "503": "Unavailable",
}
_ENVELOPE = {"$ref": "#/components/schemas/ErrorEnvelope"}
_REQUEST_ID = {
    "description": "Identifies this answer in the service's log",
    "required": True,
    "schema": {"type": "string", "pattern": "^req_[0-9a-f]{24}$"},
}
_ETAG = {
    "description": "Extension: identifies this version of the resource; send it as `If-Match` with a change",
    "required": True,
    "schema": {"type": "string", "pattern": r'^"[\x21\x23-\x7e]+"$'},
}
_TAGGED = {"AgentView", "ScheduleView", "BackfillView", "WebhookView", "WebhookSecretView"}
"""The schemas of resources with an ETag. An answer that consists of one has the header."""
_RETRY_AFTER = {
    "description": "Seconds to wait before sending the call again",
    "required": True,
    "schema": {"type": "integer", "minimum": 1},
}


def describe(app: FastAPI) -> None:
    """Make the app serve this document. It is built once, at first use."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            routes = [route.documented() for route in app.routes if isinstance(route, LazyRoute)]
            derived = get_openapi(title=app.title, version=app.version, summary=app.summary, routes=routes)
            app.openapi_schema = _completed(derived)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # as FastAPI documents it


def _completed(document: dict[str, Any]) -> dict[str, Any]:
    document = _tidied(document)
    document["info"] |= {"description": DESCRIPTION} | _INFO
    document["servers"] = _SERVERS
    document["tags"] = [{"name": name, "description": description} for name, description in _TAGS.items()]
    document["components"]["securitySchemes"] = {
        "api_key": {"type": "http", "scheme": "bearer", "description": "An API key of this service"}
    }
    document["components"]["headers"] = {"RequestId": _REQUEST_ID, "RetryAfter": _RETRY_AFTER, "ETag": _ETAG}
    shared: dict[str, Any] = {}
    document["components"]["responses"] = shared
    operations = {
        operation["operationId"]: (path, operation)
        for path, methods in document["paths"].items()
        for operation in methods.values()
    }
    for path, operation in operations.values():
        operation["responses"].pop("422", None)  # bad input is a 400 here (contract D40)
        operation["security"] = [{"api_key": []}] if path.startswith("/api/") else []
        for parameter in operation.get("parameters", ()):
            parameter["schema"] = _sent(parameter["schema"])
        if "requestBody" in operation and not operation["requestBody"].get("required"):
            operation["requestBody"]["description"] = "Optional. The service reads `null` as no body"
            for content in operation["requestBody"]["content"].values():
                # The schema does not name null: code generators make it a second type of the body.
                content["schema"] = content["schema"]["anyOf"][0]
        for status, response in operation["responses"].items():
            response["headers"] = {"x-request-id": {"$ref": "#/components/headers/RequestId"}}
            if status in {"429", "503"}:
                response["headers"]["Retry-After"] = {"$ref": "#/components/headers/RetryAfter"}
            if _schema_name(response) in _TAGGED:
                response["headers"]["ETag"] = {"$ref": "#/components/headers/ETag"}
            if name := _ERRORS.get(status):
                # FastAPI would give an error the media type of the operation's success.
                shared[name] = response | {"content": {"application/json": {"schema": _ENVELOPE}}}
                operation["responses"][status] = {"$ref": f"#/components/responses/{name}"}
    for name in ("HTTPValidationError", "ValidationError"):
        document["components"]["schemas"].pop(name, None)
    for parameter, makers in _LINKED.items():
        for maker in makers:
            _link(operations, maker, parameter)
    for name, (_, operation) in operations.items():
        _link_page(name, operation)
    return document


def _schema_name(response: dict[str, Any]) -> str:
    """Return the name of a JSON answer's schema, or an empty string."""
    schema = response.get("content", {}).get("application/json", {}).get("schema", {})
    return str(schema.get("$ref", "")).rpartition("/")[2]


def _tidied(value: Any) -> Any:
    """Return the document with whole numbers as integers: FastAPI writes the bounds of integers as floats."""
    match value:
        case dict():
            return {name: _tidied(member) for name, member in value.items()}
        case list():
            return [_tidied(member) for member in value]
        case float() if value.is_integer():
            return int(value)
    return value


def _sent(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a parameter without null: a caller omits an optional parameter and cannot send null."""
    alternatives = [one for one in schema.get("anyOf", ()) if one != {"type": "null"}]
    if len(alternatives) != 1:
        return schema
    return {**alternatives[0], **{name: value for name, value in schema.items() if name != "anyOf"}}


def _link_page(name: str, operation: dict[str, Any]) -> None:
    """Link a list's `next_cursor` to the same operation with otherwise unchanged parameters."""
    sent = {parameter["name"]: parameter["in"] for parameter in operation.get("parameters", ())}
    if "after" in sent:
        # A name that the caller completes is no expression of a link (OpenAPI 3.1, Runtime Expressions).
        kept = {
            other: f"$request.{where}.{other}"
            for other, where in sent.items()
            if other not in {"after", "offset"} and not other.endswith(OWN_KEY)
        }
        parameters = {"after": "$response.body#/next_cursor", **kept}
        operation["responses"]["200"]["links"] = {"next_page": {"operationId": name, "parameters": parameters}}


def _link(operations: dict[str, tuple[str, dict[str, Any]]], maker: str, parameter: str) -> None:
    """Link `maker` to the operations that take the id of the resource it creates (OpenAPI 3.1, Link Object)."""
    path, operation = operations[maker]
    links: dict[str, Any] = {}
    for name, (target, _) in operations.items():
        if f"{{{parameter}}}" not in target or "{key}" in target:  # a key is the caller's choice
            continue
        values = {parameter: "$response.body#/id"}
        if "{version}" in target:
            values["version"] = "$response.body#/version"
        values |= {
            other: f"$request.path.{other}" for other in _LINKED if other != parameter and f"{{{other}}}" in path
        }
        if all(f"{{{other}}}" not in target or other in values for other in _LINKED):
            links[name] = {"operationId": name, "parameters": values}
    operation["responses"]["201"]["links"] = links
