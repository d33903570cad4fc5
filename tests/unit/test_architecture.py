"""The shape of the code: arrows point one way, pure modules stay pure, settings are what the template sets."""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from agent_schedules.settings import Settings
from pydantic import ValidationError

from dev.template import load_template
from tests.support.variables import VARIABLES

ROOT = Path(__file__).parent.parent.parent
PACKAGE = ROOT / "layers" / "core" / "agent_schedules"
PURE = [
    path.relative_to(PACKAGE.parent).with_suffix("").as_posix().replace("/", ".")
    for name in ("errors.py", "ids.py", "timestamps.py", "timing", "domain", "schemas", "storage")
    for path in sorted([PACKAGE / name] if name.endswith(".py") else (PACKAGE / name).rglob("*.py"))
    if path.name != "__init__.py"
]


@cache
def imported(path: Path) -> set[str]:
    """Modules that a file imports when it runs, as full names."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def test_pure_modules_bring_in_no_aws_and_no_web_framework() -> None:
    code = (
        "import importlib, sys\n"
        f"for module in {PURE}:\n"
        "    importlib.import_module(module)\n"
        "    bad = {'boto3', 'botocore', 'httpx', 'fastapi'} & set(sys.modules)\n"
        "    bad and sys.exit(f'{module}: {bad}')\n"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr


@pytest.mark.parametrize("module", PURE)
def test_a_pure_module_reads_no_environment_or_clock(module: str) -> None:
    text = (PACKAGE.parent / f"{module.replace('.', '/')}.py").read_text()
    for clock in ("datetime.now(", "time.time(", "date.today(", "monotonic(", "os.environ"):
        assert clock not in text


def test_only_the_bootstrap_makes_clients() -> None:
    makers = {path.stem for path in PACKAGE.rglob("*.py") if {"boto3", "botocore.session"} & imported(path)}
    assert makers == {"bootstrap"}


@pytest.mark.parametrize("name", ["expressions", "cron_fields", "dispatcher", "entries"])
def test_the_local_eventbridge_knows_nothing_of_our_timetable(name: str) -> None:
    found = imported(ROOT / "dev" / "scheduler" / f"{name}.py")
    assert not [module for module in found if module.startswith("agent_schedules")]


def test_deployed_code_knows_no_cli_and_no_local_stack() -> None:
    deployed = [*PACKAGE.rglob("*.py"), *(ROOT / "functions").rglob("*.py")]
    roots = {module.split(".")[0] for path in deployed for module in imported(path)}
    assert not {"agent_schedules_cli", "dev", "tools", "tests", "typer", "rich"} & roots
    shipped = (ROOT / "layers" / "core" / "requirements.txt").read_text()
    assert not [name for name in ("typer", "rich") if f"\n{name}==" in shipped]


def test_handlers_are_wiring() -> None:
    for path in (ROOT / "functions").glob("*/handler.py"):
        assert len(path.read_text().splitlines()) <= 40


def test_settings_are_the_templates_variables() -> None:
    variables = set(load_template()["Globals"]["Function"]["Environment"]["Variables"])
    assert {name for name in variables if not name.startswith("POWERTOOLS_")} == {
        name.upper() for name in Settings.model_fields
    }


@pytest.mark.parametrize(
    "change",
    [
        {"TABLE_NAME": ""},
        {"GATEWAY_URL": "ftp://x"},
        {"GATEWAY_URL": "http://gateway.example/v1"},
        {"GATEWAY_URL": "http://127.0.0.1.example/v1"},
        {"GATEWAY_URL": "http://localhost@gateway.example/v1"},
        {"GATEWAY_MODE": "maybe"},
        {"MISFIRE_GRACE_SECONDS": "1"},
        {"JWT_ISSUER": "http://x"},
        {"JWT_AUDIENCE": ""},
        {"JWT_TENANT_CLAIM": ""},
        {"JWT_KEYS_URL": "file:///etc/passwd"},
        {"PUBLIC_URL": "console"},
        {"WEBHOOKS": "yes"},
        {"WEBHOOKS": "on", "DELIVERY_QUEUE_URL": ""},
        {"WEBHOOKS": "on", "REDELIVERY_QUEUE_URL": ""},
        {"WEBHOOKS": "on", "WEBHOOK_SECRET_ID": ""},
        {"WEBHOOK_HIGH_PORTS": "8443"},
    ],
)
def test_a_bad_deployment_is_refused_at_cold_start(change: dict[str, str]) -> None:
    good = {name.upper(): "xxx" for name in Settings.model_fields} | {
        "GATEWAY_URL": "https://x", "GATEWAY_MODE": "synchronous", "MINIMUM_INTERVAL_SECONDS": "1",
        "WEBHOOKS": "off", "WEBHOOK_HIGH_PORTS": "off", "MAXIMUM_WEBHOOKS_PER_TENANT": "0",
        "MISFIRE_GRACE_SECONDS": "3600", "AGENT_RETENTION_DAYS": "30", "RUN_RETENTION_DAYS": "0",
        "MAXIMUM_SCHEDULES_PER_TENANT": "0", "MAXIMUM_OCCURRENCES_PER_HOUR": "0",
        "MAXIMUM_RUNS_PER_MINUTE": "0", "MAXIMUM_SCHEDULES_PER_AGENT": "0",
        "GATEWAY_DIALECT": "mka1", "GATEWAY_CONNECT_SECONDS": "5", "GATEWAY_READ_SECONDS": "20",
        "RUN_TIMEOUT_SECONDS": "3600", "JWT_ISSUER": "https://x", "JWT_KEYS_URL": "", "CONSOLE": "off",
        "PUBLIC_URL": "https://x",
    }  # fmt: skip
    assert Settings.from_env(good).misfire_grace_seconds == 3600
    with pytest.raises(ValidationError):
        Settings.from_env(good | change)


@pytest.mark.parametrize("host", ["127.0.0.1:8001", "localhost", "[::1]:9"])
def test_a_gateway_on_the_same_machine_needs_no_tls(host: str) -> None:
    assert Settings.from_env(VARIABLES | {"GATEWAY_URL": f"http://{host}/v1"}).gateway_url == f"http://{host}/v1"


def test_a_developer_may_ask_a_gateway_of_the_own_network() -> None:
    variables = VARIABLES | {"GATEWAY_URL": "http://ollama.lan:11434/v1"}
    assert Settings.from_env(variables, in_the_clear=True).gateway_url == "http://ollama.lan:11434/v1"


SPEC_FIELDS = {"type", "run_at", "interval_seconds", "start_at", "first", "cron_expression", "timezone", "precision"}


def names_looked_up(path: Path) -> set[str]:
    """The strings by which a file looks into mappings: `x["name"]`, `x.get("name")`, `"name" in x`, `{"name": y}`
    in a pattern."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        looked_up: list[ast.AST | None] = []
        match node:
            case ast.Subscript(ctx=ast.Load(), slice=key):
                looked_up = [key]
            case ast.Call(func=ast.Attribute(attr="get" | "pop"), args=[key, *_]):
                looked_up = [key]
            case ast.Compare(left=key, ops=[ast.In() | ast.NotIn()]):
                looked_up = [key]
            case ast.MatchMapping(keys=keys):
                looked_up = [*keys]
        found |= {key.value for key in looked_up if isinstance(key, ast.Constant) and isinstance(key.value, str)}
    return found


@pytest.mark.parametrize("room", ["timing", "domain", "execution", "services"])
def test_only_schemas_and_storage_look_into_a_timings_json(room: str) -> None:
    for path in (PACKAGE / room).rglob("*.py"):
        assert not SPEC_FIELDS & names_looked_up(path), path
    assert names_looked_up(PACKAGE / "storage" / "definitions.py") >= SPEC_FIELDS
