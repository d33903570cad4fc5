"""Items of older releases: what every step must hold, and what this release writes."""

from __future__ import annotations

import pytest
from agent_schedules.errors import Unavailable
from agent_schedules.storage import migrations
from agent_schedules.storage.migrations import STEPS, current, newest
from agent_schedules.storage.table import Item

from tests.support.world import World

HOURLY = {"type": "interval", "interval_seconds": 3600}
# One item as it was written in each version that is no longer written.
OLD: dict[tuple[str, int], tuple[Item, Item]] = {
    ("K", 1): ({"pk": "K#1", "sk": "K", "v": 1, "tenant": "acme"}, {"tenant": "acme", "scope": "admin"}),
}


def test_every_older_version_has_its_example() -> None:
    assert set(OLD) == {(kind, version) for kind in STEPS for version in range(1, newest(kind))}


@pytest.mark.parametrize(("kind", "version"), OLD)
def test_an_older_item_becomes_the_newest(kind: str, version: int) -> None:
    old, expected = OLD[kind, version]
    before = dict(old)
    found = current(old)
    assert old == before
    assert found == {"pk": old["pk"], "sk": old["sk"], "v": newest(kind)} | expected
    assert current(found) == found


def test_steps_run_in_order_from_the_items_own_version(monkeypatch: pytest.MonkeyPatch) -> None:
    steps = tuple(lambda item, n=n: item | {"seen": f"{item.get('seen', '')}{n}"} for n in (1, 2, 3))
    monkeypatch.setattr(migrations, "STEPS", {"Z": steps})
    item: Item = {"pk": "p", "sk": "Z#1", "v": 2}
    assert current(item) == item | {"v": 4, "seen": "23"}


def test_a_key_from_before_there_were_scopes_may_do_everything() -> None:
    world = World()
    world.table.items["K#1", "K"] = {"pk": "K#1", "sk": "K", "v": 1, "tenant": "acme"}
    found = world.ports.store.keys.find("1")
    assert found is not None
    assert (found.tenant, found.scope) == ("acme", "admin")


def test_a_release_that_was_rolled_back_too_far_stands_still() -> None:
    world = World()
    schedule = world.create(HOURLY)
    at = f"{schedule.key.owner}#{schedule.key.agent_id}", f"S#{schedule.key.schedule_id}#s"
    world.table.items[at] |= {"v": newest("S") + 1}
    before = {key: dict(row) for key, row in world.table.items.items()}
    world.clock.advance(3600)
    with pytest.raises(Unavailable, match="deploy that release again"):
        world.hint(schedule, world.now)
    assert world.table.items == before


def test_every_item_is_written_in_its_kinds_newest_version() -> None:
    world = World()
    world.keyring.create("acme", "read")
    world.create({"type": "interval", "interval_seconds": 5})
    world.pass_time(20)
    for (_, sk), row in world.table.items.items():
        if sk != "K" or "id" in row:  # the world's own keys are older
            assert row["v"] == newest(sk.partition("#")[0]), row
