"""An open run is found whatever message about it is lost: the reconciler looks at each until it is over."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Sequence

import pytest
from agent_schedules.domain.messages import ContinueRun, Message
from agent_schedules.domain.runs import LONGEST_LOOK, Run
from agent_schedules.errors import Conflict, Unavailable
from agent_schedules.execution import reconcile
from agent_schedules.execution.verdicts import MOST_ODD
from agent_schedules.ports import GatewayError
from agent_schedules.schemas.requests import CreateRunBody
from agent_schedules.services import runs as run_service
from agent_schedules.storage.items import run_of

from tests.support.world import LEASE, World

ONCE = {"type": "once", "run_at": "2026-03-02T11:00:00Z"}
SWEEP = 300


class Loss:
    """Loses the messages that `unwanted` says, which gets the number of each (from 1) and the message."""

    def __init__(self, world: World, unwanted: Callable[[int, Message], bool]) -> None:
        self.sent = self.lost = 0
        self._world = world
        self._unwanted = unwanted
        world.queue.after = self._lose

    def _lose(self, messages: Sequence[Message]) -> None:
        pending = self._world.queue.messages
        for delayed in pending[-len(messages) :]:
            self.sent += 1
            if self._unwanted(self.sent, delayed.message):
                self.lost += 1
                pending.remove(delayed)


def runs(world: World) -> list[Run]:
    """All runs. Each that is open is in the reconciler's index."""
    found = []
    for (pk, sk), row in world.table.items.items():
        if sk.startswith("R#"):
            owner, _, agent_id = pk.rpartition("#")
            found.append(run_of(owner, agent_id, row))
            assert found[-1].terminal != ("attention_at" in row)
    return found


def live(world: World, seconds: int) -> None:
    """Let workers and the reconciler work until every run is over, or so many seconds have passed."""
    for passed in range(0, seconds, 2):
        world.clock.advance(2)
        world.work()
        if passed % SWEEP == 0:
            world.sweep()
        found = runs(world)
        if found and all(run.terminal for run in found):
            return


def by_a_hint(world: World) -> None:
    """An occurrence that is started by the hint about it."""
    schedule = world.create(ONCE)
    world.clock.advance(3600)
    world.hint(schedule, world.now)


def by_no_hint(world: World) -> None:
    """EventBridge's hint is lost itself."""
    world.create(ONCE)
    world.clock.advance(3600)


def by_a_catch_up(world: World) -> None:
    """Three occurrences that are due at once."""
    schedule = world.create({"type": "cron", "cron_expression": "0,1,2 11 * * *"})
    world.clock.advance(3720)
    world.hint(schedule)


def to_the_second(world: World) -> None:
    """An occurrence that a delayed message brings."""
    world.create({"type": "once", "run_at": "2026-03-02T10:10:05Z", "precision": "second"})


def by_a_call(world: World) -> None:
    """A run of the API."""
    run_service.create_run(world.ports, world.call, world.agent().id, CreateRunBody(input="hi"))


def after_a_death(world: World) -> None:
    """A process died while it was sending, and the hint comes again while its lease runs."""

    def dies(_: str) -> None:
        world.gateway.before = lambda _: None
        raise KeyboardInterrupt

    schedule = world.create(ONCE)
    world.clock.advance(3600)
    world.gateway.before = dies
    with pytest.raises(KeyboardInterrupt):
        world.hint(schedule, world.now)
    world.hint(schedule, world.now)


def put_off(world: World) -> None:
    """The gateway answers 429 and 503 to the first two sends, and says when to come again."""
    answers = [GatewayError("unavailable", f"{status}", retry_after=wait) for status, wait in ((429, 90), (503, 700))]

    def busy(verb: str) -> None:
        if verb == "create" and answers:
            raise answers.pop()

    world.gateway.before = busy
    by_a_hint(world)


def with_odd_looks(world: World) -> None:
    """Half of the looks at a response bring what no gateway should answer."""
    looks = itertools.count()

    def odd(verb: str) -> None:
        if verb == "retrieve" and (look := next(looks)) % 2 == 0 and look < MOST_ODD:
            raise GatewayError("strange" if look % 4 else "refused", "HTML, or 404")

    world.gateway.before = odd
    by_a_hint(world)


STORIES = [by_a_hint, by_no_hint, by_a_catch_up, to_the_second, by_a_call, after_a_death, put_off, with_odd_looks]


@pytest.mark.parametrize("polls", [0, 3], ids=["fast", "slow"])
@pytest.mark.parametrize("story", STORIES, ids=lambda story: str(story.__name__))
def test_any_one_message_that_is_lost_is_made_good(story: Callable[[World], None], polls: int) -> None:
    number, sent = 0, 1
    while number <= sent:  # the last round loses nothing
        number += 1
        world = World()
        world.gateway.polls = polls
        loss = Loss(world, lambda nth, _, number=number: nth == number)  # type: ignore[misc]
        story(world)
        live(world, 7200)
        assert {run.status for run in runs(world)} == {"completed"}, f"message {number} was lost"
        assert {post.key for post in world.gateway.posts} == {run.key.run_id for run in runs(world)}
        sent = max(sent, loss.sent if number == 1 else 0)
    assert sent >= 1


@pytest.mark.parametrize("story", [by_a_hint, by_a_call], ids=lambda story: str(story.__name__))
def test_a_run_whose_response_is_always_lost_times_out(story: Callable[[World], None]) -> None:
    world = World()
    world.with_limits(run_timeout=7200)
    loss = Loss(world, lambda _, message: isinstance(message, ContinueRun) and message.response_id is not None)
    story(world)
    live(world, 7200 + LONGEST_LOOK + 2 * SWEEP)
    (run,) = runs(world)
    assert (run.status, run.error and run.error["code"]) == ("failed", "timeout")
    assert loss.lost >= 3
    assert {post.key for post in world.gateway.posts} == {run.key.run_id}


def lost(world: World) -> Run:
    """A run that was sent and whose first poll was lost."""
    by_a_hint(world)
    world.queue.messages.clear()
    (run,) = runs(world)
    return run


def test_a_run_is_not_nudged_while_it_is_held() -> None:
    world = World()
    run = lost(world)
    world.clock.advance(LEASE - 1)
    reconcile.recover(world.ports)
    assert runs(world) == [run]


def test_messages_stay_few_while_no_worker_works() -> None:
    world = World()
    lost(world)
    for _ in range(0, 12 * 3600, SWEEP):
        world.clock.advance(SWEEP)
        world.sweep()
    about_it = [delayed for delayed in world.queue.messages if isinstance(delayed.message, ContinueRun)]
    assert len(about_it) <= 3 + 12 * 3600 // LONGEST_LOOK
    world.work()
    live(world, 120)
    assert world.gateway.posts[1:] == world.gateway.posts[:1]  # one of them sent it again


def test_a_nudge_leaves_one_chain_of_polls() -> None:
    world = World()
    world.gateway.polls = 10**6
    by_a_hint(world)
    world.pass_time(700)
    assert world.sweep() == 1
    (run,) = runs(world)
    about_it = [delayed.message for delayed in world.queue.messages]
    assert len(about_it) == 2
    world.pass_time(120)
    assert len(world.queue.messages) == 1
    assert [m.rev for m in about_it if isinstance(m, ContinueRun)] == [run.rev - 1, run.rev]


def test_a_refused_requeue_comes_with_the_next_sweep() -> None:
    world = World()
    lost(world)
    world.clock.advance(700)

    def down(_: Sequence[Message]) -> None:
        raise Unavailable("SQS did not answer")

    world.queue.before = down
    for _ in range(5):
        world.sweep()  # which goes on to the rows behind it
        world.clock.advance(SWEEP)
    world.queue.before = lambda _: None
    assert world.sweep() == 1
    world.pass_time(10)
    (run,) = runs(world)
    assert run.status == "completed"


def test_a_lost_run_can_be_cancelled_once_nobody_holds_it() -> None:
    world = World()
    run = lost(world)
    world.clock.advance(LEASE - 1)
    with pytest.raises(Conflict):
        run_service.cancel_run(world.ports, world.call, run.key.agent_id, run.key.run_id)
    world.clock.advance(1)
    view = run_service.cancel_run(world.ports, world.call, run.key.agent_id, run.key.run_id)
    assert view.run.status == "cancelled"


@pytest.mark.parametrize("answers", [True, False])
def test_a_response_that_comes_to_a_cancelled_run_is_stopped(*, answers: bool) -> None:
    def down(_: str) -> None:
        if not answers:
            raise GatewayError("unavailable", "The gateway answered 503")

    world = World()
    world.gateway.polls = 10
    by_a_hint(world)
    ((late,),) = [[delayed.message for delayed in world.queue.messages]]
    (run,) = runs(world)
    world.clock.advance(LEASE)
    run_service.cancel_run(world.ports, world.call, run.key.agent_id, run.key.run_id)
    world.gateway.before = down
    assert world.deliver(late) == "nothing_to_do"
    (response,) = world.gateway.responses.values()
    assert response["final"] == ("cancelled" if answers else "completed")


@pytest.mark.parametrize("moved", [False, True], ids=["as it was sent", "claimed since"])
def test_a_dead_letter_keeps_the_response_that_it_knows(*, moved: bool) -> None:
    world = World()
    world.gateway.polls = 4
    by_a_hint(world)
    ((dead,),) = [[delayed.message for delayed in world.queue.messages]]
    world.queue.messages.clear()
    (run,) = runs(world)
    assert isinstance(dead, ContinueRun)
    if moved:
        world.ports.store.runs.save(run.requeued(now=world.clock()))
    reconcile.on_dead_letter(world.ports, json.dumps(dead.body()))
    (run,) = runs(world)
    assert run.gateway_response_id == dead.response_id
    live(world, 600)
    (run,) = runs(world)
    assert (run.status, run.gateway_response_id) == ("completed", dead.response_id)
    assert len(world.gateway.posts) == 1


def test_a_void_dead_letter_is_not_revived() -> None:
    world = World()
    world.gateway.polls = 4
    by_a_hint(world)
    world.pass_time(3)
    ((message,),) = [[delayed.message for delayed in world.queue.messages]]
    reconcile.on_dead_letter(world.ports, json.dumps(message.body()))
    reconcile.on_dead_letter(world.ports, json.dumps(message.body()))
    assert len(world.queue.messages) == 2  # the one that is void, and the one that is not
    world.pass_time(20)
    assert len(world.queue.messages) == 1
