"""A webhook: its filters, its receiver and how that receiver does. Pure (decision 19).

A webhook without a URL is a poll webhook: its deliveries are only recorded, and it lives for 24 hours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from agent_schedules.domain.event_data import DisabledReason
from agent_schedules.domain.events import OPT_IN

Format = Literal["standard", "slack"]

BOTH_SIGN = timedelta(hours=24)
"""How long after a rotation the secrets from before it sign too."""
MOST_SECRETS = 5
"""That sign at once."""
POLLED_FOR = timedelta(hours=24)
"""The life of a poll webhook."""
MOST_POLLED = 5
"""Poll webhooks of an owner."""


@dataclass(frozen=True)
class WebhookKey:
    """The ids that find a webhook."""

    owner: str
    webhook_id: str


@dataclass(frozen=True)
class Webhook:
    """A webhook. Every write is under the optimistic lock `rev`."""

    key: WebhookKey
    url: str | None
    """None for a poll webhook."""
    created_at: datetime
    updated_at: datetime
    description: str | None = None
    events: frozenset[str] | None = None
    """The types of event that it gets; None: all but those of `OPT_IN`."""
    agent_id: str | None = None
    schedule_id: str | None = None
    metadata: tuple[tuple[str, str], ...] = ()
    """Pairs that the metadata of an event's schedule must have."""
    format: Format = "standard"
    include_output: bool = False
    all_users: bool = False
    """Whether it also gets the events of the users that its tenant acts for."""
    disabled_reason: DisabledReason | None = None
    """Why it is disabled; None: it is enabled."""
    secret_version: int = 1
    oldest_secret: int = 1
    """The oldest version that signs, until `BOTH_SIGN` after `rotated_at`."""
    rotated_at: datetime | None = None
    failing_since: datetime | None = None
    """The first failed attempt since the last one that succeeded."""
    slow: bool = False
    """Whether its last attempt failed or took long, or there was none yet. Its deliveries then wait in a queue of their
    own."""
    expires_at: datetime | None = None
    """The end of a poll webhook."""
    version: int = 1
    """Which state callers see: every change by a caller, and a disabling, makes the next one."""
    rev: int = 1

    @property
    def enabled(self) -> bool:
        """Whether events are sent to it."""
        return self.disabled_reason is None

    @property
    def polled(self) -> bool:
        """Whether its deliveries are only recorded."""
        return self.url is None

    @property
    def etag(self) -> str:
        """Its entity tag."""
        return f'"v{self.version}"'

    def expired(self, now: datetime) -> bool:
        """Whether it is a poll webhook whose life is over. It then reads as if it did not exist."""
        return self.expires_at is not None and now >= self.expires_at

    def live(self, now: datetime) -> bool:
        """Whether it gets events."""
        return self.enabled and not self.expired(now)

    def wants(
        self,
        kind: str,
        *,
        owner: str,
        agent_id: str | None = None,
        schedule_id: str | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> bool:
        """Whether its filters let an event pass, whether or not it is enabled.

        `owner` is the event's. `metadata` is that of its schedule; None: not known yet, so that it is not compared.
        """
        of_user = self.all_users and owner.startswith(f"{self.key.owner}:")
        if owner != self.key.owner and not of_user:
            return False
        if kind in OPT_IN if self.events is None else kind not in self.events:
            return False
        if self.agent_id not in {None, agent_id} or self.schedule_id not in {None, schedule_id}:
            return False
        return metadata is None or all(metadata.get(name) == value for name, value in self.metadata)

    def signing_versions(self, now: datetime) -> range:
        """Return the versions of its secret that sign, the current one last."""
        both = self.rotated_at is not None and now < self.rotated_at + BOTH_SIGN
        return range(self.oldest_secret if both else self.secret_version, self.secret_version + 1)

    def rotated(self, now: datetime) -> Webhook:
        """Return the webhook with the next secret. All those that sign by now go on for `BOTH_SIGN`."""
        return replace(
            self._changed(now),
            secret_version=self.secret_version + 1,
            oldest_secret=self.signing_versions(now)[0],
            rotated_at=now,
        )

    def updated(self, after: Webhook, now: datetime) -> Webhook:
        """Return the webhook in another state that a caller asked for.

        Another URL is a receiver that was not tried yet. So is one that is enabled again.
        """
        changed = after._changed(now)
        untried = after.url != self.url or (after.enabled and not self.enabled)
        return replace(changed, failing_since=None, slow=after.url is not None) if untried else changed

    def disabled(self, reason: DisabledReason, now: datetime) -> Webhook:
        """Return the webhook disabled."""
        return replace(self._changed(now), disabled_reason=reason)

    def healthy(self, *, slow: bool = False) -> Webhook:
        """Return the webhook after an attempt that succeeded; `slow`: but took long."""
        return replace(self, failing_since=None, slow=slow, rev=self.rev + 1)

    def failing(self, now: datetime) -> Webhook:
        """Return the webhook after an attempt that failed."""
        return replace(self, failing_since=self.failing_since or now, slow=True, rev=self.rev + 1)

    def _changed(self, now: datetime) -> Webhook:
        return replace(self, updated_at=now, version=self.version + 1, rev=self.rev + 1)
