"""The network transport: its total time-out holds in every phase of a request."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from threading import Event

import pytest

from agent_schedules_cli.transport import NotReached, Request, Unanswered, over_network

STEP = 600.0  # seconds: only the total time-out can end these requests


@pytest.fixture
def silent_server() -> Iterator[str]:
    """A server that accepts connections and sends nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def test_total_time_out_ends_a_silent_connection(silent_server: str) -> None:
    with pytest.raises(Unanswered, match=r"no complete response within 0\.1 s"):
        over_network(Request("GET", silent_server, STEP, 0.1))


def test_total_time_out_includes_name_resolution(monkeypatch: pytest.MonkeyPatch) -> None:
    answered = Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answered.wait())
    with pytest.raises(Unanswered, match="no complete response"):
        over_network(Request("GET", "http://api.example", STEP, 0.1))
    answered.set()


def test_unknown_host_is_not_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(NotReached, match="Name or service not known"):
        over_network(Request("GET", "http://api.example", STEP, 60.0))


def test_defect_in_the_thread_reaches_the_caller(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent_schedules_cli.transport._sent", lambda _: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        over_network(Request("GET", "http://api.example", STEP, 60.0))
