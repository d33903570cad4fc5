"""The list of an account's API keys: for the scope `admin`, and never with a digest."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from tests.support.api import Api

KEYS = "/api/v1/keys"


def test_the_keys_of_an_account_are_listed_without_digests(api: Api) -> None:
    ring = api.world.keyring
    first, secret = ring.create("local", "read", name="dashboards")
    api.world.clock.advance(1)
    second, _ = ring.create("local", "write", expires_at=api.world.clock() + timedelta(days=1))
    ring.create("local-2", "admin", name="of another account")
    ring.revoke("local", second.id)
    hour = api.world.clock().replace(minute=0, second=0, microsecond=0)
    api.world.ports.store.keys.note_use("local", first.id, hour)
    found = api.get(KEYS)
    assert (found["object"], found["has_more"]) == ("list", False)
    assert [(one["id"], one["name"], one["scope"]) for one in found["data"]] == [
        (second.id, None, "write"),
        (first.id, "dashboards", "read"),
    ]
    assert (found["data"][0]["revoked_at"], found["data"][1]["last_used_at"]) == (
        "2026-03-02T10:00:01.000Z",
        "2026-03-02T10:00:00.000Z",
    )
    said = json.dumps(found)
    assert first.digest not in said
    assert secret not in said


@pytest.mark.parametrize("scope", ["read", "write"])
def test_only_an_admin_sees_the_keys(api: Api, scope: str) -> None:
    _, secret = api.world.keyring.create("local", scope)  # type: ignore[arg-type]  # one of the scopes
    said = api.refused("GET", KEYS, status=403, Authorization=f"Bearer {secret}")
    assert "scope `admin`" in said


def walked(api: Api, path: str) -> list[tuple[str, bool]]:
    """Each key of a list, page by page, and whether its use is shown."""
    found: list[tuple[str, bool]] = []
    after: str | None = ""
    while after is not None:
        page = api.get(path + after)
        found += [(one["id"], one["last_used_at"] is not None) for one in page["data"]]
        assert page["has_more"] == (page["next_cursor"] is not None)
        after = f"&after={page['next_cursor']}" if page["has_more"] else None
    return found


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("limit", [1, 2, 3])
def test_a_walk_shows_each_key_once_with_its_last_use(api: Api, order: str, limit: int) -> None:
    made = []
    for number in range(7):
        api.world.clock.advance(1)
        key, _ = api.world.keyring.create("local", "read")
        if number % 3:
            api.world.ports.store.keys.note_use("local", key.id, api.world.clock())
        made.append((key.id, bool(number % 3)))
    found = walked(api, f"{KEYS}?limit={limit}&order={order}")
    assert found == (made if order == "asc" else made[::-1])


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("limit", [1, 2, 3])
@pytest.mark.parametrize("removed", [{1, 2, 3, 4}, {0, 1, 2, 4, 5}, {2, 3, 4, 6, 7, 8}, {*range(9)}], ids=str)
def test_uses_of_removed_keys_end_no_walk(api: Api, removed: set[int], order: str, limit: int) -> None:
    left = []
    for number in range(9):
        api.world.clock.advance(1)
        key, _ = api.world.keyring.create("local", "read")
        api.world.ports.store.keys.note_use("local", key.id, api.world.clock())
        if number in removed:  # DynamoDB removes a key's row before that of its use
            (at,) = (at for at in api.world.table.items if at[1] == key.id)
            del api.world.table.items[at]
        else:
            left.append(key.id)
    assert walked(api, f"{KEYS}?limit={limit}&order={order}") == [
        (one, True) for one in (left if order == "asc" else left[::-1])
    ]
