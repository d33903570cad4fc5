"""Follows events through a poll webhook, which exists as long as the command does.

A poll webhook lives for a day, so the next one is made before its end. Then both are read for some minutes: an event
from before the next one existed is recorded for the old one alone, and that can come late.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from agent_schedules.ids import milliseconds_of

from agent_schedules_cli.api_client import ApiClient, webhooks_path
from agent_schedules_cli.errors import Failure, say

PAGE = 100
SHORTEST, LONGEST = 1.0, 5.0  # seconds between polls: the first after events, the last while none come
LONGEST_OUTAGE = 30.0  # seconds between polls while the service does not answer
OVERLAP = 300.0
"""Seconds: a delivery can be recorded so much later than one of a later event."""
RENEWED, LIFE = 23 * 3600.0, 24 * 3600.0
"""Seconds: the age of a webhook at which the next one is made, and the age at which it expires."""
RETRY = 300.0  # seconds after which a webhook that could not be renewed is tried again


class Listener:
    """Yields events. Use within `listening`.

    `clock`: the time of day in seconds. A monotonic clock stands still while a laptop sleeps.
    """

    def __init__(self, api: ApiClient, wanted: dict[str, Any], clock: Callable[[], float]) -> None:
        self._api = api
        self._wanted = wanted
        self._clock = clock
        self._webhooks: dict[str, float] = {}
        """When each was made, the older one first."""
        self._seen: dict[str, float] = {}
        """When each event was read."""
        self._renewal = 0.0
        self.secret = str(self._create(clock())["secret"])
        """The key of all signatures. It is that of the first webhook, because later ones are not announced."""

    def events(self, sleep: Callable[[float], None], reader_gone: Callable[[], bool]) -> Iterator[dict[str, Any]]:
        """Yield each event once, those of one poll in the order of their time. Ends when the reader is gone."""
        wait, failed = SHORTEST, False
        while not reader_gone():
            try:
                found = self._poll()
            except Failure as failure:
                if not failure.transient:
                    raise
                if not failed:
                    say(f"{failure}. Trying again")
                found, failed, wait = [], True, min(wait * 2, LONGEST_OUTAGE)
            else:
                wait = SHORTEST if found or failed else min(wait * 1.5, LONGEST)
                failed = False
            yield from found
            sleep(wait)

    def end(self) -> None:
        """Delete the webhooks."""
        for webhook_id in self._webhooks:
            self._delete(webhook_id)

    def _create(self, now: float) -> dict[str, Any]:
        try:
            created = self._api.post(webhooks_path(), self._wanted)
        except Failure as failure:
            if "webhooks_off" not in str(failure):
                raise
            raise Failure(f"{failure}. Until then `agent-schedules runs watch` follows runs", failure.code) from failure
        self._webhooks[created["id"]] = now
        self._renewal = now + RENEWED
        return created

    def _delete(self, webhook_id: str) -> None:
        try:
            self._api.delete(webhooks_path(webhook_id))
        except Failure as failure:
            say(f"The webhook {webhook_id} is not deleted ({failure}); it ends by itself within a day")

    def _poll(self) -> list[dict[str, Any]]:
        """Return the new events. They count as seen when nothing can fail any more, so a failed poll loses none."""
        now = self._clock()
        found: dict[str, dict[str, Any]] = {}
        for webhook_id, made in list(self._webhooks.items()):
            try:
                found |= self._read(webhook_id)
            except Failure as failure:
                if failure.transient or now - made < RENEWED:
                    raise
                del self._webhooks[webhook_id]
                say(f"The webhook {webhook_id} has ended; events may have been missed")
        if not self._webhooks or now >= self._renewal:
            self._renew(now)
        elif len(self._webhooks) > 1 and now - max(self._webhooks.values()) >= OVERLAP:
            older = next(iter(self._webhooks))
            self._delete(older)
            del self._webhooks[older]
        self._seen |= dict.fromkeys(found, now)
        return sorted(found.values(), key=lambda event: str(event["timestamp"]))

    def _read(self, webhook_id: str) -> dict[str, dict[str, Any]]:
        """Return the events that were not seen yet. Reads pages until one has only known ones that are old enough."""
        found: dict[str, dict[str, Any]] = {}
        newest: int | None = None
        for page in self._api.pages(webhooks_path(webhook_id, "deliveries"), PAGE):
            events = [delivery["event"] for delivery in page.items]
            new = {event["id"]: event for event in events if event["id"] not in self._seen}
            found |= new
            if page.items:
                newest = newest or milliseconds_of(page.items[0]["id"])
                if not new and newest - milliseconds_of(page.items[-1]["id"]) > OVERLAP * 1000:
                    break
        return found

    def _renew(self, now: float) -> None:
        """Make the next webhook. Where that fails, the present one goes on until it expires."""
        try:
            self._create(now)
        except Failure as failure:
            if not self._webhooks:
                full = str(failure).startswith("poll:")  # others have all places, until one of them ends
                raise Failure(str(failure), failure.code, transient=failure.transient or full) from failure
            self._renewal = now + RETRY
        else:  # no webhook lists events that were read a day ago
            self._seen = {event_id: at for event_id, at in self._seen.items() if now - at < LIFE}


@contextmanager
def listening(api: ApiClient, wanted: dict[str, Any], clock: Callable[[], float]) -> Iterator[Listener]:
    """Give a listener whose webhooks are deleted at the end."""
    listener = Listener(api, wanted | {"poll": True}, clock)
    try:
        yield listener
    finally:
        listener.end()
