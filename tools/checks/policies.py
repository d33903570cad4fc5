"""`make scan`, its first part: checkov's policies and cfn-lint's serverless rules on all templates. Every finding is
fixed or accepted below with its reason, and an accepted finding that is gone fails the scan too."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from dev.template import MONITORING, NOTIFICATIONS, TEMPLATE

ROOT = TEMPLATE.parent
TEMPLATES = (str(TEMPLATE), str(MONITORING), str(NOTIFICATIONS))
TOOLS = ROOT / ".tools" / "scan" / "bin"
NAMES = ("Api", "Runner", "Worker", "Reconciler", "Publisher", "Notifier")
FUNCTIONS = tuple(f"{name}Function" for name in NAMES)
LOG_GROUPS = tuple(f"{name}LogGroup" for name in ("Access", *NAMES))


@dataclass(frozen=True)
class Accepted:
    """A finding that stays."""

    resources: tuple[str, ...]
    reason: str


ACCEPTED = {
    "CKV_AWS_27": Accepted(
        ("DelayQueue", "DeadLetterQueue", "ParkedQueue", "DeliveryQueue", "RedeliveryQueue"),
        "Encrypted with SQS's own key (SqsManagedSseEnabled), which the check does not know. Messages hold ids and "
        "states only.",
    ),
    "CKV_AWS_115": Accepted(
        ("WorkerFunction", "ReconcilerFunction", "PublisherFunction", "NotifierFunction"),
        "Readers of queues are bounded by MaximumConcurrency: a reserve would throttle them and make dead letters of "
        "messages. The publisher has one invocation for each shard of the stream.",
    ),
    "CKV_AWS_116": Accepted(
        FUNCTIONS,
        "Runner and reconciler are invoked asynchronously and have an on-failure destination instead, queues have "
        "redrive policies, the stream's mapping has a destination, and the api is invoked synchronously.",
    ),
    "CKV_AWS_117": Accepted(
        FUNCTIONS, "Nothing here is in a VPC: AWS's APIs are called under IAM, and the gateway is on the internet."
    ),
    "CKV_AWS_119": Accepted(
        ("Table",), "Encrypted with AWS's key of the account. A key of one's own costs a call and a dependency a read."
    ),
    "CKV_AWS_149": Accepted(
        ("CursorSecret", "WebhookSecret"),
        "Encrypted with AWS's key of the account. One signs cursors, which are no credentials. Only functions of the "
        "stack read the other.",
    ),
    "CKV_AWS_158": Accepted(LOG_GROUPS, "Encrypted with CloudWatch's key. Logs hold no prompt, output or key."),
    "CKV_AWS_173": Accepted(FUNCTIONS, "Encrypted with Lambda's key. The variables hold names and no secret."),
    "ES4000": Accepted(
        ("MissedRule", "PausedRule", "RunRule", "SilentRule", "WebhookRule"),
        "EventBridge tries SNS for a day. What a mail says stays in the table, and the API lists it.",
    ),
    "ES6000": Accepted(("ParkedQueue",), "The last queue: what lies there is for a person, and an alarm says so."),
    "WS1000": Accepted(FUNCTIONS, "Active unless the operator turns Tracing off; the rule reads no Fn::If."),
    "WS1004": Accepted(FUNCTIONS, "LoggingConfig names the group, which has a retention; the rule looks for a name."),
}


def _output(command: Sequence[str]) -> Any:
    environment = {**os.environ, "LOG_LEVEL": "ERROR"}
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=environment)
    try:
        return json.loads(ended.stdout)
    except ValueError:
        raise RuntimeError(f"{Path(command[0]).name} failed: {ended.stderr[-500:]}") from None


def _with_webhooks(template: str) -> str:
    begin = template.index("\n  Webhooks:\n")
    return template[:begin] + template[begin:].replace('Default: "off"', 'Default: "on"', 1)


def of_checkov() -> set[tuple[str, str]]:
    """Return what checkov finds, as check and logical id. It needs no network.

    It evaluates conditions with the defaults of the parameters, so it reads a copy that has webhooks on.
    """
    with TemporaryDirectory() as folder:
        copy = Path(folder, TEMPLATE.name)
        copy.write_text(_with_webhooks(TEMPLATE.read_text("utf-8")), "utf-8")
        command = [str(TOOLS / "checkov"), "-f", str(copy), str(MONITORING), str(NOTIFICATIONS)]
        report = _output([*command, "--framework", "cloudformation", "--skip-download", "-o", "json"])
    summary = report["summary"]
    if summary["parsing_errors"] or not summary["passed"]:
        raise RuntimeError(f"checkov could not read a template: {summary}")
    return {(found["check_id"], found["resource"].split(".")[-1]) for found in report["results"]["failed_checks"]}


def of_cfn_lint() -> set[tuple[str, str]]:
    """Return what cfn-lint finds with the serverless rules, which `sam validate --lint` lacks: rule and logical id."""
    command = [str(TOOLS / "cfn-lint"), "-a", "cfn_lint_serverless.rules", "-f", "json", "-t", *TEMPLATES]
    return {(match["Rule"]["Id"], str(match["Location"]["Path"][1])) for match in _output(command)}


def differences(found: Iterable[tuple[str, str]]) -> list[str]:
    """Return a line for each finding that is not accepted, and for each accepted one that was not found."""
    accepted = {(check, resource) for check, entry in ACCEPTED.items() for resource in entry.resources}
    found = set(found)
    new = [f"{check} on {resource}: fix it, or accept it with a reason" for check, resource in sorted(found - accepted)]
    gone = [
        f"{check} on {resource} is accepted but no finding: remove it" for check, resource in sorted(accepted - found)
    ]
    return new + gone


def main() -> int:
    """Scan and compare."""
    found = of_checkov() | of_cfn_lint()
    problems = differences(found)
    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"checkov and cfn-lint: {len(found)} findings, {len(problems)} of them not accepted or gone")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
