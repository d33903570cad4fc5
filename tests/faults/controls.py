"""What users do to single runs and occurrences in a seed with policies: trigger, retry, skip, backfill."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from agent_schedules.domain.request_context import RequestContext
from agent_schedules.domain.schedules import Key
from agent_schedules.ports import Ports
from agent_schedules.schemas.controls import TriggerBody
from agent_schedules.schemas.occurrences import BackfillBody, SkipBody
from agent_schedules.services import backfills, skips, triggers

from tests.faults.nominal import nominal_times
from tests.faults.policies import OVERLAPS, Drawn
from tests.faults.stories import Story
from tests.faults.witness import Stories

AHEAD = 7_200  # seconds in which a skip looks for an occurrence to come
LONGEST_BACKFILL = 20  # nominal times

Call = Callable[..., None]


class Controls:
    """The calls of one seed's users."""

    def __init__(self, drawn: Drawn, stories: Stories, ports: Callable[[], Ports], call: Call) -> None:
        self.dice = drawn.dice
        self.stories = stories
        self._ports = ports
        self._call = call

    def anything(self, key: Key) -> None:
        """One random call about a schedule."""
        story = self.stories.stories[key.schedule_id]
        match self.dice.choice(
            ("trigger", "trigger", "retry", "skip", "skip", "unskip", "backfill", "backfill", "backfill", "stop")
        ):
            case "trigger":
                self._trigger(key)
            case "retry":
                self._retry(key)
            case "skip":
                self._skip(story, take_back=False)
            case "unskip":
                self._skip(story, take_back=True)
            case "backfill":
                self._backfill(story)
            case _:
                self._about(
                    f"stop backfill {key.schedule_id}",
                    lambda call: backfills.stop_backfill(self._ports(), call, key.agent_id, key.schedule_id),
                )

    def _about(self, name: str, operation: Callable[[RequestContext], Any]) -> None:
        self.stories.sim.counts[f"policies: {name.split(maxsplit=1)[0]} asked"] += 1
        self._call(name, operation)

    def _trigger(self, key: Key) -> None:
        body: dict[str, Any] = {}
        if self.dice.random() < 0.4:
            body["overlap"] = self.dice.choice(("allow", *OVERLAPS))
        if self.dice.random() < 0.3:
            body["input"] = f"y{self.dice.randrange(100)}"
        asked = TriggerBody.model_validate(body)
        self._about(
            f"trigger {key.schedule_id} {body}",
            lambda call: triggers.trigger_schedule(self._ports(), call, key.agent_id, key.schedule_id, asked),
        )

    def _retry(self, key: Key) -> None:
        known = self.stories.lines.runs.get(key.schedule_id, {})
        if known:
            run_id = self.dice.choice(sorted(known))
            self._about(
                f"retry {run_id}",
                lambda call: triggers.retry_run_of(self._ports(), call, key.agent_id, run_id),
            )

    def _skip(self, story: Story, *, take_back: bool) -> None:
        key, now = story.key, self.stories.sim.seconds
        times = nominal_times(story.epochs[-1].spec, now - 100, now + AHEAD)[:6]
        if not times:
            return
        at = datetime.fromtimestamp(self.dice.choice(times), UTC).isoformat()
        body, verb = SkipBody.model_validate({"scheduled_for": at}), "unskip" if take_back else "skip"
        operation = skips.unskip_occurrence if take_back else skips.skip_occurrence
        self._about(
            f"{verb} {key.schedule_id} {at}",
            lambda call: operation(self._ports(), call, key.agent_id, key.schedule_id, body),
        )

    def _backfill(self, story: Story) -> None:
        key, now = story.key, datetime.fromtimestamp(self.stories.sim.seconds, UTC)
        step = int(story.epochs[-1].spec.get("interval_seconds", 60))
        end = now - timedelta(seconds=self.dice.choice((0, 60, 200, 500, 1000)))
        first = end - timedelta(seconds=step * self.dice.randint(1, LONGEST_BACKFILL))
        asked = {"from": first.isoformat(), "to": end.isoformat(), "dry_run": self.dice.random() < 0.1}
        body = BackfillBody.model_validate(asked)
        self._about(
            f"backfill {key.schedule_id} {asked}",
            lambda call: backfills.backfill(self._ports(), call, key.agent_id, key.schedule_id, body),
        )
