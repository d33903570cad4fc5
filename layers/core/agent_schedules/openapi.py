"""The OpenAPI document: what FastAPI derives, made true and complete. It is committed as `docs/openapi.json`."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

_LINKED = {
    # Parameter of other operations: the operations that answer with a resource whose id it is.
    "agent_id": ("create_agent",),
    "schedule_id": ("create_agent_schedule",),
    "run_id": ("create_agent_run",),
}


def describe(app: FastAPI) -> None:
    """Give the app its description; it is made once, at first use."""
    derived = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _completed(derived())
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _completed(document: dict[str, Any]) -> dict[str, Any]:
    document["components"]["securitySchemes"] = {
        "api_key": {"type": "http", "scheme": "bearer", "description": "An API key of this service"}
    }
    operations = {
        operation["operationId"]: (path, operation)
        for path, methods in document["paths"].items()
        for operation in methods.values()
    }
    for path, operation in operations.values():
        operation["responses"].pop("422", None)  # bad input is a 400 here (contract D40)
        if path.startswith("/api/"):
            operation["security"] = [{"api_key": []}]
    for name in ("HTTPValidationError", "ValidationError"):
        document["components"]["schemas"].pop(name, None)
    for parameter, makers in _LINKED.items():
        for maker in makers:
            _link(operations, maker, parameter)
    return document


def _link(operations: dict[str, tuple[str, dict[str, Any]]], maker: str, parameter: str) -> None:
    """Say which operations take the id of what `maker` makes (OpenAPI 3.1, Link Object)."""
    path, operation = operations[maker]
    links: dict[str, Any] = {}
    for name, (target, _) in operations.items():
        if f"{{{parameter}}}" not in target or "{version}" in target:
            continue
        values = {parameter: "$response.body#/id"}
        values |= {
            other: f"$request.path.{other}" for other in _LINKED if other != parameter and f"{{{other}}}" in path
        }
        if all(f"{{{other}}}" not in target or other in values for other in _LINKED):
            links[name] = {"operationId": name, "parameters": values}
    operation["responses"]["201"]["links"] = links
