"""What the document promises, provoked: every status of every operation, the schemas at their edges, the links."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any
from unittest.mock import patch

import jsonschema_rs
import pytest
from agent_schedules.api.app import create_app
from agent_schedules.api.auth import Authenticator, scope_of
from agent_schedules.domain.rate_limit import Allowance
from agent_schedules.errors import Unavailable
from agent_schedules.ports import GatewayError
from agent_schedules.services import bulk

from tests.support.client import Client
from tests.support.world import LOCAL_KEYS, World

ROOT = Path(__file__).parent.parent.parent
DOCUMENT: dict[str, Any] = json.loads((ROOT / "docs" / "openapi.json").read_text())
OPERATIONS = {
    operation["operationId"]: (method.upper(), path, operation)
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
}
BODIES: dict[str, Any] = {
    "create_agent": {"name": "a", "model": "m"},
    "update_agent": {"name": "b"},
    "put_agent_by_key": {"name": "a", "model": "m"},
    "change_schedules": {"filter": {}, "action": "update", "update": {"name": "b"}, "dry_run": False},
    "put_agent_schedule_by_key": {"schedule": {"type": "interval", "interval_seconds": 60}, "input": "x"},
    "create_agent_schedule": {"schedule": {"type": "interval", "interval_seconds": 60}, "input": "x"},
    "update_agent_schedule": {"name": "b"},
    "create_agent_run": {"input": "x"},
    "preview_schedule": {"schedule": {"type": "cron", "cron_expression": "@daily"}},
    "backfill_agent_schedule": {"from": "2026-03-01T00:00:00Z", "to": "2026-03-01T01:00:00Z", "dry_run": False},
}
CONDITIONAL = {
    "update_agent", "delete_agent", "restore_agent", "rollback_agent_version", "update_agent_schedule",
    "delete_agent_schedule", "pause_agent_schedule", "resume_agent_schedule", "skip_occurrence", "unskip_occurrence",
    "backfill_agent_schedule", "stop_backfill", "put_agent_by_key", "delete_agent_by_key", "put_agent_schedule_by_key",
    "delete_agent_schedule_by_key",
}  # fmt: skip
RUNS = {"create_agent_run", "trigger_agent_schedule", "retry_agent_run"}
"""The operations that start a run."""
OF_AGENT = {"get_limits", "find_schedules", "find_runs", "list_upcoming"}
"""The operations without an id in their path that take the query parameter `agent_id`."""
NAMES_IN_BODY = {"change_schedules", "resume_all_schedules"}
"""The operations whose body may name something unknown."""
JOBS = {"change_schedules", "pause_all_schedules", "resume_all_schedules"}
"""The operations that begin a job."""
UNKNOWN_ID = "0" * 26


class Service:
    """The app with a new agent, its schedule, and a run of it that is under way at the gateway."""

    def __init__(self, world: World, client: Client) -> None:
        self.world = world
        self.client = client
        self.ids = {"version": "1", "job_id": f"job_{UNKNOWN_ID}"}
        self.ids["agent_id"] = self.call("create_agent").json()["id"]
        self.ids["run_id"] = self.call("create_agent_run").json()["id"]
        self.world.pass_time(10, step=5)
        self.ids["key"] = self.ids["agent_id"].lower().replace("_", "-")  # another one for each service
        created = self.call("create_agent_schedule").json()
        self.ids |= {"schedule_id": created["id"], "nominal_time": created["next_run_at"]}

    def call(self, name: str, ids: dict[str, str] | None = None, **options: Any) -> Any:
        """One operation, done right but for what the options change."""
        method, path, _ = OPERATIONS[name]
        if name in BODIES and "content" not in options:
            options.setdefault("json", BODIES[name])
        if name in {"skip_occurrence", "unskip_occurrence"}:
            options.setdefault("json", {"scheduled_for": self.ids["nominal_time"]})
        if name == "find_runs":
            options.setdefault("params", {"status": "failed"})
        return self.client.request(method, path.format(**(ids or self.ids)), **options)

    def done(self, name: str) -> Any:
        """The success of an operation."""
        if name == "restore_agent":
            self.call("delete_agent")
        if name == "retry_agent_run":
            self.call("cancel_agent_run")
        if name in JOBS:  # there are the schedules of other tests, too
            with patch.object(bulk, "STEPS", 1_000), patch.object(bulk, "SECONDS", 60):
                return self.call(name)
        if name in {"get_job", "cancel_job"}:
            return self.call(name, self.ids | {"job_id": self.goes_on("pause_all_schedules").json()["id"]})
        if name in {"get_agent_by_key", "delete_agent_by_key"}:
            self.call("put_agent_by_key")
        if name in {"get_agent_schedule_by_key", "delete_agent_schedule_by_key"}:
            self.call("put_agent_schedule_by_key")
        return self.call(name)

    def goes_on(self, name: str) -> Any:
        """A job that the answer does not wait for."""
        with patch.object(bulk, "STEPS", 0):
            return self.call(name)

    def done_again(self, name: str) -> Any:
        """The success of an operation, for a PUT that of its repeat, which creates nothing."""
        if name.startswith("put_"):
            self.call(name)
        return self.done(name)

    def bad(self, name: str) -> Any:
        """A request that is wrong."""
        if name == "healthz":
            return self.call(name, headers={"Content-Length": "300000"})
        return self.call(name, headers={"X-On-Behalf-Of": "*"})

    def forbidden(self, name: str) -> Any:
        """Call with a key that lacks the scope: a `read` key, for a change or on behalf of a user."""
        _, secret = self.world.keyring.create("local", "read")
        method, path, _ = OPERATIONS[name]
        user = {"X-On-Behalf-Of": "ada"} if scope_of(method, path) == "read" else {}
        return self.call(name, headers={"Authorization": f"Bearer {secret}"} | user)

    def unknown(self, name: str) -> Any:
        """A resource that does not exist."""
        missing = f"agt_{UNKNOWN_ID}"
        if name == "change_schedules":
            return self.call(name, json=BODIES[name] | {"filter": {"agent_id": missing}})
        if name == "resume_all_schedules":
            return self.call(name, json={"job_id": f"job_{UNKNOWN_ID}"})
        if name in OF_AGENT:
            return self.call(name, params={"agent_id": missing})
        return self.call(name, self.ids | {"agent_id": missing, "key": "unknown", "job_id": f"job_{UNKNOWN_ID}"})

    def refused(self, name: str) -> Any:
        """A state that does not allow it."""
        if name == "stream_agent_run_events":
            return self.call(name, self.ids | {"run_id": self.call("create_agent_run").json()["id"]})
        key = {"Idempotency-Key": self.ids["agent_id"]}
        self.client.post("/api/v1/agents", json={"name": "first", "model": "m"}, headers=key)
        return self.call(name, headers=key)

    def outdated(self, name: str) -> Any:
        """A change of a version that is not the current one."""
        if name == "restore_agent":
            self.call("delete_agent")
        if name == "resume_agent_schedule":
            self.call("pause_agent_schedule")
        if name == "rollback_agent_version":
            self.call("update_agent")
        if name == "unskip_occurrence":
            self.call("skip_occurrence")
        if name in {"backfill_agent_schedule", "stop_backfill"}:
            self.call("update_agent_schedule", json={"schedule": {"type": "cron", "cron_expression": "* * * * *"}})
        if name == "stop_backfill":
            self.call("backfill_agent_schedule")
        if name in {"delete_agent_by_key", "delete_agent_schedule_by_key"}:
            self.call(name.replace("delete", "put"))
        return self.call(name, headers={"If-Match": '"old"'})

    def crowded(self, name: str) -> Any:
        """A minute in which as many runs were started as there may be."""
        with patch.object(Allowance, "block", return_value=None):
            return self.done(name)

    def fault(self, name: str) -> Any:
        """A fault of ours."""

        def broken(*_: object) -> None:
            raise RuntimeError("bug")

        self.break_table(broken)
        with patch("agent_schedules.api.app.Health", broken):
            return self.call(name)

    def gateway_down(self, name: str) -> Any:
        """A gateway that does not answer."""

        def down(_: str) -> None:
            raise GatewayError("unreachable", "The gateway could not be reached")

        self.world.gateway.before = down
        return self.call(name)

    def table_down(self, name: str) -> Any:
        """A table that does not answer."""

        def down(*_: object) -> None:
            raise Unavailable("DynamoDB did not answer")

        self.break_table(down)
        return self.call(name)

    def break_table(self, hook: Callable[..., None]) -> None:
        """Let the table fail from now on, also where a key is looked up."""
        self.world.table.before_read = self.world.table.before_write = hook


PROVOKED: dict[str, Callable[[Service, str], Any]] = {
    "200": Service.done_again,
    "201": Service.done,
    "202": Service.goes_on,
    "400": Service.bad,
    "401": lambda service, name: service.call(name, headers={"Authorization": "Bearer unknown"}),
    "403": Service.forbidden,
    "404": Service.unknown,
    "409": Service.refused,
    "412": Service.outdated,
    "429": Service.crowded,
    "500": Service.fault,
    "502": Service.gateway_down,
    "503": Service.table_down,
}
STATUSES = [(name, status) for name, (_, _, operation) in OPERATIONS.items() for status in operation["responses"]]


@pytest.fixture(scope="module")
def app() -> tuple[World, Client]:
    """One app for all: making it takes longer than a test."""
    world = World()
    world.gateway.polls = 1_000
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
        expected = always | {"201" if name.startswith("create_") or name in RUNS else "200"}
        expected |= {"201"} if name.startswith("put_") else set()
        expected |= {"202"} if name in JOBS else set()
        expected |= (
            {"404"} if ("{" in path and name != "put_agent_by_key") or name in OF_AGENT | NAMES_IN_BODY else set()
        )
        stateful = method in {"POST", "PUT"} and name != "preview_schedule"
        expected |= {"409"} if stateful or name == "stream_agent_run_events" else set()
        expected |= {"412"} if name in CONDITIONAL else set()
        expected |= {"429"} if name in RUNS else set()
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
    for maker in ("create_agent", "create_agent_run")
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
    assert answer.status_code in {200, 201}, answer.text


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
