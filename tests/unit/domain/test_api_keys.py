"""Making, listing and revoking API keys, and what is noted of their use."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from agent_schedules.api.auth import Authenticator
from agent_schedules.domain.api_keys import Grant, digest_of, new_secret, well_formed
from agent_schedules.errors import InvalidRequest, NotFound, Unauthorized, Unavailable
from agent_schedules.services.key_usage import LastUse
from agent_schedules.storage.store import Store
from agent_schedules.storage.table import Put
from hypothesis import given
from hypothesis import strategies as st

from tests.support.world import World


def authenticator(world: World) -> Authenticator:
    """One of a function's, which notes uses before it answers."""
    keys = world.ports.store.keys
    return Authenticator(keys.find, now=world.clock, used=LastUse(keys.note_use))


@given(st.binary(min_size=22, max_size=22))
def test_every_key_has_one_form_and_its_own_checksum(chance: bytes) -> None:
    secret = new_secret(lambda _: chance)
    assert re.fullmatch("agsched_[0-9A-Za-z]{36}", secret)
    assert well_formed(secret)


@given(st.binary(min_size=22, max_size=22), st.integers(0, 43), st.characters(codec="ascii"))
def test_one_wrong_character_makes_it_none(chance: bytes, place: int, character: str) -> None:
    secret = new_secret(lambda _: chance)
    wrong = secret[:place] + character + secret[place + 1 :]
    assert well_formed(wrong) == (wrong == secret)


def test_all_chance_of_a_key_is_in_it() -> None:
    highest, lowest = new_secret(lambda count: b"\xff" * count), new_secret(bytes)
    assert highest[8:38] != lowest[8:38]
    chances = [(1 << bit).to_bytes(22, "big") for bit in range(176)]
    assert len({new_secret(lambda _, chance=chance: chance) for chance in chances}) == 176  # type: ignore[misc]


def test_a_key_is_one_transaction_that_stores_no_secret(world: World) -> None:
    world.table.meter.calls.clear()
    key, secret = world.keyring.create("acme", "write", name="ci", expires_at=world.clock() + timedelta(days=1))
    assert world.table.meter.calls == ["write"]
    assert secret not in str(world.table.items)
    assert secret not in repr(key)
    assert world.ports.store.keys.find(digest_of(secret)) == key.grant
    assert world.keyring.list("acme") == [key]
    assert key.grant == Grant("acme", "write", key.id, world.clock() + timedelta(days=1))


def test_a_list_has_one_tenants_keys_in_order(world: World) -> None:
    world.keyring.create("acme-2", "read")
    made = [world.keyring.create("acme", "read", name=f"key {n}")[0] for n in range(230)]
    world.ports.store.keys.note_use("acme", made[99].id, world.clock())
    world.table.meter.calls.clear()
    listed = world.keyring.list("acme")
    assert [key.id for key in listed] == sorted(key.id for key in made)
    assert [key.id for key in listed if key.last_used_at] == [made[99].id]
    assert set(world.table.meter.calls) == {"query"}


def test_a_revoked_key_is_refused_from_then_on_and_stays_listed(world: World) -> None:
    key, secret = world.keyring.create("acme", "write")
    world.clock.advance(1)
    other, _ = world.keyring.create("acme", "write")
    revoked = world.keyring.revoke("acme", key.id)
    assert revoked.revoked_at == world.clock()
    with pytest.raises(Unauthorized):
        authenticator(world).caller(f"Bearer {secret}", None, "read")
    world.clock.advance(60)
    before = dict(world.table.items)
    assert world.keyring.revoke("acme", key.id) == revoked
    assert world.table.items == before
    assert world.keyring.list("acme") == [revoked, other]


@pytest.mark.parametrize("key_id", ["", "key_", "key_" + "0" * 26, "K", "x#y"])
def test_an_id_that_is_not_the_tenants_revokes_nothing(world: World, key_id: str) -> None:
    mine, _ = world.keyring.create("acme", "read")
    before = dict(world.table.items)
    for tenant, wanted in (("acme", key_id), ("acme-2", mine.id)):
        with pytest.raises(NotFound):
            world.keyring.revoke(tenant, wanted)
    assert world.table.items == before


def test_a_key_that_may_not_have_been_stored_was_shown_to_nobody(world: World) -> None:
    def down(_: object) -> None:
        raise Unavailable("DynamoDB did not answer")

    world.table.before_write = down
    with pytest.raises(Unavailable):
        world.keyring.create("acme", "read")
    assert world.keyring.list("acme") == []


@pytest.mark.parametrize(
    ("tenant", "wrong"),
    [
        ("", {}), ("-a", {}), ("a#b", {}), ("a:b", {}), ("a" * 64, {}), ("a\n", {}),
        ("acme", {"scope": "all"}), ("acme", {"name": ""}), ("acme", {"name": "x" * 121}), ("acme", {"name": "a\nb"}),
        ("acme", {"expires_at": datetime(2027, 1, 1)}),  # noqa: DTZ001
        ("acme", {"expires_at": datetime.fromisoformat("2026-03-02T10:00:00Z")}),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused_by_name(world: World, tenant: str, wrong: dict[str, object]) -> None:
    options: dict[str, object] = {"scope": "read"} | wrong
    field = next(iter(wrong), "tenant")
    before = dict(world.table.items)
    with pytest.raises(InvalidRequest, match=f"^{field}: "):
        world.keyring.create(tenant, **options)  # type: ignore[arg-type]
    assert world.table.items == before


def test_use_is_noted_hourly_and_never_undoes_revocation(world: World) -> None:
    key, secret = world.keyring.create("acme", "read")
    front = authenticator(world)
    world.table.meter.calls.clear()
    for _ in range(3):
        front.caller(f"Bearer {secret}", None, "read")
        world.clock.advance(60)
    assert world.table.meter.calls == ["get", "write"]
    assert world.keyring.list("acme")[0].last_used_at == datetime.fromisoformat("2026-03-02T10:00:00Z")
    world.keyring.revoke("acme", key.id)
    world.clock.advance(3600)
    front.caller(f"Bearer {secret}", None, "read")  # still remembered: no real second has passed
    (listed,) = world.keyring.list("acme")
    assert listed.revoked_at is not None
    assert listed.last_used_at == datetime.fromisoformat("2026-03-02T11:00:00Z")
    assert world.ports.store.keys.find(digest_of(secret)) is None


def test_a_use_that_cannot_be_noted_fails_no_request(world: World) -> None:
    _, secret = world.keyring.create("acme", "read")

    def down(_: object) -> None:
        raise Unavailable("DynamoDB did not answer")

    world.table.before_write = down
    assert authenticator(world).caller(f"Bearer {secret}", None, "read").tenant == "acme"


def test_a_key_older_than_scopes_may_do_everything(world: World) -> None:
    former = "as_" + "x" * 43
    world.table.write(Put({"pk": f"K#{digest_of(former)}", "sk": "K", "v": 1, "tenant": "acme"}, "absent"))
    before = dict(world.table.items)
    assert authenticator(world).caller(f"Bearer {former}", "ada", "write").on_behalf_of == "ada"
    assert world.table.items == before


def test_what_is_kept_of_keys_goes_when_it_is_of_no_use(world: World) -> None:
    store: Store = world.ports.store
    day = timedelta(days=1)
    key, _ = world.keyring.create("acme", "read", expires_at=world.clock() + day)
    store.keys.note_use("acme", key.id, world.clock())
    ttls = {sk: item["ttl"] for (_, sk), item in world.table.items.items() if "ttl" in item}
    assert ttls == {
        "K": world.now + 86_400,
        key.id: world.now + 401 * 86_400,
        f"{key.id}#u": world.now + 400 * 86_400,
    }
