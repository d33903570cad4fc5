"""Callers: what they do at random times through the real use cases, repeating calls as the vendor's SDK does."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from agent_schedules.domain.caller import Caller
from agent_schedules.domain.request_context import COMMIT_WITHIN, IdempotencyKey, RequestContext
from agent_schedules.domain.schedules import Key, Schedule
from agent_schedules.errors import AgentSchedulesError, BadGateway, InvalidRequest, TooManyRequests, Unavailable
from agent_schedules.ports import Ports
from agent_schedules.schemas.requests import (
    CreateAgentBody,
    CreateRunBody,
    CreateScheduleBody,
    UpdateAgentBody,
    UpdateScheduleBody,
)
from agent_schedules.services import agents as agent_service
from agent_schedules.services import runs as run_service
from agent_schedules.services import schedules as schedule_service

from tests.faults.controls import Controls
from tests.faults.core import Crash, Process, Simulation, Violation
from tests.faults.policies import Drawn
from tests.faults.timings import timing
from tests.faults.weather import OFF
from tests.faults.witness import Stories

OWNER = "tenant"
API_SECONDS = 29.0  # that Lambda gives the api function
ATTEMPTS = 3  # of the SDK
MODELS = ("echo", "echo", "echo", "echo", "fail", "reject")

CONTROLS = 0.5
"""How many of the changes are about single runs or occurrences, in a seed with policies."""

Operation = Callable[[RequestContext], Any]


class Users:
    """Everybody who calls, and what they were told."""

    def __init__(self, sim: Simulation, ports: Ports, stories: Stories) -> None:
        self.sim = sim
        self.ports = ports
        self.stories = stories
        self.agents: list[str] = []
        self.runs: list[tuple[str, str]] = []
        self.cancelled: list[tuple[str, str]] = []
        """Runs whose cancel was answered."""
        self.refused: list[Process] = []
        """Processes whose call was answered with 400, 429 or 5xx."""
        self.keyed: dict[str, set[str]] = {}
        """What each idempotency key of a create was answered with."""
        self.fastest = 1
        """Seconds of the shortest interval that anybody asks for."""
        self.drawn: Drawn | None = None
        """The policies of a seed that has any."""
        self._calls = 0

    # ------------------------------------------------------------------------------------------------------ calls

    def call(
        self, name: str, operation: Operation, done: Callable[[Any], None] = lambda _: None, *, must: bool = False
    ) -> None:
        """Make a call and repeat it after a 5xx or a silence. `must`: it has to succeed, for nothing goes wrong."""
        self._calls += 1
        key = f"key {self._calls}" if self.sim.dice.random() < 0.5 else None
        self._attempt(name, operation, done, key, 1, must=must)

    def _attempt(
        self, name: str, operation: Operation, done: Callable[[Any], None], key: str | None, number: int, *, must: bool
    ) -> None:
        arrived = self.sim.now

        def elapsed() -> float:
            return (self.sim.now - arrived) / 1000

        asked: list[Process] = []
        intent = None
        if key is not None:
            digest = hashlib.sha256(key.encode()).hexdigest()
            intent = IdempotencyKey(digest, digest)
        call = RequestContext(Caller(OWNER), intent, elapsed)

        def work(process: Process) -> Any:
            asked.append(process)
            self.sim.note(f"{name}, attempt {number}, {key or 'no key'}")
            try:
                return operation(call)
            except (InvalidRequest, TooManyRequests, Unavailable):
                self.refused.append(process)
                raise

        try:
            answer = self.sim.process("api", API_SECONDS, work)
        except (Crash, Unavailable, BadGateway) as error:
            self.sim.note(f"{name}: {type(error).__name__} {error}")
            # A function that others held up for longer than it has is killed or gives up, and its caller asks again.
            alone = elapsed() - (asked[0].held_up / 1000 if asked else 0)
            if must and not (self.sim.faults and (isinstance(error, Crash) or alone < COMMIT_WITHIN < elapsed())):
                raise Violation("answers", f"{name} fails though nothing goes wrong: {error!r}") from error
            if number < ATTEMPTS and self.sim.dice.random() < 0.8:
                wait = self.sim.dice.uniform(0.4, 6)
                self.sim.later(wait, lambda: self._attempt(name, operation, done, key, number + 1, must=must))
            return
        except AgentSchedulesError as error:
            kind = "full" if error.message.startswith("schedules: ") else ""
            self.sim.counts[f"answers: {error.status} {kind}".strip()] += 1
            self.sim.note(f"{name}: {error.status} {error.message}")
            return
        self.sim.note(f"{name}: answered")
        if key is not None and isinstance(answer, Schedule) and name == "create":
            self.keyed.setdefault(key, set()).add(answer.key.schedule_id)
        if elapsed() < 5:
            done(answer)

    # ------------------------------------------------------------------------------------------------- operations

    def anything(self) -> None:
        """One random call."""
        known = [story.key for story in self.stories.stories.values()]
        if not self.agents:
            self.create_agent()
            return
        agent_id = self.sim.dice.choice(self.agents)
        drawn = self.sim.dice.random()
        if not known or drawn < 0.25:
            self.create(agent_id)
        elif drawn < 0.65:
            self.control(self.sim.dice.choice(known))
        elif drawn < 0.75:
            self.quarrel(self.sim.dice.choice(known))
        elif drawn < 0.85:
            self.create_run(agent_id)
        elif drawn < 0.9:
            self.cancel()
        elif drawn < 0.96:
            self.agent_life(agent_id)
        else:
            self.create_agent()

    def create_agent(self) -> None:
        """A new agent."""
        body = CreateAgentBody(name="a", model=self.sim.dice.choice(MODELS))
        self.call(
            "create agent",
            lambda call: agent_service.create_agent(self.ports, call, body),
            lambda agent: self.agents.append(agent.id),
        )

    def agent_life(self, agent_id: str) -> None:
        """Delete an agent and restore it, or give it a new version."""
        drawn = self.sim.dice.random()
        if drawn < 0.3:
            body = UpdateAgentBody(name=f"n{self.sim.now}")
            self.call("update agent", lambda call: agent_service.update_agent(self.ports, call, agent_id, body))
        else:
            self.delete_agent(agent_id)
            if drawn < 0.8:
                self.sim.later(self.sim.dice.uniform(0, 600), lambda: self.restore(agent_id))

    def delete_agent(self, agent_id: str) -> None:
        """Delete an agent."""
        self.call("delete agent", lambda call: agent_service.delete_agent(self.ports, call, agent_id))

    def restore(self, agent_id: str, *, must: bool = False) -> None:
        """Bring an agent back."""
        self.call("restore agent", lambda call: agent_service.restore_agent(self.ports, call, agent_id), must=must)

    def create(self, agent_id: str, spec: dict[str, Any] | None = None) -> None:
        """A new schedule, of a random timing unless one is given."""
        asked = {"schedule": spec or timing(self.sim, self.fastest)}
        if self.drawn is not None and spec is None:
            asked = self.drawn.body(asked["schedule"], self.fastest)
        body = CreateScheduleBody.model_validate({**asked, "input": "x"})
        ports = self.ports
        self.call(
            "create",
            lambda call: schedule_service.create_schedule(ports, call, agent_id, body),
            lambda answer: self._answered(answer, None),
        )

    def create_anywhere(self) -> None:
        """A new schedule of some agent."""
        if self.agents:
            self.create(self.sim.dice.choice(self.agents))

    def control(self, key: Key) -> None:
        """Change a schedule, whether it is known to its caller or not."""
        if self.drawn is not None and self.drawn.dice.random() < CONTROLS:
            Controls(self.drawn, self.stories, lambda: self.ports, self.call).anything(key)
            return
        match self.sim.dice.choice(
            ("update", "update", "rename", "pause", "bounce", "resume", "resume", "resume", "delete")
        ):
            case "update":
                spec = timing(self.sim, self.fastest)
                self.update(key, {"schedule": spec} if self.drawn is None else self.drawn.update(spec))
            case "rename":
                self.update(key, {"name": f"n{self.sim.dice.randrange(3)}"})
            case "pause":
                self.pause(key)
            case "bounce":  # at once, in another process
                self.pause(key)
                if "bounces" not in OFF:
                    self.sim.later(self.sim.dice.uniform(0, 0.5), lambda: self.resume(key))
            case "resume":
                self.resume(key)
            case _:
                self.delete(key)

    def quarrel(self, key: Key) -> None:
        """Several change one schedule at once."""
        for _ in range(self.sim.dice.choice((2, 3, 5))):
            self.sim.later(self.sim.dice.uniform(0, 4), lambda: self.control(key))

    def update(self, key: Key, body: dict[str, Any], *, must: bool = False) -> None:
        """Change a schedule's definition."""
        changes = UpdateScheduleBody.model_validate(body)
        self.call(
            f"update {key.schedule_id} {body}",
            lambda call: schedule_service.update_schedule(self.ports, call, key.agent_id, key.schedule_id, changes),
            lambda answer: self._answered(answer, None, arms="schedule" in body or "policies" in body),
            must=must,
        )

    def pause(self, key: Key, *, must: bool = False) -> None:
        """Pause a schedule, sometimes until a time."""
        asked = None if self.drawn is None or must else self.drawn.pause()
        self.call(
            f"pause {key.schedule_id} {asked.model_dump(mode='json') if asked else ''}",
            lambda call: schedule_service.pause_schedule(self.ports, call, key.agent_id, key.schedule_id, asked),
            lambda answer: self._answered(answer, "paused"),
            must=must,
        )

    def resume(self, key: Key, *, must: bool = False) -> None:
        """Resume a schedule."""
        self.call(
            f"resume {key.schedule_id}",
            lambda call: schedule_service.resume_schedule(self.ports, call, key.agent_id, key.schedule_id),
            lambda answer: self._answered(answer, "active"),
            must=must,
        )

    def delete(self, key: Key, *, must: bool = False) -> None:
        """Delete a schedule."""
        self.call(
            f"delete {key.schedule_id}",
            lambda call: schedule_service.delete_schedule(self.ports, call, key.agent_id, key.schedule_id),
            must=must,
        )

    def create_run(self, agent_id: str) -> None:
        """A run of its own."""
        body = CreateRunBody(input="x")
        self.call(
            "create run",
            lambda call: run_service.create_run(self.ports, call, agent_id, body),
            lambda view: self.runs.append((agent_id, view.run.key.run_id)),
        )

    def cancel(self) -> None:
        """Cancel a run of one's own."""
        if not self.runs:
            return
        agent_id, run_id = self.sim.dice.choice(self.runs)
        self.call(
            f"cancel {run_id}",
            lambda call: run_service.cancel_run(self.ports, call, agent_id, run_id),
            lambda _: self.cancelled.append((agent_id, run_id)),
        )

    def _answered(self, answer: Schedule, status: str | None, *, arms: bool = True) -> None:
        """Check that an answer is what was committed. `arms`: the request that answers has armed the schedule, too."""
        story = self.stories.stories[answer.key.schedule_id]
        if answer.state.generation > story.epochs[-1].generation:
            raise Violation("answers", f"answered {answer.state}, committed was {story.epochs[-1]}")
        # The repeat of a call with its key answers what there is by then, but what was asked for did happen.
        happened = {answer.state.status, *(epoch.status for epoch in story.epochs)}
        if status is not None and status not in happened:
            raise Violation("answers", f"{answer.key.schedule_id} was never {status}")
        for epoch in story.epochs:
            epoch.answered |= arms and epoch.generation == answer.state.generation
