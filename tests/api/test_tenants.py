"""A tenant sees its own, and so does each user acted for: whatever route, id, cursor or idempotency key is tried, what
is another owner's is a 404 and stays as it is.

The operations come from the app itself. One that is new is tried like the others, and fails here if it takes an id
that this suite knows nothing of.
"""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.examples import examples
from tests.support.town import BODIES, SECRET, Operation, Owner, Town

TOWN = Town()
QUERIES: dict[str, tuple[dict[str, str], ...]] = {
    "list_agents": ({}, {"deleted": "true"}),
    "find_runs": tuple({"status": status} for status in ("failed", "incomplete", "cancelled")),
}
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
    assert statuses & {200, 201, 202}


@pytest.mark.slow
@examples(600)
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


@examples(150)
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
        if operation.name in {"create_agent", "create_webhook", "pause_all_schedules", "resume_all_schedules"}:
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
