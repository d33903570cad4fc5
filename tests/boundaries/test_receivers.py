"""Answers of webhooks' receivers, whatever they are: a `Reply` that a delivery can hold, or `NotDelivered`."""

from __future__ import annotations

import math
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from agent_schedules.adapters.webhook_sender import LARGEST, WebhookSender
from agent_schedules.ports import NotDelivered, Reply
from hypothesis import strategies as st

from tests.boundaries.hostile import damaged, hostile, is_json, texts
from tests.support.notifier import Delivering
from tests.support.receivers import listener, request_of

PLAIN = b"HTTP/1.1 503 Busy\r\nContent-Length: 2\r\nContent-Type: text/plain\r\nRetry-After: 20\r\n\r\nok"
EARLY = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + PLAIN
CHUNKS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;a=b\r\nok\r\n0\r\nTrailer: a\r\n\r\n"
PACKED = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nok"
TO_THE_END = b"HTTP/1.0 200 OK\r\n\r\n" + b"ok" * 50


@dataclass
class Receiver:
    """A receiver on this machine that gives one answer and hangs up."""

    port: int = 0
    answer: bytes = b""
    sender: WebhookSender = field(default_factory=lambda: WebhookSender(local=True))

    def serve(self, caller: socket.socket) -> None:
        """Read the request, and answer."""
        request_of(caller)
        caller.sendall(self.answer)

    def posted(self, answer: bytes) -> Reply | NotDelivered:
        """The end of a delivery that is answered so."""
        self.answer = answer
        try:
            return self.sender.post(f"http://127.0.0.1:{self.port}/", {}, b"{}", seconds=10)
        except NotDelivered as failed:
            return failed


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    with listener(socket.AF_INET, made.serve) as (_, port):
        made.port = port
        yield made


def holds(end: Reply | NotDelivered) -> Reply | None:
    """The reply, if there is one. Its parts have their forms, and a failure says why in JSON."""
    if isinstance(end, NotDelivered):
        assert is_json(end.reason)
        return None
    assert 100 <= end.status <= 999
    assert len(end.content) <= LARGEST
    assert end.retry_after is None or (math.isfinite(end.retry_after) and end.retry_after >= 0)
    return end


answers = (
    damaged(PLAIN) | damaged(EARLY) | damaged(CHUNKS) | damaged(PACKED) | damaged(TO_THE_END) | st.binary(max_size=60)
)


@hostile(answers, examples=300)
def test_bytes_of_any_kind_are_a_reply_or_not_delivered(receiver: Receiver, answer: bytes) -> None:
    holds(receiver.posted(answer))


waits = texts | st.integers().map(str) | st.floats().map(str) | st.sampled_from([
    "1", "-1", "1e999", "nan", "inf", "9" * 400, "1_0", "²", "Mon, 02 Mar 2026 10:00:03 GMT",
    "Mon, 99 Mar 2026 10:00:03", "Fri, 31 Dec 9999 23:59:59 -2359", "Sat, 01 Jan 0001 00:00:00 +2359", "1 Jan 99999",
    "0 Jan 0 0:0:0", "-0", "5, 6", "a" * 70_000,
])  # fmt: skip


@hostile(waits, st.sampled_from([200, 410, 429, 500, 503]), examples=200)
def test_a_retry_after_of_any_text_is_read_or_passed_over(receiver: Receiver, wait: str, status: int) -> None:
    value = wait.encode("utf-8", "replace").translate(None, b"\r\n")
    end = receiver.posted(b"HTTP/1.1 %d Said\r\nContent-Length: 0\r\nRetry-After: %b\r\n\r\n" % (status, value))
    reply = holds(end)
    assert reply is None or reply.status == status
    assert reply is not None or len(value) > 60_000


replies = st.builds(
    Reply,
    st.integers(100, 999) | st.sampled_from([200, 410, 429, 429, 503, 503]),
    st.binary(max_size=200) | st.sampled_from([b"\xff" * LARGEST, b'"' * LARGEST, b"\0" * 9_000]),
    st.none() | st.floats(0, allow_infinity=False),
)


@hostile(replies, examples=200)
def test_any_reply_is_an_attempt_that_can_be_stored(reply: Reply) -> None:
    one = Delivering()
    one.sender.answers = [reply]
    key = one.publish()
    one.work()
    kept = one.stored(key)
    assert kept is not None
    assert [attempt.status_code for attempt in kept.attempts] == [reply.status]
    assert is_json(kept.response_body)
    assert kept.over or kept.next_attempt_at is not None
    assert all(is_json(waiting.message.body()) for queue in one.queues for waiting in queue.messages)
