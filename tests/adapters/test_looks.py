"""A bad answer to a look at a response ends no run: the adapter's judgement and the run's life, joined."""

from __future__ import annotations

import httpx
import pytest

from tests.support.responses_client import OK, Upstream, joined

SORRY = {"error": {"message": "try later", "type": "server_error", "code": None}}
BAD = {
    "401": httpx.Response(401, json={"error": {"message": "bad key", "code": "invalid_api_key"}}),
    "403": httpx.Response(403, text="Forbidden"),
    "404": httpx.Response(404, json={"error": {"message": "no such response"}}),
    "409": httpx.Response(409, json={"error": {"message": "locked"}}),
    "425": httpx.Response(425),
    "a redirect": httpx.Response(302, headers={"Location": "https://sso.test/login"}),
    "an empty 200": httpx.Response(200),
    "cut JSON": httpx.Response(200, text='{"id": "resp_1", "object": "respon'),
    "HTML": httpx.Response(200, text="<html><h1>Maintenance</h1></html>", headers={"Content-Type": "text/html"}),
    "an error object": httpx.Response(200, json=SORRY),
    "an unknown status": httpx.Response(200, json=OK | {"status": "archived"}),
    "another id": httpx.Response(200, json=OK | {"id": "resp_2", "status": "completed"}),
}
PASSING = ["409", "425"]
RUN_TIMEOUT = 600


@pytest.mark.parametrize("times", [1, 8])
@pytest.mark.parametrize("bad", BAD)
def test_a_bad_look_leaves_a_run_to_complete(bad: str, times: int) -> None:
    goes_on, done = httpx.Response(200, json=OK | {"status": "in_progress"}), OK | {"status": "completed"}
    upstream = Upstream(httpx.Response(200, json=OK), *[BAD[bad]] * times, goes_on, httpx.Response(200, json=done))
    world, schedule = joined(upstream)
    world.hint(schedule, world.now)
    (run,) = world.runs(schedule)
    for _ in range(900):
        world.pass_time(1)
        (run,) = world.runs(schedule)
        assert run.error is None
        if run.terminal:
            break
    assert (run.status, run.gateway_response_id) == ("completed", OK["id"])
    asked = [(request.method, request.url.path) for request in upstream.requests]
    assert asked == [("POST", "/v1/responses")] + [("GET", "/v1/responses/resp_1")] * (times + 2)


@pytest.mark.parametrize("bad", [bad for bad in BAD if bad not in PASSING])
def test_a_look_that_stays_bad_ends_a_run_with_its_id(bad: str) -> None:
    upstream = Upstream(httpx.Response(200, json=OK), BAD[bad])
    world, schedule = joined(upstream)
    world.hint(schedule, world.now)
    world.pass_time(900)
    (run,) = world.runs(schedule)
    assert (run.status, run.gateway_response_id) == ("failed", OK["id"])
    assert [request.url.path for request in upstream.requests][-1] == "/v1/responses/resp_1/cancel"


@pytest.mark.parametrize("bad", PASSING)
def test_a_look_that_may_get_better_goes_on_to_the_timeout(bad: str) -> None:
    upstream = Upstream(httpx.Response(200, json=OK), BAD[bad])
    world, schedule = joined(upstream)
    world.with_limits(run_timeout=RUN_TIMEOUT)
    world.hint(schedule, world.now)
    world.pass_time(RUN_TIMEOUT - 1)
    (run,) = world.runs(schedule)
    assert (run.terminal, run.error, run.gateway_response_id) == (False, None, OK["id"])
    assert {request.url.path for request in upstream.requests[1:]} == {"/v1/responses/resp_1"}
    world.pass_time(120)
    (run,) = world.runs(schedule)
    assert run.error is not None
    assert (run.status, run.error["code"], run.gateway_response_id) == ("failed", "timeout", OK["id"])
    assert [request.url.path for request in upstream.requests][-1] == "/v1/responses/resp_1/cancel"
    assert world.queue.messages == []
