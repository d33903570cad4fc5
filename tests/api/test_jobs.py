"""Jobs over HTTP: how they are cancelled, found again, given up, listed, and forgotten."""

from __future__ import annotations

from agent_schedules.domain.jobs import GIVEN_UP_AFTER, LOOK_AFTER
from agent_schedules.errors import Unavailable
from agent_schedules.execution import jobs as forgotten_jobs

from tests.support.api import Api
from tests.support.bulk import JOBS, bulk, counts, fill, statuses


def test_a_cancelled_job_leaves_the_rest(api: Api) -> None:
    fill(api, 180)
    job = bulk(api, 202)
    path = f"{JOBS}/{job['id']}"
    cancelled = api.post(f"{path}/cancel")
    assert (cancelled["status"], api.post(f"{path}/cancel")["status"]) == ("cancelling", "cancelling")
    api.world.work()
    ended = api.get(path)
    assert (ended["status"], counts(ended)) == ("cancelled", (125, 125, 0, 0))
    assert api.post(f"{path}/cancel") == ended
    assert statuses(api)[:100] == ["paused"] * 100
    assert api.get(f"{api.schedules}?limit=100")["data"][0]["status"] == "active"


def test_a_job_that_has_ended_cannot_be_cancelled(api: Api) -> None:
    fill(api, 1)
    job = bulk(api)
    assert "completed" in api.refused("POST", f"{JOBS}/{job['id']}/cancel", status=409)


def test_schedules_created_later_are_left_alone(api: Api) -> None:
    fill(api, 130)
    job = bulk(api, 202)
    api.world.clock.advance(1)
    later = api.create()
    api.world.work()
    assert counts(api.get(f"{JOBS}/{job['id']}")) == (130, 130, 0, 0)
    assert api.get(f"{api.schedules}/{later['id']}")["status"] == "active"


def test_a_lost_message_is_sent_again_by_a_sweep(api: Api) -> None:
    fill(api, 130)
    job = bulk(api, 202)
    api.world.queue.messages.clear()
    api.world.clock.advance(LOOK_AFTER - 1)
    assert forgotten_jobs.revive(api.world.ports) == 0
    api.world.clock.advance(1)
    assert forgotten_jobs.revive(api.world.ports) == 1
    api.world.work()
    assert api.get(f"{JOBS}/{job['id']}")["status"] == "completed"
    api.world.clock.advance(86_400)
    assert forgotten_jobs.revive(api.world.ports) == 0


def test_a_job_without_progress_for_20_hours_fails(api: Api) -> None:
    fill(api, 130)
    job = bulk(api, 202)
    api.world.clock.advance(GIVEN_UP_AFTER + 1)
    api.world.work()
    ended = api.get(f"{JOBS}/{job['id']}")
    assert (ended["status"], counts(ended)) == ("failed", (125, 100, 0, 0))
    assert "20 hours" in ended["error"]


def test_a_cancel_gives_a_job_no_more_time(api: Api) -> None:
    """The outcomes of its batch are remembered for 24 hours, whenever it is cancelled."""
    fill(api, 3)
    writes, calm = 0, api.world.table.before_write

    def fails(_: object) -> None:
        nonlocal writes
        writes += 1
        if writes > 3:  # the job, its batch, and the first schedule are written
            raise Unavailable("away")

    api.world.table.before_write = fails
    job = bulk(api, 202)
    api.world.table.before_write = calm
    assert statuses(api) == ["paused", "active", "active"]
    path, first = f"{JOBS}/{job['id']}", api.get(f"{api.schedules}?order=asc")["data"][0]
    api.post(f"{api.schedules}/{first['id']}/resume")
    api.world.clock.advance(19 * 3600)
    assert api.post(f"{path}/cancel")["status"] == "cancelling"
    api.world.clock.advance(6 * 3600)
    api.world.table.expire(api.world.now)
    api.world.work()
    ended = api.get(path)
    assert (ended["status"], statuses(api)) == ("failed", ["active", "active", "active"])
    assert "20 hours" in ended["error"]


def test_an_ended_job_expires(api: Api) -> None:
    fill(api, 1)
    path = f"{JOBS}/{bulk(api)['id']}"
    api.world.clock.advance(30 * 86_400 - 1)
    api.get(path)
    api.world.clock.advance(1)
    assert "30 days" in api.refused("GET", path, status=404)
    assert api.get(JOBS)["data"] == []


def test_jobs_are_listed_in_pages(api: Api) -> None:
    fill(api, 1)
    made = []
    for _ in range(5):
        api.world.clock.advance(1)
        made.append(bulk(api)["id"])
    first = api.get(f"{JOBS}?limit=2")
    second = api.get(f"{JOBS}?limit=10&after={first['next_cursor']}")
    assert [job["id"] for job in [*first["data"], *second["data"]]] == made[::-1]
    assert (first["has_more"], second["has_more"]) == (True, False)
