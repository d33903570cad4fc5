"""The watch over the logs sees what is printed and fails the test that printed a secret; what is logged of trouble."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest
from agent_schedules.domain.api_keys import new_secret
from agent_schedules.ports import GatewayError
from agent_schedules.schemas.requests import CreateScheduleBody
from agent_schedules.telemetry import logger

from tests.support.api import Api
from tests.support.logs import PROMPT, LogWatch
from tests.support.world import World

ROOT = Path(__file__).parent.parent.parent


SECRETS = [PROMPT, new_secret(bytes), "as_" + "x" * 43, "Bearer local", "eyJhbGci.eyJzdWIi.AA"]


@pytest.mark.parametrize("secret", SECRETS)
def test_the_watch_sees_a_secret_however_it_is_logged(logged: LogWatch, secret: str) -> None:
    logger.debug("x", extra={"input": {"nested": [secret]}})
    logger.info(f"got {secret}")
    logging.getLogger("library").warning("got %s", secret)
    for log in (logger, logging.getLogger("library")):
        try:
            int(secret)
        except ValueError:
            log.exception("fault")
    assert len(logged.lines) == len(logged.leaks()) == 5
    logged.lines.clear()


LEAKING = f"""
from agent_schedules.telemetry import logger

def test_leaks():
    logger.info("x", extra={{"input": "{PROMPT}"}})

def test_does_not():
    logger.info("x", extra={{"input": "12 bytes"}})
"""


@pytest.mark.slow
def test_a_test_during_which_a_prompt_is_logged_fails(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(LEAKING)
    command = [sys.executable, "-m", "pytest", "-rE", "-p", "tests.conftest", "-p", "no:cacheprovider"]
    answer = subprocess.run(
        [*command, "--rootdir", str(tmp_path), "-c", "/dev/null", str(tmp_path)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert answer.returncode == 1, answer.stdout
    assert "2 passed, 1 error" in answer.stdout
    assert "ERROR at teardown of test_leaks" in answer.stdout
    assert "a key or a prompt was logged" in answer.stdout


def test_a_fault_says_where_it_was_and_nothing_of_what_was_sent(logged: LogWatch) -> None:
    api = Api()

    def broken(_: object) -> None:
        CreateScheduleBody.model_validate({"schedule": PROMPT, "input": PROMPT})  # whose error quotes both

    api.world.table.before_write = broken
    answer = api.client.post(api.runs, json={"input": PROMPT})
    assert answer.status_code == 500
    assert PROMPT not in answer.text
    (line,) = [json.loads(line) for line in logged.lines if '"fault"' in line]
    assert (line["level"], line["request_id"]) == ("ERROR", answer.headers["x-request-id"])
    assert line["error"] == "ValidationError"
    assert any(step.startswith("broken ") for step in line["way"])


def test_a_gateways_words_are_on_the_run_and_in_no_log(logged: LogWatch) -> None:
    world = World()
    schedule = world.create({"type": "interval", "interval_seconds": 60})

    def refuses(_: str) -> None:
        raise GatewayError("refused", f"what is {PROMPT}?")

    world.gateway.before = refuses
    world.pass_time(61)
    world.hint(schedule)
    (run,) = world.runs(schedule)
    assert run.error is not None
    assert PROMPT in run.error["message"]
    assert any('"run ended"' in line for line in logged.lines)
