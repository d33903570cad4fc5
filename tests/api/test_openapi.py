"""What the document promises, provoked: every status of every operation, the schemas at their edges, the links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from typing import Any

import jsonschema_rs
import pytest
from agent_schedules.api.app import create_app
from agent_schedules.api.auth import Authenticator

from tests.support.client import Client
from tests.support.service import (
    CONDITIONAL,
    DOCUMENT,
    JOBS,
    NAMES_IN_BODY,
    OF_AGENT,
    OPERATIONS,
    PROVOKED,
    RUNS,
    SENDING,
    Service,
)
from tests.support.world import LOCAL_KEYS, World

STATUSES = [(name, status) for name, (_, _, operation) in OPERATIONS.items() for status in operation["responses"]]


@pytest.fixture(scope="module")
def app() -> tuple[World, Client]:
    """One app for all: making it takes longer than a test."""
    world = World()
    world.gateway.polls = 1_000
    quotas = replace(world.ports.limits.quotas, webhooks=0)  # each test has webhooks of its own
    world.ports = replace(world.ports, limits=replace(world.ports.limits, quotas=quotas))
    # More than a minute passes from call to call, so that each looks its key up.
    authenticator = Authenticator(
        world.ports.store.keys.find, now=world.clock, also=LOCAL_KEYS, monotonic=count(step=61).__next__
    )
    client = Client(create_app(world.ports, authenticator), headers={"Authorization": "Bearer local"})
    return world, client


@pytest.fixture
def service(app: tuple[World, Client]) -> Iterator[Service]:
    world, client = app
    yield Service(world, client)
    world.table.before_read, world.table.before_write = lambda: None, lambda _: None
    world.gateway.before = lambda _: None


@pytest.mark.slow
@pytest.mark.parametrize(("name", "status"), STATUSES)
def test_every_status_in_the_document_occurs(service: Service, name: str, status: str) -> None:
    answer = PROVOKED[status](service, name)
    assert answer.status_code == int(status), answer.text
    assert answer.headers["X-Request-Id"].startswith("req_")
    assert ("Retry-After" in answer.headers) == (status in {"429", "503"})
    if not status.startswith("2"):
        assert answer.headers["Content-Type"] == "application/json"
        assert answer.json()["error"]["message"]


def test_no_other_status_is_expected_of_an_operation() -> None:
    always = {"400", "401", "403", "500", "503"}
    for name, (method, path, operation) in OPERATIONS.items():
        success = "201" if name.startswith("create_") or name in RUNS else "200"
        expected = always | {"202" if name in SENDING else success}
        expected |= {"201"} if name.startswith("put_") else set()
        expected |= {"202"} if name in JOBS else set()
        expected |= (
            {"404"} if ("{" in path and name != "put_agent_by_key") or name in OF_AGENT | NAMES_IN_BODY else set()
        )
        stateful = method in {"POST", "PUT"} and name != "preview_schedule"
        expected |= {"409"} if stateful or name == "stream_agent_run_events" or "webhook" in name else set()
        expected |= {"412"} if name in CONDITIONAL else set()
        expected |= {"429"} if name in RUNS | SENDING else set()
        expected |= {"502"} if name in {"cancel_agent_run", "stream_agent_run_events"} else set()
        assert set(operation["responses"]) == (expected if name != "healthz" else {"200", "400", "500"}), name


def follow(link: dict[str, Any], answer: Any, ids: dict[str, str]) -> dict[str, str]:
    """The parameters of a link, by its runtime expressions."""
    found = {}
    for name, expression in link["parameters"].items():
        source, _, rest = expression.partition("#/") if "#" in expression else expression.rpartition(".")
        found[name] = answer.json()[rest] if source == "$response.body" else ids[rest]
    return found


def test_the_links_lead_through_a_schedules_life(service: Service) -> None:
    created = service.call("create_agent_schedule")
    links = OPERATIONS["create_agent_schedule"][2]["responses"]["201"]["links"]
    states = []
    for name in ("get", "update", "pause", "resume", "delete", "get"):
        link = links[f"{name}_agent_schedule"]
        answer = service.call(link["operationId"], follow(link, created, service.ids))
        assert answer.status_code == 200
        states.append(answer.json().get("status"))
    assert states == ["active", "active", "paused", "active", None, "deleted"]


LINKS = [
    (maker, link)
    for maker in ("create_agent", "create_agent_run", "create_webhook")
    for link in OPERATIONS[maker][2]["responses"]["201"]["links"].values()
]


@pytest.mark.parametrize(("maker", "link"), LINKS, ids=lambda one: one if isinstance(one, str) else one["operationId"])
def test_every_link_of_something_new_leads_to_it(service: Service, maker: str, link: dict[str, Any]) -> None:
    created = service.call(maker)
    service.world.pass_time(10, step=5)
    ids = follow(link, created, service.ids)
    if link["operationId"] == "retry_agent_run":
        service.call("cancel_agent_run", ids)
    answer = service.call(link["operationId"], ids)
    assert answer.status_code in {200, 201, 202}, answer.text


def schemas_with_examples(part: Any) -> Iterator[tuple[dict[str, Any], Any]]:
    """Each schema of a part of the document that has examples, with each of them."""
    if isinstance(part, dict):
        examples = part.get("examples", ())
        yield from ((part, example) for example in (examples if isinstance(examples, list) else ()))
        for member in part.values():
            yield from schemas_with_examples(member)
    elif isinstance(part, list):
        for member in part:
            yield from schemas_with_examples(member)


def test_every_example_is_valid_against_its_schema() -> None:
    found = list(schemas_with_examples(DOCUMENT))
    assert len(found) > 10
    for schema, example in found:
        validator = jsonschema_rs.Draft202012Validator({**schema, "components": DOCUMENT["components"]})
        assert [error.message for error in validator.iter_errors(example)] == []


def test_every_array_says_what_it_holds() -> None:
    def arrays(part: Any) -> Iterator[dict[str, Any]]:
        if isinstance(part, dict):
            if part.get("type") == "array":
                yield part
            for member in part.values():
                yield from arrays(member)
        elif isinstance(part, list):
            for member in part:
                yield from arrays(member)

    assert all("items" in array for array in arrays(DOCUMENT))


def test_a_key_is_asked_for_where_one_is_needed() -> None:
    for name, (_, _, operation) in OPERATIONS.items():
        assert operation["security"] == ([] if name == "healthz" else [{"api_key": []}])


def test_every_link_is_a_runtime_expression() -> None:
    for _, _, operation in OPERATIONS.values():
        for response in operation["responses"].values():
            for link in response.get("links", {}).values():
                for expression in link["parameters"].values():
                    assert re.fullmatch(r"\$(request\.(path|query|header)\.[\w-]+|response\.body#/\w+)", expression)


WITH_BODY = {
    name: operation["requestBody"] for name, (*_, operation) in OPERATIONS.items() if "requestBody" in operation
}


@pytest.mark.parametrize("name", WITH_BODY)
def test_null_is_no_body_where_the_document_says_so(service: Service, name: str) -> None:
    said = "reads `null` as no body" in WITH_BODY[name].get("description", "")
    assert said != WITH_BODY[name].get("required", False)
    headers = {"Content-Type": "application/json"}
    answer = service.call(name, content=b"null", headers=headers, json=None)
    if said:
        assert answer.status_code == service.call(name).status_code < 300, answer.text
    else:
        assert answer.status_code == 400
        assert answer.json()["error"]["message"].startswith("body: ")
