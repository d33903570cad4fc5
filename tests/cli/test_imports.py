"""Imports take most of the time of a command, so they are counted."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
SHOW = """
import atexit, json, sys
known = set(sys.modules)
atexit.register(lambda: print("\\n" + json.dumps(sorted(set(sys.modules) - known)), file=sys.__stdout__))
from agent_schedules_cli.app import main
main()
"""
HEAVY = {"aws_lambda_powertools", "boto3", "botocore", "fastapi", "httpx", "mangum", "starlette", "urllib3"}
NO_SERVICE = ["--url", "http://127.0.0.1:9"]


def imported(*arguments: str) -> list[str]:
    """The modules of other packages and of ours that a command imports."""
    answer = subprocess.run(
        [sys.executable, "-c", SHOW, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    modules: list[str] = json.loads(answer.stdout.splitlines()[-1])
    return [module for module in modules if module.partition(".")[0] not in sys.stdlib_module_names]


@pytest.mark.parametrize(
    ("arguments", "without", "most"),
    [
        (["--help"], {"pydantic", "rich"}, 75),
        pytest.param(["agents", "--help"], {"rich"}, 130, marks=pytest.mark.slow),
        ([*NO_SERVICE, "agents", "list"], {"rich"}, 130),
        pytest.param([*NO_SERVICE, "doctor", "--json"], {"rich"}, 130, marks=pytest.mark.slow),
        pytest.param(["preview", "--every", "60", "--json"], {"rich"}, 185, marks=pytest.mark.slow),
        pytest.param(["preview", "--every", "60"], set(), 235, marks=pytest.mark.slow),
    ],
)
def test_a_command_imports_what_it_needs(arguments: list[str], without: set[str], most: int) -> None:
    modules = imported(*arguments)
    assert not (HEAVY | without) & {module.partition(".")[0] for module in modules}
    assert len(modules) <= most
