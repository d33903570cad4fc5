"""The responses of the echo gateway.

No model runs: the request and the time at which it was accepted decide the state of its response at any later time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic import AwareDatetime

from dev.echo_gateway.requests import CreateBody, read_body


@dataclass
class Accepted:
    """A request that made a response. `headers` are lower-case and without `authorization`; `body` is as sent."""

    id: str
    at: AwareDatetime
    key: str | None
    headers: dict[str, str]
    body: dict[str, Any]
    cancelled: bool = False

    @property
    def asked(self) -> CreateBody:
        """The body, read."""
        return read_body(self.body)

    def due(self) -> datetime:
        """Return when the response is finished, if it is not cancelled before."""
        slow = self.body["model"].removeprefix("slow-")
        return self.at + timedelta(seconds=float(slow) if slow != self.body["model"] else 0)

    def status(self, now: datetime) -> str:
        """Return the response's state at `now`."""
        if self.cancelled:
            return "cancelled"
        if now < self.due():
            return "in_progress"
        return {"fail": "failed", "incomplete": "incomplete"}.get(self.body["model"], "completed")

    def response(self, status: str) -> dict[str, Any]:
        """Return the response object as OpenAI shows it in that state."""
        asked = self.asked
        text = asked.input_text()
        said = {"completed": text, "incomplete": text[: (len(text) + 1) // 2]}.get(status)
        # OpenAI fills these in if a request leaves them out.
        tools = [
            {"description": None, "parameters": None, "strict": True, **t} if t.get("type") == "function" else t
            for t in asked.tools
        ]
        failure = {"code": "server_error", "message": "The model `fail` always fails."}
        return {
            **asked.model_dump(),
            "id": self.id,
            "object": "response",
            "created_at": int(self.at.timestamp()),
            # OpenAI has this in completed responses only.
            "completed_at": int(self.due().timestamp()) if status == "completed" else None,
            "status": status,
            "error": failure if status == "failed" else None,
            "incomplete_details": {"reason": "max_output_tokens"} if status == "incomplete" else None,
            "output": [] if said is None else [_message(self.id, said, status)],
            "usage": None if said is None else _usage(text, said),
            "reasoning": {"effort": None, "summary": None, **asked.reasoning},
            "service_tier": "default",
            "text": {"format": {"type": "text"}, "verbosity": "medium", **asked.text},
            "tools": tools,
        }


def _message(response_id: str, text: str, status: str) -> dict[str, Any]:
    content = {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
    named = response_id.replace("resp_", "msg_")
    return {"id": named, "type": "message", "role": "assistant", "status": status, "content": [content]}


def _usage(read: str, written: str) -> dict[str, Any]:
    tokens_in, tokens_out = len(read.split()), len(written.split())  # a word is a token
    return {
        "input_tokens": tokens_in,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": tokens_out,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": tokens_in + tokens_out,
    }
