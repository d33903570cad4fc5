"""Builds the real template with SAM, deploys it into MiniStack, and drives what was deployed."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import httpx

from dev.echo_gateway.ledger import Ledger
from dev.template import TEMPLATE
from tests.ministack.ministack import (
    ARCHITECTURE,
    PATIENCE,
    ROOT,
    MiniStack,
    copy_retries,
    correct_numbers,
    deployable,
    deployable_monitoring,
    import_routes,
    let_queues_rest,
)
from tests.support.waiting import until
from tools.build.deploy import revision

SAM = ROOT / ".tools" / "sam" / "bin" / "sam"
OUTPUT = ROOT / ".aws-sam" / "stack"
NAME = "under-test"
COMMAND = Path(sys.executable).parent / "agent-schedules"
T = TypeVar("T")


class Deployment:
    """A deployed stack and an API key for it. `gateway` records the requests of the deployed functions."""

    def __init__(self, ministack: MiniStack, gateway: Ledger) -> None:
        self.ministack = ministack
        self.gateway = gateway
        self.outputs: dict[str, str] = {}
        self.key = ""

    def build(self) -> None:
        """`sam build`."""
        OUTPUT.mkdir(parents=True, exist_ok=True)
        template, monitoring = OUTPUT / "source.json", OUTPUT / "monitoring.json"
        monitoring.write_text(json.dumps(deployable_monitoring()), encoding="utf-8")
        template.write_text(json.dumps(deployable(monitoring)), encoding="utf-8")
        folders = ["--base-dir", str(ROOT), "--build-dir", str(OUTPUT / "build"), "--cache-dir", str(OUTPUT / "cache")]
        overrides = ["--parameter-overrides", f"Architecture={ARCHITECTURE}"]
        self._sam("build", "--template", str(template), *folders, "--cached", "--parallel", *overrides)

    def deploy(self, parameters: dict[str, str]) -> None:
        """`sam deploy` as `make deploy` does it, then add the parts that MiniStack's CloudFormation leaves out."""
        let_queues_rest(self.ministack, True)
        overrides = [f"{name}={value}" for name, value in {**parameters, "Architecture": ARCHITECTURE}.items()]
        overrides.append(f"Revision={revision(' '.join(overrides), TEMPLATE.read_text(encoding='utf-8'))}")
        template = ["--template", str(OUTPUT / "build" / "template.yaml"), "--stack-name", NAME]
        environment = ["--config-file", str(ROOT / "samconfig.toml"), "--config-env", "dev", "--no-confirm-changeset"]
        self._sam("deploy", *template, *environment, "--parameter-overrides", *overrides)
        import_routes(self.ministack, NAME)
        copy_retries(self.ministack)
        correct_numbers(self.ministack)
        let_queues_rest(self.ministack, False)
        (found,) = self.client("cloudformation").describe_stacks(StackName=NAME)["Stacks"]
        self.outputs = {output["OutputKey"]: output["OutputValue"] for output in found["Outputs"]}

    def delete(self) -> None:
        """Delete the stack as `sam delete` does, but for the files that SAM uploaded.

        `sam delete` cannot parse the nested template's URL, which is in MiniStack's domain instead of Amazon S3's.
        """
        cloudformation = self.client("cloudformation")
        cloudformation.delete_stack(StackName=NAME)
        cloudformation.get_waiter("stack_delete_complete").wait(StackName=NAME, WaiterConfig={"Delay": 1})

    def _sam(self, *arguments: str) -> None:
        done = subprocess.run(
            [str(SAM), *arguments],
            cwd=OUTPUT,
            env=self.ministack.environ(),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"sam {arguments[0]}:\n{done.stdout}{done.stderr}\n{self.ministack.output()}")

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the operator's command line, with the key once there is one."""
        environ = self.ministack.environ() | ({"AGENT_SCHEDULES_KEY": self.key} if self.key else {})
        return subprocess.run([str(COMMAND), *arguments], env=environ, capture_output=True, text=True, check=False)

    @property
    def url(self) -> str:
        """Return where MiniStack serves the API. The output ApiUrl names AWS's domain."""
        api = self.outputs["ApiUrl"].removeprefix("https://").partition(".")[0]
        return f"{self.ministack.url}/_aws/execute-api/{api}/$default"

    def client(self, service: str) -> Any:
        """Return a boto3 client of the emulator."""
        return self.ministack.client(service)

    def http(self, method: str, path: str, **more: Any) -> httpx.Response:
        """Send a request with the key, for fields that the SDK's types lack. Repeat a 503, as the SDK does."""
        headers = {"Authorization": f"Bearer {self.key}"}

        def answered() -> httpx.Response | None:
            answer = httpx.request(method, self.url + path, headers=headers, timeout=PATIENCE, **more)
            return None if answer.status_code == 503 else answer

        return self.wait(answered)

    def get(self, path: str) -> dict[str, Any]:
        """GET and expect 200."""
        answer = self.http("GET", path)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def runs(self, agent_id: str, schedule_id: str) -> list[dict[str, Any]]:
        """Return a schedule's runs, oldest first."""
        page = self.get(f"/api/v1/agents/{agent_id}/runs?limit=100&order=asc")
        return [run for run in page["data"] if run["schedule_id"] == schedule_id]

    def ended(self, agent_id: str, schedule_id: str, count: int = 1) -> list[dict[str, Any]]:
        """Wait until a schedule's first `count` runs have ended. Return all its runs, oldest first."""

        def enough() -> list[dict[str, Any]] | None:
            runs = self.runs(agent_id, schedule_id)
            first = runs[:count]
            return runs if len(first) == count and all(run["completed_at"] is not None for run in first) else None

        return self.wait(enough)

    def entries(self, group: str = NAME) -> dict[str, dict[str, Any]]:
        """Return the entries of a group in EventBridge Scheduler, by name."""
        scheduler = self.client("scheduler")
        names = [entry["Name"] for entry in scheduler.list_schedules(GroupName=group, MaxResults=100)["Schedules"]]
        assert len(names) < 100, "MiniStack ends the list there without saying so"
        found = {name: scheduler.get_schedule(GroupName=group, Name=name) for name in names}
        return {name: {**entry, "ResponseMetadata": None} for name, entry in found.items()}

    def logged(self, function: str) -> str:
        """Return everything that a function has logged."""
        group = f"/aws/lambda/{NAME}-{function}"
        events = self.client("logs").get_paginator("filter_log_events").paginate(logGroupName=group)
        return "\n".join(event["message"] for page in events for event in page["events"])

    def wait(self, condition: Callable[[], T | None]) -> T:
        """Poll until the condition holds."""
        return until(condition, PATIENCE, every=0.2, said=self.ministack.output)


def seconds(text: str) -> float:
    """Convert an RFC 3339 string to UTC seconds."""
    return datetime.fromisoformat(text).timestamp()
