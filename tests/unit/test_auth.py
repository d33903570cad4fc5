"""Keys are asked for once a minute, known or not, and owners never mix."""

from __future__ import annotations

import hashlib

import pytest
from agent_schedules.auth import Authenticator, Caller
from agent_schedules.errors import Unauthorized


def test_a_key_is_looked_up_once_a_minute_whether_it_is_known_or_not() -> None:
    asked: list[str] = []
    known = {hashlib.sha256(b"good").hexdigest(): "acme"}
    now = [0.0]

    def tenant_of(digest: str) -> str | None:
        asked.append(digest)
        return known.get(digest)

    authenticator = Authenticator(tenant_of, monotonic=lambda: now[0])
    for _ in range(5):
        assert authenticator.caller("Bearer good", None) == Caller("acme")
        with pytest.raises(Unauthorized):
            authenticator.caller("bearer bad", None)
    assert len(asked) == 2
    known.clear()  # revoked
    now[0] = 59
    assert authenticator.caller("Bearer good", None).tenant == "acme"
    now[0] = 61
    with pytest.raises(Unauthorized):
        authenticator.caller("Bearer good", None)
    assert "good" not in str(vars(authenticator))


def test_an_owner_is_the_tenant_and_a_hash_of_the_user() -> None:
    owners = {Caller("a").owner, Caller("a", "x").owner, Caller("a", "y").owner, Caller("b", "x").owner}
    assert len(owners) == 4
    assert all("#" not in owner for owner in owners)
    assert Caller("a", "ada@example.com").owner == "a:" + hashlib.sha256(b"ada@example.com").hexdigest()
