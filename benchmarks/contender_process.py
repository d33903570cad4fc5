"""A scheduler that is measured, as a process of its own that makes schedules over HTTP."""

from __future__ import annotations

import math
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import httpx

BUSY = 0.02  # seconds until a request is repeated that was answered 503
START_SECONDS = 60


@dataclass(frozen=True)
class Occurrence:
    """One claimed occurrence; times are UTC seconds. `done` says whether its run is over."""

    schedule: str
    nominal: float
    claimed: float
    done: bool


class Contender(Protocol):
    """A scheduler that can be measured."""

    name: str
    connections: int  # that make schedules at the same time

    def command(self, port: int, directory: Path) -> tuple[list[str], dict[str, str], Path]:
        """Command line, environment and working directory of its process."""
        ...

    def ready(self, client: httpx.Client) -> None:
        """Called once it answers; raises httpx.HTTPError until it can be used."""
        ...

    def daily(self, number: int, /) -> tuple[str, Any]:
        """Path and body that make a schedule for the working days at 09:30 in Lisbon."""
        ...

    def once(self, number: int, at: datetime, /) -> tuple[str, Any]:
        """Path and body that make a schedule due in that second."""
        ...

    def every_second(self, number: int, /) -> tuple[str, Any]:
        """Path and body that make a schedule due each second."""
        ...

    def occurrences(self, directory: Path) -> list[Occurrence]:
        """Return the claimed occurrences, read from its files."""
        ...


@dataclass(frozen=True)
class Running:
    """A contender's process."""

    contender: Contender
    port: int
    directory: Path
    headers: dict[str, str]

    @property
    def client(self) -> httpx.Client:
        """A connection of its own."""
        return httpx.Client(base_url=f"http://127.0.0.1:{self.port}", headers=self.headers, timeout=120)


@contextmanager
def running(contender: Contender, directory: Path) -> Iterator[Running]:
    """Start the contender's process, and stop it at the end. RuntimeError if it does not start."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command, environ, cwd = contender.command(port, directory)
    directory.mkdir(parents=True)
    with (directory / "output").open("w") as output:
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env={**os.environ, **environ},
            stdout=output,
            stderr=output,
            start_new_session=True,  # so that what it starts can be stopped with it
        )
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=10) as client:
                _await(contender, client, process, directory)
                headers = {name: value for name, value in client.headers.items() if name == "authorization"}
            yield Running(contender, port, directory, headers)
        finally:
            _signal(process, signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                process.wait(10)
            _signal(process, signal.SIGKILL)
            process.wait()


def post(client: httpx.Client, path: str, body: Any, until: float = math.inf) -> httpx.Response:
    """Post, and repeat while the answer is 503, as Prefect's own client does, until then (monotonic)."""
    while True:
        left = until - time.monotonic()
        answer = client.post(path, json=body, timeout=min(max(left, 1), 120))
        if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE or left <= 0:
            return answer
        time.sleep(BUSY)


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Signal the process and all that it started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def _await(contender: Contender, client: httpx.Client, process: subprocess.Popen[bytes], directory: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            contender.ready(client)
        except httpx.HTTPError as error:
            if process.poll() is not None or time.monotonic() > deadline:
                said = (directory / "output").read_text(encoding="utf-8", errors="replace")[-1000:]
                raise RuntimeError(f"{contender.name} did not start: {said}") from error
            time.sleep(0.1)
        else:
            return
