"""Runs a built function in AWS's Runtime Interface Emulator: Lambda's loop of init, invocations and time-outs, without
Lambda and without Docker.

The emulator is a binary that comes with SAM; the runtime in it is AWS's client for Python (tools/runtime). As in Lambda
nothing can be imported but the function and its layers, and no bytecode is kept in either.
"""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tools.build.sam_build import ROOT, architecture

PYTHON = ROOT / ".tools" / "runtime" / "bin" / "python"
PATIENCE = 90.0  # real seconds that anything may take
_PLATFORM = re.compile(r"(START|END|REPORT) RequestId: |\d\d \w{3} \d{4} [\d:,]+ \[\w+\] \(rapid\) ")
_INIT = re.compile(r"INIT REPORT\(durationMs: ([\d.]+)\)")
_DONE = re.compile(r"^REPORT RequestId: |\(rapid\) Reset initiated: ", re.MULTILINE)


@dataclass(frozen=True)
class Answer:
    """The outcome of one invocation."""

    result: Any
    """The handler's return value, or Lambda's report of an error; the text if that is not JSON."""
    log: str
    """The log of the emulator and of the function meanwhile."""
    milliseconds: float
    """From the request to its answer, the start of an environment included."""

    @property
    def init_milliseconds(self) -> float | None:
        """The start time of the environment; None if one was running."""
        found = _INIT.search(self.log)
        return float(found[1]) if found else None

    @property
    def lines(self) -> list[str]:
        """The lines that the function logged."""
        return [line for line in self.log.splitlines() if line and not _PLATFORM.match(line)]


class Emulator:
    """One function with at most one execution environment, which starts with the first invocation."""

    def __init__(self, function: Path, layers: Sequence[Path], environment: Mapping[str, str], log: Path) -> None:
        self._function = function
        self._log = log
        self._environment = {
            "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
            "LAMBDA_TASK_ROOT": str(function),
            "LANG": "en_US.UTF-8",
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "PYTHONPATH": os.pathsep.join(map(str, layers)),
            "PYTHONTZPATH": "",  # Lambda's image has no time zone files: the layer's must do
            "TZ": ":UTC",
            **environment,
        }
        self._process: subprocess.Popen[bytes] | None = None
        self._url = ""

    def start(self) -> None:
        """Start the emulator, and return when it listens."""
        with socket.create_server(("127.0.0.1", 0)) as first, socket.create_server(("127.0.0.1", 0)) as second:
            port, runtime = first.getsockname()[1], second.getsockname()[1]
        command = [str(_binary()), "--runtime-interface-emulator-address", f"127.0.0.1:{port}"]
        command += ["--runtime-api-address", f"127.0.0.1:{runtime}"]
        # -B and not a variable, which the functions would see.
        command += [str(PYTHON), "-B", "-m", "awslambdaric", self._environment["_HANDLER"]]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command, cwd=self._function, env=self._environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        self._url = f"http://127.0.0.1:{port}/2015-03-31/functions/function/invocations"
        deadline = time.monotonic() + PATIENCE
        while not _listens(port):
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"The emulator did not start:\n{self._log.read_text(encoding='utf-8')}")
            time.sleep(0.01)

    def stop(self) -> None:
        """End the emulator and its execution environment."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(PATIENCE)

    def restart(self) -> None:
        """Restart, so that the next invocation is a cold start."""
        self.stop()
        self.start()

    def cpu_milliseconds(self) -> float:
        """Return the processor time of the execution environment, which is less noisy than time on a busy machine."""
        assert self._process is not None
        process = f"/proc/{self._process.pid}"
        children = [
            pid for tasks in Path(process, "task").iterdir() for pid in (tasks / "children").read_text().split()
        ]
        # After the name, which is in brackets: user and system time are fields 14 and 15 of proc(5).
        fields = [Path("/proc", pid, "stat").read_text(encoding="utf-8").rpartition(")")[2].split() for pid in children]
        ticks = sum(int(one[11]) + int(one[12]) for one in fields)
        return ticks / os.sysconf("SC_CLK_TCK") * 1000

    def invoke(self, event: Any) -> Answer:
        """Invoke the function and wait for its answer."""
        before = self._log.stat().st_size
        began = time.perf_counter()
        text = httpx.post(self._url, content=json.dumps(event), timeout=PATIENCE).text
        milliseconds = (time.perf_counter() - began) * 1000
        try:
            result = json.loads(text)
        except ValueError:
            result = text
        return Answer(result, self._logged(before), milliseconds)

    def _logged(self, since: int) -> str:
        """Return the log of an answered invocation: the emulator answers before it has written the end of the log."""
        deadline = time.monotonic() + PATIENCE
        while True:
            log = self._log.read_bytes()[since:].decode()
            if _DONE.search(log):
                return log
            if time.monotonic() > deadline:
                raise RuntimeError(f"The emulator did not report the end of an invocation:\n{log}")
            time.sleep(0.005)


@contextmanager
def emulated(function: Path, layers: Sequence[Path], environment: Mapping[str, str]) -> Iterator[Emulator]:
    """Run the function with `layers` in place of Lambda's /opt/python, and with the variables of `environment`."""
    with tempfile.TemporaryDirectory(prefix="emulator-") as directory:
        emulator = Emulator(function, layers, environment, Path(directory, "log"))
        try:
            emulator.start()
            yield emulator
        finally:
            emulator.stop()


def _binary() -> Path:
    pattern = f"lib/python*/site-packages/samcli/local/rapid/aws-lambda-rie-{architecture()}"
    [binary] = (ROOT / ".tools" / "sam").glob(pattern)
    return binary


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
