"""The messages of the delay queue: a hint about a schedule, a run or a job to continue. Keys only. Pure."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict

from agent_schedules.domain.jobs import JobKey
from agent_schedules.domain.runs import RunKey
from agent_schedules.domain.schedules import Key
from agent_schedules.domain.wire import Count, KeyPart, Moment, ResponseId


@dataclass(frozen=True)
class Hint:
    """Look at this schedule."""

    key: Key
    at: int | None
    """The nominal time it was meant for (UTC seconds); None when unknown."""
    repair: bool = False
    """Rewrite the EventBridge entry too."""
    fingerprint: str | None = None
    """Of the timing that its entry was rendered from. Where the row's differs, the entry is a late write of an
    older change, and is rewritten. Never on the queue."""
    revived: int = 0
    """How many times it was a dead letter."""
    advance: bool = False
    """A run of its line has ended: start the next (`execution/line.py`)."""
    armed: int | None = None
    """The nominal time that an earlier delivery of this hint armed by a message; this one does not arm it again."""

    def body(self) -> dict[str, Any]:
        """Return its form on the queue."""
        message = {"v": 1, "kind": "hint", **asdict(self.key), "nominal": self.at, "repair": self.repair}
        more = {"revived": self.revived or None, "armed": self.armed, "advance": self.advance or None}
        return message | {name: value for name, value in more.items() if value is not None}


@dataclass(frozen=True)
class ContinueRun:
    """Continue this run: start it, or poll for its response."""

    key: RunKey
    rev: int | None
    """The run's `rev` when this was sent. A row with a later one has a newer message, so that there is one chain."""
    response_id: str | None = None
    """The gateway's response, before the row knows it."""
    polls: int = 0
    """How often the gateway was asked: to take the request and, once it has, for the response."""
    odd: int = 0
    """How many of its last answers in a row were of the kind that fails a run when it goes on (`verdicts.py`)."""
    revived: int = 0
    """How many times it was a dead letter."""

    def body(self) -> dict[str, Any]:
        """Return its form on the queue."""
        message = {"v": 1, "kind": "run", **asdict(self.key), "rev": self.rev, "polls": self.polls}
        more = {"response_id": self.response_id, "odd": self.odd, "revived": self.revived}
        return message | {name: value for name, value in more.items() if value}


@dataclass(frozen=True)
class ContinueJob:
    """Make the next step of this job."""

    key: JobKey

    def body(self) -> dict[str, Any]:
        """Return its form on the queue."""
        return {"v": 1, "kind": "job", **asdict(self.key)}


Message = Hint | ContinueRun | ContinueJob


class _Body(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")
    owner: KeyPart
    agent_id: KeyPart


class _HintBody(_Body):
    schedule_id: KeyPart
    nominal: Moment | None = None
    repair: bool = False
    revived: int = 0
    armed: int | None = None
    advance: bool = False


class _RunBody(_Body):
    run_id: KeyPart
    rev: Count | None = None
    response_id: ResponseId | None = None
    polls: Count = 0
    odd: Count = 0
    revived: Count = 0


class _JobBody(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")
    owner: KeyPart
    job_id: KeyPart


def message_of(body: Any) -> Message:
    """Return the message in a queue body. Raises ValueError for anything else."""
    match body.get("kind") if isinstance(body, dict) else None:
        case "hint":
            hint = _HintBody.model_validate(body)
            key = Key(hint.owner, hint.agent_id, hint.schedule_id)
            return Hint(key, hint.nominal, hint.repair, revived=hint.revived, armed=hint.armed, advance=hint.advance)
        case "run":
            run = _RunBody.model_validate(body)
            run_key = RunKey(run.owner, run.agent_id, run.run_id)
            return ContinueRun(run_key, run.rev, run.response_id, run.polls, run.odd, run.revived)
        case "job":
            job = _JobBody.model_validate(body)
            return ContinueJob(JobKey(job.owner, job.job_id))
        case _:
            raise ValueError("a message of unknown kind")
