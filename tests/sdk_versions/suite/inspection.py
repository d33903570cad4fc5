"""The installed SDK against what is declared of it, in both directions."""

from __future__ import annotations

import inspect
from types import ModuleType
from typing import Any, get_args, get_type_hints

import httpx

from tests.sdk_versions.suite import declared
from tests.sdk_versions.suite.declared import Operation

GROUPS = ("agents", "agent_versions", "agent_schedules", "agent_runs")
COMMON = {"x_on_behalf_of", "retries", "server_url", "timeout_ms", "http_headers"}
STATUSES = (400, 401, 403, 404, 409, 422, 429, 500, 502, 503, 504)


def differences(sdk: ModuleType, version: str) -> list[str]:
    """What the SDK has and is not declared, or the reverse."""
    found: list[str] = []
    client = sdk.SDK(server_url="http://127.0.0.1:1", bearer_auth="none")
    named = {**declared.operations(version), **declared.out_of_scope(version)}
    methods = {
        name: method
        for group in GROUPS
        for name, method in inspect.getmembers(getattr(client, group, None), inspect.ismethod)
        if not name.startswith(("_", "do_request"))
    }
    expected = {*named, *(f"{name}_async" for name in named)}
    found += _compare("operations", set(methods), expected)
    for name, operation in named.items():
        if name in methods:
            found += _signature(version, name, operation, methods[name])
            if f"{name}_async" in methods:
                found += _signature(version, name, operation, methods[f"{name}_async"])
    found += _results(version, {name: method for name, method in methods.items() if name in declared.OPERATIONS})
    return found or _errors(sdk, version, named)  # only methods that are as declared can be called


def _compare(what: str, has: set[Any], expected: set[Any]) -> list[str]:
    return [f"{what}: undeclared {sorted(has - expected)}, missing {sorted(expected - has)}"] * (has != expected)


def _signature(version: str, name: str, operation: Operation, method: Any) -> list[str]:
    signature = inspect.signature(method)
    has = {
        (parameter.name, parameter.default is inspect.Parameter.empty)
        for parameter in signature.parameters.values()
        if parameter.name not in COMMON
    }
    found = _compare(f"{name}: parameters", has, set(declared.parameters(version, operation).items()))
    found += _compare(f"{name}: common parameters", COMMON - signature.parameters.keys(), set())
    returned = get_type_hints(method)["return"].__name__
    return found + _compare(f"{name}: result", {returned}, {operation.returns})


def _results(version: str, methods: dict[str, Any]) -> list[str]:
    """The models of results and of the items of lists."""
    models: dict[str, Any] = {}
    for method in methods.values():
        model = get_type_hints(method)["return"]
        if model is not str:
            models[model.__name__] = model
            if model.__name__.endswith("List"):
                (item,) = get_args(get_type_hints(model)["data"])
                models[item.__name__] = item
    found: list[str] = []
    for name, model in models.items():
        fields = {(field.alias or key, field.is_required()) for key, field in model.model_fields.items()}
        expected = {(field, True) for field in declared.names(version, declared.FIELDS.get(name, ""))}
        found += _compare(f"{name}: fields", fields, expected)
    return found


class Answering(httpx.BaseTransport):
    """Answers every request with one status and the error envelope, without a server."""

    status = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """One answer."""
        return httpx.Response(self.status, json={"error": {"message": "no"}})


def _errors(sdk: ModuleType, version: str, named: dict[str, Operation]) -> list[str]:
    """Which statuses the SDK raises as ErrorEnvelope: each is answered to it."""
    found: list[str] = []
    answering = Answering()
    with httpx.Client(transport=answering) as http:
        client = sdk.SDK(server_url="http://127.0.0.1:1", bearer_auth="none", client=http)
        for name, operation in named.items():
            raised = set()
            for answering.status in STATUSES:
                try:
                    getattr(getattr(client, operation.group), name)(**sample(version, operation), retries=None)
                except sdk.errors.ErrorEnvelope:
                    raised.add(answering.status)
                except sdk.errors.SDKDefaultError:
                    pass
            found += _compare(f"{name}: ErrorEnvelope", raised, declared.envelopes(version, operation))
    return found


def sample(sdk_version: str, operation: Operation, /, **known: Any) -> dict[str, Any]:
    """Arguments for an operation: those it needs, and of `known` those it has."""
    values: dict[str, Any] = {
        "agent_id": "agt_01JD0000000000000000000000",
        "schedule_id": "none",
        "run_id": "none",
        "tool_id": "none",
        "version": 1,
        "name": "n",
        "model": "echo",
        "schedule": {"type": "interval", "interval_seconds": 86_400},
        "input": "x",
        "type_": "function",
        "parameters": {},
        "approval_request_id": "none",
        "approve": True,
    }
    had = declared.parameters(sdk_version, operation)
    arguments = {name: values[name] for name, needed in had.items() if needed}
    return arguments | {name: value for name, value in known.items() if name in had}
