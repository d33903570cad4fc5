"""Pages of large things through the api function: no answer is larger than Lambda takes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from agent_schedules import bootstrap
from agent_schedules.api.app import create_app
from mangum import Mangum

from dev.fake_aws.lambda_runtime import Context
from tests.support.api import Api

LAMBDA_LIMIT = 6 * 1024 * 1024  # bytes of a response (aws.md 3.1)
EVENT = Path(__file__).parent.parent.parent / "events" / "api_healthz.json"


@pytest.fixture
def api(own_loop: None) -> Iterator[Api]:
    yield Api()
    bootstrap.forget()


def everything(api: Api, path: str) -> list[dict[str, Any]]:
    """All items of a list by its cursors, each page as the api function returns it."""
    handler = Mangum(create_app(api.world.ports, api.world.authenticator), lifespan="off")
    context: Any = Context("api", 29)
    found: list[dict[str, Any]] = []
    query = "limit=100"
    while True:
        event = json.loads(EVENT.read_text())
        event |= {"rawPath": path, "rawQueryString": query}
        event["requestContext"]["http"]["path"] = path
        event["headers"]["authorization"] = "Bearer local"
        answer = handler(event, context)
        assert len(json.dumps(answer, ensure_ascii=False).encode()) < LAMBDA_LIMIT
        page = json.loads(answer["body"])
        assert page["data"], page
        found += page["data"]
        if not page["has_more"]:
            return found
        query = f"limit=100&after={page['next_cursor']}"


def run_many(api: Api, text: str, count: int, prompt: str) -> None:
    """Runs whose responses hold that text."""
    created = api.create({"type": "interval", "interval_seconds": 60}, input=prompt)
    for _ in range(count):
        api.world.clock.advance(60)
        api.fire(created)
        for response in api.world.gateway.responses.values():
            response["output_text"] = text
        api.world.clock.advance(2)
        api.world.work()
        api.world.clock.advance(-2)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("x" * 300_000, 100),
        ('"\\' * 60_000, 100),
        ("\u00e9" * 150_000, 100),
        ("x" * 4_000_000, 3),
        ('"' * 1_300_000, 3),
    ],
    ids=["ascii", "quotes", "unicode", "the largest", "the largest with quotes"],
)
def test_runs_with_large_responses_page_within_lambdas_limit(api: Api, text: str, count: int) -> None:
    run_many(api, text, count, "\n" * 20_000)
    runs = everything(api, api.runs)
    assert len({run["id"] for run in runs}) == len(runs) == count
    assert all(run["gateway_response"]["output_text"] == text for run in runs)


@pytest.mark.slow
def test_runs_with_large_inputs_page_within_lambdas_limit(api: Api) -> None:
    ids = [api.start(input='"' * 100_000)["id"] for _ in range(40)]
    assert [run["id"] for run in everything(api, api.runs)] == ids[::-1]


@pytest.mark.slow
def test_schedules_with_large_inputs_page_within_lambdas_limit(api: Api) -> None:
    ids = [api.create(input=[{"type": "x", "text": '"' * 100_000}])["id"] for _ in range(40)]
    assert [schedule["id"] for schedule in everything(api, api.schedules)] == ids[::-1]


@pytest.mark.slow
def test_agents_with_large_tools_page_within_lambdas_limit(api: Api) -> None:
    body = {"name": "a", "model": "m", "tools": [{"type": "x", "text": '"' * 100_000}]}
    ids = [api.post("/api/v1/agents", body, status=201)["id"] for _ in range(40)]
    assert [agent["id"] for agent in everything(api, "/api/v1/agents")] == [*ids[::-1], api.agent]
