"""X-Ray sees each call to AWS and to the gateway where a deployment asks for it; elsewhere its SDK is not imported."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.variables import VARIABLES

SCRIPT = """
import os, sys
from moto import mock_aws
from agent_schedules import bootstrap
from agent_schedules.ports import GatewayError
from agent_schedules.errors import Unavailable
with mock_aws():
    ports = bootstrap.get().ports
    if sys.argv[1] == "true":
        sys.exit(", ".join(sorted({"aws_xray_sdk", "wrapt"} & set(sys.modules))) or 0)
    try:
        ports.store.keys.find("0" * 64)
    except Unavailable:
        pass
    try:
        ports.gateway.retrieve("resp_1", on_behalf_of=None, seconds=1)
    except GatewayError:
        pass
"""
SETTINGS = VARIABLES | {"GATEWAY_URL": "http://127.0.0.1:9/v1"}


@pytest.fixture
def daemon() -> Iterator[socket.socket]:
    """Stand in for the X-Ray daemon of Lambda, which receives segments as datagrams."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.settimeout(5)
        yield listening


def run(disabled: str, daemon: socket.socket) -> subprocess.CompletedProcess[str]:
    """A process as Lambda starts it, with its trace switched on or off."""
    lambdas = {
        "LAMBDA_TASK_ROOT": "/var/task",
        "AWS_XRAY_DAEMON_ADDRESS": f"127.0.0.1:{daemon.getsockname()[1]}",
        "_X_AMZN_TRACE_ID": "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1",
        "POWERTOOLS_TRACE_DISABLED": disabled,
    }
    return subprocess.run(
        [sys.executable, "-c", SCRIPT, disabled],
        env={**os.environ, **SETTINGS, **lambdas},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_calls_to_aws_and_to_the_gateway_are_subsegments(daemon: socket.socket) -> None:
    answer = run("false", daemon)
    assert answer.returncode == 0, answer.stderr
    seen: dict[str, dict[str, Any]] = {}
    while not {"dynamodb", "127.0.0.1"} <= set(seen):
        segment = json.loads(daemon.recv(65_535).split(b"\n", 1)[1])
        seen[segment["name"]] = segment
    assert seen["dynamodb"]["aws"]["operation"] == "GetItem"
    assert seen["127.0.0.1"]["http"]["request"]["method"] == "GET"


@pytest.mark.slow
def test_nobody_else_pays_for_the_sdk(daemon: socket.socket) -> None:
    answer = run("true", daemon)
    assert answer.returncode == 0, answer.stderr
