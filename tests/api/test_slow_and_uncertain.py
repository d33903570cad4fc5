"""When AWS is slow or its answer is lost (architecture.md, invariant 5): a 5xx means that nothing was committed.

The vendor's SDK repeats every call on 5xx and after 5 s of silence, so each mutating operation is tried against
slowness, writes that were lost, and writes whose reply was lost, without an idempotency key.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from agent_schedules.errors import ConditionFailed, Unavailable, Uncertain
from agent_schedules.storage.table import Write

from tests.support.api import HOURLY, Api

Prepared = tuple[str, str, Any, int]
"""Method, path, body and success of a call."""


def _schedule(api: Api, verb: str = "") -> str:
    path = f"{api.schedules}/{api.create()['id']}"
    if verb == "resume":
        api.post(f"{path}/pause")
    return f"{path}/{verb}" if verb else path


def _restore(api: Api) -> str:
    api.ok("DELETE", api.at)
    return f"{api.at}/restore"


def _rollback(api: Api) -> str:
    api.post(api.at, {"name": "b"})
    return f"{api.at}/versions/1/rollback"


def _known(api: Api, path: str, body: Any) -> str:
    api.ok("PUT", path, body, status=201)
    return path


SCHEDULE = {"schedule": HOURLY, "input": "x"}
AGENT = {"name": "x", "model": "m"}
CREATES: dict[str, Callable[[Api], Prepared]] = {
    "create agent": lambda api: ("POST", "/api/v1/agents", {"name": "x", "model": "m"}, 201),
    "create schedule": lambda api: ("POST", api.schedules, {"schedule": HOURLY, "input": "x"}, 201),
    "create schedule with a key": lambda api: ("POST", api.schedules, {**SCHEDULE, "key": "k"}, 201),
    "put agent": lambda api: ("PUT", "/api/v1/agents/by-key/k", {"name": "x", "model": "m"}, 201),
    "put schedule": lambda api: ("PUT", f"{api.schedules}/by-key/k", SCHEDULE, 201),
    "create run": lambda api: ("POST", api.runs, {"input": "x"}, 201),
}
CHANGES: dict[str, Callable[[Api], Prepared]] = {
    "update agent": lambda api: ("POST", api.at, {"name": "x"}, 200),
    "delete agent": lambda api: ("DELETE", api.at, None, 200),
    "restore agent": lambda api: ("POST", _restore(api), None, 200),
    "rollback": lambda api: ("POST", _rollback(api), None, 200),
    "update schedule": lambda api: ("POST", _schedule(api), {"name": "x"}, 200),
    "retime schedule": lambda api: ("POST", _schedule(api), {"schedule": HOURLY | {"interval_seconds": 60}}, 200),
    "pause": lambda api: ("POST", _schedule(api, "pause"), None, 200),
    "resume": lambda api: ("POST", _schedule(api, "resume"), None, 200),
    "delete schedule": lambda api: ("DELETE", _schedule(api), None, 200),
    "put agent again": lambda api: ("PUT", _known(api, "/api/v1/agents/by-key/k", AGENT), AGENT | {"name": "y"}, 200),
    "put schedule again": lambda api: (
        "PUT",
        _known(api, f"{api.schedules}/by-key/k", SCHEDULE),
        SCHEDULE | {"paused": True},
        200,
    ),
    "cancel": lambda api: ("POST", f"{api.runs}/{api.start()['id']}/cancel", None, 200),
}
ALL = CREATES | CHANGES
NAMED = ["create schedule with a key", "put agent", "put schedule"]
"""The creates of something with a stable key."""


def things(api: Api) -> dict[str, int]:
    """How many agents, versions, schedules and runs there are, deleted ones too."""
    names = [sk for _, sk in api.world.table.items]
    return {
        prefix: sum(name.startswith(prefix) for name in names) for prefix in ("A#", "V#", "S#", "R#", "X", "O#", "B#")
    }


def expected(name: str) -> dict[str, int]:
    """How many there are when that call was carried out once, undisturbed."""
    fresh = Api()
    method, path, body, status = ALL[name](fresh)
    fresh.ok(method, path, body, status=status)
    return things(fresh)


@pytest.mark.parametrize("name", ALL)
def test_a_call_that_has_used_three_seconds_writes_nothing(api: Api, name: str) -> None:
    method, path, body, status = ALL[name](api)

    def slow() -> None:
        api.monotonic += 3.1

    api.world.clock.looked = slow  # every use case looks at the clock before it commits
    assert "again" in api.refused(method, path, body, status=503)
    api.world.clock.looked = lambda: None
    api.ok(method, path, body, status=status)
    assert things(api) == expected(name)


@pytest.mark.parametrize("name", ALL)
def test_a_write_that_took_effect_without_an_answer_is_a_success(api: Api, name: str) -> None:
    method, path, body, status = ALL[name](api)

    def lost(_: Sequence[Write]) -> None:
        api.world.table.after_write = lambda _: None
        raise Uncertain("DynamoDB did not answer")

    api.world.table.after_write = lost
    first = api.ok(method, path, body, status=status)
    assert things(api) == expected(name)
    if name in CHANGES:
        assert api.ok(method, path, body, status=status) == first
        assert things(api) == expected(name)


@pytest.mark.parametrize("name", CREATES)
def test_an_unanswered_create_that_lands_late_has_no_effect(api: Api, name: str) -> None:
    method, path, body, status = CREATES[name](api)
    delayed: list[Sequence[Write]] = []

    def lost(writes: Sequence[Write]) -> None:
        delayed.append(writes)
        api.world.table.before_write = lambda _: None
        raise Uncertain("DynamoDB did not answer")

    before = things(api)
    api.world.table.before_write = lost
    assert "again" in api.ok(method, path, body, status=503)["error"]["message"]
    with pytest.raises(ConditionFailed):
        api.world.table.write(*delayed[0])
    shown = ["/api/v1/agents", f"{api.at}/versions", api.schedules, api.runs]
    assert sum(len(api.get(path)["data"]) for path in shown) == sum(before[kind] for kind in ("A#", "V#", "S#", "R#"))
    api.ok(method, path, body, status=status)
    assert sum(len(api.get(path)["data"]) for path in shown) > sum(before[kind] for kind in ("A#", "V#", "S#", "R#"))


@pytest.mark.parametrize("name", CHANGES)
def test_an_unanswered_change_that_lands_late_is_made_once(api: Api, name: str) -> None:
    method, path, body, status = CHANGES[name](api)
    delayed: list[Sequence[Write]] = []

    def lost(writes: Sequence[Write]) -> None:
        delayed.append(writes)
        api.world.table.before_write = lambda _: None
        raise Uncertain("DynamoDB did not answer")

    api.world.table.before_write = lost
    api.ok(method, path, body, status=status)
    with pytest.raises(ConditionFailed):
        api.world.table.write(*delayed[0])
    assert things(api) == expected(name)


@pytest.mark.parametrize("name", ALL)
def test_a_throttled_write_is_a_503_and_its_repeat_a_success(api: Api, name: str) -> None:
    method, path, body, status = ALL[name](api)

    def throttled(_: Sequence[Write]) -> None:
        raise Unavailable("DynamoDB did not answer; nothing was changed, try again")

    api.world.table.before_write = throttled
    api.refused(method, path, body, status=503)
    api.world.table.before_write = lambda _: None
    api.ok(method, path, body, status=status)
    assert things(api) == expected(name)


@pytest.mark.parametrize("name", [name for name in CREATES if name not in NAMED])
@pytest.mark.parametrize("keyed", [False, True], ids=["no key", "a key"])
def test_a_create_answered_too_late_is_undone_unless_keyed(api: Api, name: str, *, keyed: bool) -> None:
    method, path, body, status = CREATES[name](api)
    headers = {"Idempotency_Key": "k"} if keyed else {}

    def slow(_: Sequence[Write]) -> None:
        api.monotonic += 4.6

    before = things(api)
    api.world.table.after_write = slow
    if keyed:
        first = api.ok(method, path, body, status=status, **headers)
        assert api.ok(method, path, body, status=status, **headers) == first
    else:
        api.ok(method, path, body, status=503)
        assert things(api) == before
        assert api.world.queue.messages == []
    api.world.table.after_write = lambda _: None
    api.ok(method, path, body, status=status, **headers)
    assert things(api) == expected(name)


def test_a_create_too_slow_to_answer_is_undone_with_its_entry(api: Api) -> None:
    def slow(verb: str, _: str) -> None:
        if verb == "put":
            api.monotonic += 4.6

    api.world.scheduler.after = slow
    before = things(api)
    api.ok("POST", api.schedules, {"schedule": HOURLY, "input": "x"}, status=503)
    assert things(api) == before
    assert api.world.scheduler.entries == {}


def test_a_late_create_that_cannot_be_taken_back_stands(api: Api) -> None:
    writes: list[Sequence[Write]] = []

    def slow(made: Sequence[Write]) -> None:
        writes.append(made)
        api.monotonic += 4.6

    def stuck(_: Sequence[Write]) -> None:
        if writes:
            raise Unavailable("DynamoDB did not answer")

    api.world.table.after_write = slow
    api.world.table.before_write = stuck
    created = api.post("/api/v1/agents", {"name": "x", "model": "m"}, status=201)
    api.world.table.before_write = lambda _: None
    assert api.get(f"/api/v1/agents/{created['id']}") == created


def test_a_lost_rearm_is_repaired_later(api: Api) -> None:
    def down(_: str, __: str) -> None:
        raise Unavailable("EventBridge Scheduler did not answer")

    paused, resumed = api.create(), api.create()
    api.post(f"{api.schedules}/{resumed['id']}/pause")
    api.world.scheduler.before = down
    assert api.post(f"{api.schedules}/{paused['id']}/pause")["status"] == "paused"
    assert api.post(f"{api.schedules}/{resumed['id']}/resume")["status"] == "active"
    api.world.scheduler.before = lambda *_: None
    assert list(api.world.scheduler.entries) == [paused["id"]]
    api.world.clock.advance(300)
    assert api.world.sweep() == 1
    api.world.work()
    api.fire(paused)
    assert list(api.world.scheduler.entries) == [resumed["id"]]


@pytest.mark.parametrize("name", NAMED)
@pytest.mark.parametrize("keyed", [False, True], ids=["no key", "a key"])
def test_a_create_with_a_stable_key_is_not_undone(api: Api, name: str, *, keyed: bool) -> None:
    """Its repeat finds it: a PUT answers with it, and a POST without an idempotency key is told who has the key."""
    method, path, body, status = CREATES[name](api)
    headers = {"Idempotency_Key": "k"} if keyed else {}

    def slow(_: Sequence[Write]) -> None:
        api.monotonic += 4.6

    api.world.table.after_write = slow
    first = api.ok(method, path, body, status=status, **headers)
    api.world.table.after_write = lambda _: None
    if method == "PUT":
        assert api.ok(method, path, body, status=200, **headers) == first
    elif keyed:
        assert api.ok(method, path, body, status=201, **headers) == first
    else:
        assert first["id"] in api.refused(method, path, body, status=409)
    assert things(api) == expected(name)
