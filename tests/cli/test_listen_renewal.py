"""`listen` beyond a day: its webhook expires, and the next one takes over. Also what a failed poll must not lose."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from agent_schedules.domain.deliveries import Deliver
from standardwebhooks.webhooks import Webhook
from typer.testing import Result

from agent_schedules_cli.commands.listening import OVERLAP, RENEWED, Listener
from tests.support.listening import LOCAL, Listening

POLL = {"poll": True}
HOUR = 3600


@pytest.fixture
def cli() -> Listening:
    return Listening()


def live(cli: Listening) -> list[str]:
    """The webhooks that have not expired."""
    return [webhook["id"] for webhook in cli.api.get("/api/v1/webhooks")["data"]]


def nothing() -> None:
    """Let a sleep pass."""


def after(cli: Listening, seconds: float, *then: Callable[[], Any]) -> Callable[[], None]:
    """Return a step at whose beginning time has passed."""

    def step() -> None:
        cli.api.world.clock.advance(seconds)
        for one in then:
            one()

    return step


def make(cli: Listening, number: int) -> list[str]:
    """Make poll webhooks of others."""
    return [cli.api.post("/api/v1/webhooks", POLL, status=201)["id"] for _ in range(number)]


def listen(cli: Listening, count: int, *options: str) -> tuple[list[dict[str, Any]], Result]:
    """Listen to so many events, each of them once."""
    result = cli.run("listen", "--count", str(count), "--json", *options)
    assert result.exit_code == 0, result.output
    events = [json.loads(line) for line in result.stdout.splitlines()]
    assert len({event["id"] for event in events}) == count
    return events, result


def fail_gets(cli: Listening, chosen: Callable[[int], bool]) -> Callable[[], None]:
    """Return a step from which on the chosen ones of the following GETs, counted from 1, get no answer."""
    made = [0]

    def out(request: httpx.Request) -> None:
        if request.method == "GET":
            made[0] += 1
            if chosen(made[0]):
                raise httpx.ReadTimeout("no answer")

    def begin() -> None:
        cli.receiving.before = out

    return begin


def test_a_failure_on_a_later_page_loses_no_event(cli: Listening) -> None:
    second_page = fail_gets(cli, lambda number: number == 2)
    cli.happens = [lambda: [cli.api.create() for _ in range(130)], lambda: (cli.api.create(), second_page())]
    _, result = listen(cli, 131)
    assert "Trying again" in result.stderr


def test_requests_are_signed_with_the_first_secret(cli: Listening) -> None:
    cli.api.world.clock.moment = datetime.now(UTC) - timedelta(seconds=RENEWED)  # the package compares with now
    cli.happens = [after(cli, RENEWED), cli.api.start]
    _, result = listen(cli, 1, "--forward-to", LOCAL)
    secret = result.stderr.partition("Secret: ")[2].split()[0]
    (request,) = cli.receiving.received
    assert Webhook(secret).verify(request.content, dict(request.headers))["type"] == "run.completed"


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_failed_read_at_the_renewal_loses_no_event(cli: Listening, number: int) -> None:
    fails = fail_gets(cli, lambda made: made == number)
    cli.happens = [after(cli, RENEWED, fails, cli.api.start), cli.api.start, after(cli, OVERLAP + 1), cli.api.start]
    listen(cli, 3)
    assert live(cli) == []


def test_delivery_recorded_after_the_renewal_is_printed(cli: Listening) -> None:
    held: list[Deliver] = []

    def publish() -> None:
        cli.api.create()
        held.extend(cli.publish())

    cli.happens = [publish, after(cli, RENEWED), nothing, after(cli, OVERLAP - 60), lambda: cli.deliver(held)]
    listen(cli, 1)
    assert len(held) == 1


def test_old_webhook_is_deleted_when_both_were_read(cli: Listening) -> None:
    there: list[int] = []

    def look() -> None:
        there.append(len(live(cli)))

    cli.happens = [
        after(cli, RENEWED),
        look,
        after(cli, OVERLAP - 60, look, cli.api.start),
        after(cli, 61),
        look,
        cli.api.start,
    ]
    listen(cli, 2)
    assert there == [2, 2, 1]
    assert live(cli) == []


def test_ctrl_c_while_both_are_read_deletes_both(cli: Listening) -> None:
    def interrupt() -> None:
        assert len(live(cli)) == 2
        raise KeyboardInterrupt

    cli.happens = [after(cli, RENEWED), interrupt]
    assert cli.run("listen").exit_code == 130
    assert live(cli) == []


def test_refused_renewal_goes_on_and_is_tried_again(cli: Listening) -> None:
    others: list[str] = []
    tries: list[int] = []

    def count() -> None:
        tries.append(sum(request.method == "POST" for request in cli.transport.requests))

    cli.happens = [
        lambda: others.extend(make(cli, 4)),
        after(cli, RENEWED, cli.api.start),
        *[nothing] * 5,
        count,
        lambda: cli.run("webhooks", "delete", others[0]),
        after(cli, OVERLAP),
        count,
        after(cli, OVERLAP),
        after(cli, HOUR, cli.api.start),
    ]
    _, result = listen(cli, 2)
    assert tries == [2, 3]  # the webhook that it began with, the refused one, and the next
    assert "missed" not in result.stderr
    assert live(cli) == []


def test_webhook_that_expires_is_followed_by_another(cli: Listening) -> None:
    cli.happens = [
        after(cli, 12 * HOUR, lambda: make(cli, 4)),
        after(cli, 11 * HOUR),
        after(cli, HOUR),
        nothing,
        cli.api.start,
    ]
    _, result = listen(cli, 1)
    assert result.stderr.count("may have been missed") == 1
    assert len(live(cli)) == 4


def test_no_place_for_another_webhook_is_waited_for(cli: Listening) -> None:
    others: list[str] = []
    cli.happens = [
        after(cli, 12 * HOUR, lambda: others.extend(make(cli, 4))),
        after(cli, 11 * HOUR),
        after(cli, HOUR, lambda: make(cli, 1)),
        nothing,
        lambda: cli.run("webhooks", "delete", others[0]),
        cli.api.start,
    ]
    _, result = listen(cli, 1)
    assert result.stderr.count("there are 5 poll webhooks already") == 1
    assert len(live(cli)) == 4


def test_a_day_asleep_ends_nothing(cli: Listening) -> None:
    object.__setattr__(cli.environment, "monotonic", lambda: 0.0)  # it stands still while a laptop sleeps
    cli.happens = [after(cli, 30 * HOUR), cli.api.start]
    _, result = listen(cli, 1)
    assert result.stderr.count("may have been missed") == 1
    assert live(cli) == []


def test_events_are_forgotten_with_the_webhooks_that_list_them(cli: Listening) -> None:
    known: list[int] = []
    listener: list[Listener] = []
    init = Listener.__init__

    def kept(self: Listener, *arguments: Any) -> None:
        init(self, *arguments)
        listener.append(self)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Listener, "__init__", kept)
        for _ in range(6):
            cli.happens += [
                after(cli, RENEWED, *[cli.api.start] * 3),
                after(cli, OVERLAP + 1),
                lambda: known.append(len(listener[0]._seen)),
            ]
        cli.happens.append(cli.api.start)
        listen(cli, 19)
    assert known == [3, 6, 6, 6, 6, 6]
