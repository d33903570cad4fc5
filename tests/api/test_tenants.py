"""A tenant sees its own, and so does each user acted for: whatever route, id, cursor or idempotency key is tried, what
is another owner's is a 404 and stays as it is.

The operations come from the app itself. One that is new is tried like the others, and fails here if it takes an id
that this suite knows nothing of.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from agent_schedules.api.app import create_app
from agent_schedules.domain.caller import Caller
from agent_schedules.domain.request_context import RequestContext
from agent_schedules.schemas.bulk import PauseAllBody
from agent_schedules.schemas.requests import CreateAgentBody, CreateRunBody, CreateScheduleBody, UpdateAgentBody
from agent_schedules.services import agents, bulk, runs
from agent_schedules.services import schedules as schedule_service
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.client import Client
from tests.support.fake_table import FakeTable
from tests.support.logs import PROMPT
from tests.support.operations import DOCUMENT
from tests.support.world import World

HOURLY = {"type": "interval", "interval_seconds": 3600}
EVERY_MINUTE = {"type": "interval", "interval_seconds": 60}
EVERY_HOUR = {"type": "cron", "cron_expression": "0 * * * *"}
SECRET = f"{PROMPT}, and only its owner may read"
BODIES: dict[str, Any] = {
    "create_agent": {"name": "a", "model": "m"},
    "update_agent": {"name": "changed"},
    "put_agent_by_key": {"name": "a", "model": "m"},
    "change_schedules": {"filter": {}, "action": "pause"},
    "put_agent_schedule_by_key": {"schedule": HOURLY, "input": "x"},
    "create_agent_schedule": {"schedule": HOURLY, "input": "x"},
    "update_agent_schedule": {"name": "changed"},
    "create_agent_run": {"input": "x"},
    "preview_schedule": {"schedule": HOURLY},
    "skip_occurrence": {"scheduled_for": "2030-03-02T11:00:00Z"},
    "unskip_occurrence": {"scheduled_for": "2026-03-02T11:00:00Z"},
    "backfill_agent_schedule": {"from": "2026-03-01T11:00:00Z", "to": "2026-03-01T12:00:00Z", "dry_run": False},
}


QUERIES: dict[str, tuple[dict[str, str], ...]] = {
    "list_agents": ({}, {"deleted": "true"}),
    "find_runs": tuple({"status": status} for status in ("failed", "incomplete", "cancelled")),
}

# Whose a version or a time is, no one can tell from it: it is the id before it that is another's.
OWNED = ("agent_id", "schedule_id", "run_id", "job_id")


@dataclass(frozen=True)
class Owner:
    """Somebody, and the headers that say so."""

    caller: Caller
    secret: str

    @property
    def headers(self) -> dict[str, str]:
        """What each request of theirs carries."""
        user = self.caller.on_behalf_of
        return {"Authorization": f"Bearer {self.secret}"} | ({"X-On-Behalf-Of": user} if user else {})


@dataclass(frozen=True)
class Operation:
    """A route of the app."""

    name: str
    method: str
    path: str

    @property
    def kinds(self) -> list[str]:
        """The ids in its path."""
        return [part.strip("{}") for part in self.path.split("/") if part.startswith("{")]

    @property
    def owned(self) -> list[int]:
        """The places in its path where another owner's id is a 404. A PUT takes any key, as a name for one's own."""
        return [
            place for place, kind in enumerate(self.kinds) if kind in OWNED or (kind == "key" and self.method != "PUT")
        ]

    @property
    def paged(self) -> bool:
        """Whether it takes a cursor."""
        return self.method == "GET" and self.name.startswith("list_")


class Town:
    """One deployment with four owners: two tenants, and the first one's two users. Each has one of everything."""

    def __init__(self) -> None:
        self.world = World()
        self.client = Client(create_app(self.world.ports, self.world.authenticator))
        self.operations = [
            Operation(operation["operationId"], method.upper(), path)
            for path, methods in DOCUMENT["paths"].items()
            if path.startswith("/api/")
            for method, operation in methods.items()
        ]
        keys = {tenant: self.world.keyring.create(tenant, "admin")[1] for tenant in ("acme", "other")}
        callers = [Caller("acme"), Caller("acme", "ada"), Caller("acme", "bob"), Caller("other")]
        self.owners = [Owner(caller, keys[caller.tenant]) for caller in callers]
        self.ids = {owner: self._furnished(owner.caller) for owner in self.owners}
        self.cursors = self._cursors()

    def _furnished(self, caller: Caller) -> dict[str, list[str]]:
        """The ids of somebody's things, by the path parameter that takes them."""
        world, ports, call = self.world, self.world.ports, RequestContext(caller)

        def agent(key: str | None = None) -> str:
            body = CreateAgentBody(name=SECRET, model="echo", instructions=SECRET, key=key)
            return agents.create_agent(ports, call, body).id

        def schedule(spec: dict[str, Any], key: str | None = None) -> str:
            body = CreateScheduleBody.model_validate({"schedule": spec, "input": SECRET, "name": SECRET, "key": key})
            return schedule_service.create_schedule(ports, call, live, body).key.schedule_id

        def run() -> str:
            return runs.create_run(ports, call, live, CreateRunBody(input=SECRET)).run.key.run_id

        key = f"key-of-{caller.on_behalf_of or caller.tenant}"

        def open_job() -> str:
            with patch.object(bulk, "STEPS", 0):
                job = bulk.pause_all(ports, call, PauseAllBody())
            world.queue.messages.clear()
            return job.key.job_id

        live, gone = agent(key), agent()
        agents.update_agent(ports, call, live, UpdateAgentBody(model="m2"))
        agents.delete_agent(ports, call, gone)
        done = run()
        schedules = [schedule(EVERY_MINUTE, key), schedule(EVERY_HOUR), schedule(HOURLY)]
        first = world.clock.moment + timedelta(minutes=1)
        world.pass_time(130, step=10)
        schedule_service.pause_schedule(ports, call, live, schedules[1])
        schedule_service.delete_schedule(ports, call, live, schedules[2])
        world.gateway.polls = 1_000_000
        linked = run()
        world.work()
        world.gateway.polls = 0
        return {
            "agent_id": [live, gone],
            "schedule_id": schedules,
            "run_id": [done, linked, run()],
            "version": ["1", "2"],
            "nominal_time": [first.isoformat()],
            "key": [key],
            "job_id": [open_job()],
        }

    def _cursors(self) -> dict[Owner, list[str]]:
        """Cursors of everybody's lists."""
        found: dict[Owner, list[str]] = {owner: [] for owner in self.owners}
        for owner, operation in itertools.product(self.owners, self.operations):
            if operation.paged:
                ids = {kind: values[0] for kind, values in self.ids[owner].items()}
                answer = self.ask(owner, operation, ids, query={"limit": "1"})
                found[owner] += [answer.json()["next_cursor"]] if answer.json()["next_cursor"] else []
        return found

    def ask(self, owner: Owner, operation: Operation, ids: dict[str, str], *, query: Any = None, **headers: str) -> Any:
        """A request, done right but for whose ids it names."""
        return self.client.request(
            operation.method,
            operation.path.format(**ids),
            params=query,
            json=BODIES.get(operation.name),
            headers=owner.headers | {name.replace("_", "-"): value for name, value in headers.items()},
        )

    def stored(self) -> tuple[Any, ...]:
        """Everything there is, anywhere."""
        world = self.world
        table: FakeTable = world.table
        return dict(table.items), dict(world.scheduler.entries), len(world.queue.messages), len(world.gateway.posts)

    def of(self, owner: Owner) -> dict[Any, Any]:
        """What is stored of somebody; the counter of a tenant is that of all its users."""
        mine = owner.caller.owner
        return {
            at: item
            for at, item in self.world.table.items.items()
            if at[0].split("#")[0] == mine and at != (owner.caller.tenant, "C")
        }


TOWN = Town()
WITH_IDS = [operation for operation in TOWN.operations if operation.owned]
WITHOUT = [operation for operation in TOWN.operations if not operation.kinds]
PAIRS = [(one, other) for one in TOWN.owners for other in TOWN.owners if one != other]


def paths(router: Any) -> set[str]:
    """Every path that a router serves, those of the routers in it included."""
    found = {route.path for route in router.routes if hasattr(route, "path")}
    inner = [route.original_router for route in router.routes if hasattr(route, "original_router")]
    return found.union(*map(paths, inner))


def test_the_suite_knows_every_route_and_every_kind_of_id() -> None:
    assert {kind for operation in WITH_IDS for kind in operation.kinds} <= set(TOWN.ids[TOWN.owners[0]])
    changing = {
        operation.name for operation in TOWN.operations if operation.name.startswith(("create_", "update_", "put_"))
    }
    assert changing < set(BODIES)
    described = {one.path for one in TOWN.operations}
    served = {path for path in paths(TOWN.client.app) if path.startswith("/api/")}
    assert served - described == {"/api/v1/agents/function-tools"}  # which is a 404 for everybody
    assert described < served
    assert len({owner.caller.owner for owner in TOWN.owners}) == 4
    for owner in TOWN.owners:
        assert len(TOWN.of(owner)) > 15
        assert TOWN.cursors[owner]


@pytest.mark.parametrize("operation", WITH_IDS, ids=lambda operation: operation.name)
def test_only_its_owner_finds_a_resource(operation: Operation) -> None:
    """Without this a suite of wrong ids would prove nothing."""
    town, owner = TOWN, TOWN.owners[1]
    kept = dict(town.world.table.items)
    statuses = set()
    for values in itertools.product(*(town.ids[owner][kind] for kind in operation.kinds)):
        ids = dict(zip(operation.kinds, values, strict=True))
        assert town.ask(town.owners[2], operation, ids).status_code == 404
        statuses.add(town.ask(owner, operation, ids).status_code)
    town.world.table.items = kept
    assert statuses & {200, 201}


@pytest.mark.slow
@settings(max_examples=600)
@given(st.data())
def test_another_owners_id_is_a_404_and_nothing_changes(data: st.DataObject) -> None:
    operation = data.draw(st.sampled_from(WITH_IDS))
    one, other = data.draw(st.sampled_from(PAIRS))
    # Each id may be the stranger's own or another's, as long as one of them is another's.
    owners = [data.draw(st.sampled_from([one, other]), label=kind) for kind in operation.kinds]
    if all(owners[place] == one for place in operation.owned):
        owners[data.draw(st.sampled_from(operation.owned))] = other
    ids = {
        kind: data.draw(st.sampled_from(TOWN.ids[owner][kind]))
        for kind, owner in zip(operation.kinds, owners, strict=True)
    }
    key = data.draw(st.none() | st.sampled_from(["k1", "k2"]))
    before = TOWN.stored()
    answer = TOWN.ask(one, operation, ids, **({"Idempotency_Key": key} if key else {}))
    assert answer.status_code == 404, (operation, answer.text)
    assert list(answer.json()) == ["error"]
    assert SECRET not in answer.text
    assert TOWN.stored() == before


@settings(max_examples=150)
@given(st.sampled_from(PAIRS), st.sampled_from([one for one in TOWN.operations if one.paged]), st.data())
def test_another_owners_cursor_opens_nothing(pair: tuple[Owner, Owner], operation: Operation, data: Any) -> None:
    one, other = pair
    ids = {kind: TOWN.ids[one][kind][0] for kind in operation.kinds}
    cursor = data.draw(st.sampled_from(TOWN.cursors[other]))
    before = TOWN.stored()
    answer = TOWN.ask(one, operation, ids, query={"after": cursor})
    assert answer.status_code == 400
    assert answer.json()["error"]["message"].startswith("after: ")
    assert TOWN.stored() == before


@pytest.mark.parametrize(("one", "other"), PAIRS, ids=lambda owner: owner.caller.on_behalf_of or owner.caller.tenant)
def test_a_list_or_preview_without_ids_shows_only_ones_own(one: Owner, other: Owner) -> None:
    for operation in WITHOUT:
        if operation.name in {"create_agent", "pause_all_schedules", "resume_all_schedules"}:
            continue
        for query in QUERIES.get(operation.name, ({},)):
            before = TOWN.stored()
            answer = TOWN.ask(one, operation, {}, query=query)
            assert answer.status_code == 200, operation
            for values in TOWN.ids[other].values():
                assert not [value for value in values if len(value) > 20 and value in answer.text]
            assert TOWN.stored() == before


def test_pausing_all_pauses_only_ones_own() -> None:
    (pause,) = (one for one in TOWN.operations if one.name == "pause_all_schedules")
    kept, one = dict(TOWN.world.table.items), TOWN.owners[1]
    others = [TOWN.of(owner) for owner in TOWN.owners if owner != one]
    assert TOWN.ask(one, pause, {}).json()["changed"] > 0
    (resume,) = (one for one in TOWN.operations if one.name == "resume_all_schedules")
    assert TOWN.ask(one, resume, {}).json()["changed"] > 0
    assert [TOWN.of(owner) for owner in TOWN.owners if owner != one] == others
    TOWN.world.table.items = kept


def test_one_key_names_another_agent_for_every_owner() -> None:
    (put,) = (one for one in TOWN.operations if one.name == "put_agent_by_key")
    (get,) = (one for one in TOWN.operations if one.name == "get_agent_by_key")
    kept = dict(TOWN.world.table.items)
    made = [TOWN.ask(owner, put, {"key": "shared"}).json()["id"] for owner in TOWN.owners]
    assert [TOWN.ask(owner, get, {"key": "shared"}).json()["id"] for owner in TOWN.owners] == made
    assert len(set(made)) == 4
    TOWN.world.table.items = kept


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (1, 3, 0, 2)])
@pytest.mark.parametrize("name", ["create_agent", "create_agent_run", "create_agent_schedule"])
def test_an_idempotency_key_is_another_one_for_every_owner(name: str, order: tuple[int, ...]) -> None:
    town = TOWN
    (operation,) = (one for one in town.operations if one.name == name)
    # The same key and body, and where there are no ids the same path: only the owners tell the calls apart.
    made = {}
    for owner in (town.owners[place] for place in order):
        others = [town.of(other) for other in town.owners if other != owner]
        ids = {kind: town.ids[owner][kind][0] for kind in operation.kinds}
        key = f"{name}-{order[0]}"
        answer = town.ask(owner, operation, ids, Idempotency_Key=key)
        assert answer.status_code == 201, answer.text
        made[owner] = answer.json()["id"]
        assert [town.of(other) for other in town.owners if other != owner] == others
        again = town.ask(owner, operation, ids, Idempotency_Key=key)
        assert again.json()["id"] == made[owner]
    assert len(set(made.values())) == 4
