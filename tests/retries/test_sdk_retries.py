"""The vendor's SDK repeats its calls by itself; whatever was lost or slow on the way, each call is carried out once.

Every mutating operation, each in a world of its own, all at the same time because they mostly wait.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import httpx
import pytest
from agent_schedules.api.app import create_app
from agent_schedules.errors import Unavailable, Uncertain
from agent_schedules.storage.table import Write
from meetkai_mka1 import SDK
from meetkai_mka1.utils import BackoffStrategy, RetryConfig

from dev.server import serve
from tests.support.proxy import Fault, SpoilingProxy
from tests.support.waiting import until
from tests.support.world import World

HOURLY: Any = {"type": "interval", "interval_seconds": 3600}
QUICK = RetryConfig("backoff", BackoffStrategy(10, 50, 1.5, 15_000), retry_connection_errors=True)
"""The SDK's own retries, less its waits."""

Operation = Callable[[SDK, dict[str, Any], dict[str, Any]], Any]
"""Given the client, the ids of what is there already, and the arguments that every call gets."""


def _rollback(sdk: SDK, ids: dict[str, Any], more: dict[str, Any]) -> Any:
    return sdk.agent_versions.rollback_agent_version(agent_id=ids["agent"], version=1, **more)


def _schedule(name: str, **values: Any) -> Operation:
    def call(sdk: SDK, ids: dict[str, Any], more: dict[str, Any]) -> Any:
        method = getattr(sdk.agent_schedules, f"{name}_agent_schedule")
        return method(agent_id=ids["agent"], schedule_id=ids["schedule"], **values, **more)

    return call


OPERATIONS: dict[str, Operation] = {
    "create agent": lambda sdk, _, more: sdk.agents.create_agent(name="x", model="echo", **more),
    "update agent": lambda sdk, ids, more: sdk.agents.update_agent(agent_id=ids["agent"], name="x", **more),
    "restore agent": lambda sdk, ids, more: sdk.agents.restore_agent(agent_id=ids["deleted"], **more),
    "rollback": _rollback,
    "create schedule": lambda sdk, ids, more: sdk.agent_schedules.create_agent_schedule(
        agent_id=ids["agent"], schedule=HOURLY, input="x", **more
    ),
    "update schedule": _schedule("update", schedule=HOURLY | {"interval_seconds": 60}),
    "pause": _schedule("pause"),
    "resume": lambda sdk, ids, more: sdk.agent_schedules.resume_agent_schedule(
        agent_id=ids["agent"], schedule_id=ids["paused"], **more
    ),
    "create run": lambda sdk, ids, more: sdk.agent_runs.create_agent_run(agent_id=ids["agent"], input="x", **more),
    "cancel": lambda sdk, ids, more: sdk.agent_runs.cancel_agent_run(agent_id=ids["agent"], run_id=ids["run"], **more),
}
UNKEYED: dict[str, Operation] = OPERATIONS | {
    "delete agent": lambda sdk, ids, more: sdk.agents.delete_agent(agent_id=ids["agent"], **more),
    "delete schedule": _schedule("delete"),
}


class Stage:
    """A world with something of everything, served."""

    def __init__(self, faults: Sequence[Fault] = ()) -> None:
        self.world = World()
        self._serving = serve(create_app(self.world.ports, self.world.authenticator))
        self._proxy = SpoilingProxy(self._serving.url, list(faults))
        root = f"{self._serving.url}/api/v1/agents"
        with httpx.Client(headers={"Authorization": "Bearer local"}) as at:

            def made(path: str, **body: Any) -> str:
                answer = at.post(f"{root}{path}", json=body) if body else at.post(f"{root}{path}")
                return str(answer.raise_for_status().json()["id"])

            agent, deleted = (made("", name="a", model="echo") for _ in range(2))
            made(f"/{agent}", name="b")
            at.delete(f"{root}/{deleted}").raise_for_status()
            active, paused = (made(f"/{agent}/schedules", schedule=HOURLY, input="x") for _ in range(2))
            made(f"/{agent}/schedules/{paused}/pause")
            run = made(f"/{agent}/runs", input="x")
        self.ids = {"agent": agent, "deleted": deleted, "schedule": active, "paused": paused, "run": run}

    def call(self, operation: Operation, *, key: str | None, **more: Any) -> Any:
        """Call it by the SDK through the proxy."""
        if key is not None:
            more["http_headers"] = {"Idempotency-Key": key}
        with SDK(server_url=self._proxy.url, bearer_auth="local") as sdk:
            return operation(sdk, self.ids, more)

    @property
    def seen(self) -> int:
        """How many requests reached the server."""
        return self._proxy.seen

    def rows(self) -> dict[str, int]:
        """How many agents, versions, schedules, runs and records there are, and the generations of the schedules."""
        items = {at: item for at, item in self.world.table.items.items() if set(item) != {"pk", "sk", "v", "ttl"}}
        found = {kind: sum(sk.startswith(kind) for _, sk in items) for kind in ("A#", "V#", "S#", "R#", "O#", "XA#")}
        return found | {"generations": sum(int(str(item.get("generation", 0))) for item in items.values())}

    def close(self) -> None:
        """Stop serving."""
        self._proxy.__exit__(None, None, None)
        self._serving.stop()


@cache
def once(name: str) -> dict[str, int]:
    """What is there when that operation was carried out once, undisturbed."""
    stage = Stage()
    try:
        stage.call(UNKEYED[name], key=None)
        return stage.rows()
    finally:
        stage.close()


def at_the_same_time(
    names: Sequence[str],
    check: Callable[[str, Stage], None],
    *,
    faults: Sequence[Fault] = (),
    disturb: Callable[[Stage], None] = lambda _: None,
) -> None:
    """Run the check for each operation at once, each on a stage of its own; the first failure is raised."""
    for name in names:
        once(name)
    stages = {name: Stage(faults) for name in names}
    for stage in stages.values():
        disturb(stage)
    try:
        with ThreadPoolExecutor(len(names)) as threads:
            for done in [threads.submit(check, name, stage) for name, stage in stages.items()]:
                done.result()
    finally:
        for stage in stages.values():
            stage.close()


def keyed(name: str, stage: Stage, **more: Any) -> Any:
    """The call with an idempotency key."""
    return stage.call(OPERATIONS[name], key=name.replace(" ", "-"), **more)


@pytest.mark.parametrize("fault", ["reset", "502", "503", "silence"])
def test_with_a_key_a_lost_reply_leads_to_one_of_each(fault: Fault) -> None:
    def check(name: str, stage: Stage) -> None:
        assert keyed(name, stage, retries=QUICK, timeout_ms=700).id
        assert stage.seen == 3
        assert stage.rows() == once(name), name

    at_the_same_time(list(OPERATIONS), check, faults=[fault, fault])


def test_caller_can_retry_with_key_when_the_sdk_does_not() -> None:
    def check(name: str, stage: Stage) -> None:
        with pytest.raises(httpx.RemoteProtocolError):  # the connection ended without a reply: the SDK gives up
            keyed(name, stage)
        assert keyed(name, stage).id
        assert stage.rows() == once(name), name

    at_the_same_time(list(OPERATIONS), check, faults=["close"])


def test_sdk_retries_with_key_make_one_of_each() -> None:
    """Nothing of the SDK is changed here: it waits 5 s for an answer and up to 15 s for a good one."""

    def check(name: str, stage: Stage) -> None:
        assert keyed(name, stage).id
        assert stage.seen == 3
        assert stage.rows() == once(name), name

    at_the_same_time(list(OPERATIONS), check, faults=["silence", "503"])


def _refused_once(stage: Stage) -> None:
    def before(_: Sequence[Write]) -> None:
        stage.world.table.before_write = lambda _: None
        raise Unavailable("DynamoDB did not answer; nothing was changed, try again")

    stage.world.table.before_write = before


def _lost_once(stage: Stage) -> None:
    def before(_: Sequence[Write]) -> None:
        stage.world.table.before_write = lambda _: None
        raise Uncertain("DynamoDB did not answer")

    stage.world.table.before_write = before


def _unanswered_once(stage: Stage) -> None:
    def after(_: Sequence[Write]) -> None:
        stage.world.table.after_write = lambda _: None
        raise Uncertain("DynamoDB did not answer")

    stage.world.table.after_write = after


def _eventbridge_down(stage: Stage) -> None:
    def before(_: str, __: str) -> None:
        raise Unavailable("EventBridge Scheduler did not answer")

    stage.world.scheduler.before = before


# Real seconds: the patience that is tried here is the SDK's own, and no fake clock moves that.


def _slow_reads(stage: Stage) -> None:
    def before() -> None:
        stage.world.clock.looked = lambda: None
        time.sleep(3.2)

    stage.world.clock.looked = before


def _slow_commit(stage: Stage) -> None:
    def before(_: Sequence[Write]) -> None:
        stage.world.table.before_write = lambda _: None
        time.sleep(5.6)

    stage.world.table.before_write = before


def _slow_eventbridge(stage: Stage) -> None:
    def before(_: str, __: str) -> None:
        stage.world.scheduler.before = lambda *_: None
        time.sleep(5.6)

    stage.world.scheduler.before = before


@pytest.mark.parametrize(
    "disturb",
    [_refused_once, _lost_once, _unanswered_once, _eventbridge_down, _slow_reads, _slow_commit, _slow_eventbridge],
)
def test_aws_errors_without_key_make_one_of_each(disturb: Callable[[Stage], None]) -> None:
    def check(name: str, stage: Stage) -> None:
        stage.call(UNKEYED[name], key=None)
        # The slow first attempt may still be taking back what it made.
        until(lambda: stage.rows() == once(name), 10, said=lambda: f"{name}: {stage.rows()}")

    at_the_same_time(list(UNKEYED), check, disturb=disturb)
