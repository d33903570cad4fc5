"""`ETag` and `If-Match` over HTTP (RFC 9110, 8.8.3 and 13.1.1): a change of another version than the caller saw is a
412, and nothing that holds already is."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from agent_schedules.api.app import create_app
from agent_schedules.errors import Uncertain
from agent_schedules.storage.table import Write
from meetkai_mka1 import SDK, errors

from dev.server import serve
from tests.support.api import HOURLY, Api
from tests.support.world import World


@dataclass
class Prepared:
    """A change that can be made, and the path of what it changes."""

    method: str
    path: str
    body: Any
    at: str


def _schedule(api: Api) -> str:
    return f"{api.schedules}/{api.create()['id']}"


def _verb(api: Api, verb: str) -> Prepared:
    at = _schedule(api)
    if verb == "resume":
        api.post(f"{at}/pause")
    return Prepared("POST", f"{at}/{verb}", None, at)


def _restore(api: Api) -> Prepared:
    api.ok("DELETE", api.at)
    return Prepared("POST", f"{api.at}/restore", None, api.at)


def _rollback(api: Api) -> Prepared:
    api.post(api.at, {"name": "b"})
    return Prepared("POST", f"{api.at}/versions/1/rollback", None, api.at)


def _of_schedule(api: Api, method: str, body: Any) -> Prepared:
    at = _schedule(api)
    return Prepared(method, at, body, at)


CHANGES: dict[str, Callable[[Api], Prepared]] = {
    "update agent": lambda api: Prepared("POST", api.at, {"name": "x"}, api.at),
    "delete agent": lambda api: Prepared("DELETE", api.at, None, api.at),
    "restore agent": _restore,
    "rollback": _rollback,
    "update schedule": lambda api: _of_schedule(api, "POST", {"name": "x"}),
    "retime schedule": lambda api: _of_schedule(api, "POST", {"schedule": HOURLY | {"interval_seconds": 60}}),
    "pause": lambda api: _verb(api, "pause"),
    "resume": lambda api: _verb(api, "resume"),
    "delete schedule": lambda api: _of_schedule(api, "DELETE", None),
}


@pytest.fixture
def api() -> Api:
    return Api()


@pytest.fixture(params=CHANGES)
def change(api: Api, request: pytest.FixtureRequest) -> Prepared:
    return CHANGES[request.param](api)


def etag(api: Api, path: str) -> str:
    """The ETag of something, which GET and HEAD agree on."""
    tag = api.client.get(path).headers["ETag"]
    assert api.client.head(path).headers["ETag"] == tag
    return tag


def done(api: Api, change: Prepared, if_match: str, *, status: int = 200) -> Any:
    """The answer to a change under that condition."""
    answer = api.client.request(change.method, change.path, json=change.body, headers={"If-Match": if_match})
    assert answer.status_code == status, answer.text
    return answer


def between(api: Api, other: Callable[[], Any]) -> None:
    """Let something else happen between the next call's reading and its commit."""

    def before(_: Sequence[Write]) -> None:
        api.world.table.before_write = lambda _: None
        other()

    api.world.table.before_write = before


# What carries an ETag


def test_every_change_raises_the_etag_and_answers_with_it(api: Api, change: Prepared) -> None:
    before = etag(api, change.at)
    answer = done(api, change, before)
    after = etag(api, change.at)
    assert after != before
    assert answer.headers.get("ETag") == (None if change.method == "DELETE" else after)


def test_what_is_created_is_answered_with_its_etag(api: Api) -> None:
    body = {"schedule": HOURLY, "input": "x"}
    for path, new in (("/api/v1/agents", {"name": "a", "model": "m"}), (api.schedules, body)):
        for _ in range(2):  # the repeat under the same key too
            answer = api.client.post(path, json=new, headers={"Idempotency-Key": path})
            assert answer.headers["ETag"] == etag(api, f"{path}/{answer.json()['id']}")


def test_a_schedules_etag_is_its_generation_which_lists_show(api: Api) -> None:
    path = _schedule(api)
    api.post(f"{path}/pause")
    (listed,) = api.get(api.schedules)["data"]
    assert etag(api, path) == f'"g{listed["generation"]}"' == '"g2"'


def test_no_version_of_an_agent_has_the_etag_of_another(api: Api) -> None:
    seen = [etag(api, api.at)]
    for method, path, body in (
        ("POST", api.at, {"name": "b"}),
        ("DELETE", api.at, None),
        ("POST", f"{api.at}/restore", None),
        ("DELETE", api.at, None),
        ("POST", f"{api.at}/restore", None),
        ("POST", f"{api.at}/versions/1/rollback", None),
    ):
        api.ok(method, path, body)
        seen.append(etag(api, api.at))
    assert len(set(seen)) == len(seen)


def test_an_occurrence_leaves_the_etag_as_it_is(api: Api) -> None:
    created = api.create(HOURLY | {"interval_seconds": 60})
    path = f"{api.schedules}/{created['id']}"
    before = etag(api, path)
    api.world.clock.advance(60)
    api.fire(created)
    assert api.get(path)["run_count"] == 1
    assert etag(api, path) == before


# What a condition does


@pytest.mark.parametrize("sent", ["*", "{0}", '"x", {0}', '{0},"x"', ',{0} ,\t"x"', 'W/"x", {0}'])
def test_a_condition_that_holds_lets_the_change_through(api: Api, change: Prepared, sent: str) -> None:
    done(api, change, sent.format(etag(api, change.at)))


@pytest.mark.parametrize("sent", ['"x"', "W/{0}", '"x", W/{0}', '"g1,x"', '"*"', '""'])
def test_a_412_names_the_current_etag_and_writes_nothing(api: Api, change: Prepared, sent: str) -> None:
    current = etag(api, change.at)
    traces = api.traces()
    message = done(api, change, sent.format(current), status=412).json()["error"]["message"]
    assert message.startswith("If-Match: ")
    assert current in message
    assert "read it again" in message
    assert api.traces() == traces
    assert etag(api, change.at) == current


@pytest.mark.parametrize("sent", ["g1", "", " ", ",", "*,*", '*, "g1"', '"g1', 'w/"g1"', '"g1" "g2"', '"g 1"'])
def test_what_is_no_condition_is_a_400_that_names_the_header(api: Api, change: Prepared, sent: str) -> None:
    traces = api.traces()
    message = done(api, change, sent, status=400).json()["error"]["message"]
    assert message.startswith("If-Match: must be ")
    assert api.traces() == traces


def test_a_condition_in_several_lines_is_one_list(api: Api, change: Prepared) -> None:
    lines = [("If-Match", '"x"'), ("If-Match", etag(api, change.at))]
    assert api.client.request(change.method, change.path, json=change.body, headers=lines).status_code == 200


@pytest.mark.parametrize("what", ["create agent", "create schedule", "create run", "cancel run"])
def test_where_there_is_no_etag_to_match_a_condition_is_refused(api: Api, what: str) -> None:
    path, body = {
        "create agent": ("/api/v1/agents", {"name": "a", "model": "m"}),
        "create schedule": (api.schedules, {"schedule": HOURLY, "input": "x"}),
        "create run": (api.runs, {"input": "x"}),
        "cancel run": (f"{api.runs}/{api.start()['id']}/cancel", None),
    }[what]
    assert api.refused("POST", path, body, status=400, If_Match="*") == "If-Match: is not supported here; remove it"


def test_other_refusals_come_before_a_412(api: Api) -> None:
    path = _schedule(api)
    assert "interval" in api.refused(
        "POST", path, {"schedule": HOURLY | {"interval_seconds": -1}}, status=400, If_Match='"x"'
    )
    api.ok("DELETE", path)
    assert "deleted" in api.refused("POST", f"{path}/pause", status=404, If_Match='"x"')
    once = api.create({"type": "once", "run_at": "2026-03-02T10:00:10Z"})
    api.world.pass_time(20)
    assert "completed" in api.refused("POST", f"{api.schedules}/{once['id']}/pause", status=409, If_Match='"x"')


# Repeats


def test_a_retried_change_succeeds_with_its_old_tag(api: Api, change: Prepared) -> None:
    before = etag(api, change.at)
    first = done(api, change, before)
    items = dict(api.world.table.items)
    again = done(api, change, before)
    assert (again.json(), again.headers.get("ETag")) == (first.json(), first.headers.get("ETag"))
    assert api.world.table.items == items


def test_a_change_whose_reply_was_lost_succeeds(api: Api, change: Prepared) -> None:
    def lost(_: Sequence[Write]) -> None:
        api.world.table.after_write = lambda _: None
        raise Uncertain("DynamoDB did not answer")

    before = etag(api, change.at)
    api.world.table.after_write = lost
    done(api, change, before)


def test_a_receipt_answers_before_the_condition_is_looked_at(api: Api) -> None:
    path = _schedule(api)
    tag = etag(api, path)
    api.post(path, {"name": "first"}, If_Match=tag, Idempotency_Key="k")
    changed = api.post(path, {"name": "second"})
    assert api.post(path, {"name": "first"}, If_Match=tag, Idempotency_Key="k") == changed


def test_a_412_leaves_the_idempotency_key_unused(api: Api) -> None:
    path = _schedule(api)
    api.refused("POST", path, {"name": "b"}, status=412, If_Match='"x"', Idempotency_Key="k")
    assert api.post(path, {"name": "b"}, If_Match=etag(api, path), Idempotency_Key="k")["name"] == "b"


# Races


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
