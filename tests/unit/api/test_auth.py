"""Keys are asked for once a minute, known or not; scopes allow what they say; owners never mix."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from agent_schedules.api import auth
from agent_schedules.api.auth import Authenticator, scope_of
from agent_schedules.domain.api_keys import SCOPES, Grant, Scope, digest_of, new_secret
from agent_schedules.domain.caller import Caller
from agent_schedules.errors import Forbidden, Unauthorized

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)


class Desk:
    """An authenticator over a table in memory, with clocks that stand still."""

    def __init__(self) -> None:
        self.grants: dict[str, Grant] = {}
        self.asked: list[str] = []
        self.now = NOW
        self.real = 0.0
        self._made = 0
        self.authenticator = Authenticator(self._find, now=lambda: self.now, monotonic=lambda: self.real)

    def _find(self, digest: str) -> Grant | None:
        self.asked.append(digest)
        return self.grants.get(digest)

    def unknown(self) -> str:
        """A key that could be one."""
        self._made += 1
        return new_secret(lambda count: self._made.to_bytes(count, "big"))

    def key(self, scope: Scope | None = "admin", expires_at: datetime | None = None) -> str:
        """A key of the tenant acme."""
        secret = self.unknown()
        self.grants[digest_of(secret)] = Grant("acme", scope, expires_at=expires_at)
        return secret

    def caller(self, secret: str, user: str | None = None, scope: Scope = "read") -> Caller:
        """Who calls with that key."""
        return self.authenticator.caller(f"Bearer {secret}", user, scope)

    def refused(self, secret: str) -> str:
        """The message of a 401."""
        with pytest.raises(Unauthorized) as error:
            self.caller(secret)
        return error.value.message


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_key_is_looked_up_once_a_minute(desk: Desk) -> None:
    good, bad = desk.key(), desk.unknown()
    for _ in range(5):
        assert desk.caller(good) == Caller("acme")
        desk.refused(bad)
    assert len(desk.asked) == 2
    desk.grants.clear()  # revoked
    desk.real = 59.9
    assert desk.caller(good).tenant == "acme"
    desk.real = 60
    desk.refused(good)
    desk.refused(good)
    assert len(desk.asked) == 3
    assert good not in str(vars(desk.authenticator._known)) + str(vars(desk.authenticator._unknown))


def test_a_key_expires_on_the_second(desk: Desk) -> None:
    secret = desk.key(expires_at=NOW + timedelta(seconds=30))
    desk.caller(secret)
    desk.now += timedelta(seconds=29)
    desk.caller(secret)
    desk.now += timedelta(seconds=1)
    desk.refused(secret)
    assert len(desk.asked) == 1


def test_bad_keys_are_refused_in_the_same_words(desk: Desk) -> None:
    expired = desk.key(expires_at=NOW)
    assert len({desk.refused(secret) for secret in (desk.unknown(), expired, "nonsense", expired[:-1])}) == 1


def test_what_cannot_be_a_key_is_never_looked_up(desk: Desk) -> None:
    good = desk.key()
    swapped = good[:-1] + ("0" if good[-1] != "0" else "1")
    for secret in ("local", good[:-1], good + "0", swapped, good.upper(), good.replace("agsched", "agsaved"), "as_x"):
        desk.refused(secret)
    assert desk.asked == []


def test_guesses_are_remembered_to_a_bound_and_evict_no_key(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auth, "MOST_REMEMBERED", 10)
    good = desk.key()
    desk.caller(good)
    guesses = [desk.unknown() for _ in range(25)]
    for guess in guesses:
        desk.refused(guess)
    assert len(desk.authenticator._unknown._answers) == 10
    desk.asked.clear()
    desk.caller(good)
    desk.refused(guesses[-10])
    assert desk.asked == []
    desk.refused(guesses[-11])
    assert len(desk.asked) == 1


def test_keys_from_before_scopes_are_looked_up_like_any_other(desk: Desk) -> None:
    former = "as_" + "x" * 43
    desk.grants[digest_of(former)] = Grant("acme")
    assert desk.caller(former, "ada", "write") == Caller("acme", "ada")


@pytest.mark.parametrize("has", [None, *SCOPES])
@pytest.mark.parametrize("needs", SCOPES)
def test_a_scope_allows_what_those_before_it_do(desk: Desk, has: Scope | None, needs: Scope) -> None:
    secret = desk.key(has)
    user = "ada" if needs == "admin" else None
    asked: Scope = "read" if needs == "admin" else needs
    if has is not None and SCOPES.index(has) >= SCOPES.index(needs):
        assert desk.caller(secret, user, asked) == Caller("acme", user)
    else:
        with pytest.raises(Forbidden, match=f"`{needs}`"):
            desk.caller(secret, user, asked)


def test_looking_takes_less_than_changing() -> None:
    assert {scope_of(method, "/api/v1/agents") for method in ("GET", "HEAD")} == {"read"}
    assert {scope_of(method, "/api/v1/agents") for method in ("POST", "DELETE", "PUT", "get")} == {"write"}
    assert scope_of("POST", "/api/v1/schedules/preview") == "read"


def test_an_owner_is_the_tenant_and_a_hash_of_the_user() -> None:
    owners = {Caller("a").owner, Caller("a", "x").owner, Caller("a", "y").owner, Caller("b", "x").owner}
    assert len(owners) == 4
    assert all("#" not in owner for owner in owners)
    assert Caller("a", "ada@example.com").owner == "a:" + hashlib.sha256(b"ada@example.com").hexdigest()
