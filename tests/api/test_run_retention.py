"""Outcomes expire some days after they came to be (policies.md#retention): what is shown, what is kept for whom."""

from __future__ import annotations

from typing import Any

import pytest
from agent_schedules.domain.runs import DAY

from tests.support.api import Api

WEEKLY = {"run_retention_days": 7}
MISSED = {"misfire": "skip"}


def ran(api: Api, policies: dict[str, Any] | None = None, **body: Any) -> str:
    """The path of an hourly schedule that ran once."""
    made = api.create(policies=policies, **body)
    api.world.clock.advance(3600)
    api.fire(made)
    api.world.pass_time(5)
    return f"{api.schedules}/{made['id']}"


def rows(api: Api, prefix: str) -> list[dict[str, Any]]:
    """The stored rows of one kind."""
    return [dict(item) for (_, sk), item in sorted(api.world.table.items.items()) if sk.startswith(prefix)]


def days(api: Api, number: float) -> None:
    api.world.clock.advance(number * DAY)


def shown(api: Api, path: str) -> list[Any]:
    return [one["id"] for one in api.get(path)["data"]]


def test_nothing_expires_by_default(api: Api) -> None:
    ran(api)
    api.start()
    api.world.pass_time(5)
    assert len(rows(api, "R#")) == 2
    assert not any("ttl" in item or "kept_days" in item for item in rows(api, ""))


def test_an_expired_run_is_hidden_before_it_is_removed(api: Api) -> None:
    path = ran(api, WEEKLY)
    (run,) = shown(api, api.runs)
    (row,) = rows(api, "R#")
    lists = (api.runs, f"{path}/runs", f"{path}/occurrences")
    days(api, 6.9)
    assert all(len(shown(api, listed)) == 1 for listed in lists)
    assert api.get(f"{api.runs}/{run}")["input"] is not None
    api.world.clock.advance(row["ttl"] - api.world.now)
    assert not any(shown(api, listed) for listed in lists)
    for gone in (f"{api.runs}/{run}", f"{api.runs}/{run}/events", f"{path}/occurrences/2026-03-02T11:00:00Z"):
        assert "7 days" in api.refused("GET", gone, status=404)
    for verb in ("retry", "cancel"):
        assert "kept for 7 days" in api.refused("POST", f"{api.runs}/{run}/{verb}", status=404)
    assert (api.get(path)["run_count"], api.get(path)["last_run_id"]) == (1, run)


def test_an_expired_outcome_is_told_from_no_occurrence(api: Api) -> None:
    path = ran(api, WEEKLY)
    days(api, 8)
    api.fire({"id": path.rpartition("/")[2]})
    for key in [
        key for key, row in api.world.table.items.items() if int(row.get("ttl", api.world.now)) < api.world.now
    ]:
        del api.world.table.items[key]

    def why(time: str) -> str:
        return api.refused("GET", f"{path}/occurrences/{time}", status=404)

    assert "expire after 7 days" in why("2026-03-02T11:00:00Z")
    assert "is not an occurrence" in why("2026-03-02T11:30:00Z")
    assert "is not an occurrence" in why("2026-03-01T11:00:00Z")
    api.post(path, {"schedule": {"type": "interval", "interval_seconds": 7200}})
    assert "expire after 7 days" in why("2026-03-02T11:00:00Z")
    api.post(path, {"policies": {"run_retention_days": 30}})
    api.world.pass_time(7200, step=60)
    assert "expire after 7 days" in why("2026-03-02T11:00:00Z")


def test_a_run_without_a_row_may_have_expired(api: Api) -> None:
    assert "expire" in api.refused("GET", f"{api.runs}/run_{'0' * 26}", status=404)


def test_an_open_run_does_not_expire(api: Api) -> None:
    api.world.gateway.polls = 10**6
    api.world.with_limits(run_timeout=30 * DAY)
    ran(api, WEEKLY)
    days(api, 8)
    assert len(shown(api, api.runs)) == 1
    assert "ttl" not in rows(api, "R#")[0]


@pytest.mark.parametrize(("own", "kept"), [(None, 3), (0, None), (7, 7)])
def test_the_policy_goes_before_the_deployment(api: Api, own: int | None, kept: int | None) -> None:
    api.world.with_limits(run_retention_days=3)
    path = ran(api, {"run_retention_days": own})
    (row,) = rows(api, "R#")
    assert row.get("kept_days") == kept
    assert api.get(path)["policies"]["run_retention_days"] == (kept or 0)


def test_a_run_keeps_the_retention_of_its_creation(api: Api) -> None:
    api.world.gateway.polls = 3
    path = ran(api, WEEKLY)
    api.post(path, {"policies": {"run_retention_days": 1}})
    api.world.with_limits(run_retention_days=2)
    api.world.pass_time(60)
    assert [row["kept_days"] for row in rows(api, "R#") if "ttl" in row] == [7]


def test_runs_without_a_schedule_expire_as_the_deployment_says(api: Api) -> None:
    api.world.with_limits(run_retention_days=3)
    run = api.start()
    api.world.pass_time(5)
    (row,), (work,) = rows(api, "R#"), rows(api, "D#")
    assert work["ttl"] > row["ttl"] == api.world.now // DAY * DAY + row["ttl"] % DAY + 3 * DAY
    days(api, 3.1)
    api.refused("GET", f"{api.runs}/{run['id']}", status=404)


def test_records_expire_too(api: Api) -> None:
    path = ran(api, WEEKLY | MISSED)
    made = {"id": path.rpartition("/")[2]}
    days(api, 1)
    api.fire(made)
    assert [record["ttl"] for record in rows(api, "O#")] == [api.world.now + 7 * DAY]
    assert len(shown(api, f"{path}/occurrences")) == 3
    api.world.pass_time(5)
    days(api, 7.1)
    assert shown(api, f"{path}/occurrences") == []
    api.refused("GET", f"{path}/occurrences/2026-03-02T13:00:00Z", status=404)


def test_a_page_of_expired_rows_leads_to_the_next(api: Api) -> None:
    path = ran(api, {"run_retention_days": 1})
    days(api, 2)
    api.fire({"id": path.rpartition("/")[2]})
    api.world.pass_time(5)
    for listed in (api.runs, f"{path}/runs", f"{path}/occurrences"):
        first = api.get(f"{listed}?order=asc&limit=1")
        assert (first["data"], first["has_more"]) == ([], True)
        seen: list[Any] = []
        page = first
        while page["has_more"]:
            page = api.get(f"{listed}?order=asc&limit=1&after={page['next_cursor']}")
            seen += page["data"]
        assert seen == api.get(f"{listed}?order=asc")["data"] != []


def test_a_page_of_rows_that_go_meanwhile_leads_to_the_next(api: Api) -> None:
    path = ran(api)
    api.world.clock.advance(3600)
    api.fire({"id": path.rpartition("/")[2]})
    api.world.pass_time(5)
    first, second = shown(api, f"{path}/runs?order=asc")
    table = api.world.table
    gone = next(at for at in table.items if at[1] == f"R#{first}")

    def removing() -> None:
        if table.meter.calls[-1] == "query_index":
            table.items.pop(gone, None)  # the index has named it, and its row is read now

    table.before_read = removing
    page = api.get(f"{path}/runs?order=asc&limit=1")
    table.before_read = lambda: None
    assert (page["data"], page["has_more"]) == ([], True)
    assert shown(api, f"{path}/runs?order=asc&limit=1&after={page['next_cursor']}") == [second]


def test_parts_of_a_response_expire_after_their_run(api: Api) -> None:
    ran(api, WEEKLY, input="".join(chr(0x4E00 + number * 7919 % 20_000) for number in range(20_000)))
    (row,), parts = rows(api, "R#"), rows(api, "G#")
    assert parts
    assert all(part["ttl"] >= row["ttl"] for part in parts)


def test_an_old_definition_expires_after_its_runs(api: Api) -> None:
    path = ran(api, WEEKLY)
    api.post(path, {"input": "another"})
    (run,), (old,) = rows(api, "R#"), rows(api, "D#")
    assert old["ttl"] > run["ttl"]
    api.world.table.expire(run["ttl"] - 1)
    assert api.get(api.runs)["data"][0]["input"] == api.get(f"{api.runs}/{run['run_id']}")["input"] != "another"


def test_an_old_definition_stays_while_a_run_of_it_does(api: Api) -> None:
    path = ran(api)
    api.post(path, {"policies": WEEKLY})
    assert [("ttl" in old) for old in rows(api, "D#")] == [False]
    api.world.with_limits(run_retention_days=3)
    other = ran(api)
    api.world.with_limits(run_retention_days=0)
    api.world.clock.advance(3600)
    api.fire({"id": other.rpartition("/")[2]})
    api.post(other, {"input": "another"})
    assert not any("ttl" in old for old in rows(api, f"D#{other.rpartition('/')[2]}"))


def test_a_retry_keeps_work_whose_definition_expires(api: Api) -> None:
    path = ran(api, WEEKLY, input="the old one")
    api.post(path, {"input": "another"})
    (old,) = rows(api, "D#")
    (run,) = shown(api, api.runs)
    days(api, 6)
    retried = api.post(f"{api.runs}/{run}/retry", status=201)["id"]
    api.world.pass_time(5)
    days(api, 6)
    again = api.post(f"{api.runs}/{retried}/retry", status=201)["id"]
    api.world.pass_time(5)
    api.world.table.expire(old["ttl"])
    assert api.get(f"{api.runs}/{again}")["input"] == "the old one"


@pytest.mark.parametrize("later", [WEEKLY, {"run_retention_days": 0}, None])
def test_a_backfill_of_what_may_have_expired_is_refused(api: Api, later: dict[str, Any] | None) -> None:
    path = ran(api, {"run_retention_days": 1})
    days(api, 2)
    api.fire({"id": path.rpartition("/")[2]})
    api.world.pass_time(5)
    body = {"from": "2026-03-02T10:30:00Z", "to": "2026-03-02T11:30:00Z"}
    for _ in range(2):
        for dry_run in (True, False):
            message = api.refused("POST", f"{path}/backfill", body | {"dry_run": dry_run}, status=400)
            assert message.startswith("from: runs of occurrences before 2026-03-03T13:00:00.000Z may have expired")
        api.post(path, {"policies": later})
        api.world.table.expire(api.world.now)
    fresh = {"from": "2026-03-03T13:00:00Z", "to": "2026-03-03T15:00:00Z"}
    assert api.post(f"{path}/backfill", fresh)["count"] == 2


def test_a_schedule_that_kept_all_can_be_backfilled(api: Api) -> None:
    path = ran(api, MISSED)
    days(api, 30)
    api.fire({"id": path.rpartition("/")[2]})
    api.post(path, {"policies": WEEKLY})
    body = {"from": "2026-03-02T10:30:00Z", "to": "2026-03-02T13:30:00Z"}
    assert api.post(f"{path}/backfill", body)["count"] == 2


def test_a_backfill_passes_over_times_that_expire_meanwhile(api: Api) -> None:
    path = ran(api, {"run_retention_days": 1} | MISSED)
    days(api, 0.9)
    api.fire({"id": path.rpartition("/")[2]})
    api.world.gateway.polls = 10**6
    api.post(f"{path}/backfill", {"from": "2026-03-02T11:30:00Z", "to": "2026-03-02T18:30:00Z", "dry_run": False})
    api.world.pass_time(5)
    (first,) = [run for run in api.get(api.runs)["data"] if run["trigger"] == "backfill"]
    days(api, 0.2)
    api.post(f"{api.runs}/{first['id']}/cancel", status=200)
    api.world.gateway.polls = 0
    api.world.pass_time(600, step=5)
    assert api.get(path)["backfill"] is None
    times = [run["scheduled_for"][11:16] for run in api.get(api.runs)["data"] if run["trigger"] == "backfill"]
    assert times == ["18:00", "17:00", "16:00", "15:00", "12:00"]
