"""What must hold between a commit and a receiver, by an account of its own."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import pairwise

from agent_schedules.domain.deliveries import Delivery, DeliveryKey
from agent_schedules.domain.events import Event
from agent_schedules.storage.deliveries import delivery_of
from agent_schedules.storage.events import Change, events_of
from agent_schedules.storage.table import Item

from tests.faults.notify.core import Violation
from tests.faults.notify.receivers import Request
from tests.faults.notify.users import Users
from tests.faults.notify.wires import HELD_UP, Wires, in_flight
from tests.support.delivery_queue import MASTER
from tests.support.world import World

WAITS = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
DAY = 86_400
SLACK = 1_200
"""Seconds by which an attempt may come late that nothing disturbed: two sweeps, a look, and receivers that hang."""
PER_FAULT = 1_000 + HELD_UP[-1]
"""Further seconds for each fault."""


@dataclass
class Known:
    """A webhook as its callers know it."""

    owner: str
    row: Item
    versions: list[tuple[float, int]] = field(default_factory=list)
    """From when on each version of its secret signs."""
    gone_at: float | None = None


class Laws:
    """Sees each commit, and compares."""

    def __init__(
        self,
        world: World,
        users: Users,
        wires: Wires,
    ) -> None:
        self.sim, self.world, self.users, self.receivers = users.sim, world, users, users.receivers
        self.stream, self.sweeper, self.lines = wires.stream, wires.sweeper, wires.lines
        self.events: dict[str, tuple[float, Event]] = {}
        """The events of all commits, by id, and when they were committed."""
        self.webhooks: dict[str, Known] = {}
        self.wanted: list[tuple[str, Event]] = []
        """The webhooks that wanted each event at its commit."""
        self._metadata: dict[str, dict[str, str]] = {}
        self._looked = 0

    # --------------------------------------------------------------------------------------------------- the commits

    def committed(self, place: tuple[str, str], change: Change) -> None:
        """Take a change."""
        pk, sk = place
        if sk.startswith("W#"):
            self._webhook(pk, sk.removeprefix("W#"), change)
        elif sk.startswith("S#") and sk.endswith("#d") and change.after is not None:
            self._metadata[sk.split("#")[1]] = json.loads(str(change.after.get("metadata", "{}")))
        for event in events_of(change):
            if event.id not in self.events:
                self.events[event.id] = self.sim.now, event
                self.wanted += [(name, event) for name, known in self.webhooks.items() if self._wants(known, event)]

    def _webhook(self, owner: str, webhook_id: str, change: Change) -> None:
        known = self.webhooks.setdefault(webhook_id, Known(owner, {}))
        if change.after is None:
            known.gone_at = self.sim.now
            return
        if known.row.get("secret_version") != change.after.get("secret_version"):
            known.versions.append((self.sim.now, int(str(change.after.get("secret_version", 1)))))
        if "disabled_reason" in change.after and "disabled_reason" not in known.row:
            self.users.touched.setdefault(webhook_id, []).append(self.sim.now)
        known.row = change.after

    def _wants(self, known: Known, event: Event) -> bool:
        row = known.row
        if known.gone_at is not None or "disabled_reason" in row or "rev" not in row:
            return False
        if known.owner != event.owner and not (row.get("all_users") and event.owner.split(":")[0] == known.owner):
            return False
        types = row.get("events")
        if event.kind == "run.started" if types is None else event.kind not in json.loads(str(types)):
            return False
        if row.get("agent_id") not in {None, event.agent_id}:
            return False
        if row.get("expires_at") is not None and self.world.clock.moment.isoformat() >= str(row["expires_at"]):
            return False
        pairs = json.loads(str(row.get("metadata", "{}")))
        found = self._metadata.get(str(event.schedule_id), {})
        return all(found.get(name) == value for name, value in dict(pairs).items())

    # ------------------------------------------------------------------------------------------------------ the laws

    def hold(self) -> None:
        """What must hold at every moment."""
        idle = not self.sim.stack  # the faults of a process are counted at its end
        for key, number in in_flight(*self.lines).items() if idle else ():
            if number > 1 + 2 * self.sim.disturbed[key]:
                raise Violation("in flight", f"{number} messages about {key}, {self.sim.disturbed[key]} faults")
        for request in self.receivers.requests[self._looked :]:
            self._request(request)
        self._looked = len(self.receivers.requests)

    def hold_at_the_end(self) -> None:
        """What must hold when all is over."""
        self.hold()
        rows = self._rows()
        for key, delivery in rows.items():
            self._attempts(key, delivery)
            known = self.webhooks[key.webhook_id]
            if not delivery.over and known.gone_at is None:
                raise Violation("over", f"{key} is {delivery.status}: {delivery.attempts}")
            if any(one.status_code == 410 for one in delivery.attempts) and not self._touched_since(delivery):
                raise Violation("gone", f"{key.webhook_id} answered 410 and is enabled")
        if left := in_flight(*self.lines):
            raise Violation("in flight", f"{left} are left")
        self._requests_are_attempts(rows)
        self._told(rows)

    def statuses(self) -> Counter[str]:
        """How many deliveries ended how."""
        return Counter(f"{one.status} {one.reason or ''}".strip() for one in self._rows().values())

    def _rows(self) -> dict[DeliveryKey, Delivery]:
        found: dict[DeliveryKey, Delivery] = {}
        for (pk, sk), row in self.world.table.items.items():
            if sk.startswith("E#"):
                owner, _, webhook_id = pk.rpartition("#")
                key = DeliveryKey(owner, webhook_id, sk.removeprefix("E#"))
                delivery = delivery_of(key, row)
                if delivery is not None:
                    found[key] = delivery
        return found

    def _request(self, request: Request) -> None:
        body = json.loads(request.body)
        known, webhook_id = self._of_url(request.url)
        if request.headers["webhook-id"] != body["id"]:
            raise Violation("ids", f"{request.headers['webhook-id']} carries {body['id']}")
        tenant, user = body["data"]["tenant"], body["data"]["user_sha256"]
        own_tenant, _, own_user = known.owner.partition(":")
        hashed = hashlib.sha256(own_user.encode()).hexdigest() if own_user else None
        if tenant != own_tenant or (own_user and user not in {hashed, own_user}):
            raise Violation("tenant", f"{webhook_id} of {known.owner} got an event of {tenant}, {user}")
        if body["type"] not in {"webhook.test", "schedule.recovered"}:
            at, event = self.events.get(body["id"], (None, None))
            if at is None or event is None or request.at < at:
                raise Violation("commit", f"{body['id']} is told before its commit")
            if event.owner != known.owner and not (known.row.get("all_users") and event.owner.startswith(known.owner)):
                raise Violation("tenant", f"{webhook_id} of {known.owner} got an event of {event.owner}")
        self._signed(request, known, webhook_id)

    def _signed(self, request: Request, known: Known, webhook_id: str) -> None:
        content = b".".join(
            (request.headers["webhook-id"].encode(), request.headers["webhook-timestamp"].encode(), request.body)
        )

        def signature(version: int) -> str:
            key = hmac.digest(MASTER, f"{webhook_id}:{version}".encode(), hashlib.sha256)
            return f"v1,{base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode()}"

        came = request.headers["webhook-signature"].split()
        read = request.at - 300  # a stalled process has read the webhook then, at the earliest
        stable = [version for since, version in known.versions if since <= read]
        newer = [version for since, version in known.versions if since > read]
        if not any(signature(version) in came for version in stable[-1:] + newer):
            raise Violation("signature", f"{webhook_id} at {request.at}: none of {known.versions} signs")

    def _of_url(self, url: str) -> tuple[Known, str]:
        return next((known, name) for name, known in self.webhooks.items() if known.row.get("url") == url)

    def _attempts(self, key: DeliveryKey, delivery: Delivery) -> None:
        made = delivery.attempts
        if len(made) > 10:
            raise Violation("times", f"{key} has {len(made)} attempts")
        if delivery.reason == "exhausted" and len(made) != 10:
            raise Violation("times", f"{key} is exhausted after {len(made)}")
        url = str(self.webhooks[key.webhook_id].row.get("url"))
        slack = SLACK + PER_FAULT * self.sim.disturbed[key] + 300 * self.sweeper.failed
        for number, (one, next_one) in enumerate(pairwise(made)):
            ended = one.at.timestamp() + one.milliseconds / 1000
            waited = next_one.at.timestamp() - ended
            longest = max(WAITS[number] * 1.2, self.receivers.asked_to_wait.get(url, 0)) + slack
            if not WAITS[number] - 0.01 <= waited <= longest:
                raise Violation("times", f"{key}: {waited:.1f} s before attempt {number + 2}, not up to {longest}")

    def _requests_are_attempts(self, rows: dict[DeliveryKey, Delivery]) -> None:
        """A receiver gets a request twice only where something went wrong."""
        arrived = Counter((one.url, one.headers["webhook-id"]) for one in self.receivers.requests)
        made: Counter[tuple[str, str]] = Counter()
        for key, delivery in rows.items():
            place = str(self.webhooks[key.webhook_id].row.get("url")), delivery.event_id
            made[place] += len(delivery.attempts) + self.sim.disturbed[key]
        for place, number in arrived.items():
            if number > made[place]:
                raise Violation("twice", f"{place} got {number} requests for {made[place]} attempts and faults")

    def _touched_since(self, delivery: Delivery) -> bool:
        name, at = delivery.key.webhook_id, delivery.attempts[-1].at.timestamp()
        known = self.webhooks[name]
        gone = known.gone_at is not None or "disabled_reason" in known.row
        return gone or any(touched >= at - 300 for touched in self.users.touched.get(name, []))

    def _told(self, rows: dict[DeliveryKey, Delivery]) -> None:
        """Each event that a webhook wanted at its commit was received, or is recorded as dead or held."""
        by_event: dict[tuple[str, str], list[Delivery]] = defaultdict(list)
        for key, delivery in rows.items():
            if delivery.replay_of is None:
                by_event[key.webhook_id, delivery.event_id].append(delivery)
        received = {
            (request.url, request.headers["webhook-id"])
            for request in self.receivers.requests
            if request.answered is not None and 200 <= request.answered < 300
        }
        for webhook_id, event in self.wanted:
            known = self.webhooks[webhook_id]
            published = self.stream.published_at.get(event.id)
            if published is None:
                raise Violation("lost", f"{event.kind} {event.id} is not published")
            committed = self.events[event.id][0]
            if any(committed <= at <= published for at in self.users.touched.get(webhook_id, [])):
                continue  # it was changed before its webhooks were read
            found = by_event[webhook_id, event.id]
            if len(found) > 1:
                raise Violation("ids", f"{event.id} has {len(found)} deliveries to {webhook_id}")
            if not found and known.gone_at is None:
                raise Violation("lost", f"{event.kind} {event.id} of {event.owner} never came to {webhook_id}")
            for delivery in found:
                url = known.row.get("url")
                if delivery.status == "delivered" and (url, event.id) not in received:
                    raise Violation("lost", f"{event.id} is called delivered to {webhook_id}, and was not received")
