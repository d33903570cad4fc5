"""Mechanisms of publishing and delivering, taken away one at a time: some seed must notice each."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, replace
from typing import Any
from unittest.mock import patch

from agent_schedules import ids
from agent_schedules.domain import deliveries
from agent_schedules.domain.deliveries import Attempt, Delivery
from agent_schedules.domain.webhooks import Webhook
from agent_schedules.errors import ConditionFailed, Unavailable
from agent_schedules.execution import deliver, publish, redeliver, webhook_health
from agent_schedules.ports import Ports

from tests.faults.notify.core import Violation
from tests.faults.notify.world import simulate

MOST = 40  # seeds that a mutation is tried on


@dataclass(frozen=True)
class Mutation:
    """A mechanism, how it is taken away, and the laws that may fall with it."""

    name: str
    patched: Callable[[], AbstractContextManager[Any]]
    laws: frozenset[str]


def caught(mutation: Mutation, most: int = MOST) -> int | None:
    """The first seed that notices, and that finds nothing wrong with the whole service."""
    for seed in range(most):
        try:
            with mutation.patched():
                simulate(seed)
        except Violation as violation:
            if violation.law in mutation.laws:
                simulate(seed)
                return seed
    return None


def _half_is_forgotten() -> AbstractContextManager[Any]:
    """A publisher that takes a queue's refusal for the end of its work."""
    real = publish._deliver

    def forgetful(*arguments: Any) -> None:
        try:
            real(*arguments)
        except Unavailable:
            return

    return patch.object(publish, "_deliver", forgetful)


def _row_comes_before_the_request() -> AbstractContextManager[Any]:
    """A notifier that records a success, and then sends."""
    real = deliver.Notifier._attempt

    def early(self: deliver.Notifier, webhook: Any, url: str, delivery: Delivery) -> str:
        now = self.ports.now()
        sent = delivery.delivered(Attempt(now, 200, None, 1), "")
        with suppress(ConditionFailed):  # another one was here first
            self.ports.store.deliveries.save(sent)
        return real(self, webhook, url, replace(delivery, rev=sent.rev))

    return patch.object(deliver.Notifier, "_attempt", early)


def _tenant_is_left_out() -> AbstractContextManager[Any]:
    """A publisher that asks for the webhooks of the event's owner alone."""
    return patch.object(publish, "_owners", lambda event: (event.owner,))


def _users_are_mixed() -> AbstractContextManager[Any]:
    """A webhook with `all_users` or without gets the events of all its tenant's users."""
    real = Webhook.wants

    def any_user(self: Webhook, kind: str, *, owner: str, **more: Any) -> bool:
        return real(replace(self, all_users=True), kind, owner=owner, **more)

    return patch.object(Webhook, "wants", any_user)


def _waits_are_too_short() -> AbstractContextManager[Any]:
    return patch.object(deliveries, "WAITS", (5, 300, 900, *deliveries.WAITS[3:]))


def _sweep_moves_nothing() -> AbstractContextManager[Any]:
    """A sweep that sends the message of a delivery, and leaves its row where it is."""

    def unmoved(_: Ports, delivery: Delivery, now: int) -> bool:
        return not delivery.over and delivery.look_at is not None and delivery.look_at <= now

    return patch.object(redeliver, "_moved", unmoved)


def _no_sweep() -> AbstractContextManager[Any]:
    return patch.object(redeliver, "redeliver", lambda _: 0)


def _ids_are_drawn() -> AbstractContextManager[Any]:
    """A publisher that gives each delivery a new id."""
    numbers = iter(range(10**9))

    def drawn(webhook_id: str, event_id: str, milliseconds: int) -> str:
        return ids.delivery_id(webhook_id, event_id, milliseconds, nonce=str(next(numbers)))

    return patch.object(publish, "delivery_id", drawn)


def _gone_is_forgotten() -> AbstractContextManager[Any]:
    """A 410 that is noted in the delivery alone."""
    return patch.object(webhook_health, "failed", lambda *_, **__: None)


MUTATIONS = (
    Mutation("the refusal of a queue", _half_is_forgotten, frozenset({"lost"})),
    Mutation("the request before its row", _row_comes_before_the_request, frozenset({"lost"})),
    Mutation("the webhooks of the tenant", _tenant_is_left_out, frozenset({"lost"})),
    Mutation("the events of one user", _users_are_mixed, frozenset({"tenant"})),
    Mutation("the third wait", _waits_are_too_short, frozenset({"times"})),
    Mutation("the move in the index", _sweep_moves_nothing, frozenset({"twice", "in flight"})),
    Mutation("the sweep", _no_sweep, frozenset({"over"})),
    Mutation("the id of a delivery", _ids_are_drawn, frozenset({"ids"})),
    Mutation("the end of a webhook that is gone", _gone_is_forgotten, frozenset({"gone"})),
)
