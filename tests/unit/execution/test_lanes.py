"""The places of an invocation for deliveries to one webhook."""

from __future__ import annotations

from dataclasses import replace

import pytest
from agent_schedules.errors import Busy
from agent_schedules.execution.lanes import MOST, Lanes

from tests.support.notifier import Delivering


@pytest.fixture
def one() -> Delivering:
    return Delivering()


def test_at_most_ten_deliveries_to_one_webhook_at_once(one: Delivering) -> None:
    lanes = Lanes()
    places = [lanes.place(one.hook.key) for _ in range(MOST)]
    for place in places:
        place.__enter__()
    with pytest.raises(Busy) as busy, lanes.place(one.hook.key):
        pass
    assert busy.value.seconds == 5
    with lanes.place(replace(one.hook.key, webhook_id="another")):
        pass
    places[0].__exit__(None, None, None)
    with lanes.place(one.hook.key):
        pass
