"""Webhooks over HTTP: what a caller sees and changes, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from agent_schedules.domain.webhook_signatures import secret_of
from agent_schedules.domain.webhooks import MOST_SECRETS
from agent_schedules.schemas.webhooks import TYPES
from agent_schedules.storage.webhooks import webhook_of

from tests.support.api import Api
from tests.support.delivery_queue import MASTER
from tests.support.operations import DOCUMENT
from tests.support.webhooks import URL

HOOKS = "/api/v1/webhooks"
AGENT = "agt_01JD0000000000000000000000"
EVERYTHING = {
    "url": "https://example.com:443/a?b=c",
    "description": "d",
    "events": ["run.failed", "schedule.paused"],
    "agent_id": AGENT,
    "schedule_id": "sched_01JD0000000000000000000000",
    "metadata": {"team": "news"},
    "format": "slack",
    "include_output": True,
    "all_users": True,
}


def made(api: Api, **body: Any) -> dict[str, Any]:
    return api.post(HOOKS, body if "poll" in body else {"url": URL, **body}, status=201)


def stored(api: Api, one: dict[str, Any]) -> Any:
    return webhook_of(api.world.table.items["local", f"W#{one['id']}"])


def without_secret(one: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in one.items() if name != "secret"}


def test_a_webhook_comes_back_as_it_was_made(api: Api) -> None:
    created = made(api, **EVERYTHING)
    assert created | EVERYTHING == created
    plain = made(api)
    assert (plain["events"], plain["format"], plain["enabled"], plain["metadata"]) == (None, "standard", True, {})
    for one in (created, plain):
        assert api.get(f"{HOOKS}/{one['id']}") == without_secret(one)
    assert api.get(HOOKS)["data"] == [without_secret(plain), without_secret(created)]


def test_only_create_and_rotate_show_the_secret(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    first = made(api)
    at = f"{HOOKS}/{first['id']}"
    second = api.post(f"{at}/rotate")
    secrets = [first["secret"], second["secret"]]
    assert secrets == [secret_of(MASTER, first["id"], version) for version in (1, 2)]
    api.post(f"{at}/test", status=202)
    paths = [HOOKS, at, f"{at}/deliveries"]
    said = str([api.get(path) for path in paths]) + str(api.post(at, {"description": "d"}))
    said += str(api.world.table.items) + str(api.world.deliveries.messages) + capsys.readouterr().out
    assert not [secret for secret in secrets if secret in said or secret.removeprefix("whsec_") in said]


def test_a_retry_of_a_create_gets_the_same_answer(api: Api) -> None:
    first, again = (api.post(HOOKS, {"url": URL}, status=201, Idempotency_Key="k") for _ in range(2))
    assert again == first
    assert len(api.get(HOOKS)["data"]) == 1
    api.refused("POST", HOOKS, {"url": f"{URL}/2"}, status=409, Idempotency_Key="k")


def test_a_retry_of_a_rotation_rotates_once(api: Api) -> None:
    at = f"{HOOKS}/{made(api)['id']}"
    first, again = (api.post(f"{at}/rotate", Idempotency_Key="k") for _ in range(2))
    assert again == first
    assert api.post(f"{at}/rotate")["secret"] != first["secret"]


def test_no_more_than_five_secrets_sign_at_once(api: Api) -> None:
    at = f"{HOOKS}/{made(api)['id']}"
    for _ in range(MOST_SECRETS - 1):
        api.post(f"{at}/rotate")
    assert "rotate it tomorrow" in api.refused("POST", f"{at}/rotate", status=409)
    api.world.clock.advance(86_400)
    api.post(f"{at}/rotate")


def test_an_update_changes_what_it_names(api: Api) -> None:
    created = made(api, **EVERYTHING)
    at = f"{HOOKS}/{created['id']}"
    api.world.clock.advance(60)
    changes: list[dict[str, Any]] = [
        {"url": "https://other.example/"}, {"description": None}, {"events": None}, {"events": ["run.started"]},
        {"agent_id": None}, {"schedule_id": None}, {"metadata": {}}, {"format": "standard"},
        {"include_output": False},
    ]  # fmt: skip
    expected = without_secret(created) | {"updated_at": "2026-03-02T10:01:00.000Z"}
    for change in changes:
        expected |= change
        assert api.post(at, change) == expected
    assert api.get(at) == expected


def test_a_webhook_is_disabled_and_enabled_again(api: Api) -> None:
    created = made(api)
    at = f"{HOOKS}/{created['id']}"
    off = api.post(at, {"enabled": False})
    assert (off["enabled"], off["disabled_reason"]) == (False, "caller")
    failing = stored(api, created).failing(api.world.clock()).disabled("failing", api.world.clock())
    api.world.ports.store.webhooks.save(replace(failing, rev=3))
    seen = api.get(at)
    assert (seen["disabled_reason"], seen["failing_since"]) == ("failing", "2026-03-02T10:00:00.000Z")
    assert api.post(at, {"enabled": False})["disabled_reason"] == "failing"
    on = api.post(at, {"enabled": True})
    assert (on["enabled"], on["disabled_reason"], on["failing_since"]) == (True, None, None)
    assert stored(api, created).slow is True  # until an attempt succeeds


def test_an_update_that_changes_nothing_writes_nothing(api: Api) -> None:
    created = made(api, **EVERYTHING)
    before = api.traces()
    api.world.clock.advance(60)
    same = {name: value for name, value in EVERYTHING.items() if name != "all_users"} | {"enabled": True}
    assert api.post(f"{HOOKS}/{created['id']}", same) == without_secret(created)
    assert api.traces() == before


def test_a_deleted_webhook_is_gone(api: Api) -> None:
    at = f"{HOOKS}/{made(api)['id']}"
    deleted = api.ok("DELETE", at)
    assert (deleted["object"], deleted["deleted"]) == ("webhook.deleted", True)
    assert api.get(HOOKS)["data"] == []
    for method, path, body in [
        ("GET", at, None), ("POST", at, {"description": "d"}), ("POST", f"{at}/rotate", None),
        ("POST", f"{at}/test", None), ("GET", f"{at}/deliveries", None),
    ]:  # fmt: skip
        assert api.refused(method, path, body, status=404).startswith("webhook_id: no webhook ")


def test_a_repeat_of_a_delete_answers_the_same_for_a_day(api: Api) -> None:
    at = f"{HOOKS}/{made(api)['id']}"
    first = api.ok("DELETE", at, If_Match='"v1"')
    traces = api.traces()
    assert api.ok("DELETE", at, If_Match='"v1"') == first
    api.ok("DELETE", at, status=404, Authorization="Bearer local-2")
    assert api.traces() == traces
    api.world.clock.advance(86_400)
    api.world.table.expire(api.world.now)
    api.refused("DELETE", at, status=404)


def test_a_change_needs_the_version_that_its_caller_saw(api: Api) -> None:
    created = made(api)
    at = f"{HOOKS}/{created['id']}"
    tag = api.client.get(at).headers["etag"]
    assert tag == '"v1"'
    changed = api.client.post(at, json={"description": "d"}, headers={"If-Match": tag})
    assert (changed.status_code, changed.headers["etag"]) == (200, '"v2"')
    for method, path, body in [
        ("POST", at, {"description": "e"}),
        ("POST", f"{at}/rotate", None),
        ("DELETE", at, None),
    ]:
        api.refused(method, path, body, status=412, If_Match=tag)
    api.world.ports.store.webhooks.save(stored(api, created).failing(api.world.clock()))
    api.ok("DELETE", at, If_Match='"v2"')


BAD: list[tuple[dict[str, Any], str]] = [
    ({}, "url: is required"),
    ({"url": None}, "url: is required"),
    ({"url": ""}, "url: "),
    ({"url": 1}, "url: "),
    ({"url": "http://example.com/"}, "url: must begin with https://"),
    ({"url": "https://127.0.0.1/"}, "url: must have a DNS name"),
    ({"url": "https://example.com:8443/"}, "url: must have port 443"),
    ({"url": "https://example.com/" + "a" * 2_000}, "url: "),
    ({"url": URL, "events": []}, "events: "),
    ({"url": URL, "events": ["run.exploded"]}, "events.0: is not a type of event; use occurrence.missed, "),
    ({"url": URL, "events": ["webhook.test"]}, "events.0: is not a type of event"),
    ({"url": URL, "events": ["run.failed", "run.failed"]}, "events: names a type of event twice"),
    ({"url": URL, "events": "run.failed"}, "events: "),
    ({"url": URL, "agent_id": "none"}, "agent_id: "),
    ({"url": URL, "agent_id": "sched_01JD0000000000000000000000"}, "agent_id: "),
    ({"url": URL, "schedule_id": AGENT}, "schedule_id: "),
    ({"url": URL, "metadata": {"k": 1}}, "metadata.k: "),
    ({"url": URL, "metadata": {"k" * 65: "v"}}, "metadata: a key must have at most 64"),
    ({"url": URL, "metadata": None}, "metadata: "),
    ({"url": URL, "format": "teams"}, "format: "),
    ({"url": URL, "include_output": "yes"}, "include_output: "),
    ({"url": URL, "all_users": 1}, "all_users: "),
    ({"url": URL, "description": "d" * 501}, "description: "),
    ({"url": URL, "secret": "s"}, "secret: "),
    ({"url": URL, "enabled": True}, "enabled: "),
    ({"url": URL, "poll": True}, "url: a poll webhook has no receiver"),
    ({"poll": True, "format": "slack"}, "format: a poll webhook has no receiver"),
    ({"poll": True, "include_output": True}, "include_output: a poll webhook has no receiver"),
]


@pytest.mark.parametrize(("body", "message"), BAD)
def test_a_bad_webhook_is_refused_by_field(api: Api, body: dict[str, Any], message: str) -> None:
    found = api.refused("POST", HOOKS, body, status=400)
    assert found.startswith(message), found
    assert "not a type" not in message or all(kind in found for kind in TYPES)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({}, "body: "),
        ({"url": None}, "url: cannot be null"),
        ({"url": "https://[::1]/"}, "url: must have a DNS name"),
        ({"metadata": None}, "metadata: cannot be null"),
        ({"enabled": None}, "enabled: cannot be null"),
        ({"enabled": "no"}, "enabled: "),
        ({"events": ["run.exploded"]}, "events.0: is not a type of event"),
        ({"poll": True}, "poll: "),
        ({"secret": "s"}, "secret: "),
    ],
)
def test_a_bad_update_is_refused_by_field(api: Api, change: dict[str, Any], message: str) -> None:
    at = f"{HOOKS}/{made(api)['id']}"
    assert api.refused("POST", at, change, status=400).startswith(message)


@pytest.mark.parametrize("name", ["url", "format", "include_output"])
def test_a_poll_webhook_gets_no_receiver_later(api: Api, name: str) -> None:
    at = f"{HOOKS}/{made(api, poll=True)['id']}"
    assert api.refused("POST", at, {name: EVERYTHING[name]}, status=400).startswith(f"{name}: a poll webhook")
    assert api.post(at, {"description": "d"})["description"] == "d"


def test_only_a_tenant_itself_gets_the_events_of_all_users(api: Api) -> None:
    message = api.refused("POST", HOOKS, {"url": URL, "all_users": True}, status=400, X_On_Behalf_Of="ada")
    assert message.startswith("all_users: cannot be combined with `X-On-Behalf-Of`")
    of_user = api.post(HOOKS, {"url": URL}, status=201, X_On_Behalf_Of="ada")
    at = f"{HOOKS}/{of_user['id']}"
    api.ok("GET", at, status=404)


def test_events_of_all_users_take_the_scope_admin(api: Api) -> None:
    _, secret = api.world.keyring.create("local", "write")
    writer = f"Bearer {secret}"
    said = api.refused("POST", HOOKS, {"url": URL, "all_users": True}, status=403, Authorization=writer)
    assert said.startswith("all_users: ")
    assert api.get(HOOKS)["data"] == []
    at = f"{HOOKS}/{made(api, all_users=True)['id']}"
    api.post(f"{at}/rotate", Idempotency_Key="k")
    rotated = api.get(at)
    for path, body in ((at, {"url": "https://other.example/"}), (at, {"include_output": True}), (f"{at}/rotate", None)):
        api.refused("POST", path, body, status=403, Authorization=writer)
    api.refused("POST", f"{at}/rotate", status=403, Authorization=writer, Idempotency_Key="k")  # has the secret, too
    api.refused("DELETE", at, status=403, Authorization=writer)
    assert api.ok("GET", at, Authorization=writer) == rotated
    one = f"{at}/deliveries/{api.post(f'{at}/test', status=202)['id']}"
    for method, path in (("POST", f"{at}/test"), ("GET", f"{at}/deliveries"), ("GET", one), ("POST", f"{one}/replay")):
        api.refused(method, path, status=403, Authorization=writer)


@pytest.mark.parametrize("all_users", [True, False])
def test_all_users_is_for_the_life_of_a_webhook(api: Api, all_users: bool) -> None:
    """Otherwise a key with `write` could take it off, and then read and replay the deliveries from before."""
    at = f"{HOOKS}/{made(api, all_users=all_users)['id']}"
    for changed in (True, False):
        assert api.refused("POST", at, {"all_users": changed}, status=400).startswith("all_users: ")
    assert api.get(at)["all_users"] is all_users


def test_a_walk_of_the_list_shows_each_webhook_once(api: Api) -> None:
    wanted = [made(api)["id"] for _ in range(7)]
    found: list[str] = []
    path: str | None = f"{HOOKS}?limit=3&order=asc"
    while path:
        page = api.get(path)
        found += [one["id"] for one in page["data"]]
        path = f"{HOOKS}?limit=3&order=asc&after={page['next_cursor']}" if page["has_more"] else None
    assert found == wanted


def test_a_deployment_without_webhooks_says_how_to_have_them(api: Api) -> None:
    at = f"{HOOKS}/{made(api)['id']}"
    api.world.ports = replace(api.world.ports, webhooks=None)
    delivery = f"{at}/deliveries/dlv_01JD0000000000000000000000"
    asked: list[tuple[str, str, Any]] = [
        ("POST", HOOKS, {"url": URL}), ("GET", HOOKS, None), ("GET", at, None), ("POST", at, {"enabled": True}),
        ("DELETE", at, None), ("POST", f"{at}/rotate", None), ("POST", f"{at}/test", None),
        ("GET", f"{at}/deliveries", None), ("GET", delivery, None), ("POST", f"{delivery}/replay", None),
    ]  # fmt: skip
    assert len(asked) == sum(len(methods) for path, methods in DOCUMENT["paths"].items() if path.startswith(HOOKS))
    for method, path, body in asked:
        message = api.refused(method, path, body, status=409)
        assert message.startswith("webhooks_off: "), (method, path, message)
        assert "Webhooks=on" in message
