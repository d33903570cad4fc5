"""A query says what its operation knows, once each. What would be ignored is refused, on every operation."""

from __future__ import annotations

import inspect
from typing import Any

import httpx
import pytest
from meetkai_mka1 import SDK

from tests.sdk_versions.suite import declared
from tests.support.api import Api
from tests.support.service import BODIES, OPERATIONS

OURS = {
    "list_agents": "deleted offset limit order after",
    "list_agent_versions": "offset limit order after",
    "list_agent_schedules": "status offset limit order after",
    "list_agent_runs": "view offset limit order after",
    "list_agent_schedule_runs": "view limit order after",
    "list_occurrences": "limit order after",
    "preview_agent_schedule": "count",
    "get_limits": "agent_id",
    "find_runs": "view status agent_id schedule_id trigger error_code from to limit order after",
    "list_jobs": "limit order after",
    "list_problems": "from to limit order after",
    "find_schedules": "agent_id status name next_run_before last_run_status metadata.<key> limit order after",
    "list_upcoming": "from to agent_id limit after",
    "get_summary": "after",
    "list_api_keys": "limit order after",
    "list_webhooks": "limit order after",
    "list_webhook_deliveries": "status limit order after",
}
"""The query parameters of each operation; the others have none."""
THE_SDK_S = {
    "list_agents": "limit order offset@0.12.128 deleted@0.12.128",
    "list_agent_versions": "limit order offset@0.12.128",
    "list_agent_schedules": "limit order",
    "list_agent_runs": "limit order offset@0.12.128",
}
"""The query parameters that the SDK's seven versions send, each from the version on that is named."""
SENT = {"limit": 5, "order": "asc", "offset": 1, "deleted": True}
SPELLED = {"limit": "5", "order": "asc", "offset": "1", "deleted": "true"}
IDS = dict.fromkeys(("agent_id", "schedule_id", "run_id", "job_id", "webhook_id", "delivery_id"), "none") | {
    "version": "1",
    "nominal_time": "2026-05-01T09:00:00Z",
    "key": "none",
}


@pytest.fixture(scope="module")
def api() -> Api:
    return Api()


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_unknown_parameter_is_refused_with_those_there_are(api: Api, name: str) -> None:
    method, path, _ = OPERATIONS[name]
    at = path.format(**IDS)
    message = api.refused(method, f"{at}?nmae=x", BODIES.get(name), status=400)
    known = ", ".join(f"`{one}`" for one in OURS.get(name, "").split())
    advice = f"use {known}" if known else "remove it, the operation takes none"
    assert message == f"nmae: is not a query parameter of this operation; {advice}"


def test_what_used_to_be_ignored_is_refused(api: Api) -> None:
    for query in ("status=failed", "Limit=5", "limit=5&x", "=", "limit%20=5", f"{'x' * 500}=1"):
        assert "is not a query parameter" in api.refused("GET", f"{api.runs}?{query}", status=400)
    assert api.refused("GET", f"{api.schedules}?name=x", status=400).startswith("name: ")
    assert len(api.refused("GET", f"{api.runs}?{'x' * 5_000}=1", status=400)) < 200


@pytest.mark.parametrize("query", ["limit=1&limit=2", "limit=1&limit=1", "order=asc&limit=1&order=desc"])
def test_a_parameter_that_is_there_twice_is_refused(api: Api, query: str) -> None:
    assert api.refused("GET", f"{api.runs}?{query}", status=400).endswith(": occurs twice; send it once")


@pytest.mark.parametrize("query", ["", "?", "?&", "?limit=5&", "?&&order=asc"])
def test_a_query_of_nothing_else_is_none(api: Api, query: str) -> None:
    assert api.get(f"{api.runs}{query}")["data"] == []


def test_the_document_says_the_same() -> None:
    for name, (_, _, operation) in OPERATIONS.items():
        listed = [one["name"] for one in operation.get("parameters", ()) if one["in"] == "query"]
        assert listed == OURS.get(name, "").split(), name


@pytest.mark.parametrize("version", declared.VERSIONS)
def test_the_parameters_of_every_sdk_version_are_accepted(api: Api, version: str) -> None:
    # What is declared of a version, `make test-contract` holds against its sources, and sends it all.
    for name, operation in declared.operations(version).items():
        method, path, _ = OPERATIONS[name]
        parameters = declared.parameters(version, operation)
        sent = [one for one in parameters if one in SENT]
        if method == "GET":
            assert parameters.keys() - set(sent) <= IDS.keys(), name
        assert sorted(sent) == sorted(declared.names(version, THE_SDK_S.get(name, ""))), name
        for one in sent:
            api.ok(method, f"{path.format(agent_id=api.agent)}?{one}={SPELLED[one]}")


def test_the_newest_sdk_sends_no_other(api: Api) -> None:
    """Each method of the SDK that is installed, with all that it can put into a query."""
    asked: list[httpx.Request] = []

    def noted(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(500, json={"error": {"message": "no"}})

    client = SDK(server_url="http://service", client=httpx.Client(transport=httpx.MockTransport(noted)))
    values: dict[str, Any] = SENT | {
        "agent_id": "a", "schedule_id": "s", "run_id": "r", "version": 1, "name": "n", "model": "m", "input": "x",
        "schedule": {"type": "interval", "interval_seconds": 60},
    }  # fmt: skip
    for name, operation in declared.operations(declared.VERSIONS[-1]).items():
        method = getattr(getattr(client, operation.group), name)
        known = inspect.signature(method).parameters
        with pytest.raises(Exception, match="no"):
            method(**{one: value for one, value in values.items() if one in known}, retries=None)
        sent = dict(asked[-1].url.params)
        assert sent == {one: SPELLED[one] for one in declared.names("0.12.128", THE_SDK_S.get(name, ""))}, name
    assert len(asked) == len(declared.OPERATIONS)


def test_what_is_out_of_scope_is_a_404_whatever_its_query(api: Api) -> None:
    for query in ("limit=20&order=desc", "after=x", "nmae=x"):
        assert "No such route" in api.refused("GET", f"/api/v1/agents/function-tools?{query}", status=404)


def test_a_trailing_slash_is_a_404_that_says_so(api: Api) -> None:
    for path in (f"{api.runs}/", f"{api.at}//", "/healthz/", "/api/v1/agents/"):
        message = api.refused("GET", path, status=404)
        assert message.endswith("ends with a slash; send the path without it"), message
    assert "/docs lists them" in api.refused("GET", "/nowhere/", status=404)
