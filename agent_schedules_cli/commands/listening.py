"""Follows events through a poll webhook, which exists as long as the command does."""

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
OVERLAP_MS = 300_000
"""A delivery can be recorded so much later than one of a later event."""
RENEWED = 23 * 3600.0
"""Seconds: a poll webhook lives for 24 hours, and the next one is there before."""


class Listener:
    """Yields events. Use within `listening`."""

    def __init__(self, api: ApiClient, wanted: dict[str, Any], monotonic: Callable[[], float]) -> None:
        self._api = api
        self._wanted = wanted
        self._monotonic = monotonic
        self._seen: set[str] = set()
        self._made = self._create()

    @property
    def secret(self) -> str:
        """The key of the signatures of the webhook that it listens to now."""
        return str(self._made["secret"])

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
        """Delete the webhook."""
        self._delete(self._made["id"])

    def _create(self) -> dict[str, Any]:
        try:
            created = self._api.post(webhooks_path(), self._wanted)
        except Failure as failure:
            if "webhooks_off" not in str(failure):
                raise
            raise Failure(f"{failure}. Until then `agent-schedules runs watch` follows runs", failure.code) from failure
        self._until = self._monotonic() + RENEWED
        return created

    def _delete(self, webhook_id: str) -> None:
        try:
            self._api.delete(webhooks_path(webhook_id))
        except Failure as failure:
            say(f"The webhook {webhook_id} is not deleted ({failure}); it ends by itself within a day")

    def _poll(self) -> list[dict[str, Any]]:
        before = None
        if self._monotonic() >= self._until:
            before, self._made = self._made, self._create()
        found: list[dict[str, Any]] = []
        if before is not None:
            found = self._read(before["id"])
            self._delete(before["id"])
        found += self._read(self._made["id"])
        return sorted(found, key=lambda event: str(event["timestamp"]))

    def _read(self, webhook_id: str) -> list[dict[str, Any]]:
        """Return the events that were not seen yet. Reads pages until one has only known ones that are old enough."""
        found: list[dict[str, Any]] = []
        newest: int | None = None
        for page in self._api.pages(webhooks_path(webhook_id, "deliveries"), PAGE):
            events = [delivery["event"] for delivery in page.items]
            new = [event for event in events if event["id"] not in self._seen]
            self._seen.update(event["id"] for event in new)
            found += new
            if page.items:
                newest = newest or milliseconds_of(page.items[0]["id"])
                if not new and newest - milliseconds_of(page.items[-1]["id"]) > OVERLAP_MS:
                    break
        return found


@contextmanager
def listening(api: ApiClient, wanted: dict[str, Any], monotonic: Callable[[], float]) -> Iterator[Listener]:
    """Give a listener whose webhook is deleted at the end."""
    listener = Listener(api, wanted | {"poll": True}, monotonic)
    try:
        yield listener
    finally:
        listener.end()
