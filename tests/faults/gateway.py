"""The fake gateway with the dice between it and the code: a call may fail, also after it took effect."""

from __future__ import annotations

from typing import Any

from agent_schedules.ports import GatewayError

from tests.faults.core import STALLS, Simulation, Violation
from tests.faults.lines import Lines
from tests.faults.policies import Drawn
from tests.faults.ports import Watch
from tests.support.fakes import FakeGateway


class SimGateway(FakeGateway):
    """The gateway on a bad day: slow, refusing, or silent after it took the request."""

    def __init__(self, sim: Simulation, watch: Watch) -> None:
        super().__init__(background=sim.dice.random() < 0.7, patience=20.0)
        self.sim = sim
        self.watch = watch
        self.requests: dict[str, str] = {}
        """What each idempotency key was used for."""
        self.drawn: Drawn | None = None
        """In a seed with policies: how long responses take."""
        self.hurry = False
        self.lines: Lines

    def hasten(self) -> None:
        """Let every response be there when it is asked for next."""
        self.hurry = True
        for response in self.responses.values():
            response["left"] = 0

    def create(
        self, request: dict[str, Any], *, idempotency_key: str, on_behalf_of: str | None, seconds: float
    ) -> dict[str, Any]:
        """See `Gateway.create`. It answers within `seconds`, or somebody's clock is not what it should be."""
        self._with_key("send")
        until = self.sim.now + int(seconds * 1000)
        self.sim.boundary(f"gateway create {idempotency_key}")
        process = self.sim.current
        sending = [other for other in self.sim.stack if other.posting == idempotency_key]
        if others := [other for other in sending if self.sim.now < min(other.posting_until, other.deadline)]:
            raise Violation("lease", f"{process.name} sends {idempotency_key}, which {others[0].name} is sending")
        if self.requests.setdefault(idempotency_key, repr(request)) != repr(request):
            raise Violation("request", f"{idempotency_key} was sent with another request before")
        process.posting, process.posting_until = idempotency_key, until
        try:
            kind = self.sim.fault("gateway", ("refused", "unanswered"))
            if self.sim.chance(self.sim.rates.stall * 3):
                self.sim.stall("the gateway", min(self.sim.dice.choice(STALLS), max(until - self.sim.now, 0) / 1000))
            if self.sim.now > process.deadline:
                self.sim.boundary("gateway create")
            if kind == "refused":
                raise GatewayError("unavailable", "The gateway answered 503")
            self.polls = self.sim.dice.choice((0, 0, 0, 0, 0, 0, 1, 1, 3, 10**9 if self.background else 0))
            if self.drawn is not None:
                self.polls = self.drawn.polls() * self.background * (not self.hurry)
            answer = super().create(
                request, idempotency_key=idempotency_key, on_behalf_of=on_behalf_of, seconds=seconds
            )
            self.lines.posted(idempotency_key, self.responses)
            self.sim.note(f"gateway took {idempotency_key}: {answer['status']}")
            self.watch.posted(idempotency_key, process)
            if kind == "unanswered":
                self.watch.lost({"run_id": idempotency_key})
                self.watch.broken[idempotency_key] += 1
                raise GatewayError("broken", "The connection broke")
        finally:
            process.posting = None
        self.sim.boundary("after gateway create")
        return answer

    def retrieve(self, response_id: str, *, on_behalf_of: str | None, seconds: float) -> dict[str, Any]:
        """See `Gateway.retrieve`."""
        self._asking(f"retrieve {response_id}")
        return super().retrieve(response_id, on_behalf_of=on_behalf_of, seconds=seconds)

    def cancel(self, response_id: str, *, on_behalf_of: str | None, seconds: float) -> dict[str, Any]:
        """See `Gateway.cancel`."""
        self._asking(f"cancel {response_id}")
        answer = super().cancel(response_id, on_behalf_of=on_behalf_of, seconds=seconds)
        self.sim.boundary("after gateway cancel")
        return answer

    def _with_key(self, call: str) -> None:
        """Read the key; a process that has it in its cache needs no secret."""
        if (outage := self.sim.outage("secrets")) and self.sim.dice.random() < outage.refused:
            self.sim.count("secrets refused", call)
            raise GatewayError("unavailable", f"The gateway's key for the {call} could not be read")

    def _asking(self, what: str) -> None:
        self._with_key(what)
        self.sim.boundary(f"gateway {what}")
        if self.sim.fault("gateway", ("refused",)):
            raise GatewayError("unavailable", "The gateway answered 503")
        self.sim.note(f"gateway {what}")
