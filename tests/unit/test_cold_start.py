"""What a function does not do while it starts: each of these once took a tenth of a cold start or more."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, cast

import pytest
from agent_schedules.api.app import create_app
from agent_schedules.api.lazy_route import LazyRoute

from tests.support.variables import VARIABLES, WEBHOOKS
from tools.build.trim_layer import SERVICES

ROOT = Path(__file__).parent.parent.parent
EVERY_FUNCTION = {"boto3", "s3transfer", "httpx", "aws_xray_sdk", "pydantic.v1"}
"""Modules that no function imports before it is asked for something."""
BATCHES = {"aws_lambda_powertools.utilities.batch"}
"""For functions with a queue."""
API_ONLY = {
    "fastapi",
    "starlette",
    "mangum",
    "opentelemetry",
    "agent_schedules.api.app",
    "agent_schedules.api.responses",
}
SENDER = {"agent_schedules.adapters.webhook_sender"}
"""Only the notifier connects to receivers."""
ON_DEMAND = {"agent_schedules.console"}
"""The api function imports it when a browser asks for the console."""
FORBIDDEN = {
    "api": (EVERY_FUNCTION - {"pydantic.v1"}) | BATCHES | SENDER | ON_DEMAND | {"jwt"},
    "runner": EVERY_FUNCTION | API_ONLY | BATCHES | SENDER,
    "worker": EVERY_FUNCTION | API_ONLY | SENDER,
    "reconciler": EVERY_FUNCTION | API_ONLY | SENDER,
    "publisher": EVERY_FUNCTION | API_ONLY | BATCHES | SENDER,
    "notifier": EVERY_FUNCTION | API_ONLY,
}
"""pydantic.v1: FastAPI looks for it, and the build leaves it out."""


@pytest.mark.slow
@pytest.mark.parametrize("function", sorted(FORBIDDEN))
def test_a_function_starts_without(function: str) -> None:
    code = (
        "import gc, sys, handler\n"
        "from pydantic import BaseModel\n"
        "assert gc.isenabled()\n"
        "assert 'defer_build' not in BaseModel.model_config\n"
        f"sys.exit(', '.join(sorted(set({sorted(FORBIDDEN[function])}) & set(sys.modules))) or 0)\n"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT / "functions" / function,
        env={**os.environ, **VARIABLES, **(WEBHOOKS if function == "notifier" else {})},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr


def test_a_functions_first_import_is_what_puts_things_off() -> None:
    for handler in (ROOT / "functions").glob("*/handler.py"):
        body = ast.parse(handler.read_text()).body
        ours = next(node for node in body if "agent_schedules" in ast.unparse(node).partition(" import")[0])
        assert ast.unparse(ours) == "from agent_schedules import cold_start"
        assert ast.unparse(body[-1]) == "cold_start.over()"


def test_no_route_or_document_is_built_before_a_request() -> None:
    nothing = cast(Any, None)
    app = create_app(nothing, nothing)
    routes = [route for route in app.routes if isinstance(route, LazyRoute)]
    assert len(routes) > 25
    assert not [route.path for route in routes if "_answering" in vars(route)]
    assert app.openapi_schema is None


def test_every_client_that_is_made_has_its_model_in_the_layer() -> None:
    tree = ast.parse((ROOT / "layers" / "core" / "agent_schedules" / "bootstrap.py").read_text())
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and ast.unparse(node.func) != "getattr"]
    made = {
        argument.value
        for call in calls
        if ast.unparse(call.func) in {"client", "_clients()"}
        for argument in call.args
        if isinstance(argument, ast.Constant)
    }
    assert made == SERVICES
