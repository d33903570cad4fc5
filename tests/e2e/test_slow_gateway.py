"""A gateway that does not answer delays only the calls that need it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.support.process import PATIENCE, Stack


class SilentGateway(ThreadingHTTPServer):
    """Takes every run and says that it goes on, until it is `silent`: then it answers nothing."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.silent = False
        self.closing = threading.Event()


class _Handler(BaseHTTPRequestHandler):
    server: SilentGateway

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"] or 0))
        self.do_GET()

    def do_GET(self) -> None:
        if self.server.silent:
            self.server.closing.wait(PATIENCE)
            return
        body = json.dumps({"id": "resp_1", "status": "in_progress", "output": []}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def gateway() -> Iterator[SilentGateway]:
    server = SilentGateway()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.closing.set()
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(("method", "what"), [("POST", "cancel"), ("GET", "events")])
def test_others_are_answered_meanwhile(
    stack_at: Callable[..., Stack], gateway: SilentGateway, method: str, what: str
) -> None:
    stack = stack_at(GATEWAY_URL=f"http://127.0.0.1:{gateway.server_address[1]}/v1")
    agent = stack.agent()
    run = stack.post(f"/api/v1/agents/{agent}/runs", {"input": "Hello"})["id"]
    path = f"/api/v1/agents/{agent}/runs/{run}"
    stack.wait(lambda: stack.get(path).get("gateway_response_id"))
    gateway.silent = True
    with ThreadPoolExecutor() as pool:
        asking = pool.submit(stack.client.request, method, f"{path}/{what}")
        answered = 0
        while not asking.done():
            assert stack.get("/healthz") == {"status": "ok"}
            answered += 1
    assert asking.result().status_code == 502
    assert answered > 20  # in the two seconds that a request waits for a gateway; held up it would be one or two


def test_runs_that_wait_for_a_model_hold_up_no_occurrence(
    stack_at: Callable[..., Stack], gateway: SilentGateway
) -> None:
    gateway.silent = True
    stack = stack_at(GATEWAY_URL=f"http://127.0.0.1:{gateway.server_address[1]}/v1", GATEWAY_MODE="synchronous")
    agent = stack.agent()
    for _ in range(20):  # more than work side by side
        stack.post(f"/api/v1/agents/{agent}/runs", {"input": "Hello"})
    runs = f"/api/v1/agents/{agent}/runs?limit=100"
    stack.wait(lambda: len([run for run in stack.get(runs)["data"] if run["status"] == "submitting"]) == 20)
    stack.post(
        f"/api/v1/agents/{agent}/schedules",
        {"schedule": {"type": "interval", "interval_seconds": 1}, "input": "Hello"},
    )
    stack.wait(lambda: len([run for run in stack.get(runs)["data"] if run["trigger"] == "schedule"]) >= 3)
