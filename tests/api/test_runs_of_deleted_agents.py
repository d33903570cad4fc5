"""Deleting an agent whose runs are under way: they can be seen, and they stop at the gateway."""

from __future__ import annotations

from datetime import timedelta

import pytest
from agent_schedules.ports import GatewayError

from tests.support.api import Api
from tests.support.cost_meter import CostMeter


def under_way(api: Api) -> str:
    """The path of a run that the gateway works on for long, and that was looked at once."""
    api.world.gateway.polls = 1_000
    path = f"{api.runs}/{api.start()['id']}"
    api.world.pass_time(3)
    assert api.get(path)["gateway_response_id"]
    return path


def test_a_run_under_way_is_stopped_by_its_next_look(api: Api) -> None:
    path = under_way(api)
    api.ok("DELETE", api.at)
    assert (api.get(path)["status"], len(api.get(api.runs)["data"])) == ("queued", 1)
    api.world.pass_time(8)
    found = api.get(path)
    assert (found["status"], found["error"]["code"]) == ("cancelled", "agent_deleted")
    (response,) = api.world.gateway.responses.values()
    assert response["final"] == "cancelled"
    assert api.world.queue.messages == []


def test_a_run_can_be_cancelled_after_its_agents_deletion(api: Api) -> None:
    path = under_way(api)
    api.ok("DELETE", api.at)
    for _ in range(2):
        assert api.post(f"{path}/cancel")["status"] == "cancelled"
    assert api.get(path)["error"] is None


def test_one_that_waits_to_be_sent_can_be_cancelled_too(api: Api) -> None:
    path = f"{api.runs}/{api.start()['id']}"
    api.ok("DELETE", api.at)
    assert api.post(f"{path}/cancel")["status"] == "cancelled"
    api.world.pass_time(5)
    assert api.world.gateway.posts == []


def test_a_run_that_ends_first_keeps_its_outcome(api: Api) -> None:
    path = under_way(api)
    for response in api.world.gateway.responses.values():
        response["left"] = 0
    api.ok("DELETE", api.at)
    api.world.pass_time(8)
    assert (api.get(path)["status"], api.get(path)["error"]) == ("completed", None)


def test_one_that_is_over_when_it_is_to_be_stopped_too(api: Api) -> None:
    path, world = under_way(api), api.world
    api.ok("DELETE", api.at)

    def over(verb: str) -> None:
        if verb == "cancel":
            for response in world.gateway.responses.values():
                response["left"] = 0

    world.gateway.before = over
    world.pass_time(30)
    assert api.get(path)["status"] == "completed"


def test_a_gateway_that_does_not_answer_is_told_again(api: Api) -> None:
    path, world, told = under_way(api), api.world, list[str]()
    api.ok("DELETE", api.at)

    def down(verb: str) -> None:
        told.append(verb)
        if verb == "cancel" and told.count("cancel") < 3:
            raise GatewayError("unavailable", "down")

    world.gateway.before = down
    world.pass_time(60)
    assert (api.get(path)["status"], told.count("cancel")) == ("cancelled", 3)


def test_a_crash_between_gateway_and_row_ends_as_cancelled(api: Api) -> None:
    path, world = under_way(api), api.world
    api.ok("DELETE", api.at)
    (message,) = world.queue.messages

    def crash(verb: str) -> None:
        if verb == "cancel":
            raise KeyboardInterrupt  # as if the process were killed

    world.gateway.after = crash
    world.clock.advance(5)
    with pytest.raises(KeyboardInterrupt):
        world.work()
    world.gateway.after = lambda _: None
    world.deliver(message.message)  # SQS brings it again
    assert api.get(path)["status"] == "cancelled"


def test_a_restore_before_the_next_look_saves_the_run(api: Api) -> None:
    path = under_way(api)
    api.ok("DELETE", api.at)
    api.post(f"{api.at}/restore")
    for response in api.world.gateway.responses.values():
        response["left"] = 1
    api.world.pass_time(60)
    assert api.get(path)["status"] == "completed"


def test_other_tenants_and_users_see_nothing_of_it(api: Api) -> None:
    path = under_way(api)
    api.ok("DELETE", api.at)
    for headers in ({"Authorization": "Bearer local-2"}, {"X_On_Behalf_Of": "somebody"}):
        for method, at in (("GET", path), ("GET", api.runs), ("POST", f"{path}/cancel"), ("GET", f"{path}/events")):
            assert "no agent" in api.refused(method, at, status=404, **headers)


def test_the_runs_are_gone_with_the_agents_retention(api: Api) -> None:
    path = f"{api.runs}/{api.start()['id']}"
    api.world.pass_time(5)
    api.ok("DELETE", api.at)
    api.world.clock.advance(timedelta(days=29).total_seconds())
    assert api.get(path)["status"] == "completed"
    api.world.clock.advance(timedelta(days=1).total_seconds())
    for at in (path, api.runs):
        assert "no agent" in api.refused("GET", at, status=404)


def test_the_first_look_reads_no_agent_and_a_later_one_does(api: Api) -> None:
    api.world.gateway.polls = 1_000
    api.start()
    api.world.work()
    reads = []
    for delay in (2, 4, 8):
        meter = CostMeter(api.world)
        api.world.clock.advance(delay)
        api.world.work()
        reads.append(meter.cost.read_units)
    assert reads == [1, 2, 2]
