"""Interpret an answer of the gateway: a response object, a temporary failure, a refusal, or an invalid answer.

The rules are those of OpenAI's own clients: 408, 409, 429 and 5xx are temporary, `x-should-retry` overrides that, and
`retry-after-ms` or `Retry-After` gives the wait. In addition, 425 and a 400 with a temporary error code are temporary.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from agent_schedules.adapters import lenient_json
from agent_schedules.adapters.http_pool import Answer
from agent_schedules.domain.runs import TERMINAL
from agent_schedules.ports import Failing, GatewayError

LONGEST_ID = 1_000  # characters; it travels in messages
QUOTED = 200  # characters of an answer that is no response object
SAID = 2_000  # characters of the gateway's own reason
STATUSES = TERMINAL | {"queued", "in_progress"}
MOMENTS = frozenset({408, 409, 425, 429})
PASSING_CODES = frozenset({"conversation_locked", "rate_limit_exceeded", "server_error"})
"""Codes of an error object that mean a temporary failure, whatever the status."""
GAVE_UP = frozenset({504, 524})
"""A proxy gave up waiting for a gateway that took the request and may still work on it."""
_CONTROL = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029\u202a-\u202e\u2066-\u2069]+")
"""White space, and characters that move the cursor or reverse the direction of text in a log or a terminal."""
_KEY = re.compile(r"(?:\bBearer\s+\S+)|(?:\b[a-z]{2,4}-[A-Za-z0-9_-]{16,})", re.IGNORECASE)
"""Text that looks like an API key, of this service or another."""
SHORT_KEY = 8  # characters; a shorter key may be a part of any word


def response_in(answer: Answer, call: str, *, response_id: str | None, wall: float) -> dict[str, Any]:
    """Return the response object in an answer to a `call` (send, poll or cancel). `response_id` is the id that it must
    have, None if that is not known yet. Raises GatewayError."""
    error = _failure(answer, call, wall)
    if error is not None:
        raise error
    try:
        body = lenient_json.loads(answer.content)
    except lenient_json.NestedTooDeeply:
        raise _strange(answer, call, f"it is nested in more than {lenient_json.DEEPEST} levels") from None
    except ValueError:
        body = None
    if isinstance(body, dict) and isinstance(body.get("id"), str) and len(body["id"]) > LONGEST_ID:
        raise _strange(answer, call, f"its id has {len(body['id'])} characters, more than {LONGEST_ID}")
    if not isinstance(body, dict) or not _is_id(body.get("id")) or not isinstance(body.get("status"), str):
        raise _strange(answer, call, _shown(answer))
    if response_id is not None and body["id"] != response_id:
        raise _strange(answer, call, f"its id is {body['id'][:QUOTED]!r}")
    if response_id is not None and body["status"] not in STATUSES:
        raise _strange(answer, call, f"its status is {body['status'][:QUOTED]!r}")
    return body


def scrubbed(text: str, key: str) -> str:
    """Return the text in one line, with the key that was sent, and anything that looks like a key, replaced.

    A short key such as `x` or `ollama` is replaced only after a word such as "key" or "token": elsewhere it may be part
    of another word.
    """
    if len(key) >= SHORT_KEY:
        text = text.replace(key, "[key]")
    elif key:
        spoken_of = rf"((?:key|token|secret)s?\b\W+(?:\w+\W+){{0,2}}?){re.escape(key)}(?!\w)"
        text = re.sub(spoken_of, r"\1[key]", text, flags=re.IGNORECASE)
    return _KEY.sub("[key]", _CONTROL.sub(" ", text)).strip()


def hinted(header: Callable[[str], str | None], wall: float) -> float | None:
    """Return the seconds to wait by an answer's headers, which hold a number or an HTTP date (RFC 9110, 10.2.3)."""
    for name, unit in (("retry-after-ms", 1000), ("retry-after", 1)):
        text = header(name) or ""
        try:
            seconds = float(text) / unit
        except ValueError:
            continue
        if math.isfinite(seconds):
            return max(seconds, 0.0)
    try:
        return max(parsedate_to_datetime(header("retry-after") or "").timestamp() - wall, 0.0)
    except (ValueError, OverflowError):
        return None


def _failure(answer: Answer, call: str, wall: float) -> GatewayError | None:
    status = answer.status
    if 200 <= status < 300:
        return None
    if 300 <= status < 400:
        place = _place(answer.headers.get("Location", ""))
        return _strange(answer, call, f"it redirects to {place[:QUOTED]!r}, and redirects are not followed")
    code, message = _reason(answer)
    return GatewayError(
        _kind(status, code, answer.headers.get("x-should-retry")),
        f"The gateway answered the {call} with {status}: {message}",
        retry_after=hinted(answer.headers.get, wall),
    )


def _place(location: str) -> str:
    """Return the target of a redirect without query and fragment, which may be secret; empty if it is not a URL."""
    try:
        return urlsplit(location)._replace(query="", fragment="").geturl()
    except ValueError:
        return ""


def _kind(status: int, code: str, should_retry: str | None) -> Failing:
    if should_retry in {"true", "false"}:
        return "unavailable" if should_retry == "true" else "refused"
    if status in GAVE_UP:
        return "timed_out"
    passing = status in MOMENTS or status >= 500 or code in PASSING_CODES
    return "unavailable" if passing else "refused"


def _strange(answer: Answer, call: str, why: str) -> GatewayError:
    return GatewayError(
        "strange",
        f"The gateway's answer to the {call} ({answer.status}) is not a Responses object: {why}",
    )


def _shown(answer: Answer) -> str:
    """Return the beginning of an answer that is not a response object."""
    text = answer.content[: 4 * QUOTED].decode("utf-8", "replace").strip()
    return f"it begins {text[:QUOTED]!r}" if text else "it is empty"


def _reason(answer: Answer) -> tuple[str, str]:
    """Return the code and message of an OpenAI error object, or the beginning of any other answer."""
    try:
        error = lenient_json.loads(answer.content)["error"]
        if isinstance(error, dict):
            return str(error.get("code")), str(error["message"])[:SAID]
        return "", str(error)[:SAID]
    except (ValueError, KeyError, TypeError):
        return "", answer.content[: 4 * QUOTED].decode("utf-8", "replace").strip()[:QUOTED]


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and 1 <= len(value) <= LONGEST_ID
