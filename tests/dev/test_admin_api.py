"""API keys that are made in the local stack open the service, and nothing there is for a stranger."""

from __future__ import annotations

import json
import socket
from typing import Any

import pytest
from agent_schedules.api.app import create_app
from agent_schedules.api.auth import Authenticator

from dev.admin_api import with_admin_api
from dev.server import serve
from tests.support.client import Client
from tests.support.world import LOCAL_KEYS, World


@pytest.fixture
def client() -> Client:
    world = World()
    # No real second passes between two questions, so nothing may be remembered here.
    ticks = iter(range(0, 1_000_000, 60))
    authenticator = Authenticator(
        world.ports.store.keys.find, now=world.clock, also=LOCAL_KEYS, monotonic=lambda: next(ticks)
    )
    app = with_admin_api(create_app(world.ports, authenticator), world.keyring)
    return Client(app, base_url="http://127.0.0.1:8000", headers={"Authorization": "Bearer local"})


def test_a_key_is_made_used_listed_and_revoked(client: Client) -> None:
    asked = {"tenant": "acme", "scope": "read", "name": "ci", "expires_at": "2027-01-01T00:00:00Z"}
    made = client.post("/local/keys", json=asked)
    assert made.status_code == 201
    key = made.json()
    with_it = {"Authorization": f"Bearer {key.pop('key')}"}
    assert client.get("/api/v1/agents", headers=with_it).status_code == 200
    assert client.post("/api/v1/agents", headers=with_it).status_code == 403
    assert client.get("/local/keys?tenant=acme").json()["data"] == [key]
    revoked = client.delete(f"/local/keys/{key['id']}?tenant=acme")
    assert revoked.json() == key | {"revoked_at": "2026-03-02T10:00:00.000Z"}
    assert client.get("/api/v1/agents", headers=with_it).status_code == 401


def test_the_service_beside_it_is_as_ever(client: Client) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.post("/api/v1/agents", json={"name": "a", "model": "echo"}).status_code == 201
    assert client.get("/nope").json()["error"]["message"].startswith("No such route")


@pytest.mark.parametrize("authorization", ["", "Bearer local-2"])
def test_only_the_local_key_makes_keys(client: Client, authorization: str) -> None:
    for method, path in (("POST", ""), ("GET", "?tenant=acme"), ("DELETE", f"/key_{'0' * 26}?tenant=acme")):
        answer = client.request(method, f"/local/keys{path}", headers={"Authorization": authorization}, json={})
        assert answer.status_code == 401


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", "[::2]", ""])
@pytest.mark.parametrize("path", ["/local/keys?tenant=acme", "/api/v1/agents", "/healthz"])
def test_a_page_whose_name_leads_here_is_turned_away(client: Client, path: str, host: str) -> None:
    answer = client.get(path, headers={"Host": host})
    assert answer.status_code == 400
    assert answer.json()["error"]["message"].startswith("Host: must be 127.0.0.1 or localhost")
    assert client.get(path, headers={"Host": "localhost:8000"}).status_code == 200


def test_a_target_that_is_a_whole_url_gets_the_envelope(client: Client) -> None:
    with serve(client.app) as serving, socket.create_connection(("127.0.0.1", int(serving.url[-5:]))) as wire:
        wire.sendall(b"GET http://127.0.0.1/healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        head, _, body = wire.makefile("rb").read().partition(b"\r\n\r\n")
    assert b" 404 " in head
    assert json.loads(body)["error"]["message"].startswith("No such route: GET http://127.0.0.1/healthz; send a path")


@pytest.mark.parametrize(
    "body",
    [
        "[]", "{", "{}", "[" * 100_000, '{"tenant": "a", "expires_at": "x"}', '{"tenant": "a", "scope": 1}',
        '{"tenant": "a", "name": 5}', '{"tenant": null}', '{"tenant": 5}', '{"tenant": "a", "scope": null}',
        '{"tenant": "a", "expires_at": 5}', '{"tenant": "a", "expires_at": "9999-12-31T23:59:59-23:00"}',
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_the_envelope(client: Client, body: str) -> None:
    answer = client.post("/local/keys", content=body)
    assert answer.status_code == 400
    assert ": must be" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("method", "path", "body", "said"),
    [
        ("POST", "", {"tenant": "acme", "days": 5}, "days: must not be sent; send only tenant, scope, name"),
        ("GET", "?tenant=acme&tenant=other", None, "tenant: must be sent once"),
        ("GET", "?tenant=acme&limit=5", None, "limit: must not be sent; send only tenant"),
        ("DELETE", f"/key_{'0' * 26}?tenant=acme&tenant=acme", None, "tenant: must be sent once"),
    ],
)
def test_an_unknown_or_repeated_field_is_named(client: Client, method: str, path: str, body: Any, said: str) -> None:
    answer = client.request(method, f"/local/keys{path}", json=body)
    assert answer.status_code == 400
    assert answer.json()["error"]["message"].startswith(said)
    assert client.get("/local/keys?tenant=acme").json()["data"] == []


@pytest.mark.parametrize(("path", "allowed"), [("", "GET, POST"), ("/key_1", "DELETE")])
def test_another_method_is_a_405(client: Client, path: str, allowed: str) -> None:
    answer = client.put(f"/local/keys{path}", json={})
    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)
    assert answer.json()["error"]["message"] == f"PUT /local/keys{path}: this method is not supported here"
