"""The OpenAPI document: what FastAPI derives, made true and complete. It is committed as `docs/openapi.json`."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from agent_schedules.api.lazy_route import LazyRoute

DESCRIPTION = """\
Saved LLM agents, run on a schedule: once, every N seconds, or cron in a time zone. Wire-compatible with MKA1's Agent
Schedules API; what is said to be an extension is ours.

Every answer that is not a success is `ErrorEnvelope`. Besides what each operation lists, a path that is not here is a
404, a method that is not here a 405 whose `Allow` names those that are, and under `/api/` both need an API key. HEAD
is answered as GET, without a body. A 503 writes nothing, and neither does a 400, which names the field.

Looking takes a key with the scope `read`, changing one with `write`, and `X-On-Behalf-Of` one with `admin`; each scope
includes those before it. A key without the scope is a 403.

A body is UTF-8 JSON of at most 256 KB, sent as `application/json`: no member twice in one object, no NaN, no half of a
surrogate pair, at most 100 levels deep, and not compressed. An operation without a body here refuses one with a 400.
What is kept of one schedule, run or agent may have 384 KB.
"""

_INFO = {
    "contact": {"name": "The maintainers of agent schedules"},
    "license": {"name": "Apache License 2.0", "identifier": "Apache-2.0"},
}
_SERVERS = [{"url": "/", "description": "The service that this document was read from"}]
_TAGS = {
    "service": "Whether the service is up",
    "agents": "Saved configurations, from which runs are made",
    "agent versions": "What an agent was before it was changed",
    "agent schedules": "When an agent is to run",
    "agent runs": "What an agent was asked and answered, one time",
    "previews": "What a timing is going to do, before it does it",
    "occurrences": "What became of each time that a schedule was due",
    "limits": "What an account may have, and has",
}
_LINKED = {
    # Parameter of other operations: the operations that answer with a resource whose id it is.
    "agent_id": ("create_agent",),
    "schedule_id": ("create_agent_schedule",),
    "run_id": ("create_agent_run",),
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
    "description": "Names this answer in the service's log",
    "required": True,
    "schema": {"type": "string", "pattern": "^req_[0-9a-f]{24}$"},
}
_ETAG = {
    "description": "Extension: names this version of the resource, for the `If-Match` of a change",
    "required": True,
    "schema": {"type": "string", "pattern": r'^"[\x21\x23-\x7e]+"$'},
}
_TAGGED = {"AgentView", "ScheduleView"}
"""The schemas of what has an ETag, wherever it is the whole answer."""
_RETRY_AFTER = {
    "description": "Seconds to wait before the call is sent again",
    "required": True,
    "schema": {"type": "integer", "minimum": 1},
}


def describe(app: FastAPI) -> None:
    """Give the app its description; it is made once, at first use."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            routes = [route.documented() for route in app.routes if isinstance(route, LazyRoute)]
            derived = get_openapi(title=app.title, version=app.version, summary=app.summary, routes=routes)
            app.openapi_schema = _completed(derived)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


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
    """The name of the schema of an answer in JSON, if it has one."""
    schema = response.get("content", {}).get("application/json", {}).get("schema", {})
    return str(schema.get("$ref", "")).rpartition("/")[2]


def _tidied(value: Any) -> Any:
    """FastAPI writes bounds as floats; those of integers are integers."""
    match value:
        case dict():
            return {name: _tidied(member) for name, member in value.items()}
        case list():
            return [_tidied(member) for member in value]
        case float() if value.is_integer():
            return int(value)
    return value


def _sent(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of a parameter: one that need not be sent is left out, there is no null to send."""
    alternatives = [one for one in schema.get("anyOf", ()) if one != {"type": "null"}]
    if len(alternatives) != 1:
        return schema
    return {**alternatives[0], **{name: value for name, value in schema.items() if name != "anyOf"}}


def _link_page(name: str, operation: dict[str, Any]) -> None:
    """Say what a list's `next_cursor` is for: the same call with nothing else changed."""
    sent = {parameter["name"]: parameter["in"] for parameter in operation.get("parameters", ())}
    if "after" in sent:
        kept = {other: f"$request.{where}.{other}" for other, where in sent.items() if other not in {"after", "offset"}}
        parameters = {"after": "$response.body#/next_cursor", **kept}
        operation["responses"]["200"]["links"] = {"next_page": {"operationId": name, "parameters": parameters}}


def _link(operations: dict[str, tuple[str, dict[str, Any]]], maker: str, parameter: str) -> None:
    """Say which operations take the id of what `maker` makes (OpenAPI 3.1, Link Object)."""
    path, operation = operations[maker]
    links: dict[str, Any] = {}
    for name, (target, _) in operations.items():
        if f"{{{parameter}}}" not in target:
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
