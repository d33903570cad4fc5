"""What is behind a bad credential: the right status, the envelope, and nothing that tells what exists."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from agent_schedules.api.app import create_app
from agent_schedules.api.auth import Authenticator
from agent_schedules.domain.api_keys import Grant, new_secret, well_formed
from hypothesis import example, given
from hypothesis import strategies as st

from tests.support.client import Client
from tests.support.examples import examples
from tests.support.operations import DOCUMENT
from tests.support.world import EVENTS_KEY, World

AGENTS = "/api/v1/agents"
BODY = {"name": "a", "model": "echo"}
TOKEN = "e30.e30.AA"


class Door:
    """The app with every kind of credential, and a count of what each request read."""

    def __init__(self) -> None:
        self.world = World()
        self.real = 0.0
        self.verified: list[str] = []
        self.authenticator = Authenticator(
            self.world.ports.store.keys.find,
            now=self.world.clock,
            verify=self._verify,
            monotonic=lambda: self.real,
        )
        self.client = Client(create_app(self.world.ports, self.authenticator))

    def _verify(self, token: str) -> Grant | None:
        self.verified.append(token)
        return None

    def key(self, scope: Any = "write", **options: Any) -> tuple[str, str]:
        """A new key's id and itself."""
        key, secret = self.world.keyring.create("acme", scope, **options)
        return key.id, secret

    def ask(self, secret: str | None, method: str = "GET", path: str = AGENTS, **headers: str) -> Any:
        """A request with that key."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if secret is not None:
            sent["Authorization"] = f"Bearer {secret}"
        body = BODY if method == "POST" else None
        self.world.table.meter.calls.clear()
        return self.client.request(method, path, headers=sent, json=body)

    @property
    def reads(self) -> int:
        """Calls to the table that the last request made."""
        return len(self.world.table.meter.calls)


@pytest.fixture(scope="module")
def shared() -> Door:
    return Door()


@pytest.fixture
def door() -> Door:
    return Door()


def refused(answer: Any, status: int) -> str:
    """The message of a refusal, which is the envelope and nothing more."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-request-id"].startswith("req_")
    body = answer.json()
    assert list(body) == ["error"]
    assert list(body["error"]) == ["message"]
    return str(body["error"]["message"])


SCHEMES = st.sampled_from(["Bearer ", "bearer ", "BEARER\t", "Basic ", "Bearer", "", "Digest ", "Bearer  ", "Token "])
BYTES = st.binary(max_size=120).map(lambda raw: raw.translate(None, b"\r\n\0"))
KEYS = st.binary(min_size=22, max_size=22).map(lambda chance: new_secret(lambda _: chance))
LOOKALIKES = st.one_of(
    KEYS,
    st.from_regex(r"(agsched_|as_|ghp_|sk-)[0-9A-Za-z_-]{30,48}", fullmatch=True),
    st.from_regex(r"[A-Za-z0-9_-]{0,40}\.[A-Za-z0-9_-]{0,40}\.[A-Za-z0-9_-]{0,40}", fullmatch=True),
    st.builds(lambda key, place: key[:place] + "x" + key[place:], KEYS, st.integers(0, 44)),
    st.sampled_from([EVENTS_KEY[:-1], EVENTS_KEY + " " + EVENTS_KEY, f"{EVENTS_KEY},{EVENTS_KEY}", EVENTS_KEY.lower()]),
)
HEADERS = st.builds(lambda scheme, rest: scheme.encode() + rest, SCHEMES, BYTES | LOOKALIKES.map(str.encode))
PATHS = st.sampled_from(
    [AGENTS, f"{AGENTS}/agt_{'0' * 26}", "/api/v1/schedules/preview", "/api/nope", "/api/v1/agents/x/y"]
)


@pytest.mark.slow
@examples(1000)
@given(HEADERS, PATHS, st.sampled_from(["GET", "POST", "DELETE", "HEAD", "PUT"]))
@example(b"Bearer " + b"x" * 9000, AGENTS, "GET")
@example("Bearer \N{CYRILLIC SMALL LETTER A}gsched_".encode(), AGENTS, "GET")
def test_whatever_stands_in_the_header_is_refused_alike(shared: Door, header: bytes, path: str, method: str) -> None:
    world = shared.world
    before = dict(world.table.items)
    world.table.meter.calls.clear()
    for _ in range(2):
        answer = shared.client.request(method, path, headers={b"Authorization": header}, content=b"{")
        if method == "HEAD":
            assert (answer.status_code, answer.content) == (401, b"")
        else:
            assert "key" in refused(answer, 401)
            assert header[7:].decode("latin-1").strip() not in answer.text or len(header) < 20
    sent = header.decode("latin-1")[7:].strip()
    assert world.table.meter.calls in ([], ["get"])  # and never twice
    assert not world.table.meter.calls or well_formed(sent)
    assert world.table.items == before


def test_bad_keys_cost_one_read_and_look_the_same(door: Door) -> None:
    key_id, revoked = door.key()
    door.world.keyring.revoke("acme", key_id)
    _, expired = door.key(expires_at=door.world.clock() + timedelta(seconds=1))
    door.world.clock.advance(1)
    unknown = new_secret(lambda count: b"\x07" * count)
    seen = set()
    for secret in (revoked, expired, unknown):
        for reads in (1, 0, 0):
            answer = door.ask(secret, "POST")
            headers = {name: value for name, value in answer.headers.items() if name != "x-request-id"}
            seen.add((refused(answer, 401), *sorted(headers.items())))
            assert door.reads == reads
    assert len(seen) == 1


def test_a_revoked_key_dies_within_a_minute(door: Door) -> None:
    key_id, secret = door.key()
    assert door.ask(secret).status_code == 200
    door.world.keyring.revoke("acme", key_id)
    door.real = 59.9
    assert door.ask(secret).status_code == 200
    door.real = 60.0
    refused(door.ask(secret), 401)


def test_a_missing_scope_is_refused_before_any_read(door: Door) -> None:
    _, reader = door.key("read")
    _, writer = door.key("write")
    _, admin = door.key("admin")
    for secret in (reader, writer, admin):
        assert door.ask(secret).status_code == 200
    assert door.ask(writer, "POST").status_code == 201
    assert door.ask(admin, "POST", X_On_Behalf_Of="ada").status_code == 201
    before = dict(door.world.table.items)
    existing = f"{AGENTS}/{door.ask(writer).json()['data'][0]['id']}"
    messages = set()
    for path in (AGENTS, existing, f"{AGENTS}/agt_{'0' * 26}", "/api/v1/nope"):
        messages.add(refused(door.ask(reader, "POST", path), 403))
        assert door.reads == 0
    assert len(messages) == 1
    for secret, method in ((reader, "GET"), (writer, "GET"), (writer, "POST")):
        assert "`admin`" in refused(door.ask(secret, method, X_On_Behalf_Of="ada"), 403)
        assert door.reads == 0
    assert door.world.table.items == before


def test_changes_need_write_and_reads_do_not(door: Door) -> None:
    _, reader = door.key("read")
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            answer = door.ask(reader, method.upper(), path.format_map(dict.fromkeys(PLACES, "x")))
            looks = (method == "get" and path != "/api/v1/keys") or operation["operationId"] == "preview_schedule"
            assert (answer.status_code == 403) == (not looks), operation["operationId"]


PLACES = ("agent_id", "schedule_id", "run_id", "job_id", "webhook_id", "delivery_id", "key", "version", "nominal_time")


def test_only_what_cannot_be_a_key_is_taken_for_a_token(door: Door) -> None:
    _, secret = door.key()
    door.ask(secret)
    door.ask(new_secret(bytes))
    assert door.verified == []
    refused(door.ask(TOKEN), 401)
    assert door.verified == [TOKEN]
    assert door.reads == 0
