"""`make test-lambda`: builds the functions as `sam deploy` would and runs what was built on every events/*.json.

It proves what no test of the sources can: that the layer holds every dependency, in wheels that the runtime imports,
and that the handlers start from the template's environment. AWS is moto's server; the gateway is an address where
nobody answers, because no event of events/ starts a run.

Run it from the project's root: `.venv/bin/python -m tools.test_lambda`.
"""

# ruff: noqa: S603 - it runs the build and the built functions, and prints what happened.

from __future__ import annotations

import hashlib
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3

from dev.template import TEMPLATE, load_template, table_definition
from tools.python313 import MISSING, find_python

ROOT = TEMPLATE.parent
SAM = ROOT / ".tools" / "sam" / "bin" / "sam"
MOTO_PYTHON = ROOT / ".tools" / "lambda" / "bin" / "python"
OUTPUT = ROOT / ".aws-sam" / "host"
RUNNER = ROOT / "tests" / "lambda" / "run_handlers.py"
EVENTS = ROOT / "events"

FUNCTIONS = {"api": "ApiFunction", "runner": "RunnerFunction", "worker": "WorkerFunction", "keeper": "KeeperFunction"}
FUNCTIONS |= {"announcer": "AnnouncerFunction"}
ARCHITECTURES = {"x86_64": "x86_64", "AMD64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}
REGION = "eu-central-1"
STACK = "test"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local", "AWS_SESSION_TOKEN": "local"}

# Ends with its parent: it lives as long as its standard input is open.
MOTO_SERVER = """
import sys
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
server.stop()
"""


def require_tools() -> Path:
    """Python 3.13, or an exit that says what is missing and what to do."""
    if platform.system() != "Linux" or platform.machine() not in ARCHITECTURES:
        sys.exit("The built functions hold Linux wheels for x86_64 or arm64: test-lambda runs there only.")
    for tool in (SAM, MOTO_PYTHON):
        if not tool.exists():
            sys.exit(f"{tool.relative_to(ROOT)} is missing: run `make setup` first.")
    requirements = ROOT / "layers" / "core" / "requirements.txt"
    if not requirements.exists():
        # SAM would build a layer without dependencies and call it a success.
        sys.exit(f"{requirements.relative_to(ROOT)} is missing: export it from uv.lock first.")
    python = find_python()
    if python is None:
        sys.exit(MISSING)
    return python


def build(python: Path) -> None:
    """Runs `sam build` for this machine: the template says arm64, and arm64 wheels do not import on x86_64."""
    OUTPUT.mkdir(parents=True, exist_ok=True)
    template = OUTPUT / "source.yaml"
    text = TEMPLATE.read_text(encoding="utf-8")
    template.write_text(text.replace("arm64", ARCHITECTURES[platform.machine()]), encoding="utf-8")
    command = [str(SAM), "build", "--template", str(template), "--base-dir", str(ROOT)]
    command += ["--build-dir", str(OUTPUT / "build"), "--cache-dir", str(OUTPUT / "cache"), "--cached", "--parallel"]
    environment = {
        **os.environ,
        # SAM looks for a `python3.13` on PATH and believes the first one.
        "PATH": f"{python.parent}{os.pathsep}{os.environ.get('PATH', '')}",
        "SAM_CLI_TELEMETRY": "0",
        "AWS_DEFAULT_REGION": REGION,
    }
    started = time.perf_counter()
    built = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)
    if built.returncode != 0:
        sys.exit(f"{built.stdout}{built.stderr}\nsam build failed.")
    print(f"sam build: {time.perf_counter() - started:.1f} s")


@contextmanager
def moto_server() -> Iterator[str]:
    """moto in a process of its own; its URL."""
    process = subprocess.Popen(
        [str(MOTO_PYTHON), "-c", MOTO_SERVER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={"PATH": os.environ.get("PATH", ""), "AWS_DEFAULT_REGION": REGION, **CREDENTIALS},
    )
    try:
        port = process.stdout.readline().strip() if process.stdout else ""
        if not port:
            sys.exit("moto's server did not start.")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=10)


def deploy(url: str) -> dict[str, str]:
    """Makes in moto what the functions use of the stack; the variables that they get."""
    options: dict[str, Any] = {
        "endpoint_url": url,
        "region_name": REGION,
        "aws_access_key_id": CREDENTIALS["AWS_ACCESS_KEY_ID"],
        "aws_secret_access_key": CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
    }
    dynamodb = boto3.client("dynamodb", **options)
    dynamodb.create_table(TableName=STACK, **table_definition())
    # The key that events/api_create_agent.json carries.
    key = "K#" + hashlib.sha256(b"local").hexdigest()
    dynamodb.put_item(TableName=STACK, Item={"pk": {"S": key}, "sk": {"S": "K"}, "tenant": {"S": "local"}})
    boto3.client("scheduler", **options).create_schedule_group(Name=STACK)
    sqs = boto3.client("sqs", **options)
    queue_url = sqs.create_queue(QueueName=f"{STACK}-DelayQueue")["QueueUrl"]
    sqs.create_queue(QueueName=f"{STACK}-DeadLetterQueue")

    variables = {
        "TABLE_NAME": STACK,
        "SCHEDULE_GROUP": STACK,
        "SCHEDULER_ROLE_ARN": f"arn:aws:iam::123456789012:role/{STACK}-SchedulerRole",
        "RUNNER_ARN": f"arn:aws:lambda:{REGION}:123456789012:function:{STACK}-runner:live",
        "SCHEDULER_DLQ_ARN": f"arn:aws:sqs:{REGION}:123456789012:{STACK}-DeadLetterQueue",
        "QUEUE_URL": queue_url,
        "GATEWAY_URL": "http://127.0.0.1:9/v1",
        "GATEWAY_MODE": "background",
        "GATEWAY_DIALECT": "openai",
        "GATEWAY_CONNECT_SECONDS": "5",
        "GATEWAY_READ_SECONDS": "20",
        "GATEWAY_SECRET_ID": "",
        "RUN_TIMEOUT_SECONDS": "86400",
        "MINIMUM_INTERVAL_SECONDS": "1",
        "MISFIRE_GRACE_SECONDS": "3600",
        "AGENT_RETENTION_DAYS": "30",
        "CURSOR_SECRET_ID": "cursors",
        "EVENT_BUS_NAME": "default",
        "POWERTOOLS_SERVICE_NAME": STACK,
        "POWERTOOLS_TRACE_DISABLED": "true",
        "POWERTOOLS_LOG_LEVEL": "INFO",
    }
    deployed = set(load_template()["Globals"]["Function"]["Environment"]["Variables"])
    if deployed != set(variables):
        sys.exit(f"The template's variables changed, follow them in {__file__}: {sorted(deployed ^ set(variables))}")
    return variables


def lambda_environment(function: str, folder: Path, url: str, variables: dict[str, str]) -> dict[str, str]:
    """What Lambda sets, what the template sets, where moto is, and nothing of this machine's."""
    return {
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
        "AWS_LAMBDA_FUNCTION_NAME": f"{STACK}-{function}",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{STACK}-{function}",
        "AWS_LAMBDA_LOG_STREAM_NAME": "2026/03/29/[$LATEST]0123456789abcdef0123456789abcdef",
        "LAMBDA_TASK_ROOT": str(folder),
        "LANG": "en_US.UTF-8",
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "TZ": ":UTC",
        "_HANDLER": "handler.lambda_handler",
        **CREDENTIALS,
        **variables,
        "AWS_ENDPOINT_URL": url,
    }


def differences(expected: Any, found: Any, where: str = "result") -> list[str]:
    """Where `found` lacks something of `expected`. What it has beyond that does not matter."""
    if isinstance(expected, dict) and isinstance(found, dict):
        return [
            line
            for key, value in expected.items()
            for line in (
                differences(value, found[key], f"{where}.{key}") if key in found else [f"{where}.{key} is missing"]
            )
        ]
    return [] if expected == found else [f"{where}: expected {expected!r}, found {found!r}"]


def run_function(
    python: Path, function: str, url: str, variables: dict[str, str], expectations: dict[str, Any]
) -> tuple[int, int]:
    """Runs one function on its events, a line for each; how many passed and failed."""
    folder, results = OUTPUT / "build" / FUNCTIONS[function], OUTPUT / f"{function}.jsonl"
    events = sorted(EVENTS.glob(f"{function}_*.json"))
    if not events:
        sys.exit(f"There is no events/{function}_*.json.")
    results.unlink(missing_ok=True)
    command = [str(python), "-I", "-S", str(RUNNER), str(folder), str(OUTPUT / "build" / "CoreLayer" / "python")]
    process = subprocess.Popen(
        [*command, str(results), *map(str, events)],
        env=lambda_environment(function, folder, url, variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        output, _ = process.communicate(timeout=120)
        ended = f"The process ended first, with status {process.returncode}."
    except subprocess.TimeoutExpired:
        process.kill()
        output, _ = process.communicate()
        ended = "There was no answer within 120 s."
    lines = results.read_text(encoding="utf-8").splitlines() if results.exists() else []
    outcomes = {outcome["name"]: outcome for outcome in map(json.loads, lines)}

    missing = {"result": None, "error": ended, "milliseconds": 0.0}
    imported = outcomes.get("import", missing)
    print(f"{function:9} {'import':30} {'failed' if imported['error'] else '':6} {imported['milliseconds']:8.1f} ms")
    if imported["error"]:
        print(indented(imported["error"]))
        missing["error"] = "The handler was not imported."
    failed = 0
    for event in events:
        outcome = outcomes.get(event.name, missing)
        problems = [outcome["error"]] if outcome["error"] else []
        problems = problems or differences(expectations.get(event.name, {}), outcome["result"])
        failed += bool(problems)
        print(f"{function:9} {event.name:30} {'failed' if problems else 'ok':6} {outcome['milliseconds']:8.1f} ms")
        for problem in problems:
            print(indented(problem))
    if failed and output:
        print(indented("Its last output:\n" + "\n".join(output.splitlines()[-20:])))
    return len(events) - failed, failed


def indented(text: str) -> str:
    return "    " + text.strip().replace("\n", "\n    ")


def main() -> int:
    python = require_tools()
    build(python)
    expectations: dict[str, Any] = json.loads((EVENTS / "expected.json").read_text(encoding="utf-8"))
    unknown = [name for name in expectations if not (EVENTS / name).exists()]
    if unknown:
        sys.exit(f"events/expected.json names files that do not exist: {', '.join(unknown)}")
    with moto_server() as url:
        variables = deploy(url)
        counts = [run_function(python, function, url, variables, expectations) for function in FUNCTIONS]
    passed, failed = (sum(column) for column in zip(*counts, strict=True))
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
