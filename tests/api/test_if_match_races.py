"""`If-Match` under races: of several changes of one version one is made."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from agent_schedules.api.app import create_app
from meetkai_mka1 import SDK, errors

from dev.server import serve
from tests.api.test_if_match import Prepared, _schedule, between, done, etag
from tests.support.api import HOURLY, Api
from tests.support.world import World


@pytest.mark.parametrize("subject", ["agent", "schedule"])
def test_one_of_two_updates_of_a_version_is_a_412(api: Api, subject: str) -> None:
    path = api.at if subject == "agent" else _schedule(api)
    tag = etag(api, path)
    between(api, lambda: api.post(path, {"name": "other"}, If_Match=tag))
    done(api, Prepared("POST", path, {"name": "mine"}, path), tag, status=412)
    assert api.get(path)["name"] == "other"


@pytest.mark.parametrize("subject", ["agent", "schedule"])
def test_of_many_updates_of_the_same_version_at_once_one_is_made(api: Api, subject: str) -> None:
    path = api.at if subject == "agent" else _schedule(api)
    tag = etag(api, path)
    answers: dict[str, int] = {}

    def update(name: str) -> None:
        answers[name] = api.client.post(path, json={"name": name}, headers={"If-Match": tag}).status_code

    threads = [threading.Thread(target=update, args=(f"n{number}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (winner,) = (name for name, status in answers.items() if status == 200)
    assert sorted(answers.values()) == [200, *[412] * 7]
    assert api.get(path)["name"] == winner


def test_an_update_that_loses_to_a_pause_is_a_412(api: Api) -> None:
    path = _schedule(api)
    between(api, lambda: api.post(f"{path}/pause"))
    done(api, Prepared("POST", path, {"name": "mine"}, path), etag(api, path), status=412)
    found = api.get(path)
    assert (found["status"], found["name"]) == ("paused", None)


def test_a_pause_that_races_with_a_pause_finds_what_it_wanted(api: Api) -> None:
    path = _schedule(api)
    tag = etag(api, path)
    between(api, lambda: api.post(f"{path}/pause", If_Match=tag))
    assert api.post(f"{path}/pause", If_Match=tag)["generation"] == 2


@pytest.mark.parametrize("verb", ["", "/pause"])
def test_a_settlement_in_between_is_no_other_version(api: Api, verb: str) -> None:
    created = api.create(HOURLY | {"interval_seconds": 60})
    path = f"{api.schedules}/{created['id']}"
    tag = etag(api, path)
    api.world.queue.messages.clear()
    api.world.clock.advance(60)
    between(api, lambda: api.fire(created))
    found = api.post(f"{path}{verb}", None if verb else {"name": "b"}, If_Match=tag)
    assert (found["run_count"], found["generation"]) == (1, 2)


def test_a_deletion_after_a_restore_is_a_412(api: Api) -> None:
    def delete_and_restore() -> None:
        api.ok("DELETE", api.at)
        api.post(f"{api.at}/restore")

    tag = etag(api, api.at)
    between(api, delete_and_restore)
    done(api, Prepared("DELETE", api.at, None, api.at), tag, status=412)
    assert api.get(api.at)["deleted_at"] is None


# The vendor's SDK


@pytest.fixture
def sdk() -> Iterator[SDK]:
    world = World()
    with (
        serve(create_app(world.ports, world.authenticator)) as serving,
        SDK(server_url=serving.url, bearer_auth="local") as client,
    ):
        yield client


def test_the_sdk_sends_a_condition_in_its_headers(sdk: SDK) -> None:
    agent = sdk.agents.create_agent(name="a", model="echo")
    seen = {"If-Match": '"v1.0"'}
    assert sdk.agents.update_agent(agent_id=agent.id, name="b", http_headers=seen).version == 2
    assert sdk.agents.update_agent(agent_id=agent.id, name="b", http_headers=seen).version == 2
    with pytest.raises(errors.SDKDefaultError) as refused:
        sdk.agents.update_agent(agent_id=agent.id, name="c", http_headers=seen)
    assert refused.value.status_code == 412
    assert '\\"v2.0\\"' in refused.value.body
