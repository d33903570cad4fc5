"""Lists over HTTP: cursors, offsets, and pages that fit an answer (contract 1.5, D5, D6)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.api import Api
from tests.support.large_tables import of_schedules


def everything(api: Api, path: str, **params: Any) -> list[str]:
    """All ids of a list, by its cursors; each page is checked on the way."""
    ids: list[str] = []
    while True:
        answer = api.client.get(path, params=params)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        found = [item["id"] for item in page["data"]]
        assert (page["first_id"], page["last_id"]) == ((found[0], found[-1]) if found else (None, None))
        assert page["has_more"] == (page["next_cursor"] is not None)
        ids += found
        if not page["has_more"]:
            return ids
        assert found, "a page with more behind it shows where it ends"
        params = params | {"after": page["next_cursor"]}


def lists(api: Api) -> dict[str, list[str]]:
    """Paths of lists of seven items each, with their ids, oldest first."""
    agents = [api.agent]
    agents += [api.post("/api/v1/agents", {"name": "b", "model": "m"}, status=201)["id"] for _ in range(6)]
    for number in range(6):
        api.post(api.at, {"name": f"n{number}"})
    schedules = [api.create({"type": "interval", "interval_seconds": 60})["id"]]
    schedules += [api.create()["id"] for _ in range(6)]
    gone = [api.create()["id"] for _ in range(7)]
    for schedule in gone:
        api.ok("DELETE", f"{api.schedules}/{schedule}")
    for _ in range(7):
        api.world.pass_time(60)
        api.fire({"id": schedules[0]})
    runs = [run["id"] for run in api.get(f"{api.runs}?order=asc")["data"]]
    deleted = [api.post("/api/v1/agents", {"name": "c", "model": "m"}, status=201)["id"] for _ in range(7)]
    for agent in deleted:
        api.ok("DELETE", f"/api/v1/agents/{agent}")
    return {
        "/api/v1/agents": agents,
        "/api/v1/agents?deleted=true": deleted,
        f"{api.at}/versions": [f"{api.agent}_v{number}" for number in range(1, 8)],
        api.schedules: schedules,
        f"{api.schedules}?status=deleted": gone,
        f"{api.schedules}/{schedules[0]}/runs": runs,
        api.runs: runs,
    }


def test_every_list_pages_by_cursor_and_offset_in_both_orders(api: Api) -> None:
    for whole, ids in lists(api).items():
        path, params = whole.partition("?")[0], _query(whole)
        assert len(ids) == 7, path
        for order, expected in (("asc", ids), ("desc", ids[::-1])):
            for limit in (1, 3, 7, 100):
                assert everything(api, path, order=order, limit=limit, **params) == expected, path
            if path.endswith("/runs") and "/schedules/" in path:
                continue
            for offset in range(9):
                page = api.client.get(path, params={"order": order, "limit": 3, "offset": offset, **params}).json()
                assert [item["id"] for item in page["data"]] == expected[offset : offset + 3], path
                assert page["has_more"] == (offset + 3 < 7)


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("limit", [1, 2, 3])
@pytest.mark.parametrize("half", [None, "#d", "#s"])
def test_expired_tombstones_end_no_walk(api: Api, half: str | None, limit: int, order: str) -> None:
    """DynamoDB removes the rows of those that have expired one by one, some days later."""
    made = [api.create()["id"] for _ in range(9)]
    left = [made[0], made[6], made[8]]
    for schedule in (one for one in made if one not in left):
        api.ok("DELETE", f"{api.schedules}/{schedule}")
    api.world.clock.advance(30 * 86_400)
    for schedule in left:
        api.ok("DELETE", f"{api.schedules}/{schedule}")
    rows = api.world.table.items
    for at in [at for at in rows if half and at[1] in {f"XS#{made[2]}{half}", f"XS#{made[4]}{half}"}]:
        del rows[at]
    path, found = f"{api.schedules}?status=deleted&limit={limit}&order={order}", list[str]()
    page = api.get(path)
    while page["has_more"]:
        found += [one["id"] for one in page["data"]]
        page = api.get(f"{path}&after={page['next_cursor']}")
    found += [one["id"] for one in page["data"]]
    assert found == (left if order == "asc" else left[::-1])


def test_a_cursor_opens_only_the_list_of_its_caller_and_order(api: Api) -> None:
    pages = {path: api.get(f"{path}{'&' if '?' in path else '?'}limit=2") for path in lists(api)}
    cursors = {path: page["next_cursor"] for path, page in pages.items()}
    for path in pages:
        for other, cursor in cursors.items():
            answer = api.client.get(path, params={"after": cursor} | _query(path))
            assert answer.status_code == (200 if path == other else 400), (path, other)
    cursor = cursors["/api/v1/agents"]
    for headers in ({"X_On_Behalf_Of": "ada"}, {"Authorization": "Bearer local-2"}):
        assert "after" in api.refused("GET", f"/api/v1/agents?after={cursor}", status=400, **headers)
    assert "after" in api.refused("GET", f"/api/v1/agents?after={cursor}&order=asc", status=400)
    assert "offset" in api.refused("GET", f"/api/v1/agents?after={cursor}&offset=1", status=400)


def _query(path: str) -> dict[str, str]:
    query = path.partition("?")[2]
    return dict([query.split("=")]) if query else {}


@pytest.mark.parametrize("cursor", ["x", "AAAA", "é", "%00", "=" * 8, "A" * 256, "agt_01JD0000000000000000000000"])
def test_what_is_no_cursor_is_a_400(api: Api, cursor: str) -> None:
    answer = api.client.get("/api/v1/agents", params={"after": cursor})
    assert answer.status_code == 400
    assert "after" in answer.json()["error"]["message"]


def test_every_bit_of_a_cursor_is_signed(api: Api) -> None:
    api.post("/api/v1/agents", {"name": "b", "model": "m"}, status=201)
    cursor = api.get("/api/v1/agents?limit=1")["next_cursor"]
    for place in range(len(cursor) - 1):
        changed = cursor[:place] + ("A" if cursor[place] != "A" else "B") + cursor[place + 1 :]
        assert api.client.get("/api/v1/agents", params={"after": changed}).status_code == 400


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "offset=-1", "order=up", "after="])
def test_bad_paging_is_a_400_that_names_it(api: Api, query: str) -> None:
    assert query.partition("=")[0] in api.refused("GET", f"{api.schedules}?{query}", status=400)


def test_too_far_an_offset_is_pointed_to_after(api: Api) -> None:
    api.get(f"{api.schedules}?offset=10000")
    message = api.refused("GET", f"{api.schedules}?offset=10001", status=400)
    assert "offset" in message
    assert "after" in message


@pytest.mark.slow
def test_ten_thousand_page_through_while_others_change() -> None:
    large = of_schedules(9_999)
    world, api = large.world, Api(large.world)
    api.schedules = f"/api/v1/agents/{large.agent.id}/schedules"
    fixed = sorted(sk[2:-2] for _, sk in world.table.items if sk.startswith("S#") and sk.endswith("#s"))
    assert len(fixed) == 10_000
    queries = world.table.meter.calls.count("query")
    params: dict[str, Any] = {"limit": 100}
    found: list[str] = []
    pages = 0
    while True:
        page = api.client.get(api.schedules, params=params).json()
        found += [item["id"] for item in page["data"]]
        pages += 1
        if not page["has_more"]:
            break
        params["after"] = page["next_cursor"]
        world.clock.advance(1)
        api.create()  # newer than the first page
        api.ok("DELETE", f"{api.schedules}/{fixed[pages * 37]}")  # ahead of the cursor or behind it
    gone = {fixed[number * 37] for number in range(1, pages)}
    assert len(found) == len(set(found))
    assert set(fixed) - gone <= set(found)
    assert set(found) <= set(fixed)
    assert found == sorted(found, reverse=True)
    assert world.table.meter.calls.count("query") - queries == pages
