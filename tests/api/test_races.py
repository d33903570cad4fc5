"""Calls that race: what each saw decides, and nothing half-done remains (invariant 4; contract D32)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from agent_schedules.storage.table import Write

from tests.support.api import HOURLY, Api


def between(api: Api, other: Callable[[], Any]) -> None:
    """Let something else happen between the next call's reading and its commit."""

    def before(_: Sequence[Write]) -> None:
        api.world.table.before_write = lambda _: None
        other()

    api.world.table.before_write = before


def delete_agent(api: Api) -> None:
    api.ok("DELETE", api.at)


def delete_and_restore_agent(api: Api) -> None:
    api.ok("DELETE", api.at)
    api.post(f"{api.at}/restore")


def test_a_resume_that_races_with_the_agents_deletion_is_a_404(api: Api) -> None:
    path = f"{api.schedules}/{api.create()['id']}"
    api.post(f"{path}/pause")
    between(api, lambda: delete_agent(api))
    api.post(f"{path}/resume", status=404)
    api.post(f"{api.at}/restore")
    assert api.get(path)["status"] == "paused"


def test_a_resume_across_deletion_and_restore_comes_last(api: Api) -> None:
    path = f"{api.schedules}/{api.create()['id']}"
    api.post(f"{path}/pause")
    between(api, lambda: delete_and_restore_agent(api))
    assert api.post(f"{path}/resume")["status"] == "active"
    assert api.get(path)["status"] == "active"


def test_a_create_that_races_with_the_agents_deletion_is_a_404(api: Api) -> None:
    between(api, lambda: delete_agent(api))
    api.ok("POST", api.schedules, {"schedule": HOURLY, "input": "x"}, status=404)
    api.post(f"{api.at}/restore")
    assert api.get(api.schedules)["data"] == []


def test_a_create_across_deletion_and_restore_is_active(api: Api) -> None:
    between(api, lambda: delete_and_restore_agent(api))
    created = api.create()
    assert api.get(f"{api.schedules}/{created['id']}")["status"] == "active"


@pytest.mark.parametrize("body", [{"name": "b"}, {"schedule": HOURLY | {"interval_seconds": 60}}])
def test_an_update_across_deletion_and_restore_stays_paused(api: Api, body: Any) -> None:
    path = f"{api.schedules}/{api.create()['id']}"
    between(api, lambda: delete_and_restore_agent(api))
    api.post(path, body)
    assert api.get(path)["status"] == "paused"


@pytest.mark.parametrize("first", ["delete", "restore"])
def test_deleting_and_restoring_at_once_is_one_after_the_other(api: Api, first: str) -> None:
    created = api.create()
    if first == "restore":
        api.ok("DELETE", api.at)
        between(api, lambda: api.post(f"{api.at}/restore"))
        assert api.post(f"{api.at}/restore")["deleted_at"] is None
    else:
        between(api, lambda: delete_and_restore_agent(api))
        api.ok("DELETE", api.at)
        assert api.get(api.at)["deleted_at"] is not None
        api.post(f"{api.at}/restore")
    assert [sk for _, sk in api.world.table.items if sk.lstrip("X").startswith("A#")] == [f"A#{api.agent}"]
    assert api.get(f"{api.schedules}/{created['id']}")["status"] == "paused"


@pytest.mark.parametrize("second", ["pause", "update", "delete"])
@pytest.mark.parametrize("first", ["pause", "update", "delete"])
def test_two_changes_of_one_schedule_both_hold(api: Api, first: str, second: str) -> None:
    path = f"{api.schedules}/{api.create()['id']}"
    calls: dict[str, Callable[[], Any]] = {
        "pause": lambda: api.client.post(f"{path}/pause"),
        "update": lambda: api.client.post(path, json={"name": "n"}),
        "delete": lambda: api.client.delete(path),
    }
    between(api, calls[first])
    assert calls[second]().status_code == (404 if first == "delete" != second else 200)
    found = api.get(path)
    if "delete" in {first, second}:
        assert found["status"] == "deleted"
    elif "pause" in {first, second}:
        assert found["status"] == "paused"
    assert found["name"] == ("n" if "update" in {first, second} and first != "delete" else None)


def test_nothing_is_claimed_after_a_racing_pause(api: Api) -> None:
    created = api.create(HOURLY | {"interval_seconds": 60})
    path = f"{api.schedules}/{created['id']}"
    api.world.queue.messages.clear()
    api.world.clock.advance(60)
    between(api, lambda: api.fire(created))
    assert api.post(f"{path}/pause")["run_count"] == 1
    api.world.clock.advance(60)
    api.fire(created)
    assert api.get(path)["run_count"] == 1


def test_a_settlement_that_races_with_a_pause_claims_nothing(api: Api) -> None:
    created = api.create(HOURLY | {"interval_seconds": 60})
    path = f"{api.schedules}/{created['id']}"
    api.world.queue.messages.clear()
    api.world.clock.advance(60)
    between(api, lambda: api.post(f"{path}/pause"))
    api.fire(created)
    assert api.get(path)["run_count"] == 0


def test_concurrent_agent_updates_get_versions_of_their_own(api: Api) -> None:
    def change(number: int) -> None:
        answer = api.client.post(api.at, json={"name": f"n{number}"})
        assert answer.status_code in {200, 503}

    threads = [threading.Thread(target=change, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = api.get(f"{api.at}/versions?limit=100")["data"]
    assert [one["version"] for one in found] == list(range(len(found), 0, -1))
    assert found[0]["name"] == api.get(api.at)["name"]


def test_one_key_sent_by_many_at_once_makes_one(api: Api) -> None:
    found: list[str] = []

    def create() -> None:
        answer = api.client.post(
            api.schedules, json={"schedule": HOURLY, "input": "x"}, headers={"Idempotency-Key": "k"}
        )
        assert answer.status_code == 201
        found.append(answer.json()["id"])

    threads = [threading.Thread(target=create) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == len(api.get(api.schedules)["data"]) == 1
