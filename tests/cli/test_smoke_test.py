"""`doctor --fire` measures a real schedule and leaves nothing behind."""

from __future__ import annotations

import signal
from dataclasses import replace
from typing import Any

import httpx
import pytest
from agent_schedules.domain.messages import Hint
from agent_schedules.domain.schedules import Key

from tests.support.api import Api
from tests.support.cli import Cli, over

pytestmark = pytest.mark.slow

FIRE = ("doctor", "--fire", "--model", "echo", "--json")


class Firing(Cli):
    """The command line over a world whose EventBridge delivers `late` seconds late, or never."""

    def __init__(self, late: int | None = 0) -> None:
        super().__init__(Api())
        self.late = late
        self.delivered: set[str] = set()
        self.api.post(f"/api/v1/agents/{self.api.agent}", {"name": "other"})
        self.environment = replace(self.environment, sleep=self._with_eventbridge)

    def _with_eventbridge(self, seconds: float) -> None:
        world = self.api.world
        world.pass_time(max(int(seconds), 1))
        for name, entry in list(world.scheduler.entries.items()):
            due = int(entry.start.timestamp()) if entry.start else 0
            if self.late is not None and world.now >= due + self.late and name not in self.delivered:
                self.delivered.add(name)
                key = entry.input
                world.deliver(Hint(Key(key["owner"], key["agent_id"], key["schedule_id"]), due))

    def checks(self, code: int, *, model: str = "echo") -> dict[str, tuple[str, str]]:
        """The checks of a call that ends with that code; what was made has to be gone."""
        result = self.run("doctor", "--fire", "--model", model, "--json")
        assert result.exit_code == code, result.output
        assert "is due at 2026-03-02T10:03:00.000Z" in result.stderr
        assert [one["name"] for one in self.listed("agents", "list")] == ["other"]
        assert self.api.world.scheduler.entries == {}
        return {one["name"]: (one["status"], one["said"]) for one in self.parsed(result.stdout)["checks"]}


def test_smoke_test_measures_a_fire_and_deletes_all() -> None:
    cli = Firing(late=24)
    found = cli.checks(0)
    assert found["fire"] == ("ok", "due 2026-03-02T10:03:00.000Z, claimed 24.000 s later")
    assert found["run"][0] == "ok"
    assert "completed" in found["run"][1]


def test_one_that_is_slow_is_a_warning() -> None:
    status, said = Firing(late=75).checks(0)["fire"]
    assert (status, "75.000 s" in said) == ("warn", True)


def test_schedule_that_never_fires_fails_and_is_deleted() -> None:
    found = Firing(late=None).checks(1)
    assert found["fire"][0] == "fail"
    assert "nothing ran" in found["fire"][1]
    assert "run" not in found


def test_a_run_that_fails_is_a_failure() -> None:
    found = Firing().checks(1, model="reject")
    assert (found["fire"][0], found["run"][0]) == ("ok", "fail")


def test_interruption_deletes_agent_and_schedule() -> None:
    cli = Firing()

    def interrupted(_: float) -> None:
        raise KeyboardInterrupt

    cli.environment = replace(cli.environment, sleep=interrupted)
    assert cli.run(*FIRE).exit_code != 0
    assert [one["name"] for one in cli.listed("agents", "list")] == ["other"]
    assert cli.api.world.scheduler.entries == {}


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_signal_deletes_agent_and_schedule(number: signal.Signals, code: int) -> None:
    cli = Firing()
    waits: list[float] = []
    before = signal.signal(number, lambda *_: None)  # else the tests would end here, too

    def ended(seconds: float) -> None:
        waits.append(seconds)
        assert len(waits) == 1, "the signal did not end the command"
        signal.raise_signal(number)

    cli.environment = replace(cli.environment, sleep=ended)
    try:
        assert cli.run(*FIRE).exit_code == code
        assert signal.getsignal(number) not in {signal.SIG_DFL, signal.SIG_IGN}
    finally:
        signal.signal(number, before)
    assert [one["name"] for one in cli.listed("agents", "list")] == ["other"]
    assert cli.api.world.scheduler.entries == {}


def test_what_cannot_be_deleted_is_named() -> None:
    cli = Firing()
    app = cli.transport

    class Stubborn(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            if request.method == "DELETE":
                return httpx.Response(503, json={"error": {"message": "Later."}})
            return app.handle_request(request)

    cli.environment = replace(cli.environment, transport=over(Stubborn()))
    result = cli.run(*FIRE)
    (cleanup,) = [one for one in cli.parsed(result.stdout)["checks"] if one["name"] == "cleanup"]
    assert (result.exit_code, cleanup["status"]) == (1, "fail")
    made: Any = [one["id"] for one in cli.listed("agents", "list") if one["name"] == "doctor"]
    assert made[0] in cleanup["said"]
    assert "sched_" in cleanup["said"]


def test_failed_create_says_why() -> None:
    cli = Firing()
    cli.environ["AGENT_SCHEDULES_KEY"] = "unknown-key"
    result = cli.run(*FIRE)
    check = cli.parsed(result.stdout)["checks"][-1]
    assert (result.exit_code, check["status"], "is unknown" in check["said"]) == (1, "fail", True)


@pytest.mark.parametrize("url", ["https://api.example"])
def test_elsewhere_it_needs_a_key(url: str) -> None:
    assert "AGENT_SCHEDULES_KEY" in Firing().fails(2, "--url", url, *FIRE)
