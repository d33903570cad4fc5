"""A message keeps all that it knows on each way back through the dead letters."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from agent_schedules.domain.jobs import JobKey
from agent_schedules.domain.messages import ContinueJob, ContinueRun, Hint, Message, message_of
from agent_schedules.domain.runs import Run, RunKey, queued_run
from agent_schedules.domain.schedules import Key
from agent_schedules.execution import reconcile
from agent_schedules.storage.items import run_item
from hypothesis import given
from hypothesis import strategies as st

from tests.support.examples import examples
from tests.support.world import World

WAYS: dict[str, Callable[[dict[str, Any]], str]] = {
    "queue": json.dumps,
    "on failure": lambda body: json.dumps({"version": "1.0", "requestPayload": body, "responsePayload": None}),
}
"""How a body comes to the reconciler: as the queue had it, and as Lambda's record of an invocation that failed."""

names = st.from_regex(r"[A-Za-z0-9_:-]{1,200}", fullmatch=True)
"""Parts of keys; anything else is refused."""
moments = st.none() | st.integers(0, 253_402_300_799)
revivals = st.integers(0, 2)
hints = st.builds(
    Hint,
    st.builds(Key, names, names, names),
    at=moments,
    fingerprint=st.none(),
    revived=revivals,
    advance=st.booleans(),
    armed=moments,
)
"""A dead letter carries no fingerprint of its entry's timing: it rewrites the entry, whatever that was written from."""
runs = st.builds(
    ContinueRun,
    st.builds(RunKey, names, names, names),
    rev=st.none() | st.integers(1, 9),
    response_id=st.none() | st.text(min_size=1),
    polls=st.integers(0, 99),
    odd=st.integers(0, 9),
    revived=revivals,
)
jobs = st.builds(ContinueJob, st.builds(JobKey, names, names))


def revived(way: str, message: Message, stored: Run | None = None) -> list[Message]:
    """What the reconciler puts on the queue for a message that died."""
    world = World()
    if stored is not None:
        row = run_item(stored)
        world.table.items[str(row["pk"]), str(row["sk"])] = row
    reconcile.on_dead_letter(world.ports, WAYS[way](message.body()))
    return [delayed.message for delayed in world.queue.messages]


@given(hints | runs | jobs)
def test_a_body_is_read_back_as_it_was_written(message: Message) -> None:
    assert message_of(json.loads(json.dumps(message.body()))) == message


@pytest.mark.parametrize("way", WAYS)
@examples(50)
@given(hint=hints)
def test_a_hint_comes_back_with_all_that_it_knew(way: str, hint: Hint) -> None:
    assert revived(way, hint) == [replace(hint, repair=True, revived=hint.revived + 1)]


@pytest.mark.parametrize("way", WAYS)
@examples(50)
@given(message=runs)
def test_a_runs_message_comes_back_with_all_it_knew(way: str, message: ContinueRun) -> None:
    world = World()
    run = queued_run(message.key, now=world.clock(), agent_version=1, on_behalf_of=None, size=1)
    (again,) = revived(way, message, replace(run, rev=message.rev or 1))
    # The response's id is in the row now, and the row's `rev` in the message.
    expected = replace(message, rev=(message.rev or 1) + 1, response_id=None, revived=message.revived + 1)
    assert again == expected


@pytest.mark.parametrize("way", WAYS)
@examples(50)
@given(message=jobs)
def test_a_jobs_message_is_left_to_the_next_sweep(way: str, message: ContinueJob) -> None:
    assert revived(way, message) == []
