"""Interim answers (RFC 9110, 15.2) are no answers, and no caller gets what was meant for another."""

from __future__ import annotations

import socket

import pytest
from agent_schedules.adapters.http_pool import Connections, Failed, ask

from tests.adapters.test_deadline import server


def final(text: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(text), text)


def request(caller: socket.socket) -> None:
    assert b"\r\n\r\n" in caller.recv(65_536)


@pytest.mark.parametrize(
    "interim",
    [
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 102 Processing\r\n\r\n",
        b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n",
        b"HTTP/1.1 199 Something\r\n\r\n" * 20,
    ],
)
def test_each_caller_gets_its_own_final_answer(interim: bytes) -> None:
    def talk(caller: socket.socket) -> None:
        for text in (b"first", b"second"):
            request(caller)
            caller.sendall(interim)
            caller.sendall(final(text))

    with server(talk) as url:
        pool = Connections()
        answers = [ask(pool, "GET", url, {}, seconds=10, connect=1, largest=100) for _ in range(2)]
        pool.clear()
    assert [(answer.status, answer.content) for answer in answers] == [(200, b"first"), (200, b"second")]


def test_a_connection_that_switches_protocols_is_not_used_again() -> None:
    def talk(caller: socket.socket) -> None:
        request(caller)
        caller.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n")
        caller.sendall(final(b"of the first"))
        caller.recv(1)  # which returns when the caller hangs up

    with server(talk) as url:
        pool = Connections()
        with pytest.raises(Failed) as failed:
            ask(pool, "GET", url, {}, seconds=10, connect=1, largest=100)
    assert failed.value.how == "broken"
