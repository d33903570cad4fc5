"""Parts of keys in messages hold no separator, so no message names a row of another kind."""

from __future__ import annotations

from typing import Any

import pytest
from agent_schedules.domain.messages import ContinueJob, ContinueRun, Hint, message_of

HINT = {"v": 1, "kind": "hint", "owner": "acme:u1", "agent_id": "agt_1", "schedule_id": "sched_1", "nominal": 60}
RUN = {"v": 1, "kind": "run", "owner": "acme:u1", "agent_id": "agt_1", "run_id": "run_1", "rev": 1}
JOB = {"v": 1, "kind": "job", "owner": "acme:u1", "job_id": "job_1"}
PARTS = [(body, name) for body in (HINT, RUN, JOB) for name in body if name == "owner" or name.endswith("_id")]
BAD: dict[str, Any] = {
    "a separator": "a#b", "a separator at its end": "a#", "nothing": "", "a blank": "a b", "a line's end": "a\n",
    "a zero": "a\0", "a letter of another script": "ä", "half a surrogate pair": "a\ud800", "too long": "a" * 201,
    "a number": 1, "null": None, "a list": ["a"],
}  # fmt: skip


@pytest.mark.parametrize(("body", "kind"), [(HINT, Hint), (RUN, ContinueRun), (JOB, ContinueJob)], ids=str)
def test_a_message_is_read_as_it_was_written(body: dict[str, Any], kind: type) -> None:
    message = message_of(body)
    assert isinstance(message, kind)
    assert message_of(message.body()) == message


@pytest.mark.parametrize("value", BAD.values(), ids=BAD)
@pytest.mark.parametrize(("body", "name"), PARTS, ids=lambda part: part if isinstance(part, str) else part["kind"])
def test_a_part_of_a_key_that_is_none_is_no_message(body: dict[str, Any], name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=name):
        message_of(body | {name: value})


@pytest.mark.parametrize("name", ["owner", "agent_id"])
def test_a_part_of_a_key_that_is_missing_is_no_message(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        message_of({member: value for member, value in HINT.items() if member != name})
